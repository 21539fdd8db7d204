"""What SAM and SAM 2 have in common: an encoder, a decoder, and the last frame's embedding."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path

from perception.frame import RGBImage
from perception.models.files import ModelFiles
from perception.models.roles import Embedding, MaskCandidates, Prompts
from perception.models.sessions import Runtime, Session


class Promptable(ABC):
    """`roles.Segmenter` from an ONNX encoder and decoder.

    The last frame's embedding is kept (16 MB for SAM 2), so that a later stage can have it without encoding again.
    """

    def __init__(self, files: ModelFiles, runtime: Runtime, batch_size: int = 8) -> None:
        """Raises `FileFormatError` when the files hold no such encoder and decoder."""
        self._files = files
        self._batch = batch_size
        self._encoder = Session(files.containing("encoder"), runtime)
        self._decoder = self._open_decoder(files.containing("decoder"), runtime)
        self._require()
        self._last: tuple[bytes, Embedding] | None = None

    @property
    def name(self) -> str:
        """As in the store or the settings."""
        return self._files.name

    @property
    def provider(self) -> str:
        """Where it runs, onnxruntime's name."""
        return self._encoder.provider

    def files_sha256(self) -> Mapping[str, str]:
        """Encoder and decoder."""
        return self._files.sha256

    def embed(self, image: RGBImage) -> Embedding:
        """Encode a frame of any size; the same pixels as last time cost nothing."""
        identity = hashlib.sha256(repr(image.shape).encode() + image.tobytes()).digest()
        if self._last is None or self._last[0] != identity:
            self._last = None  # before the costly step: its memory is free for it
            self._last = identity, self._encode(image)
        return self._last[1]

    @abstractmethod
    def decode(self, embedding: Embedding, prompts: Prompts) -> MaskCandidates:
        """Masks of each prompt, in batches."""

    def _open_decoder(self, path: Path, runtime: Runtime) -> Session:
        return Session(path, runtime)

    @abstractmethod
    def _require(self) -> None:
        """Raise `FileFormatError` unless encoder and decoder have the inputs and outputs of this kind."""

    @abstractmethod
    def _encode(self, image: RGBImage) -> Embedding: ...

    def _batches(self, count: int) -> Iterator[slice]:
        """Consecutive parts of `count` prompts, each as large as a batch, the last one maybe smaller."""
        return (slice(start, min(start + self._batch, count)) for start in range(0, count, self._batch))
