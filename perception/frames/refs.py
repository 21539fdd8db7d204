"""Frames that have not been read yet: an image file, a picture of a video."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import fsspec

from codriver.errors import FileFormatError
from perception.dataset.storage import is_local, open_filesystem
from perception.frame import Frame, FrameInfo
from perception.frames.images import MAX_MEGAPIXELS, decode_image

if TYPE_CHECKING:
    import cv2


@dataclass(frozen=True)
class ImageRef:
    """An image file, local or anywhere that fsspec reaches."""

    id: str
    source: str
    """Path or URL of the file."""
    token: str = ""
    """Changes when the file does (size and time, or the store's tag); "" when nobody can tell."""
    sequence: str = ""
    index: int = 0
    max_megapixels: float = MAX_MEGAPIXELS

    def load(self) -> Frame:
        """Read and decode. Raises `FileFormatError`."""
        fs, path = open_filesystem(self.source)
        try:
            content = bytes(fs.cat_file(path))
        except OSError as error:
            reason = error.strerror or str(error) or type(error).__name__
            raise FileFormatError(f"{self.source} cannot be read ({reason}).") from None
        image = decode_image(content, self.source, self.max_megapixels)
        height, width = image.shape[:2]
        digest = hashlib.sha256(content).hexdigest()
        return Frame(FrameInfo(self.id, self.source, width, height, digest, self.sequence, self.index), image)


@dataclass(frozen=True)
class VideoRef:
    """One picture of a video file."""

    id: str
    source: str
    token: str
    sequence: str
    index: int
    """Position in the video, from 0."""

    def load(self) -> Frame:
        """Decode up to this picture; the next one of the same video goes on from there.

        Raises `FileFormatError`.
        """
        image = _reader(self.source).picture(self.index)
        height, width = image.shape[:2]
        digest = hashlib.sha256(f"{height} {width} ".encode() + image.tobytes()).hexdigest()
        return Frame(FrameInfo(self.id, self.source, width, height, digest, self.sequence, self.index), image)


FileRef = ImageRef | VideoRef


def count_pictures(source: str) -> int:
    """How many pictures a video has. Raises `FileFormatError` when it cannot be read."""
    return _reader(source).count()


_last_reader: list[_VideoReader] = []


def _reader(source: str) -> _VideoReader:
    """The process's one open video: pictures are asked for in order."""
    if not _last_reader or _last_reader[0].source != source:
        for old in _last_reader:
            old.close()
        _last_reader[:] = [_VideoReader(source)]
    return _last_reader[0]


class _VideoReader:
    def __init__(self, source: str) -> None:
        self.source = source
        fs, path = open_filesystem(source)
        try:
            self._path = path if is_local(fs) else fsspec.open_local(f"simplecache::{source}")
        except OSError as error:
            raise FileFormatError(f"{source} cannot be read ({error.strerror or error}).") from None
        self._capture = self._open()
        self._next = 0

    def _open(self) -> cv2.VideoCapture:
        import cv2

        capture = cv2.VideoCapture(self._path)
        if not capture.isOpened():
            raise FileFormatError(f"{self.source} is not a video that OpenCV can read.")
        return capture

    def close(self) -> None:
        self._capture.release()

    def count(self) -> int:
        # What the header says is an estimate; counting decodes nothing but the stream.
        count = 0
        while self._capture.grab():
            count += 1
        self._rewind()
        return count

    def picture(self, index: int) -> Any:
        import cv2

        if index < self._next:
            self._rewind()
        # Seeking is inexact in many formats, so pictures in between are passed over one by one.
        while self._next < index and self._capture.grab():
            self._next += 1
        good, bgr = self._capture.read()
        if not good:
            raise FileFormatError(f"Picture {index} of {self.source} cannot be decoded.")
        self._next += 1
        return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)

    def _rewind(self) -> None:
        self._capture.release()
        self._capture, self._next = self._open(), 0
