"""Evaluation sets by synthetic occlusion: whole objects of a dataset, hidden by cut-outs of others.

The truth is exact by construction: the whole mask is the one from before the paste (as in "Self-supervised scene
de-occlusion", arXiv 2004.02788). All choices come from one seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.evaluation.annotations import AnnotatedImage, Annotation, AnnotationSet
from perception.frame import RGBImage
from perception.masks import BoolImage, Mask

Extent = Literal["any", "visible", "hidden"]

_Pixel = TypeVar("_Pixel", bound=np.generic)


@dataclass(frozen=True)
class OcclusionOptions:
    """What the set is like."""

    count: int = 300
    """Scenes at most; each has one new occluder."""
    seed: int = 0
    hidden: tuple[float, float] = (0.2, 0.6)
    """Lowest and highest share of the object that is hidden."""
    extent: Extent = "any"
    """Whether the visible part reaches as far, on all four sides, as the whole object does."""
    minimum_area: int = 400
    """Pixels of an object that is hidden or cut out."""
    tries: int = 80
    """Placements tried for one object before it is left out."""


@dataclass(frozen=True, eq=False)
class CutOut:
    """An object with its pixels, cropped to its box."""

    label: str
    pixels: RGBImage
    inside: BoolImage


@dataclass(frozen=True, eq=False)
class OccludedScene:
    """An image with one more object in it, and the truth about all of them."""

    source: str
    """Name of the image it was made from."""
    image: RGBImage
    annotations: tuple[Annotation, ...]
    """Of the occluder, of the object that it hides (`target`), and of the image's other objects. Objects that were
    whole before have amodal masks; the others have none."""
    target: int
    """Annotation id."""
    occluder: int
    """Annotation id."""


def whole_objects(image: AnnotatedImage, minimum_area: int) -> list[Annotation]:
    """Objects that can be taken for whole: large enough, off the image's border, with nothing in front of them.

    Where the truth does not tell the occlusion rate, an object that touches another one does not count as whole.
    """
    kernel = np.ones((5, 5), np.uint8)
    masks = {one.id: one.mask.to_array() for one in image.annotations}
    found = []
    for one in image.annotations:
        x, y, width, height = one.mask.box
        inside = x > 1 and y > 1 and x + width < image.width - 1 and y + height < image.height - 1
        if one.mask.area < minimum_area or not inside:
            continue
        if one.occlusion_rate is None:
            around = cv2.dilate(masks[one.id].astype(np.uint8), kernel).astype(bool)
            whole = not any((around & other).any() for number, other in masks.items() if number != one.id)
        else:
            whole = one.occlusion_rate < 0.005
        if whole:
            found.append(one)
    return found


def make_occlusions(
    truth: AnnotationSet, load: Callable[[str], RGBImage], classes: Sequence[str], options: OcclusionOptions
) -> Iterator[OccludedScene]:
    """Up to `options.count` scenes; none where the dataset has no whole objects of `classes` (none: all).

    `load` gives the pixels of an image by name. The same arguments give the same scenes.
    """
    random = np.random.default_rng(options.seed)
    candidates = [
        (image, one)
        for image in sorted(truth, key=lambda each: each.name)
        for one in whole_objects(image, options.minimum_area)
        if not classes or one.label in classes
    ]
    if len(candidates) < 2:
        return
    made = 0
    while made < options.count:
        made_before = made
        for chosen in random.permutation(len(candidates)):
            image, target = candidates[chosen]
            scene = _hide(image, target, candidates, load, random, options)
            if scene is not None:
                yield scene
                made += 1
            if made == options.count:
                return
        if made == made_before:  # nothing fits; another round would not help
            return


def _hide(
    image: AnnotatedImage,
    target: Annotation,
    candidates: Sequence[tuple[AnnotatedImage, Annotation]],
    load: Callable[[str], RGBImage],
    random: np.random.Generator,
    options: OcclusionOptions,
) -> OccludedScene | None:
    whole = target.mask.to_array()
    for _ in range(options.tries):
        other_image, other = candidates[int(random.integers(len(candidates)))]
        if other is target:
            continue
        left, top, size, flipped = _placement(target, random)
        if size > 1.5 * other.mask.box[3]:  # enlarged further, its coarse pixels would give it away
            continue
        height, width = size, max(1, round(size * other.mask.box[2] / other.mask.box[3]))
        shape = _resized(_crop(other.mask.to_array(), other), width, height, flipped)
        front = np.zeros(whole.shape, bool)
        rows, columns, inner = _clip(left - width // 2, top, shape, front.shape)
        front[rows, columns] = shape[inner]
        if not _fits(whole, front, shape, options):
            continue
        cut_out = CutOut(other.label, _crop(load(other_image.name), other), shape)
        pixels = _paste(load(image.name), cut_out, (rows, columns, inner), flipped)
        return _scene(image, target, cut_out.label, front, pixels)
    return None


def _placement(target: Annotation, random: np.random.Generator) -> tuple[int, int, int, bool]:
    """Centre, top and height of the occluder, and whether it is mirrored: it stands nearer, so its foot is not
    above the foot of what it hides."""
    x, y, width, height = target.mask.box
    size = max(4, round(height * random.uniform(0.6, 1.3)))
    bottom = y + height + random.uniform(0.0, 0.25) * height
    centre = x + width * random.uniform(-0.3, 1.3)
    return round(centre), round(bottom) - size, size, bool(random.integers(2))


def _crop(pixels: NDArray[_Pixel], one: Annotation) -> NDArray[_Pixel]:
    x, y, width, height = one.mask.box
    return pixels[y : y + height, x : x + width]


def _resized(inside: BoolImage, width: int, height: int, flipped: bool) -> BoolImage:
    resized = cv2.resize(inside.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA) > 0.5
    return resized[:, ::-1] if flipped else resized


Window = tuple[slice, slice, tuple[slice, slice]]
"""Rows and columns of the image, and the part of the cut-out that lands there."""


def _clip(left: int, top: int, shape: BoolImage, frame: tuple[int, ...]) -> Window:
    height, width = shape.shape
    y0, x0 = max(0, top), max(0, left)
    y1, x1 = max(y0, min(frame[0], top + height)), max(x0, min(frame[1], left + width))
    return slice(y0, y1), slice(x0, x1), (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))


def _fits(whole: BoolImage, front: BoolImage, shape: BoolImage, options: OcclusionOptions) -> bool:
    if front.sum() < 0.6 * shape.sum() or not front.any():  # most of the occluder would be outside the image
        return False
    visible = whole & ~front
    low, high = options.hidden
    if not low <= 1 - visible.sum() / whole.sum() <= high:
        return False
    return options.extent == "any" or extent_visible(visible, whole) == (options.extent == "visible")


def extent_visible(visible: BoolImage, whole: BoolImage) -> bool:
    """Whether the visible part's box is the whole object's box, to within 3 % of its sides (2 px at least)."""
    first, second = Mask.from_array(visible).box, Mask.from_array(whole).box
    tolerance = max(2.0, 0.03 * max(second[2:]))
    sides = [
        (first[0], second[0]),
        (first[1], second[1]),
        (first[0] + first[2], second[0] + second[2]),
        (first[1] + first[3], second[1] + second[3]),
    ]
    return all(abs(one - other) <= tolerance for one, other in sides)


def _paste(image: RGBImage, cut_out: CutOut, window: Window, flipped: bool) -> RGBImage:
    rows, columns, inner = window
    height, width = cut_out.inside.shape
    resized = cv2.resize(cut_out.pixels, (width, height), interpolation=cv2.INTER_AREA)
    if flipped:
        resized = resized[:, ::-1]
    # An edge of one pixel that is half transparent, as in a camera's picture.
    alpha = cv2.GaussianBlur(cut_out.inside.astype(np.float32), (3, 3), 0)[inner][..., None]
    pasted = image.copy()
    blended = alpha * resized[inner] + (1 - alpha) * pasted[rows, columns]
    pasted[rows, columns] = np.round(blended).astype(np.uint8)
    return pasted


def _scene(
    image: AnnotatedImage, target: Annotation, label: str, front: BoolImage, pixels: RGBImage
) -> OccludedScene:
    whole_ids = {one.id for one in whole_objects(image, 1)} | {target.id}
    occluder = len(image.annotations) + 1
    numbers = {one.id: number for number, one in enumerate(image.annotations, start=1)}
    annotations = []
    for one in image.annotations:
        whole = one.mask.to_array()
        visible = whole & ~front
        if not visible.any():
            continue
        hidden = bool((whole & front).any())
        known_whole = one.id in whole_ids
        annotations.append(
            Annotation(
                id=numbers[one.id],
                mask=Mask.from_array(visible),
                label=one.label,
                amodal=one.mask if known_whole else None,
                occlusion_rate=float(1 - visible.sum() / whole.sum()) if known_whole else None,
                occluded_by=(occluder,) if hidden else (),
                depth_order=int(hidden),
                full_extent_visible=extent_visible(visible, whole) if known_whole else None,
            )
        )
    mask = Mask.from_array(front)
    annotations.append(Annotation(occluder, mask, label, occlusion_rate=0.0, occluded_by=(), depth_order=0))
    return OccludedScene(image.name, pixels, tuple(annotations), numbers[target.id], occluder)
