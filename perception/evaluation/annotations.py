"""What is compared: annotated images, whether they were predicted or are the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from codriver.errors import InputError
from perception.masks import Mask


@dataclass(frozen=True)
class Annotation:
    """One object of an image."""

    id: int
    """Unique in its set."""
    mask: Mask
    """The visible mask."""
    label: str = ""
    score: float = 1.0
    status: str = "known"
    """"known" or "unknown"."""
    cluster_id: int | None = None
    track_id: int | None = None
    amodal: Mask | None = None
    """Visible and hidden pixels; None: not completed."""
    method: str = ""
    """What completed it."""
    occlusion_rate: float | None = None
    """Hidden share of the amodal mask, 0..1; None: not told."""
    occluded_by: tuple[int, ...] | None = None
    """Ids of the annotations in front of it; None: not told."""
    depth_order: int | None = None
    """0 for the nearest."""
    full_extent_visible: bool | None = None
    """The visible part reaches as far as the whole object does; None: not told."""


@dataclass(frozen=True, eq=False)
class AnnotatedImage:
    """An image with its objects."""

    name: str
    """Path below the source, with "/"."""
    width: int
    height: int
    annotations: tuple[Annotation, ...] = ()
    stuff: Mask | None = None
    """Pixels that belong to no object: road, sky, façade. Only of a truth; None: not told."""
    ignored: Mask | None = None
    """Pixels that the truth says nothing about."""


@dataclass(frozen=True, eq=False)
class AnnotationSet:
    """All images of one file or folder."""

    origin: str
    """Where it was read, for messages."""
    images: Mapping[str, AnnotatedImage]
    """By name."""
    other_names: Mapping[str, tuple[str, ...]]
    """Class → further names that count as the same."""

    def __iter__(self) -> Iterator[AnnotatedImage]:
        return iter(self.images.values())

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Labels that occur, in alphabetical order."""
        return tuple(sorted({one.label for image in self for one in image.annotations if one.label}))

    def same_class(self, label: str) -> frozenset[str]:
        """Lower-case names that count as the class `label`."""
        return frozenset(name.lower() for name in (label, *self.other_names.get(label, ())))


@dataclass(frozen=True, eq=False)
class ImagePair:
    """One image as predicted and as it is."""

    predicted: AnnotatedImage
    truth: AnnotatedImage


@dataclass(frozen=True, eq=False)
class Comparison:
    """Predictions beside the truth."""

    predicted: AnnotationSet
    truth: AnnotationSet
    pairs: tuple[ImagePair, ...]
    """Images that both have, by name."""
    without_truth: tuple[str, ...]
    """Names of predicted images that the truth lacks."""
    without_prediction: tuple[str, ...]
    """Names of images of the truth that were not predicted."""


def compare(predicted: AnnotationSet, truth: AnnotationSet) -> Comparison:
    """Pair the images: by name, else by name without extension, else by its last part where that is unambiguous.

    Raises `InputError` when no image is in both, or when an image has two sizes.
    """
    pairs, without_truth, taken = [], [], set()
    finders = [_index(truth, key) for key in (_whole, _stem, _last)]
    for image in sorted(predicted, key=lambda one: one.name):
        keys = (_whole(image.name), _stem(image.name), _last(image.name))
        match = next(
            (found for finder, key in zip(finders, keys, strict=True) if (found := finder.get(key))), None
        )
        if match is None or match in taken:
            without_truth.append(image.name)
            continue
        taken.add(match)
        pairs.append(_pair(image, truth.images[match], predicted.origin, truth.origin))
    if not pairs:
        raise InputError(
            f"{predicted.origin} and {truth.origin} have no image in common; image names must agree "
            f"(e.g. {_example(predicted)} and {_example(truth)})."
        )
    missing = tuple(sorted(set(truth.images) - taken))
    return Comparison(predicted, truth, tuple(pairs), tuple(without_truth), missing)


def _pair(image: AnnotatedImage, match: AnnotatedImage, origin: str, truth_origin: str) -> ImagePair:
    if (image.width, image.height) != (match.width, match.height):
        raise InputError(
            f"{image.name} is {image.width}×{image.height} in {origin} and {match.width}×{match.height} in "
            f"{truth_origin}; evaluate at the size that was labelled."
        )
    return ImagePair(image, match)


def _whole(name: str) -> str:
    return name


def _stem(name: str) -> str:
    return str(PurePosixPath(name).with_suffix("")) if name else ""


def _last(name: str) -> str:
    return PurePosixPath(name).stem


def _index(images: AnnotationSet, key: Callable[[str], str]) -> dict[str, str]:
    """Key → image name, without the keys that several images share."""
    found: dict[str, str] = {}
    shared = set()
    for name in images.images:
        if key(name) in found:
            shared.add(key(name))
        found[key(name)] = name
    return {one: name for one, name in found.items() if one not in shared}


def _example(images: AnnotationSet) -> str:
    return repr(next(iter(sorted(images.images)), "no image at all"))
