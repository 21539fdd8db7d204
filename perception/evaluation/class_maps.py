"""Reads a truth from class maps: one PNG per image whose pixel values are class numbers.

What the numbers mean stands in a YAML file:

    classes:
      0: {name: Sky, kind: stuff}
      8: {name: Car, also: [truck, bus]}      # kind: thing, unless it says stuff or ignore
      11: {name: void, kind: ignore}

A class map does not part objects of one class that touch; an object is a connected region.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from codriver.errors import FileFormatError, InputError
from codriver.yaml_files import load_yaml
from perception.evaluation.annotations import AnnotatedImage, Annotation, AnnotationSet
from perception.masks import Mask

KINDS = ("thing", "stuff", "ignore")


@dataclass(frozen=True)
class MapClass:
    """What a pixel value means."""

    name: str
    kind: str
    """One of `KINDS`."""
    also: tuple[str, ...] = ()
    """Other names of the class."""


def read_names(names: str) -> Mapping[int, MapClass]:
    """Pixel value → class, from a YAML file or from one that comes along ("camvid").

    Raises `InputError` for a name that is neither, `FileFormatError` for a file that says something else.
    """
    bundled = Path(str(files("perception.evaluation").joinpath("data", f"{names}.yaml")))
    path = bundled if bundled.is_file() else Path(names)
    if not path.is_file():
        raise InputError(f"There is no names file {names!r}; give a YAML file or one of {', '.join(_bundled())}.")
    document = load_yaml(path)
    classes = document.get("classes") if isinstance(document, Mapping) else None
    if not isinstance(classes, Mapping) or not classes:
        raise FileFormatError(f'{path} has no "classes" that map pixel values to names.')
    return {_pixel_value(path, value): _map_class(path, value, entry) for value, entry in classes.items()}


def _bundled() -> list[str]:
    folder = files("perception.evaluation").joinpath("data")
    return sorted(one.name.removesuffix(".yaml") for one in folder.iterdir() if one.name.endswith(".yaml"))


def _pixel_value(path: Path, value: Any) -> int:
    if type(value) is not int or not 0 <= value <= 65535:
        raise FileFormatError(f"{path}: {value!r} is no pixel value; use whole numbers from 0 to 65535.")
    return value


def _map_class(path: Path, value: Any, entry: Any) -> MapClass:
    if isinstance(entry, str):
        entry = {"name": entry}
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
        raise FileFormatError(f"{path}: class {value} needs a name.")
    kind, also = entry.get("kind", "thing"), entry.get("also", [])
    if kind not in KINDS or not isinstance(also, list):
        raise FileFormatError(
            f"{path}: class {value}: kind is one of {', '.join(KINDS)}, also is a list of names."
        )
    return MapClass(entry["name"], kind, tuple(map(str, also)))


def read_class_maps(folder: Path, names: Mapping[int, MapClass], minimum_area: int = 150) -> AnnotationSet:
    """The truth in all PNG files under `folder`; things are connected regions of at least `minimum_area` pixels.

    Smaller regions are ignored, as are pixel values of the kind "ignore".
    Raises `InputError` without PNG files, `FileFormatError` for a file that is no class map with these names.
    """
    paths = sorted(folder.rglob("*.png"))
    if not paths:
        raise InputError(f"{folder} has no PNG files; a folder of class maps has one for each image.")
    images: dict[str, AnnotatedImage] = {}
    first_id = 1
    for path in paths:
        image = _read_map(path, path.relative_to(folder).as_posix(), names, minimum_area, first_id)
        images[image.name] = image
        first_id += len(image.annotations)
    return AnnotationSet(str(folder), images, {one.name: one.also for one in names.values()})


def _read_map(
    path: Path, name: str, names: Mapping[int, MapClass], minimum_area: int, first_id: int
) -> AnnotatedImage:
    values = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if values is None or values.ndim != 2:
        raise FileFormatError(f"{path} is no class map; it must be a readable PNG with one channel.")
    strange = sorted(set(np.unique(values).tolist()) - set(names))
    if strange:
        raise FileFormatError(f"{path} has the pixel value {strange[0]}, which the names file does not know.")
    annotations: list[Annotation] = []
    ignored = np.zeros(values.shape, bool)
    stuff = np.zeros(values.shape, bool)
    for value, map_class in names.items():
        pixels = values == value
        if map_class.kind == "thing":
            regions, small = _regions(pixels, minimum_area)
            ignored |= small
            start = first_id + len(annotations)
            annotations += [Annotation(start + i, mask, map_class.name) for i, mask in enumerate(regions)]
        else:
            target = stuff if map_class.kind == "stuff" else ignored
            target |= pixels
    height, width = values.shape
    return AnnotatedImage(
        name, width, height, tuple(annotations), Mask.from_array(stuff), Mask.from_array(ignored)
    )


def _regions(pixels: NDArray[np.bool_], minimum_area: int) -> tuple[list[Mask], NDArray[np.bool_]]:
    """Connected regions (8 neighbours) that are large enough, and the pixels of the others."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(pixels.astype(np.uint8), connectivity=8)
    large = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] >= minimum_area]
    return [Mask.from_array(labels == i) for i in large], pixels & ~np.isin(labels, large)
