"""What is said to the listening itself: the wake word, and "stop"."""

from __future__ import annotations

from hmi.understanding.grammar.text import PAUSE, words_of

_STOP = frozenset({"stop", "halt", "cancel", "abort"})
_AROUND_STOP = frozenset(
    "please now it that this talking speaking everything ok okay just hey right there".split()
)
STOP_SPELLINGS = ("Stop.", "stop")
STOP_WORDS = 2
"""A transcript with more words is no misheard stop."""
STOP_MARGIN = 4.5
"""How much less likely, as a natural logarithm, a stop may be than so short a transcript, and is still obeyed.

Of 30 spoken stops whisper-base wrote 4 as something else, with a stop less likely by 3.3 at most; for "step" and
"storm" it was 5.6 and more.
"""
_NEAR = 0.34
"""Largest distance of what was heard from the wake word: 0 the same, 1 nothing in common."""


def means_stop(text: str) -> bool:
    """True when `text` only says to stop: nothing may be asked or done any more."""
    words = [word for word in words_of(text) if word != PAUSE]
    return bool(_STOP & set(words)) and set(words) <= _STOP | _AROUND_STOP


class WakeWord:
    """A word or phrase that a request begins with: "hey codriver"."""

    def __init__(self, phrase: str) -> None:
        self._spoken = "".join(words_of(phrase))

    def __bool__(self) -> bool:
        """False when none is needed."""
        return bool(self._spoken)

    def request(self, transcript: str) -> str | None:
        """What follows the wake word; None when `transcript` does not begin with it. Without one: all of it.

        Engines write unusual words in many ways ("co driver", "code River"), so letters and sound are compared.
        """
        if not self._spoken:
            return transcript
        written = transcript.split()
        best: tuple[float, int] | None = None
        for count in range(1, min(5, len(written)) + 1):
            distance = self._distance("".join(words_of(" ".join(written[:count]))))
            if best is None or distance < best[0]:
                best = distance, count
        if best is None or best[0] > _NEAR:
            return None
        return " ".join(written[best[1] :]).lstrip(" ,.!?")

    def _distance(self, heard: str) -> float:
        from rapidfuzz.distance import OSA

        from hmi.voice.sounds import sound_of

        heard = heard.replace(PAUSE, "")
        letters = OSA.normalized_distance(self._spoken, heard)
        return (letters + OSA.normalized_distance(sound_of(self._spoken), sound_of(heard))) / 2
