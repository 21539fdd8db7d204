"""Synthetic occlusion: whole silhouettes hidden by others, with the faults that real masks have.

Hiding whole objects by cut-outs of others for self-supervision is the idea of "Self-supervised scene de-occlusion"
(arXiv 2004.02788).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.occlusion.network_input import ABOUT, KINDS, Surroundings, network_input
from perception.occlusion.training.library import Silhouette
from perception.occlusion.training.placing import Plane, Random, inexact, overlap, put, scaled
from perception.occlusion.window import Window, box_of, window_around

SHARES = {
    "car": 0.32, "lorry": 0.05, "person": 0.30, "cyclist": 0.06, "bicycle": 0.03, "sign": 0.05, "pole": 0.05,
    "furniture": 0.03, "thing": 0.05, "board": 0.05, "light": 0.01,
}  # fmt: skip
"""How often each kind is drawn."""
_KIND_OF = {"car": "vehicle", "lorry": "vehicle", "person": "person", "cyclist": "cycle", "bicycle": "cycle",
            "sign": "sign", "board": "sign", "pole": "pole"}  # fmt: skip
_OFTEN = {"nothing in front": 0.27, "second occluder": 0.25, "one behind": 0.5, "frame border": 0.18,
          "nothing known": 0.33, "one unknown": 0.08, "inexact": 0.5, "told so": 0.9, "joined": 0.16,
          "joined thing": 0.05, "no kind": 0.3}  # fmt: skip
"""How often each happens."""
_IN_GROUPS = {"car", "lorry", "person", "cyclist"}
_SMALLEST = 14
"""Pixels of a visible part that may be learned from."""

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Sample:
    """One training example; uint8 stands for 0..1."""

    planes: Bytes
    """[4, 96, 96], see `network_input`"""
    about: NDArray[np.float32]
    """[ABOUT], see `network_input.about`"""
    amodal: Bytes
    """[96, 96]: share of each pixel that the whole object covers"""
    visible: Bytes
    """[96, 96]: the exact visible part"""


@dataclass(eq=False)
class _Scene:
    """The object's whole mask, and the seen parts of what is in front of it and behind it."""

    target: Plane
    fronts: list[Plane]
    behind: list[Plane]

    def hiding(self) -> Plane:
        found = np.zeros_like(self.target)
        for one in self.fronts:
            found |= one
        return found


class Composer:
    """Draws samples from a library of silhouettes."""

    def __init__(self, library: Sequence[tuple[str, Silhouette]]) -> None:
        self.library = library
        self._of_kind: dict[str, list[Silhouette]] = {}
        for kind, shape in library:
            self._of_kind.setdefault(kind, []).append(shape)

    def sample(self, rng: Random) -> Sample:
        """One example; the same state of `rng` gives the same one."""
        while True:
            kind, shape = self.library[int(rng.integers(len(self.library)))]
            scene = self._scene(rng, kind, shape)
            if rng.random() < _OFTEN["frame border"]:
                scene = _cropped(rng, scene)
            found = _seen(rng, kind, scene)
            if found is not None:
                return found

    def _scene(self, rng: Random, kind: str, shape: Silhouette) -> _Scene:
        longest = float(np.exp(rng.uniform(np.log(20), np.log(170))))
        target_shape = scaled(shape, longest)
        side = int(longest * 2.9) + 24
        height, width = target_shape.shape
        left, top = (side - width) // 2, (side - height) // 2
        scene = _Scene(np.zeros((side, side), np.uint8), [], [])
        put(scene.target, target_shape, left, top)
        if rng.random() < _OFTEN["joined" if kind in _IN_GROUPS else "joined thing"]:
            scene.target |= self._joined(rng, kind, scene.target)
        box = box_of(scene.target)
        if rng.random() >= _OFTEN["nothing in front"]:
            for _ in range(1 + (rng.random() < _OFTEN["second occluder"])):
                self._hide(rng, scene, box)
        if rng.random() < _OFTEN["one behind"]:
            for _ in range(1 + (rng.random() < 0.3)):
                self._put_behind(rng, scene, box)
        return scene

    def _joined(self, rng: Random, kind: str, target: Plane) -> Plane:
        """The region with one to three others beside it: class maps make one of objects that touch, people who
        walk together or cars that stand in a row."""
        found, way = target.copy(), int(rng.choice([-1, 1]))
        shapes = self._of_kind[kind] if rng.random() < 0.85 else [self._any(rng)]
        smaller = rng.uniform(0.6, 1.0) if kind in {"car", "lorry"} else 1.0
        height = float(box_of(target)[3])
        foot = box_of(target)[1] + height
        for _ in range(rng.choice([1, 2, 3], p=(0.6, 0.28, 0.12))):
            left, _, width, _ = box_of(found)
            height *= smaller * rng.uniform(0.88, 1.12)
            # What is farther away stands higher in the picture.
            foot -= height * ((1 - smaller) * rng.uniform(0.1, 0.5) + rng.uniform(-0.03, 0.03))
            shape = shapes[int(rng.integers(len(shapes)))]
            shape = scaled(shape, max(height, 6.0) * max(shape.shape) / shape.shape[0])
            wide = shape.shape[1]
            inside = wide * rng.uniform(0.0, 0.6)
            x = left + width - inside if way > 0 else left - wide + inside
            joined = found.copy()
            put(joined, shape, round(x), round(foot) - shape.shape[0])
            if cv2.connectedComponents(joined)[0] == 2:
                found = joined
        return found

    def _any(self, rng: Random) -> Silhouette:
        return self.library[int(rng.integers(len(self.library)))][1]

    def _hide(self, rng: Random, scene: _Scene, box: tuple[int, int, int, int]) -> None:
        left, top, width, height = box
        area = int(np.count_nonzero(scene.target))
        hiding = scene.hiding()
        # The last one is in front and hides nothing worth speaking of.
        ranges = ((0.18, 0.65), (0.03, 0.3), (0.05, 0.85), (-1.0, 0.04))
        low, high = ranges[rng.choice(4, p=(0.47, 0.23, 0.2, 0.1))]
        for _ in range(14):
            shape = self._any(rng)
            if rng.random() < 0.6:  # it stands nearer: its foot is not above the foot of what it hides
                tall = max(height * rng.uniform(0.6, 1.3), 6)
                shape = scaled(shape, tall * max(shape.shape) / shape.shape[0])
                x = left + width * rng.uniform(-0.3, 1.3) - shape.shape[1] / 2
                y = top + height * (1 + rng.uniform(0, 0.25)) - shape.shape[0]
            else:
                shape = scaled(shape, max(width, height) * float(np.exp(rng.uniform(np.log(0.3), np.log(2.5)))))
                x = left + width * rng.uniform(-0.1, 1.1) - shape.shape[1] / 2
                y = top + height * rng.uniform(0.0, 1.1) - shape.shape[0] / 2
            if max(shape.shape) > 2 * scene.target.shape[0]:
                continue
            at = round(x), round(y)
            if low < overlap(scene.target & (1 - hiding), shape, *at) / area < high:
                front = np.zeros_like(scene.target)
                put(front, shape, *at)
                scene.fronts.append(front)
                return

    def _put_behind(self, rng: Random, scene: _Scene, box: tuple[int, int, int, int]) -> None:
        left, top, width, height = box
        shape = scaled(self._any(rng), max(width, height) * rng.uniform(0.4, 1.7))
        x = left + width * rng.uniform(-0.3, 1.3) - shape.shape[1] / 2
        y = top + height * rng.uniform(0.3, 1.05) - shape.shape[0]
        behind = np.zeros_like(scene.target)
        put(behind, shape, round(x), round(y + rng.uniform(0, 0.4) * shape.shape[0]))
        behind &= 1 - scene.target
        for one in [*scene.fronts, *scene.behind]:
            behind &= 1 - one
        if behind.any():
            scene.behind.append(behind)


def _cropped(rng: Random, scene: _Scene) -> _Scene:
    """The border of the image cuts the scene at one side, or by so much space that it does not."""
    side = scene.target.shape[0]
    cut = int(side * rng.uniform(0.2, 0.48))
    where = ((slice(cut, None), slice(None)), (slice(side - cut), slice(None)),
             (slice(None), slice(cut, None)), (slice(None), slice(side - cut)))[rng.integers(4)]  # fmt: skip

    def crop(plane: Plane) -> Plane:
        return np.ascontiguousarray(plane[where])

    return _Scene(crop(scene.target), [crop(one) for one in scene.fronts], [crop(one) for one in scene.behind])


def _seen(rng: Random, kind: str, scene: _Scene) -> Sample | None:
    """What the network is shown of a scene; None where nothing of the object is left."""
    exact = scene.target & (1 - scene.hiding())
    visible, fronts, behind = exact, scene.fronts, scene.behind
    rough = rng.random() < _OFTEN["inexact"]
    if rough:
        visible = inexact(rng, exact)
        fronts, behind = [inexact(rng, one) for one in fronts], [inexact(rng, one) for one in behind]
    if min(np.count_nonzero(visible), np.count_nonzero(exact)) < _SMALLEST:
        return None
    if rng.random() < _OFTEN["nothing known"]:
        fronts, behind = [], behind if rng.random() < 0.4 else []
    elif fronts and rng.random() < _OFTEN["one unknown"]:
        fronts = fronts[1:]
    around = Surroundings(visible, *_sureness(rng, visible, fronts, behind))
    window = _moved(rng, window_around(visible, around.in_front > 0.2))
    about = np.zeros(ABOUT, np.float32)
    if kind in _KIND_OF and rng.random() >= _OFTEN["no kind"]:
        about[KINDS.index(_KIND_OF[kind])] = 1
    about[-1] = float(rough and rng.random() < _OFTEN["told so"])
    planes = _bytes(network_input(window, around))
    return Sample(planes, about, _bytes(window.cut(scene.target)), _bytes(window.cut(exact)))


def _sureness(
    rng: Random, visible: Plane, fronts: Sequence[Plane], behind: Sequence[Plane]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How sure each neighbour is in front and behind: known, entirely unknown, or inferred with some errors."""
    way = rng.choice(3, p=(0.4, 0.35, 0.25))
    in_front, at_back = np.zeros(visible.shape, np.float32), np.zeros(visible.shape, np.float32)
    for planes, truth in ((behind, 0.0), (fronts, 1.0)):
        for plane in planes:
            sure = truth
            if way == 1:
                sure = 0.5
            elif way == 2:
                sure = 0.5 + 0.5 * rng.random() if rng.random() < 0.9 else 0.5 - 0.35 * rng.random()
                sure = sure if truth else 1 - sure
            np.maximum(in_front, plane * np.float32(sure), out=in_front)
            np.maximum(at_back, plane * np.float32(1 - sure), out=at_back)
    # Where rough masks overlap, the overlap tells how rough: what is in front is shown there, too.
    at_back[visible > 0] = 0
    return in_front, at_back


def _bytes(values: NDArray[np.float32]) -> Bytes:
    return np.asarray(np.rint(np.clip(values, 0, 1) * 255), np.uint8)


def _moved(rng: Random, window: Window) -> Window:
    side = int(window.side * rng.uniform(0.96, 1.15)) + 1
    slack = window.side // 25
    dx, dy = (int(one) for one in rng.integers(-slack, slack + 1, 2))
    half = (side - window.side) // 2
    return Window(window.left - half + dx, window.top - half + dy, side)


def batch(composer: Composer, rng: Random, size: int) -> tuple[Bytes, NDArray[np.float32], Bytes, Bytes]:
    """`size` samples: planes [N, 4, 96, 96], about [N, ABOUT], amodal and visible [N, 1, 96, 96]."""
    drawn = [composer.sample(rng) for _ in range(size)]
    return (
        np.stack([one.planes for one in drawn]),
        np.stack([one.about for one in drawn]),
        np.stack([one.amodal for one in drawn])[:, None],
        np.stack([one.visible for one in drawn])[:, None],
    )
