"""Frames and crops of segments as JPEG. Crops are made when first asked for and kept on the disk."""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import nullcontext

import cv2
import numpy as np
from numpy.typing import NDArray

from codriver.errors import FileFormatError, ResourceError
from perception.dataset.dataset import Dataset
from perception.dataset.storage import open_filesystem
from perception.frame import FrameInfo, RGBImage
from perception.frames.refs import FileRef, ImageRef, VideoRef
from perception.masks import Mask

THUMB = 160
"""Side of a crop, pixels."""
_MARGIN = 0.2
"""Of the box's longer side, around it."""
_LEAST_SIDE = 40
"""Pixels of the frame; small things are shown with more of what is around them."""
_KEPT_FRAMES = 12
_VERSION = 2
"""Raised when crops come to look different."""
_DIM = 0.5
"""How bright the surroundings of a segment are shown."""
_BRIGHT, _MOST_GAIN = 190.0, 3.0
"""A dark segment is shown brighter, so that its light parts come to this value, but at most so many times."""


class Pictures:
    """Pictures of one dataset, for any number of threads."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._frames: OrderedDict[str, RGBImage] = OrderedDict()
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        """Videos have one reader for the whole process."""

    def frame(self, frame_id: str) -> bytes:
        """A whole frame. Raises `NotFoundError`, `FileFormatError` or `ResourceError`."""
        return _jpeg(self._image(self._dataset.record(frame_id).frame), 90)

    def crop(self, frame_id: str, instance_id: int) -> bytes:
        """A segment with what is around it dimmed. Raises as `frame`."""
        record = self._dataset.record(frame_id)
        mask = record.instance(instance_id).mask
        name = f"review/thumbs/{record.frame.sha256[:2]}/{record.frame.sha256[:24]}-{instance_id}-{mask.area}"
        name += f"-{_VERSION}.jpg"
        storage = self._dataset.storage
        try:
            return storage.read(name)
        except FileNotFoundError:
            made = _jpeg(crop_of(self._image(record.frame), mask), 82)
        try:
            storage.write(name, made)
        except ResourceError:
            return made  # a full disk must not keep anybody from looking
        return made

    def _image(self, info: FrameInfo) -> RGBImage:
        with self._lock:
            if info.id in self._frames:
                self._frames.move_to_end(info.id)
                return self._frames[info.id]
        with self._reading if "#" in info.id else nullcontext():
            image = load_image(info)
        with self._lock:
            self._frames[info.id] = image
            while len(self._frames) > _KEPT_FRAMES:
                self._frames.popitem(last=False)
        return image


def load_image(info: FrameInfo) -> RGBImage:
    """A frame's pixels.

    Raises `ResourceError` when its source has gone or has become another one, `FileFormatError` when it is broken.
    """
    ref: FileRef
    if info.id.endswith(f"#{info.index}"):
        ref = VideoRef(info.id, info.source, "", info.sequence, info.index)
    else:
        ref = ImageRef(info.id, info.source)
    fs, path = open_filesystem(info.source)
    if not fs.exists(path):
        raise ResourceError(f"{info.source} is no longer there; put it back to see its segments.")
    frame = ref.load()
    if frame.info.sha256 != info.sha256:
        raise ResourceError(f"{info.source} is another image than the one that was labelled; label again.")
    return frame.image


def crop_of(image: RGBImage, mask: Mask) -> RGBImage:
    """The segment in the middle of a square of `THUMB` pixels, its surroundings dimmed, what is dark lit up."""
    x, y, width, height = mask.box
    side = min(max(_LEAST_SIDE, round(max(width, height) * (1 + 2 * _MARGIN))), max(mask.width, mask.height))
    rows, columns = _window(y + height // 2, side, mask.height), _window(x + width // 2, side, mask.width)
    part = image[np.ix_(rows, columns)].astype(np.float32)
    inside = mask.to_array()[np.ix_(rows, columns)].astype(np.uint8)
    shade = np.where(inside[..., None] > 0, 1.0, _DIM) * _gain(part[inside > 0])
    lit = np.minimum(part * shade, 255).astype(np.float32)
    small = cv2.resize(lit, (THUMB, THUMB), interpolation=cv2.INTER_AREA)
    edge = cv2.resize(inside, (THUMB, THUMB), interpolation=cv2.INTER_NEAREST)
    outlines, _ = cv2.findContours(edge, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    crop: RGBImage = small.astype(np.uint8)
    cv2.drawContours(crop, outlines, -1, (94, 234, 212), 1, cv2.LINE_AA)
    return crop


def _gain(pixels: NDArray[np.float32]) -> float:
    """How many times brighter pixels [N, 3] are shown."""
    light = float(np.percentile(pixels, 95)) if pixels.size else 255.0
    return float(np.clip(_BRIGHT / max(light, 1.0), 1.0, _MOST_GAIN))


def _window(middle: int, side: int, size: int) -> NDArray[np.intp]:
    """`side` positions around `middle`, moved into the image where it is big enough; else its border repeats."""
    start = middle - side // 2
    if side <= size:
        start = min(max(0, start), size - side)
    return np.clip(np.arange(start, start + side), 0, size - 1)


def outline_of(mask: Mask) -> str:
    """A mask as the `d` of an SVG path, in pixels of the frame; holes by the even-odd rule."""
    contours, _ = cv2.findContours(mask.to_array().astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_TC89_L1)
    parts = []
    for contour in contours:
        points = " ".join(f"{x} {y}" for x, y in contour[:, 0].tolist())
        parts.append(f"M{points}Z")
    return "".join(parts)


def _jpeg(image: RGBImage, quality: int) -> bytes:
    done, encoded = cv2.imencode(
        ".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    if not done:
        raise FileFormatError("A frame could not be encoded as JPEG; is it empty?")
    return bytes(encoded.tobytes())
