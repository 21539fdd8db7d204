"""Road noise for the benchmark: tyres, wind and engine, made from seeded random numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hmi.voice.audio import RATE

Sound = npt.NDArray[np.float32]
BAND = (200.0, 7000.0)
"""Hz in which the two are compared; the rumble below would make any ratio look bad, and disturbs little."""


def road_noise(length: int, seed: int) -> Sound:
    """`length` samples of the inside of a car at some 100 km/h, with a root mean square of 1 in the speech band.

    Tyres: falls by 6 dB per octave (brown) with a broad hump around 800 Hz. Wind: falls by 3 dB per octave (pink)
    and swells slowly. Engine: harmonics of 45 Hz.
    """
    random = np.random.default_rng(seed)
    tyres = _shaped(random, length, -1.0) + 0.3 * _hump(_shaped(random, length, 0.0), 800.0)
    swell = 1 + 0.4 * np.sin(2 * np.pi * (0.23 * np.arange(length) / RATE + random.random()))
    wind = 0.6 * swell * _shaped(random, length, -0.5)
    time = np.arange(length) / RATE
    engine = sum(np.sin(2 * np.pi * (45 * n * time + random.random())) / n for n in range(1, 9))
    noise = np.asarray(tyres + wind + 0.3 * engine)
    return (noise / _level(noise)).astype(np.float32)


def with_noise(speech: Sound, ratio_db: float, seed: int) -> Sound:
    """`speech` with road noise, half a second of it before and after; `ratio_db` between their levels in `BAND`.

    The level of the speech is that of its louder half of 20 ms frames, so that pauses do not count.
    """
    padded = np.pad(speech, RATE // 2)
    noise = road_noise(len(padded), seed) * _speech_level(speech) / 10 ** (ratio_db / 20)
    mixed = padded + noise
    return (mixed / max(1.0, float(np.abs(mixed).max()))).astype(np.float32)


def _shaped(random: np.random.Generator, length: int, slope: float) -> npt.NDArray[np.float64]:
    """Noise whose amplitude falls with frequency to the power of `slope`, with a root mean square of 1."""
    spectrum = np.fft.rfft(random.standard_normal(length))
    frequencies = np.maximum(np.fft.rfftfreq(length, 1 / RATE), 30.0)
    noise = np.fft.irfft(spectrum * frequencies**slope, length)
    return np.asarray(noise / np.sqrt((noise**2).mean()))


def _hump(noise: npt.NDArray[np.float64], centre: float) -> npt.NDArray[np.float64]:
    """`noise` around `centre` Hz, one octave wide."""
    frequencies = np.maximum(np.fft.rfftfreq(len(noise), 1 / RATE), 1.0)
    shape = np.exp(-(np.log2(frequencies / centre) ** 2))
    return np.asarray(np.fft.irfft(np.fft.rfft(noise) * shape, len(noise)))


def _in_band(sound: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    frequencies = np.fft.rfftfreq(len(sound), 1 / RATE)
    kept = (frequencies >= BAND[0]) & (frequencies <= BAND[1])
    return np.asarray(np.fft.irfft(np.fft.rfft(sound) * kept, len(sound)))


def _level(sound: npt.NDArray[np.floating]) -> float:
    return float(np.sqrt((_in_band(sound) ** 2).mean()))


def _speech_level(speech: Sound) -> float:
    frame = RATE // 50
    band = _in_band(speech)
    frames = band[: len(band) // frame * frame].reshape(-1, frame)
    energies = np.sort((frames**2).mean(axis=1))
    return float(np.sqrt(energies[len(energies) // 2 :].mean()))
