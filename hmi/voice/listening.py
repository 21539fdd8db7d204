"""Listens all the time: frames of sound in, requests done and replies spoken.

Four things go on at once: the microphone is followed without a break (the caller's thread), one thread makes
transcripts, another one acts, and a third one stops. So "stop" is heard and obeyed while a window still moves, and
a reply is cut off the moment somebody speaks. The transcript is begun at the first short silence; when the speech
does not go on, it is ready, or nearly so, by the time the pause is long enough to be the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Protocol

from hmi.assistant.turn import Speaker
from hmi.voice.detector import SpeechDetector
from hmi.voice.dialogue import Dialogue, Heard
from hmi.voice.segmenter import Edge, Segmenter, Stretch
from hmi.voice.speaking import Voice

if TYPE_CHECKING:
    from hmi.voice.audio import Samples

_PARTIAL_EVERY = 0.8
"""Seconds of speech between two partial transcripts, at least."""
_PARTIAL_SHARE = 3.0
"""Times that a partial transcript takes until the next may begin: they must leave the computer some rest."""


class Screen(Protocol):
    """Shows what is going on. Called from several threads."""

    def partial(self, text: str) -> None:
        """What has been said so far."""

    def heard(self, heard: Heard) -> None:
        """A request and what became of it."""


class Listening:
    """Follows one stream of sound."""

    def __init__(
        self,
        dialogue: Dialogue,
        detector: SpeechDetector,
        segmenter: Segmenter,
        voice: Voice,
        screen: Screen,
        *,
        speaker: Speaker = (1, "driver"),
        barge_in: bool = True,
        executors: tuple[Executor, Executor, Executor] | None = None,
    ) -> None:
        self._dialogue = dialogue
        self._detector = detector
        self._segmenter = segmenter
        self._voice = voice
        self._screen = screen
        self._speaker = speaker
        self._barge_in = barge_in
        self._hearing, self._acting, self._stopping = executors or (
            ThreadPoolExecutor(1), ThreadPoolExecutor(1), ThreadPoolExecutor(1),
        )  # fmt: skip
        self._begun: tuple[int, Future[Heard]] | None = None
        self._partial: Future[None] | None = None
        self._shown_at = 0.0
        self._partial_every = _PARTIAL_EVERY
        self._deaf = False
        self._waiting: list[Future[None]] = []
        self._queued: list[Future[None]] = []
        """What is to be done or being done; touched by the hearing thread only."""

    def run(self, frames: Iterable[Samples]) -> None:
        """Listen until the frames end. Raises what the frames, the engine or the vehicle raise."""
        try:
            for frame in frames:
                stretch = self._segmenter.feed(frame, self._detector.speech(frame))
                if stretch is not None:
                    self._follow(stretch)
                self._raise_problems()
            while self._waiting:
                wait(self._waiting[:1])
                self._raise_problems()
        finally:
            self._voice.stop()
            self._hearing.shutdown(cancel_futures=True)
            self._stopping.shutdown(cancel_futures=True)
            self._acting.shutdown(cancel_futures=True)

    def _follow(self, stretch: Stretch) -> None:
        if stretch.edge is Edge.BEGAN:
            self._shown_at, self._begun = stretch.seconds, None
            # Without barge-in the car would hear itself talk and answer that; only a stop is obeyed meanwhile.
            self._deaf = self._voice.speaking and not self._barge_in
            if not self._deaf:
                self._voice.stop()
        if stretch.edge is Edge.PAUSED:
            self._begin(stretch.samples)
        elif stretch.edge is Edge.ENDED:
            transcript = self._begin(stretch.samples)
            self._waiting.append(self._hearing.submit(self._end, transcript, stretch.samples, self._deaf))
        elif (
            not self._deaf
            and stretch.seconds - self._shown_at >= self._partial_every
            and (not self._partial or self._partial.done())
        ):
            self._shown_at = stretch.seconds
            self._partial = self._hearing.submit(self._show_partial, stretch.samples)
            self._waiting.append(self._partial)

    def _begin(self, samples: Samples) -> Future[Heard]:
        """The transcript of `samples`, perhaps begun already."""
        if self._begun is None or self._begun[0] != len(samples):
            self._begun = len(samples), self._hearing.submit(self._dialogue.hear, samples)
        return self._begun[1]

    def _final_waits(self) -> bool:
        """True while a transcript that may be the final one is wanted: no partial one may stand in its way."""
        begun = self._begun
        return begun is not None and not begun[1].done()

    def _show_partial(self, samples: Samples) -> None:
        heard = self._dialogue.hear(samples, self._final_waits)
        if self._final_waits():
            return
        self._partial_every = max(_PARTIAL_EVERY, _PARTIAL_SHARE * heard.latency_ms["hear"] / 1000)
        self._screen.partial(heard.transcript)

    def _end(self, transcript: Future[Heard], samples: Samples, deaf: bool) -> None:
        """On the hearing thread, after the transcript: what waits to be done does not survive a "stop"."""
        self._queued = [act for act in self._queued if not act.done()]
        heard = transcript.result()
        stops = self._dialogue.means_stop(heard)
        if deaf and not stops:
            return
        if stops:
            self._voice.stop()
            for queued in self._queued:
                queued.cancel()
            self._queued.clear()
        act = (self._stopping if stops else self._acting).submit(self._act, heard, samples)
        self._queued.append(act)
        self._waiting.append(act)

    def _act(self, heard: Heard, samples: Samples) -> None:
        done = self._dialogue.understand(heard, samples, self._speaker)
        self._screen.heard(done)
        if done.reply and not self._segmenter.speaking:
            self._voice.say(done.reply)

    def _raise_problems(self) -> None:
        for future in [future for future in self._waiting if future.done()]:
            self._waiting.remove(future)
            if not future.cancelled():
                future.result()
