"""Tells speech from noise, 32 ms at a time, with the Silero model (MIT)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from codriver.errors import CodriverError, ResourceError
from hmi.voice.audio import RATE

if TYPE_CHECKING:
    from hmi.voice.audio import Samples

FRAME = 512
"""Samples of one frame: 32 ms."""
FRAME_SECONDS = FRAME / RATE
_BEFORE = 64
"""Samples of the frame before that the model wants to see as well."""


class SpeechDetector(Protocol):
    """Follows one stream of sound."""

    def speech(self, frame: Samples) -> float:
        """The probability, 0 to 1, that the next `FRAME` samples are speech."""

    def reset(self) -> None:
        """Forget the stream: another one begins."""


class SileroDetector:
    """The Silero voice activity model, run by onnxruntime."""

    def __init__(self, session: Any) -> None:
        import numpy as np

        self._session = session
        self._rate = np.array(RATE, dtype=np.int64)
        self._before: Samples
        self._state: Any
        self.reset()

    def speech(self, frame: Samples) -> float:
        """The probability of speech in the next frame."""
        import numpy as np

        heard = np.concatenate([self._before, frame])[None]
        output, self._state = self._session.run(None, {"input": heard, "state": self._state, "sr": self._rate})
        self._before = frame[-_BEFORE:]
        return float(output[0, 0])

    def reset(self) -> None:
        """Forget the stream."""
        import numpy as np

        self._state = np.zeros((2, 1, 128), np.float32)
        self._before = np.zeros(_BEFORE, np.float32)


def open_detector(name: str) -> SileroDetector:
    """The detector of a file, or of a model of the store. Raises `ResourceError`."""
    path = Path(name).expanduser()
    if not path.is_file():
        from codriver.models import open_store

        try:
            path = open_store().path(name)
        except CodriverError as error:
            raise ResourceError(str(error)) from None
    try:
        import onnxruntime
    except ImportError:
        from hmi.voice.hearing import INSTALL

        raise ResourceError(f"Speech needs the package onnxruntime; {INSTALL}.") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # it is small, and must not take the cores from the speech model
    try:
        return SileroDetector(onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"]))
    except (RuntimeError, ValueError) as error:
        raise ResourceError(f"The speech detector {path} cannot be loaded: {error}.") from None
