"""The microphone as a stream of frames."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from codriver.errors import ResourceError
from hmi.voice.audio import RATE
from hmi.voice.detector import FRAME

if TYPE_CHECKING:
    from hmi.voice.audio import Samples

_SILENT_FOR = 3.0
"""Seconds without a single frame after which the device is taken for unplugged."""
_BACKLOG = 1000
"""Frames (32 s) that may wait; beyond that, the oldest are not worth understanding any more."""


class Microphone:
    """An input device that is being recorded. A context manager."""

    def __init__(self, device: str = "") -> None:
        """Open the device `device` (name or number; empty: the default). Raises `ResourceError`."""
        self._sounds: queue.Queue[Samples | None] = queue.Queue(_BACKLOG)
        try:
            import sounddevice
        except (ImportError, OSError) as error:  # OSError: the library PortAudio itself is not there
            raise ResourceError(
                f"The microphone needs sounddevice and PortAudio ({error}); pip install '.[voice]' in "
                "codriver's folder and, on Debian, apt install libportaudio2."
            ) from None
        chosen: Any = int(device) if device.isdecimal() else device or None
        try:
            self._stream = sounddevice.InputStream(
                samplerate=RATE, blocksize=FRAME, device=chosen, channels=1, dtype="float32",
                callback=self._take, finished_callback=self._end,
            )  # fmt: skip
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            which = f"The microphone {device!r}" if device else "The default microphone"
            raise ResourceError(
                f"{which} cannot be opened ({_short(error)}); plug one in or set voice.microphone."
            ) from None

    def frames(self) -> Iterator[Samples]:
        """Frames of `FRAME` samples as they come. Raises `ResourceError` when the device is gone."""
        while True:
            try:
                sound = self._sounds.get(timeout=_SILENT_FOR)
            except queue.Empty:
                sound = None
            if sound is None:
                raise ResourceError(
                    "The microphone gives no more sound; plug it in again and restart codriver listen."
                )
            yield sound

    def close(self) -> None:
        """Stop recording."""
        self._stream.abort()
        self._stream.close()

    def __enter__(self) -> Microphone:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self, data: Any, frames: int, time: Any, status: Any) -> None:
        """Called by PortAudio's own thread, which must not wait."""
        self._put(data[:, 0].copy())

    def _end(self) -> None:
        """Called by PortAudio when the stream is over, whatever the reason."""
        self._put(None)

    def _put(self, sound: Samples | None) -> None:
        with suppress(queue.Empty):  # the reader may have emptied it meanwhile
            if self._sounds.full():
                self._sounds.get_nowait()
        self._sounds.put_nowait(sound)


def _short(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".")
