"""Whisper itself: the short window, the fit of texts, and what is kept between questions about one sound."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
from speech import EARS, VOICE, need, speech

from codriver.settings import load_settings
from hmi.voice.audio import RATE
from hmi.voice.encoder import Encoder, positions
from hmi.voice.hearing import Ears, open_ears
from hmi.voice.whisper import WhisperEars

pytestmark = pytest.mark.network
SETTINGS = {"voice.model": EARS, "voice.threads": 1}


@pytest.fixture(scope="module")
def ears() -> Iterator[Ears]:
    need(VOICE, EARS)
    yield open_ears(load_settings(SETTINGS, files=[]), "Open the driver's window. Rear lights off.")


@cache
def long_window() -> WhisperEars:
    ears = open_ears(load_settings(SETTINGS, files=[]), "Open the driver's window. Rear lights off.")
    assert isinstance(ears, WhisperEars)
    ears._encoder = Encoder(ears._model)
    return ears


def words(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalpha() or letter == " ")


def test_a_request_is_heard_in_the_short_window_as_in_the_long_one(ears: Ears) -> None:
    for sentence in ("Open my window halfway.", "Turn on the dome light.", "Open all the windows."):
        sound = speech(sentence)
        assert words(ears.hear(sound)) == words(sentence)
        assert words(long_window().hear(sound)) == words(sentence)
    assert isinstance(ears, WhisperEars)
    assert ears._encoder.is_short(sound)
    assert ears._encoder.view(sound, in_short=True).shape()[1] < 1500


def test_what_is_longer_than_the_short_window_is_heard_to_its_end(ears: Ears) -> None:
    gap = np.zeros(7 * RATE, np.float32)
    heard = words(
        ears.hear(np.concatenate([speech("Turn on the dome light."), gap, speech("Open all the windows.")]))
    )
    assert "dome light" in heard
    assert "all the windows" in heard


def test_what_was_said_fits_better_than_something_else(ears: Ears) -> None:
    for said, other in (
        ("Plus all the windows.", "Open all the windows."),
        ("Open all the windows.", "Plus all the windows."),
    ):
        fits = ears.fit(speech(said), [said, other])
        assert fits is not None
        assert fits[0] > fits[1]


def test_the_transcript_leads_the_alternatives(ears: Ears) -> None:
    sound = speech("Open all the windows.")
    assert words(ears.alternatives(sound)[0]) == words(ears.hear(sound))


def test_who_gives_up_waits_no_longer(ears: Ears) -> None:
    asked: list[int] = []

    def given_up() -> bool:
        asked.append(1)
        return len(asked) > 2

    heard = ears.hear(speech("Open my window halfway."), given_up)
    assert len(heard) < len("Open my window halfway.")
    assert len(asked) <= 5


def test_positions_are_the_published_ones() -> None:
    table = positions(3, 8)
    assert table.shape == (3, 8)
    assert table[0].tolist() == [0.0] * 4 + [1.0] * 4
    assert table[2, 0] == pytest.approx(np.sin(2.0))
    assert table[2, 3] == pytest.approx(np.sin(2.0 / 10_000))
    assert table[2, 4] == pytest.approx(np.cos(2.0))
