"""Speech to text: what any engine must offer, and how the one of the settings is opened."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from codriver.errors import CodriverError, ResourceError
from codriver.settings import Settings
from hmi.voice.settings import KEEP_MEMORY, LANGUAGE, MODEL, MODEL_TYPE, QUANTIZATION, THREADS

if TYPE_CHECKING:
    from hmi.voice.audio import Samples

_LOOP = re.compile(r"\b(\w+(?:\W+\w+){0,3})(?:\W+\1\b){3,}")
"""One to four words, four times or more."""
PACKAGES = ("onnxruntime", "onnx_asr", "numpy", "rapidfuzz", "jellyfish", "soxr")
INSTALL = "install it with pip install '.[voice]' in codriver's folder"


Impatience = Callable[[], bool]
"""True once nobody waits for the transcript any more."""


def never() -> bool:
    """Somebody waits."""
    return False


class Ears(Protocol):
    """An engine that turns speech into text."""

    name: str

    def hear(self, samples: Samples, given_up: Impatience = never) -> str:
        """The most likely transcript of `samples`; empty when nothing was said.

        An engine that can do so stops soon after `given_up` says True; its answer does not matter then.
        """

    def alternatives(self, samples: Samples) -> Sequence[str]:
        """Other transcripts, likeliest first; empty for an engine that knows only one."""

    def fit(self, samples: Samples, texts: Sequence[str]) -> Sequence[float] | None:
        """How well each of `texts` fits the sound, as log probabilities; None for an engine that cannot tell."""


class PlainEars:
    """Any model that onnx-asr reads: one transcript, and nothing more."""

    def __init__(self, model: Any, name: str, language: str) -> None:
        self.name = name
        self._model = model
        self._language = language

    def hear(self, samples: Samples, given_up: Impatience = never) -> str:
        """The transcript."""
        return spoken_words(str(self._model.recognize(samples, language=self._language)))

    def alternatives(self, samples: Samples) -> Sequence[str]:
        """None are known."""
        return ()

    def fit(self, samples: Samples, texts: Sequence[str]) -> Sequence[float] | None:
        """Not known."""
        return None


def spoken_words(transcript: str) -> str:
    """`transcript` without what engines write for other sounds: "[BLANK_AUDIO]", "(wind blowing)", "♪".

    Empty for a transcript that goes round in circles ("light, light, light, light"): engines do that on noise.
    """
    text = re.sub(r"\[[^\]]*\]|\([^)]*\)|\*[^*]*\*|[♪♫>]+", " ", transcript).strip()
    return "" if _LOOP.search(text.lower()) else text


def open_ears(settings: Settings, hint: str = "") -> Ears:
    """The speech model of `settings`; `hint` is text of the kind that will be said, for models that take one.

    Raises `ResourceError` when onnx-asr or the model is missing, or the model cannot be loaded.
    """
    folder = model_folder(settings[MODEL])
    try:
        import onnx_asr
        import onnxruntime
    except ImportError as error:
        raise ResourceError(f"Speech needs the package {error.name}; {INSTALL}.") from None

    def options() -> Any:
        made = onnxruntime.SessionOptions()
        made.intra_op_num_threads = settings[THREADS]
        made.enable_cpu_mem_arena = settings[KEEP_MEMORY]
        return made

    kind = settings[MODEL_TYPE]
    try:
        model = onnx_asr.load_model(
            kind,
            folder,
            quantization=settings[QUANTIZATION] or None,
            sess_options=options(),
            providers=["CPUExecutionProvider"],
        )
    except (ValueError, OSError, RuntimeError, KeyError) as error:
        raise ResourceError(f"The speech model {folder} cannot be loaded as {kind!r}: {error}.") from None
    from onnx_asr.models.whisper import WhisperHf

    if isinstance(model.asr, WhisperHf):
        from hmi.voice.encoder import open_encoder
        from hmi.voice.whisper import WhisperEars

        encoder = open_encoder(model.asr, folder, settings[QUANTIZATION], options)
        return WhisperEars(model.asr, encoder, settings[MODEL], settings[LANGUAGE], hint)
    return PlainEars(model, settings[MODEL], settings[LANGUAGE])


def model_folder(name: str) -> Path:
    """The folder of a model: a path as it is, else from the model store. Raises `ResourceError`."""
    path = Path(name).expanduser()
    if path.exists():
        return path
    from codriver.models import open_store

    try:
        return open_store().folder(name)
    except CodriverError as error:
        raise ResourceError(str(error)) from None
