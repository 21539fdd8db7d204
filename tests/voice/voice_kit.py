"""Ears, a voice and sounds for tests: scripted, exact and without any model."""

import io
import wave
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from codriver.settings import Settings
from hmi.catalogue.catalogue import load_catalogue
from hmi.catalogue.family_file import Families, load_families
from hmi.understanding.grammar.recogniser import GrammarRecogniser
from hmi.voice.audio import RATE
from hmi.voice.hearing import Impatience, never
from hmi.voice.repair import Repairer
from hmi.voice.vocabulary import vocabulary_of


@cache
def families() -> Families:
    return load_families(load_catalogue(Settings()))


@cache
def grammar() -> GrammarRecogniser:
    return GrammarRecogniser(families())


@cache
def repairer() -> Repairer:
    return Repairer(grammar(), grammar(), vocabulary_of(families()))


def tone(seconds: float, rate: int = RATE, hertz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def recording(number: int) -> np.ndarray:
    """A sound that scripted ears know by its number."""
    return np.full(RATE, number / 1000, np.float32)


def wav(sound: np.ndarray, rate: int = RATE, width: int = 2, channels: int = 1) -> bytes:
    """`sound` as a WAV file, the same in all channels."""
    full = 2 ** (8 * width - 1) - 1
    if width == 1:
        data = ((sound * 127) + 128).astype(np.uint8)[:, None]
    else:
        data = (sound * full).astype("<i4").view(np.uint8).reshape(-1, 4)[:, :width]
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(np.tile(data, (1, channels)).tobytes())
    return out.getvalue()


class ScriptedEars:
    """Hears what the script says for a recording's number, and can be asked for more."""

    name = "scripted"

    def __init__(
        self,
        script: Sequence[str],
        others: Mapping[int, Sequence[str]] | None = None,
        fits: Mapping[str, float] | None = None,
    ) -> None:
        self.script = script
        self.others = others or {}
        self.fits = fits

    def hear(self, samples: np.ndarray, given_up: Impatience = never) -> str:
        return self.script[self._number(samples)]

    def alternatives(self, samples: np.ndarray) -> Sequence[str]:
        return self.others.get(self._number(samples), ())

    def fit(self, samples: np.ndarray, texts: Sequence[str]) -> Sequence[float] | None:
        return None if self.fits is None else [self._fit(text) for text in texts]

    def _fit(self, text: str) -> float:
        assert self.fits is not None
        return self.fits.get(text, -50.0 if text in self.script else -100.0)

    @staticmethod
    def _number(samples: np.ndarray) -> int:
        return round(float(samples.max()) * 1000)


class ScriptedVoice:
    """Speaks until it is stopped or told that it is done."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.stops = 0
        self.speaking = False

    def say(self, text: str) -> None:
        self.said.append(text)
        self.speaking = True

    def stop(self) -> None:
        self.stops += self.speaking
        self.speaking = False
