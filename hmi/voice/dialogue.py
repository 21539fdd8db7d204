"""One spoken conversation: recording → transcript → wake word → repair → assistant → reply."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from codriver.errors import NotFoundError
from hmi.assistant.answer import Answer
from hmi.assistant.assistant import Assistant
from hmi.assistant.turn import Speaker
from hmi.requests import Act, Context, Option, Question
from hmi.understanding.grammar.text import words_of
from hmi.voice.hearing import Ears, Impatience, never
from hmi.voice.repair import Repair, Repairer
from hmi.voice.steering import STOP_MARGIN, STOP_SPELLINGS, STOP_WORDS, WakeWord, means_stop

if TYPE_CHECKING:
    from hmi.voice.audio import Samples


class Turn(StrEnum):
    """What became of one recording."""

    ANSWERED = "answered"
    """It went to the assistant."""
    NOTHING = "nothing_heard"
    """No words in it."""
    NOT_ADDRESSED = "not_addressed"
    """It does not begin with the wake word."""
    STOPPED = "stopped"
    """ "Stop": what moves is halted, what waits is not begun, open questions are dropped."""
    WHICH = "which_one"
    """It may have been one of several sentences; the driver is asked which."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One recording and what was made of it."""

    turn: Turn
    transcript: str
    """What the engine heard."""
    text: str = ""
    """What was understood: without the wake word, and repaired."""
    reply: str = ""
    answer: Answer | None = None
    options: tuple[str, ...] = ()
    latency_ms: dict[str, float] = field(default_factory=dict)
    """Milliseconds for hear, repair and, from the answer, understand, plan and act."""
    repaired: bool = False
    nearly_stop: bool = False
    """True when the engine wrote something else, but "stop" fits the recording about as well."""
    stops: int = 0
    """How many stops had been said before it was heard; a request from before the last one is not begun."""

    def as_json(self) -> dict[str, Any]:
        """Transcript, repair and, where there is one, the object that `codriver ask --json` prints."""
        answer = self.answer.as_json() if self.answer else {"text": self.text, "reply": self.reply}
        return {
            "turn": str(self.turn),
            "transcript": self.transcript,
            "repaired": self.repaired,
            **answer,
            "options": list(self.options),
            "latency_ms": {step: round(ms, 2) for step, ms in self.latency_ms.items()},
        }


class Dialogue:
    """What is said, one recording after the other, in one conversation with the assistant."""

    def __init__(
        self,
        assistant: Assistant,
        ears: Ears,
        repairer: Repairer | None = None,
        wake_word: str = "",
        conversation: str = "voice",
    ) -> None:
        self._assistant = assistant
        self._ears = ears
        self._repairer = repairer
        self._wake = WakeWord(wake_word)
        self._conversation = conversation
        self._choices: tuple[str, ...] = ()
        self._stops = 0

    def hear(self, samples: Samples, given_up: Impatience = never) -> Heard:
        """The transcript alone, for `understand`; of no use once `given_up` says True."""
        clock: dict[str, float] = {}
        stops = self._stops
        with _timed(clock, "hear"):
            transcript = self._ears.hear(samples, given_up)
        nearly_stop = not given_up() and self._nearly_stop(transcript, samples)
        return Heard(Turn.NOTHING, transcript, latency_ms=clock, nearly_stop=nearly_stop, stops=stops)

    def turn(self, samples: Samples, speaker: Speaker) -> Heard:
        """Hear and understand one recording."""
        return self.understand(self.hear(samples), samples, speaker)

    def understand(self, heard: Heard, samples: Samples, speaker: Speaker) -> Heard:
        """What follows from a transcript of `samples`: a repair where needed, then the assistant's answer."""
        if not any(letter.isalnum() for letter in heard.transcript):
            return heard
        if self.means_stop(heard):
            return self.stop(heard)
        request = self._wake.request(heard.transcript)
        if request is None and self.open_question:
            request = heard.transcript  # an answer to a question needs no wake word
        if request is None:
            return replace(heard, turn=Turn.NOT_ADDRESSED)
        if not request:
            return replace(heard, turn=Turn.ANSWERED, reply="Yes?")
        return self._request(heard, request, samples, speaker)

    def means_stop(self, heard: Heard) -> bool:
        """True for "stop", "stop the window": with or without the wake word, at any time."""
        if heard.nearly_stop:
            return True
        texts = (heard.transcript, self._wake.request(heard.transcript) or "")
        return any(means_stop(text) or self._assistant.means_stop(text, self._conversation) for text in texts)

    def _nearly_stop(self, transcript: str, samples: Samples) -> bool:
        """True for a short transcript where a stop fits the sound about as well; one too many is harmless."""
        if not 0 < len(words_of(transcript)) <= STOP_WORDS or means_stop(transcript):
            return False
        fits = self._ears.fit(samples, [transcript, *STOP_SPELLINGS])
        return fits is not None and max(fits[1:]) > fits[0] - STOP_MARGIN

    def stop(self, heard: Heard) -> Heard:
        """Halt what moves, let nothing begin that was said before, drop every open question. Waits for no turn."""
        self._stops += 1
        self._choices = ()
        answer = self._assistant.stop(self._conversation, heard.transcript)
        # Who says "stop" to the voice, while nothing moves, does not want to hear more of it.
        reply = answer.reply if answer.requested else ""
        clock = {**heard.latency_ms, **answer.latency_ms}
        return replace(
            heard,
            turn=Turn.STOPPED,
            text=STOP_SPELLINGS[0] if heard.nearly_stop else heard.transcript,
            reply=reply,
            answer=answer,
            latency_ms=clock,
            repaired=heard.nearly_stop,
        )

    def forget(self) -> None:
        """Drop the sentences that were offered to choose from."""
        self._choices = ()

    @property
    def open_question(self) -> bool:
        """True while the car waits for an answer."""
        if self._choices:
            return True
        try:
            return bool(self._assistant.conversation(self._conversation).open_question)
        except NotFoundError:
            return False

    def _request(self, heard: Heard, request: str, samples: Samples, speaker: Speaker) -> Heard:
        clock = dict(heard.latency_ms)
        chosen = self._chosen(request)
        repair = Repair(request, request)
        if chosen is not None:
            repair = Repair(request, chosen)
        elif self._repairer is not None:
            with _timed(clock, "repair"):
                repair = self._repaired(self._repairer, heard, request, samples, speaker)
        if heard.stops != self._stops:
            return replace(heard, turn=Turn.STOPPED, text=repair.text)
        if repair.choices:
            self._choices = repair.choices
            return replace(
                heard, turn=Turn.WHICH, text=request, reply=_which(repair.choices), options=repair.choices,
                latency_ms=clock,
            )  # fmt: skip
        answer = self._assistant.ask(repair.text, self._conversation, speaker)
        return replace(
            heard,
            turn=Turn.ANSWERED,
            text=repair.text,
            reply=answer.reply,
            answer=answer,
            options=answer.options,
            latency_ms={**clock, **answer.latency_ms},
            repaired=repair.changed and chosen is None,
        )

    def _repaired(
        self, repairer: Repairer, heard: Heard, request: str, samples: Samples, speaker: Speaker
    ) -> Repair:
        prefix = heard.transcript.removesuffix(request)

        def alternatives() -> list[str]:
            found = [self._wake.request(text) for text in self._ears.alternatives(samples)]
            return [text for text in found if text]

        def fit(texts: Sequence[str]) -> Sequence[float] | None:
            # The recording begins with the wake word, so a text that is compared with it must do so as well.
            return self._ears.fit(samples, [prefix + text for text in texts])

        return repairer.repair(request, self._context(speaker), alternatives, fit)

    def _context(self, speaker: Speaker) -> Context:
        """What the assistant would tell its recogniser now."""
        try:
            conversation = self._assistant.conversation(self._conversation)
        except NotFoundError:
            return Context(speaker)
        return Context(
            speaker=speaker,
            memory=conversation.memory,
            question=conversation.choice.question if conversation.choice else None,
            awaiting_confirmation=conversation.pending is not None,
        )

    def _chosen(self, request: str) -> str | None:
        """The sentence that answers "did you say …?"; None when none was offered or it is a new request."""
        offered, self._choices = self._choices, ()
        if not offered:
            return None
        question = Question(_which(offered), tuple(Option(text, ()) for text in offered))
        meant = self._assistant.recogniser.interpret(request, Context(question=question))
        if meant.act is Act.CHOOSE and meant.choice is not None and meant.choice < len(offered):
            return offered[meant.choice]
        return None


def _which(choices: tuple[str, ...]) -> str:
    quoted = [f'"{choice.rstrip(".")}"' for choice in choices]
    return f"Did you say {', '.join(quoted[:-1])} or {quoted[-1]}?"


@contextmanager
def _timed(clock: dict[str, float], step: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    clock[step] = (time.perf_counter() - started) * 1000
