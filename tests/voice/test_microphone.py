"""The microphone on a scripted sounddevice: what PortAudio may do, it does here."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from codriver.errors import ResourceError
from hmi.voice import microphone
from hmi.voice.detector import FRAME


class PortAudioError(Exception):
    pass


class Stream:
    """A device that records when it is told to; named "gone", it cannot be opened."""

    def __init__(self, *, device, callback, finished_callback, **_) -> None:
        if device == "gone":
            raise PortAudioError("Error opening InputStream: No such device\nmore")
        self.device, self.callback, self.finish = device, callback, finished_callback
        STREAMS.append(self)

    def start(self) -> None:
        self.started = True

    def record(self, level: float) -> None:
        self.callback(np.full((FRAME, 1), level, np.float32), FRAME, None, None)

    def abort(self) -> None:
        self.finish()

    def close(self) -> None:
        self.closed = True


STREAMS: list[Stream] = []


@pytest.fixture(autouse=True)
def sounddevice(monkeypatch):
    STREAMS.clear()
    monkeypatch.setitem(
        sys.modules, "sounddevice", SimpleNamespace(InputStream=Stream, PortAudioError=PortAudioError)
    )


def test_frames_come_as_they_are_recorded() -> None:
    with microphone.Microphone("2") as opened:
        (stream,) = STREAMS
        assert stream.device == 2
        stream.record(0.25)
        stream.record(0.5)
        frames = opened.frames()
        assert [float(next(frames)[0]) for _ in range(2)] == [0.25, 0.5]
    assert stream.closed


def test_a_microphone_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(
        ResourceError, match=r"^The microphone 'gone' cannot be opened \(Error .* No such device\)"
    ):
        microphone.Microphone("gone")


def test_a_microphone_that_is_unplugged_ends_the_frames_with_a_sentence() -> None:
    opened = microphone.Microphone()
    STREAMS[0].record(0.25)
    STREAMS[0].finish()
    frames = opened.frames()
    next(frames)
    with pytest.raises(ResourceError, match="no more sound; plug it in again"):
        next(frames)


def test_a_microphone_that_falls_silent_without_a_word_is_noticed(monkeypatch) -> None:
    monkeypatch.setattr(microphone, "_SILENT_FOR", 0.05)
    with pytest.raises(ResourceError, match="no more sound"):
        next(microphone.Microphone().frames())


def test_sound_that_nobody_fetches_drops_the_oldest_and_blocks_nobody(monkeypatch) -> None:
    monkeypatch.setattr(microphone, "_BACKLOG", 2)
    opened = microphone.Microphone()
    for level in (0.1, 0.2, 0.3):
        STREAMS[0].record(level)
    STREAMS[0].finish()
    frames = opened.frames()
    assert float(next(frames)[0]) == pytest.approx(0.3)
    with pytest.raises(ResourceError):
        next(frames)
