"""Image and text encoders that share a space (CLIP, Radford et al. 2021; SigLIP, Zhai et al. 2023), as ONNX.

The folder is laid out as model hubs have it: `vision_model*.onnx` and, for naming, `text_model*.onnx` and
`tokenizer.json` (in it or in `onnx/`), with `preprocessor_config.json` for the size and colours of the pictures.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from codriver.errors import FileFormatError, NotFoundError
from perception.frame import RGBImage
from perception.models.files import sha256_of_file
from perception.models.roles import FloatArray, NameProposal
from perception.models.sessions import Runtime, Session

_BATCH = 16
_POOLED = ("image_embeds", "text_embeds", "pooler_output", "sentence_embedding")
_PROMPT = "a photo of a {}"
_SCALE = 100.0
"""The scale of the logits that CLIP was trained to; it turns cosines into probabilities."""

_NOTHING = ("road", "wall", "sky", "tree", "blurry background")
"""Names that compete with the vocabulary and are never proposed."""


class ClipModel:
    """Both encoders of a folder. Weights are read when they are first needed."""

    def __init__(self, folder: Path, vocabulary: Sequence[str] = (), runtime: Runtime | None = None) -> None:
        """`vocabulary`: what things may be called; without it there are vectors but no names.

        Raises `NotFoundError` when the folder lacks a file.
        """
        self._folder = folder
        self._runtime = runtime or Runtime()
        self._vocabulary = tuple(dict.fromkeys(vocabulary))
        self._files = {"vision": _find(folder, "vision_model*.onnx")}
        if self._vocabulary:
            self._files |= {
                "text": _find(folder, "text_model*.onnx"),
                "tokenizer": _find(folder, "tokenizer.json"),
            }

    @property
    def name(self) -> str:
        """The folder's name."""
        return self._folder.name

    def files_sha256(self) -> Mapping[str, str]:
        """File name → sha256."""
        return self._hashes

    def embed_crops(self, crops: Sequence[RGBImage]) -> FloatArray:
        """[N, D], each of length 1."""
        session = self._vision
        name = next(iter(session.inputs))
        rows = [
            _pooled(session, {name: np.stack([self._pixels(crop) for crop in crops[start : start + _BATCH]])})
            for start in range(0, len(crops), _BATCH)
        ]
        return np.concatenate(rows) if rows else np.zeros((0, self._dimensions), np.float32)

    def name_crops(self, crops: Sequence[RGBImage]) -> Sequence[NameProposal]:
        """Up to three names of the vocabulary for the mean of the crops, by probability among all names and some
        for what is no thing. Empty without a vocabulary, and where a name for no thing fits best."""
        if not crops or not self._vocabulary:
            return []
        mean = self.embed_crops(crops).mean(axis=0)
        logits = _SCALE * self._names @ (mean / max(float(np.linalg.norm(mean)), 1e-9))
        chances = np.exp(logits - logits.max())
        chances /= chances.sum()
        order = np.argsort(-chances, kind="stable")[:3]
        if order[0] >= len(self._vocabulary):
            return []
        return [NameProposal(self._vocabulary[i], float(chances[i])) for i in order if i < len(self._vocabulary)]

    @cached_property
    def _hashes(self) -> dict[str, str]:
        return {path.name: sha256_of_file(path) for path in self._files.values()}

    @cached_property
    def _vision(self) -> Session:
        return Session(self._files["vision"], self._runtime)

    @cached_property
    def _dimensions(self) -> int:
        side = self._preprocessing[0]
        return int(self.embed_crops([np.zeros((side, side, 3), np.uint8)]).shape[1])

    @cached_property
    def _names(self) -> FloatArray:
        """[vocabulary and no things, D]"""
        from tokenizers import Tokenizer

        try:
            tokenizer = Tokenizer.from_file(str(self._files["tokenizer"]))
        except Exception as error:  # noqa: BLE001 - the library raises plain exceptions
            raise FileFormatError(f"{self._files['tokenizer']} is no tokenizer ({error}).") from None
        session = Session(self._files["text"], self._runtime)
        tokenizer.enable_padding()
        encoded = tokenizer.encode_batch([_PROMPT.format(name) for name in (*self._vocabulary, *_NOTHING)])
        feeds = {"input_ids": np.array([one.ids for one in encoded], np.int64)}
        if "attention_mask" in session.inputs:
            feeds["attention_mask"] = np.array([one.attention_mask for one in encoded], np.int64)
        return _pooled(session, feeds)

    @cached_property
    def _preprocessing(self) -> tuple[int, FloatArray, FloatArray]:
        """Side in pixels, mean and deviation of the colours (0..1)."""
        path = self._folder / "preprocessor_config.json"
        if not path.is_file():
            return 224, np.full(3, 0.5, np.float32), np.full(3, 0.5, np.float32)
        try:
            config = json.loads(path.read_text(encoding="utf-8"))
            size = config.get("crop_size", config.get("size", 224))
            side = int(size if isinstance(size, int) else size.get("height") or size["shortest_edge"])
            mean, deviation = (np.array(config[key], np.float32) for key in ("image_mean", "image_std"))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise FileFormatError(f"{path} does not tell size and colours of pictures ({error!r}).") from None
        if side < 1 or mean.shape != (3,) or deviation.shape != (3,) or not (deviation > 0).all():
            raise FileFormatError(f"{path} does not tell size and colours of pictures.")
        return side, mean, deviation

    def _pixels(self, crop: RGBImage) -> FloatArray:
        """[3, side, side]"""
        side, mean, deviation = self._preprocessing
        resized = cv2.resize(crop, (side, side), interpolation=cv2.INTER_CUBIC).astype(np.float32) / 255
        return np.ascontiguousarray(((resized - mean) / deviation).transpose(2, 0, 1), np.float32)

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "_vision"}


def read_vocabulary(path: Path) -> list[str]:
    """Names, one a line; empty lines and those that begin with # do not count.

    Raises `NotFoundError` without the file, `FileFormatError` when it names nothing.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFoundError(f"The vocabulary {path} cannot be read ({error}).") from None
    names = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not names:
        raise FileFormatError(f"The vocabulary {path} has no names; write one a line.")
    return names


def _find(folder: Path, pattern: str) -> Path:
    found = [path for place in (folder, folder / "onnx") for path in sorted(place.glob(pattern))]
    if not found:
        raise NotFoundError(f"{folder} has no {pattern}; give the folder of a CLIP or SigLIP model in ONNX.")
    return found[0]


def _pooled(session: Session, feeds: Mapping[str, Any]) -> FloatArray:
    """The output with one vector for each input, each of length 1."""
    chosen = next((name for name in _POOLED if name in session.outputs), None)
    if chosen is None:
        raise FileFormatError(
            f"{session.path} has the outputs {', '.join(session.outputs)} and none of {', '.join(_POOLED)}; "
            "export it with one."
        )
    rows = session.run(feeds)[chosen].astype(np.float32)
    scaled: FloatArray = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return scaled
