"""Sound as this package knows it: one channel of 32-bit floats in -1..1, 16 000 per second."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from codriver.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Samples: TypeAlias = npt.NDArray[np.float32]

RATE = 16_000
"""Samples per second."""
LONGEST = 60.0
"""Seconds; a longer recording is not a request but a mistake, and would keep the machine busy for minutes."""
SHORTEST = 0.1
"""Seconds; a shorter recording has no word in it."""
_RATES = (4_000, 384_000)


def read_wav(file: Path) -> Samples:
    """The sound in a WAV file. Raises `InputError` naming the file for what is not a usable recording."""
    try:
        data = file.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"The recording {str(file)!r} cannot be read: {reason}.") from None
    return decode_wav(data, f"The recording {str(file)!r}")


def decode_wav(data: bytes, what: str = "The recording") -> Samples:
    """The sound in the bytes of a WAV file: PCM of 8 to 32 bits, any rate and number of channels.

    Channels are averaged and the rate becomes 16 kHz. Raises `InputError`, beginning with `what`.
    """
    try:
        with wave.open(io.BytesIO(data)) as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            seconds = file.getnframes() / rate if rate else 0.0
            if channels and _RATES[0] <= rate <= _RATES[1] and seconds <= LONGEST:
                return _usable(_samples(file.readframes(file.getnframes()), width, channels), rate, what)
    except (wave.Error, EOFError) as error:
        raise InputError(
            f"{what} is not a PCM WAV file ({error or 'it ends too early'}); save it as one."
        ) from None
    if seconds > LONGEST:
        raise InputError(f"{what} lasts {seconds:.0f} s; a request may last {LONGEST:.0f} s at most.")
    raise InputError(f"{what} has {channels} channels at {rate} Hz; use 8000 to 48000 Hz.")


def _samples(raw: bytes, width: int, channels: int) -> Samples:
    import numpy as np

    raw = raw[: len(raw) // (width * channels) * width * channels]
    if width == 1:  # the only unsigned width of a WAV file
        whole = (np.frombuffer(raw, np.uint8).astype(np.float32) - 128) / 128
    elif width == 3:
        padded = np.zeros((len(raw) // 3, 4), np.uint8)
        padded[:, 1:] = np.frombuffer(raw, np.uint8).reshape(-1, 3)
        whole = padded.view("<i4")[:, 0].astype(np.float32) / 2**31
    elif width in (2, 4):
        whole = np.frombuffer(raw, f"<i{width}").astype(np.float32) / 2 ** (8 * width - 1)
    else:
        raise wave.Error(f"{8 * width} bits per sample")
    mixed: Samples = whole.reshape(-1, channels).mean(axis=1, dtype=np.float32)
    return mixed


def _usable(samples: Samples, rate: int, what: str) -> Samples:
    if len(samples) < SHORTEST * rate:
        raise InputError(f"{what} lasts {len(samples) / rate:.2f} s; there is no word in so short a sound.")
    return resample(samples, rate)


def resample(samples: Samples, rate: int) -> Samples:
    """`samples`, taken at `rate` Hz, at 16 kHz."""
    if rate == RATE:
        return samples
    import soxr

    converted: Samples = soxr.resample(samples, rate, RATE)
    return converted
