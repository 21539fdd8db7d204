"""From the end of speech to the proven change: sound goes into the listening loop at the speed of a microphone."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.measure import Measurement, percentile
from benchmarks.voice.noise import Sound
from benchmarks.voice.voices import Spoken
from codriver.settings import load_settings
from hmi.assistant.answer import Outcome
from hmi.session import open_session
from hmi.voice.audio import RATE, read_wav
from hmi.voice.detector import FRAME, FRAME_SECONDS, open_detector
from hmi.voice.dialogue import Heard
from hmi.voice.listening import Listening
from hmi.voice.open import open_dialogue
from hmi.voice.segmenter import Segmenter
from hmi.voice.settings import DETECTOR, PAUSE
from hmi.voice.speaking import Silence

_SENTENCES = 16
_TRAVELS = ("Window", "Sunroof", "Shade", "Door", "Trunk", "Hood", "Seat", "SteeringWheel", "Mirrors", "FuelPort")
"""What moves takes seconds by its nature; the others show how fast everything before that is."""
_AUDIBLE = 0.02
"""Share of the loudest sample above which a recording still counts as speech."""


class _Watch:
    """Plays recordings, one after the other, and notes when each was done."""

    def __init__(self, sounds: Sequence[Sound]) -> None:
        self._sounds = sounds
        self.ended: list[float] = []
        self.done: list[tuple[float, Heard]] = []

    def partial(self, text: str) -> None:
        """Not timed."""

    def heard(self, heard: Heard) -> None:
        """A request is done and proven."""
        self.done.append((time.perf_counter(), heard))

    def frames(self) -> Iterator[Sound]:
        """The recordings in real time, each with silence after it until it is done."""
        next_at = time.perf_counter()
        for number, sound in enumerate(self._sounds):
            loud = np.flatnonzero(np.abs(sound) > _AUDIBLE * np.abs(sound).max())
            speech_ends = int(loud[-1])
            padded = np.pad(sound, (RATE // 2, RATE * 6))
            for at in range(0, len(padded) - FRAME, FRAME):
                next_at += FRAME_SECONDS
                time.sleep(max(0.0, next_at - time.perf_counter()))
                yield padded[at : at + FRAME]
                if len(self.ended) == number and at + FRAME >= speech_ends + RATE // 2:
                    self.ended.append(time.perf_counter())
                if len(self.done) > number:
                    break


def measure(spoken: Sequence[Spoken], models: Sequence[str]) -> list[Measurement]:
    """The median and the 95th percentile over sentences whose change needs no travel, for each model."""
    settled = [item for item in spoken if not any(word in path for path in item.case.paths() for word in _TRAVELS)]
    chosen = [item for item in settled if not item.case.state][:: max(1, len(settled) // _SENTENCES // 2)]
    measurements = []
    for model in models:
        took = sorted(_seconds([read_wav(item.file) for item in chosen[:_SENTENCES]], model))
        name = f"{model}: speech end to proven change"
        measurements += [
            Measurement(f"{name}, median", percentile(took, 0.5), "s", "<= 1.2"),
            Measurement(f"{name}, 95th percentile", percentile(took, 0.95), "s"),
            Measurement(f"{name}, sentences", len(took), ""),
        ]
    return measurements


def _seconds(sounds: Sequence[Sound], model: str) -> list[float]:
    """How long each recording took that ended in a proven change."""
    settings = load_settings({"voice.model": model, "understanding.llm": False}, files=[])
    watch = _Watch(sounds)
    with open_session(settings) as session:
        dialogue = open_dialogue(settings, session)
        dialogue.hear(sounds[0])  # the first transcript warms the model up
        segmenter = Segmenter(settings[PAUSE])
        Listening(dialogue, open_detector(settings[DETECTOR]), segmenter, Silence(), watch).run(watch.frames())
    return [
        at - ended
        for ended, (at, heard) in zip(watch.ended, watch.done, strict=False)
        if heard.answer and heard.answer.outcome is Outcome.DONE
    ]
