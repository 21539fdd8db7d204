"""A frame: one camera image with its place in a drive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

RGBImage = NDArray[np.uint8]
"""uint8 [height, width, 3], RGB"""


@dataclass(frozen=True)
class FrameInfo:
    """What is known of a frame without its pixels."""

    id: str
    """Stable and unique in the dataset: the path below the source ("drive1/12.png"); of a video "clip.mp4#12"."""
    source: str
    """Path or URL of the file it comes from."""
    width: int
    """Pixels, after the EXIF orientation was applied."""
    height: int
    sha256: str
    """Of the file's bytes; for a video frame of its decoded pixels. Equal content has equal hashes."""
    sequence: str = ""
    """Frames of one sequence (a drive, a video) follow each other in time; "" for single pictures."""
    index: int = 0
    """Position in the sequence, counted in the source's own frames."""


@dataclass(frozen=True, eq=False)
class Frame:
    """A decoded frame."""

    info: FrameInfo
    image: RGBImage


class FrameRef(Protocol):
    """A frame that has not been read yet. Cheap to list by the million, small to send to a worker."""

    @property
    def id(self) -> str:
        """`FrameInfo.id` of the frame it will give."""
        ...

    @property
    def sequence(self) -> str:
        """`FrameInfo.sequence` of the frame it will give."""
        ...

    @property
    def index(self) -> int:
        """`FrameInfo.index` of the frame it will give."""
        ...

    @property
    def source(self) -> str:
        """`FrameInfo.source` of the frame it will give."""
        ...

    @property
    def token(self) -> str:
        """Cheap to get, and different once the content is; "" when nobody can tell without reading."""
        ...

    def load(self) -> Frame:
        """Read and decode. Raises `codriver.errors.FileFormatError` for what is not a readable image."""
        ...
