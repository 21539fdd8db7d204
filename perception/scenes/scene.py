"""A rendered street scene with its exact truth: who is where, whole and visible, and who hides whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perception.frame import RGBImage
from perception.masks import Mask
from perception.scenes.backdrop import Backdrop, build_backdrop
from perception.scenes.layout import MAKERS, Placed, plan_street, populate
from perception.scenes.parts import Solid
from perception.scenes.photography import photograph
from perception.scenes.rendering import Camera, RenderedStreet

STUFF = ("sky", "road", "pavement", "building", "fence", "vegetation", "pole", "ground")
CLASS_NAMES: tuple[str, ...] = (*STUFF, *MAKERS)
"""The class map's numbers are places in this list; stuff first, then things."""
SMALLEST = 12
"""Visible pixels below which a thing is left out of the truth (it stays a thing in the class map)."""


@dataclass(frozen=True)
class SceneObject:
    """A thing of the scene."""

    label: str
    visible: Mask
    amodal: Mask
    """Its whole silhouette inside the picture, hidden parts included."""
    depth_order: int
    """0 for the nearest of the scene."""
    occluded_by: tuple[int, ...]
    """Places, in the scene's list, of the objects that hide a part of it."""
    track_id: int
    """The same thing has the same number in all frames of a drive."""

    @property
    def occlusion_rate(self) -> float:
        """Hidden share, 0..1."""
        return 1 - self.visible.area / self.amodal.area


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture and its truth."""

    image: RGBImage
    class_map: NDArray[np.uint8]
    """[height, width], places in `CLASS_NAMES`."""
    objects: tuple[SceneObject, ...]


def render_scene(seed: int, size: tuple[int, int] = (480, 360), samples: int = 2) -> Scene:
    """The scene of this seed; `size` is width and height in pixels. The same seed gives the same scene.

    `samples`² rays are cast for each pixel.
    """
    return render_drive(seed, 1, size, samples)[0]


def render_drive(seed: int, frames: int, size: tuple[int, int] = (480, 360), samples: int = 2) -> list[Scene]:
    """`frames` pictures of one street while the camera rolls on and the traffic moves."""
    rng = np.random.default_rng(seed)
    street = plan_street(rng)
    placed = populate(rng, street)
    backdrop = build_backdrop(rng, street)
    first = Camera(
        *size,
        position=(0.0, 0.0, float(rng.uniform(1.2, 1.8))),
        pitch=float(rng.normal(0.03, 0.03)),
        yaw=float(rng.normal(0, 0.06) if rng.random() < 0.65 else rng.uniform(-0.6, 0.6)),  # some turn off
        horizontal_view=float(rng.uniform(45, 68)),
    )
    speed = float(rng.uniform(0.15, 0.4))
    return [
        _shoot(backdrop, placed, _rolled(first, speed * time), time, (seed, samples)) for time in range(frames)
    ]


def _rolled(camera: Camera, distance: float) -> Camera:
    x, y, z = camera.position
    return Camera(
        camera.width, camera.height, (x + distance, y, z), camera.pitch, camera.yaw, camera.horizontal_view
    )


def _shoot(
    backdrop: Backdrop, placed: Sequence[Placed], camera: Camera, time: int, quality: tuple[int, int]
) -> Scene:
    seed, samples = quality
    solids = [thing.at(time) for thing in placed]
    street = RenderedStreet(backdrop, solids)
    light = street.image(camera, samples)
    owners = street.owners(camera)
    first_thing = len(backdrop.sheets) + len(backdrop.lumps)
    stuff = [*(sheet.label for sheet in backdrop.sheets), *(lump.label for lump in backdrop.lumps)]
    labels = [*stuff, *(thing.label for thing in placed), "sky"]
    class_of = np.array([CLASS_NAMES.index(label) for label in labels], np.uint8)
    distances = [float(np.hypot(*_middle(solid) - np.array(camera.position[:2]))) for solid in solids]
    wholes = {}
    for place in range(len(solids)):
        if (owners == first_thing + place).sum() >= SMALLEST:
            wholes[place] = street.whole(first_thing + place, camera)
    objects = _objects(owners - first_thing, wholes, [thing.label for thing in placed], distances)
    picture = photograph(light, np.random.default_rng((seed, time)))
    return Scene(picture, class_of[owners], objects)


def _middle(solid: Solid) -> NDArray[np.float64]:
    points = np.vstack([part.points[:, :2] for part in solid])
    middle: NDArray[np.float64] = (points.min(axis=0) + points.max(axis=0)) / 2
    return middle


def _objects(
    owners: NDArray[np.int32],
    wholes: dict[int, NDArray[np.bool_]],
    labels: Sequence[str],
    distances: Sequence[float],
) -> tuple[SceneObject, ...]:
    near_first = sorted(wholes, key=lambda place: distances[place])
    number = {place: index for index, place in enumerate(near_first)}
    objects = []
    for place in near_first:
        seen = owners == place
        whole = wholes[place]
        in_front, counts = np.unique(owners[whole & ~seen], return_counts=True)
        hiding = [int(other) for other, count in zip(in_front, counts, strict=True) if other >= 0 and count >= 3]
        objects.append(
            SceneObject(
                labels[place],
                Mask.from_array(seen),
                Mask.from_array(whole),
                number[place],
                tuple(sorted(number[other] for other in hiding if other in number)),
                place + 1,
            )
        )
    return tuple(objects)
