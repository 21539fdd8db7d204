"""Detectors of known classes as ONNX files: YOLO-style (v8, 11; with and without masks) and DETR-style outputs."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from codriver.errors import FileFormatError
from perception.boxes import box_iou
from perception.frame import RGBImage
from perception.masks import Mask
from perception.models.files import ModelFiles
from perception.models.roles import Detections, FloatArray
from perception.models.sessions import Runtime, Session

_NORMALISATIONS: Mapping[str, tuple[Sequence[float], Sequence[float]]] = {
    "unit": ((0, 0, 0), (1, 1, 1)),
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}
"""Mean and spread of the channels, of pixel values 0..1."""
_PADDING = 114
"""Grey value around a frame that is not square, as YOLO was trained with."""
_SAME_OBJECT = 0.7
"""IoU above which two YOLO boxes of one class are one object; DETR needs no such step."""


@dataclass(frozen=True)
class DetectorDescription:
    """How a detector's file is to be read."""

    layout: str = "auto"
    """yolo, detr, or auto: by the names and shapes of its outputs."""
    side: int = 0
    """Pixels of its square input; 0: what the file says, else 640."""
    normalisation: str = "auto"
    """unit (0..1), imagenet (mean and deviation), or auto: unit for YOLO, imagenet for DETR."""
    names: tuple[str, ...] = ()
    """Classes in the order of the outputs; (): what the file says."""
    least_score: float = 0.25
    """0..1"""


@dataclass(frozen=True, eq=False)
class _View:
    """Where a frame lies in the input: x_input = x_frame * scale[0] + shift[0]."""

    scale: FloatArray
    shift: FloatArray
    width: int
    height: int

    def to_frame(self, boxes: FloatArray) -> FloatArray:
        moved = (boxes.reshape(-1, 2, 2) - self.shift) / self.scale
        clipped: FloatArray = np.clip(moved, 0, (self.width, self.height)).reshape(-1, 4).astype(np.float32)
        return clipped


class OnnxDetector:
    """`roles.Detector` for an ONNX file and its description."""

    def __init__(self, files: ModelFiles, runtime: Runtime, description: DetectorDescription) -> None:
        """Raises `FileFormatError` when the file does not give what the description says."""
        self._files = files
        self._session = Session(files.only(), runtime)
        self._input = _picture_input(self._session)
        self._layout = _layout(self._session, description.layout)
        self._names = description.names or names_in(self._session)
        self._side = description.side or _side(self._session.inputs[self._input])
        self._least = description.least_score
        normalisation = description.normalisation
        if normalisation == "auto":
            normalisation = self._layout.normalisation
        self._mean, self._spread = (np.array(one, np.float32) for one in _NORMALISATIONS[normalisation])
        if not self._names:
            raise FileFormatError(
                f"The detector {files.name} does not tell its classes; name them in perception.detector-names."
            )

    @property
    def name(self) -> str:
        """As in the store or the settings."""
        return self._files.name

    def files_sha256(self) -> Mapping[str, str]:
        """Its one file, and external weights."""
        return self._files.sha256

    def detect(self, image: RGBImage) -> Detections:
        """Objects with a score of at least `least_score`, sorted by falling score."""
        pixels, view = self._layout.fit(image, self._side)
        normalised = (pixels.astype(np.float32) / 255 - self._mean) / self._spread
        feed = np.ascontiguousarray(normalised.transpose(2, 0, 1)[None])
        outputs = list(self._session.run({self._input: feed}).values())
        return self._layout.read(outputs, view, self._names, self._least)


def names_in(session: Session) -> tuple[str, ...]:
    """Class names in the file's metadata, as Ultralytics writes them ("{0: 'person', …}"); () without."""
    text = session.metadata.get("names", "")
    try:
        found = ast.literal_eval(text) if text else {}
    except (ValueError, SyntaxError):
        return ()
    if isinstance(found, dict):
        return tuple(str(found[key]) for key in sorted(found))
    return tuple(map(str, found)) if isinstance(found, list | tuple) else ()


def _side(shape: tuple[Any, ...]) -> int:
    return shape[-1] if isinstance(shape[-1], int) and shape[-1] > 0 else 640


def _letterbox(image: RGBImage, side: int) -> tuple[RGBImage, _View]:
    height, width = image.shape[:2]
    scale = side / max(height, width)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    left, top = (side - inner[0]) // 2, (side - inner[1]) // 2
    square = np.full((side, side, 3), _PADDING, np.uint8)
    square[top : top + inner[1], left : left + inner[0]] = cv2.resize(image, inner)
    shape = np.array([inner[0] / width, inner[1] / height], np.float32)
    return square, _View(shape, np.array([left, top], np.float32), width, height)


def _stretch(image: RGBImage, side: int) -> tuple[RGBImage, _View]:
    height, width = image.shape[:2]
    view = _View(np.array([1 / width, 1 / height], np.float32), np.zeros(2, np.float32), width, height)
    return np.asarray(cv2.resize(image, (side, side)), np.uint8), view


def _read_yolo(outputs: list[NDArray[Any]], view: _View, names: Sequence[str], least: float) -> Detections:
    rows = outputs[0][0].T
    classes = rows[:, 4 : 4 + len(names)]
    if classes.shape[1] != len(names) or (len(outputs) == 1 and rows.shape[1] != 4 + len(names)):
        raise FileFormatError(f"The detector gives {rows.shape[1] - 4} classes, but {len(names)} are named.")
    labels, scores = classes.argmax(axis=1), classes.max(axis=1)
    chosen = np.flatnonzero(scores >= least)
    chosen = chosen[np.argsort(-scores[chosen], kind="stable")]
    centre, half = rows[chosen, :2], rows[chosen, 2:4] / 2
    boxes = np.concatenate([centre - half, centre + half], axis=1).astype(np.float32)
    kept = _best_boxes(boxes, labels[chosen])
    rest = rows[chosen[kept], 4 + len(names) :]
    masks = _yolo_masks(outputs[1][0], rest, boxes[kept], view) if len(outputs) > 1 else ()
    found = tuple(names[one] for one in labels[chosen[kept]])
    return Detections(view.to_frame(boxes[kept]), scores[chosen[kept]].astype(np.float32), found, masks)


def _best_boxes(boxes: FloatArray, labels: NDArray[np.int64]) -> list[int]:
    kept: list[int] = []
    for row in range(len(boxes)):
        rivals = [one for one in kept if labels[one] == labels[row]]
        if not rivals or box_iou(boxes[row], boxes[rivals]).max() <= _SAME_OBJECT:
            kept.append(row)
    return kept


def _yolo_masks(
    prototypes: NDArray[Any], weights: NDArray[Any], boxes: FloatArray, view: _View
) -> tuple[Mask, ...]:
    """Each mask is a weighted sum of the prototypes [K, h, w], cut at its box (Bolya et al., "YOLACT", 2019)."""
    kinds, rows, columns = prototypes.shape
    side = (np.array([view.width, view.height]) * view.scale + 2 * view.shift).max()
    masks = []
    # Where the middle of each pixel of the frame lies among the middles of the prototypes' cells.
    across, down = view.scale * np.array([columns, rows], np.float32) / side
    right, below = view.shift * np.array([columns, rows], np.float32) / side
    transform = np.array([[across, 0, right + across / 2 - 0.5], [0, down, below + down / 2 - 0.5]], np.float32)
    for weight, box in zip(weights, view.to_frame(boxes), strict=True):
        logits = (weight @ prototypes.reshape(kinds, -1)).reshape(rows, columns).astype(np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        pixels = cv2.warpAffine(
            logits, transform, (view.width, view.height), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        inside = np.zeros(pixels.shape, bool)
        left, top, right, bottom = (round(float(one)) for one in box)
        inside[top:bottom, left:right] = pixels[top:bottom, left:right] > 0
        masks.append(Mask.from_array(inside))
    return tuple(masks)


def _read_detr(outputs: list[NDArray[Any]], view: _View, names: Sequence[str], least: float) -> Detections:
    boxes, logits = outputs[0][0], outputs[1][0]
    if boxes.shape[-1] != 4 or logits.shape[-1] == 4:
        boxes, logits = logits, boxes
    if logits.shape[1] == len(names) + 1:  # DETR: softmax with "no object" as the last class
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances = (powers / powers.sum(axis=1, keepdims=True))[:, :-1]
    elif logits.shape[1] == len(names):  # RT-DETR and its kin: each class for itself
        chances = 1 / (1 + np.exp(-logits))
    else:
        raise FileFormatError(f"The detector gives {logits.shape[1]} classes, but {len(names)} are named.")
    labels, scores = chances.argmax(axis=1), chances.max(axis=1)
    chosen = np.flatnonzero(scores >= least)
    chosen = chosen[np.argsort(-scores[chosen], kind="stable")]
    centre, half = boxes[chosen, :2], boxes[chosen, 2:] / 2
    corners = np.concatenate([centre - half, centre + half], axis=1).astype(np.float32)
    found = tuple(names[one] for one in labels[chosen])
    return Detections(view.to_frame(corners), scores[chosen].astype(np.float32), found)


@dataclass(frozen=True)
class _Layout:
    fit: Callable[[RGBImage, int], tuple[RGBImage, _View]]
    read: Callable[[list[NDArray[Any]], _View, Sequence[str], float], Detections]
    normalisation: str
    outputs: tuple[int, ...]
    """How many outputs such a model has."""


_LAYOUTS: Mapping[str, _Layout] = {
    "yolo": _Layout(_letterbox, _read_yolo, "unit", (1, 2)),
    "detr": _Layout(_stretch, _read_detr, "imagenet", (2,)),
}


def _picture_input(session: Session) -> str:
    """The name of its one input. Raises `FileFormatError` where it takes anything but a picture."""
    if len(session.inputs) != 1 or len(next(iter(session.inputs.values()))) != 4:
        asked = ", ".join(f"{name} of {len(shape)} dimensions" for name, shape in session.inputs.items())
        raise FileFormatError(
            f"{session.path} is no usable detector: it asks for {asked}, and must ask for one picture "
            "of 4 dimensions only."
        )
    return next(iter(session.inputs))


def _layout(session: Session, wanted: str) -> _Layout:
    shapes = list(session.outputs.values())
    if wanted == "auto":
        boxes = [shape for shape in shapes if len(shape) == 3 and shape[-1] == 4]
        wanted = "detr" if len(shapes) == 2 and boxes else "yolo"
    layout = _LAYOUTS[wanted]
    if len(shapes) not in layout.outputs or len(shapes[0]) != 3:
        raise FileFormatError(
            f"{session.path} is not a {wanted.upper()}-style detector: its outputs are "
            f"{', '.join(f'{name} {list(shape)}' for name, shape in session.outputs.items())}."
        )
    return layout
