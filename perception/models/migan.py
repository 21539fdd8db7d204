"""MI-GAN in onnxruntime: fills a hole in a picture in one pass.

Sargsyan et al., "MI-GAN: A Simple Baseline for Image Inpainting on Mobile Devices", ICCV 2023; the "pipeline"
export, which crops and scales by itself: uint8 [1, 3, H, W] RGB, and uint8 [1, 1, H, W], 255 to keep and 0 to
fill.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from codriver.errors import FileFormatError
from perception.frame import RGBImage
from perception.masks import BoolImage
from perception.models.files import ModelFiles
from perception.models.sessions import Runtime, Session


class Migan:
    """`roles.Inpainter` for MI-GAN."""

    def __init__(self, files: ModelFiles, runtime: Runtime) -> None:
        """Raises `FileFormatError` when the file is no MI-GAN pipeline."""
        self._files = files
        self._session = Session(files.only(), runtime)
        self._session.require("an inpainting pipeline", ["image", "mask"])

    @property
    def name(self) -> str:
        """As in the store or the settings."""
        return self._files.name

    def files_sha256(self) -> Mapping[str, str]:
        """Of the model."""
        return self._files.sha256

    def inpaint(self, image: RGBImage, hole: BoolImage) -> RGBImage:
        """See `Inpainter`. Raises `FileFormatError` when the model answers with something else than a picture."""
        if not hole.any():
            return image.copy()
        keep = np.where(hole, np.uint8(0), np.uint8(255))
        feeds = {"image": np.ascontiguousarray(image.transpose(2, 0, 1)[None]), "mask": keep[None, None]}
        found = next(iter(self._session.run(feeds).values()))
        if found.shape != (1, 3, *image.shape[:2]) or found.dtype != np.uint8:
            raise FileFormatError(f"{self._session.path} is no inpainting model: it answers with {found.shape}.")
        filled = found[0].transpose(1, 2, 0)
        return np.where(hole[..., None], filled, image).astype(np.uint8)
