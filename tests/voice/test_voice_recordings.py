from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from voice_kit import tone, wav

from codriver.errors import InputError
from hmi.voice.audio import RATE, decode_wav, read_wav, resample


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_every_width_of_pcm_gives_the_same_sound(width: int) -> None:
    sound = tone(0.5)
    heard = decode_wav(wav(sound, width=width))
    assert len(heard) == len(sound)
    assert heard.dtype == np.float32
    assert np.abs(heard - sound).max() < (0.02 if width == 1 else 1e-3)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000])
def test_other_rates_become_16_khz(rate: int) -> None:
    heard = decode_wav(wav(tone(1.0, rate), rate))
    assert abs(len(heard) - RATE) <= 2
    middle = slice(RATE // 4, 3 * RATE // 4)
    assert np.abs(heard[middle] - tone(1.0)[: len(heard)][middle]).max() < 0.02


def test_channels_are_averaged() -> None:
    stereo = np.frombuffer(wav(tone(0.5), channels=2), np.uint8)
    assert np.abs(decode_wav(stereo.tobytes()) - tone(0.5)).max() < 1e-3


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is not a PCM WAV file"),
        (b"ID3\x03 this is music", "is not a PCM WAV file"),
        (wav(tone(0.5))[:30], "is not a PCM WAV file"),
        (wav(np.zeros(0, np.float32)), "no word in so short a sound"),
        (wav(tone(0.05)), "no word in so short a sound"),
        (wav(np.zeros(RATE * 61, np.float32)), "lasts 61 s"),
        (wav(np.zeros(8000 * 600, np.float32), 8000, 1), "lasts 600 s"),
        (wav(tone(0.5), rate=1000), "at 1000 Hz"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(data: bytes, problem: str) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        decode_wav(data, "The recording 'a.wav'")
    assert str(caught.value).startswith("The recording 'a.wav' ")
    assert str(caught.value).endswith(".")


def test_a_file_that_is_cut_off_gives_what_there_is() -> None:
    heard = decode_wav(wav(tone(1.0))[: 44 + RATE + 1])
    assert len(heard) == RATE // 2


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone.wav' cannot be read: no such file"):
        read_wav(tmp_path / "gone.wav")


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    for content in (data, wav(tone(0.2))[:44] + data):
        try:
            heard = decode_wav(content)
        except InputError:
            continue
        assert np.isfinite(heard).all()


def test_16_khz_stays_as_it_is() -> None:
    sound = tone(0.2)
    assert resample(sound, RATE) is sound
