"""Whisper's encoder on a window that is as long as a request, not the 30 s that it was made for.

The encoder's cost grows with its window, and so does that of every token afterwards, since the decoder looks at
all of it. Nothing but the table of positions ties the model to 30 s, and that table is a formula; a session that
is given its first rows instead looks at the first seconds of the sound. The decoder, though, finds the end of what
was said by the silence after it, and repeats itself when there is none: so some silence, as the long window shows
it, is put behind what the short one sees.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from onnxruntime import InferenceSession, OrtValue, SessionOptions
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, RuntimeException

from hmi.voice.audio import RATE

if TYPE_CHECKING:
    from onnx_asr.models.whisper import WhisperHf

    from hmi.voice.audio import Samples

LONGEST = 30.0
"""Seconds that the encoder was made for; what is said later is not heard."""
_SHORT = 10.0
"""Seconds of the shorter window."""
_SPARE = 0.5
"""Seconds of the shorter window that stay silent."""
_SILENCE = 2.0
"""Seconds of silence that the decoder sees behind it."""
_PER_SECOND = 50
"""Positions that the encoder gives for a second of sound; it takes two features for each."""
_TABLES = ("embed_positions.weight", "model.encoder.embed_positions.weight", "encoder.embed_positions.weight")
"""What exporters call the table of positions."""
_ROWS = round(_SHORT * _PER_SECOND)
_OUTPUT = "last_hidden_state"
_REFUSALS = (Fail, InvalidArgument, RuntimeException)


@dataclass(frozen=True, slots=True)
class _Short:
    """An encoder of the first `_SHORT` seconds."""

    session: InferenceSession
    table: OrtValue
    """Its positions: the session uses this memory, so it must live as long."""
    silence: npt.NDArray[np.float32]
    """What the long window shows of the silence behind the short one."""

    def __call__(self, features: npt.NDArray[np.float32]) -> OrtValue:
        begin = np.ascontiguousarray(features[:, :, : 2 * _ROWS])
        view = self.session.run([_OUTPUT], {"input_features": begin})[0]
        return OrtValue.ortvalue_from_numpy(np.concatenate([view, self.silence], axis=1))


class Encoder:
    """Turns sound into what the decoder looks at."""

    def __init__(
        self, model: WhisperHf, short: Callable[[npt.NDArray[np.float32]], OrtValue] | None = None
    ) -> None:
        """`short` takes features of 30 s and looks at the first `_SHORT`; None: every sound takes the long way."""
        self._model = model
        self._short = short

    def is_short(self, samples: Samples) -> bool:
        """True when the shorter window will do for `samples` (16 kHz)."""
        return self._short is not None and len(samples) <= (_SHORT - _SPARE) * RATE

    def view(self, samples: Samples, in_short: bool) -> OrtValue:
        """What the encoder makes of `samples`, 50 rows for each second.

        `in_short`: in the shorter window. `is_short` tells whether there is one that has room for them.
        """
        heard = samples[: int(LONGEST * RATE)]
        length = np.array([len(heard)])
        if in_short and self._short is not None:
            return self._short(self._model._preprocessor(heard[None], length)[0])
        view: OrtValue = self._model._encode(heard[None], length)
        return view


def open_encoder(
    model: WhisperHf, folder: Path, quantization: str, options: Callable[[], SessionOptions]
) -> Encoder:
    """The encoder of `model`, with a short window if its file allows that; `options` makes those of a session."""
    suffix = f"?{quantization}" if quantization else ""
    width = model._encoder.get_outputs()[0].shape[2]
    file = next(folder.glob(f"**/encoder_model{suffix}.onnx"), None)
    if file is None or not isinstance(width, int):
        return Encoder(model)
    silence = Encoder(model).view(np.zeros(RATE, np.float32), in_short=False).numpy()
    behind = silence[:, _ROWS : _ROWS + round(_SILENCE * _PER_SECOND)]
    for name in _TABLES:
        short = _short(file, options(), name, positions(_ROWS, width), behind)
        if short is not None:
            return Encoder(model, short)
    return Encoder(model)


def positions(rows: int, width: int) -> npt.NDArray[np.float32]:
    """The first rows of Whisper's table of positions, `rows` x `width`: sines, then cosines.

    Source: `sinusoids` in https://github.com/openai/whisper/blob/main/whisper/model.py
    """
    half = width // 2
    frequencies = np.exp(-np.log(10_000) / (half - 1) * np.arange(half))
    angles = np.arange(rows)[:, None] * frequencies[None]
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)


def _short(
    file: Path,
    options: SessionOptions,
    name: str,
    values: npt.NDArray[np.float32],
    silence: npt.NDArray[np.float32],
) -> _Short | None:
    """The encoder of `file` with `values` as its table `name`; None when it has no such table."""
    table = OrtValue.ortvalue_from_numpy(values)
    options.add_initializer(name, table)
    options.log_severity_level = 4  # a table of another name is no error
    try:
        session = InferenceSession(file, options, providers=["CPUExecutionProvider"])
        short = _Short(session, table, silence)
        bins = session.get_inputs()[0].shape[1]
        short(np.zeros((1, bins if isinstance(bins, int) else 80, 2 * _ROWS), np.float32))
    except _REFUSALS:
        return None
    return short
