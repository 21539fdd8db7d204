"""The learned shape: a small network draws the whole object from its visible mask and what is around it.

It was trained on silhouettes of `perception.occlusion.training` that hide each other. It looks at masks only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perception.models.sessions import Runtime, Session
from perception.occlusion.network_input import Surroundings, about, network_input
from perception.occlusion.task import Task
from perception.occlusion.window import FloatImage, Window, window_around

WEIGHTS = Path(__file__).parent.parent / "data" / "shape.onnx"
"""Made by `python -m perception.occlusion.training.train`."""
_TOGETHER = 32
"""Objects of one run: more would not be quicker and would need more memory."""


@dataclass(frozen=True, eq=False)
class Guess:
    """What the network says of one object."""

    window: Window
    """In the planes of the task."""
    share: FloatImage
    """[96, 96]: probability that the whole object covers it"""
    iou: float
    """Its estimate of the IoU of the hidden part, 0..1."""
    hidden: float
    """Its probability that a part of the object is hidden, 0..1."""

    def in_task(self, shape: tuple[int, int]) -> FloatImage:
        """The probabilities in the task's planes, float32 `shape` [height, width]; 0 outside the window."""
        return self.window.paste(self.share, shape, 0.0)


def surroundings(task: Task) -> Surroundings:
    """What the network is told of a task."""
    in_front = task.may_hide.astype(np.float32) if task.in_front is None else task.in_front
    behind = np.zeros_like(in_front)
    if task.neighbours is not None:
        behind = np.where(task.neighbours & ~task.visible, 1 - in_front, np.float32(0))
    return Surroundings(task.visible, in_front, behind)


class Network:
    """The weights, ready to be asked."""

    def __init__(self, weights: Path = WEIGHTS, runtime: Runtime | None = None) -> None:
        """Raises what `Session` raises, and `FileFormatError` for a model that is no shape network."""
        self._session = Session(weights, runtime or Runtime(provider="cpu"))
        self._session.require("a shape network", ("planes", "about"), ("logits", "estimates"))

    def guess(self, tasks: Iterable[Task]) -> list[Guess]:
        """What it says of each object; of the tasks it keeps none."""
        found: list[Guess] = []
        seen = (_seen(task) for task in tasks)
        while some := list(islice(seen, _TOGETHER)):
            found += self._some(some)
        return found

    def _some(self, seen: Sequence[_Seen]) -> list[Guess]:
        windows = [window for window, _, _ in seen]
        planes, told = np.stack([one for _, one, _ in seen]), np.stack([one for _, _, one in seen])
        # The mean of an object and its mirror image is better than either.
        both = np.concatenate([planes, planes[..., ::-1]])
        said = self._session.run({"planes": both, "about": np.concatenate([told, told])})
        logits, mirrored = np.split(said["logits"][:, 0], 2)
        estimates = np.mean(np.split(said["estimates"], 2), axis=0)
        shares = 1 / (1 + np.exp(-np.clip((logits + mirrored[..., ::-1]) / 2, -30, 30)))
        return [
            Guess(window, share, float(iou), float(hidden))
            for window, share, (iou, hidden) in zip(windows, shares, estimates, strict=True)
        ]


_Seen = tuple[Window, NDArray[np.float32], NDArray[np.float32]]
"""A window, and what the network is given of it."""


def _seen(task: Task) -> _Seen:
    around = surroundings(task)
    window = window_around(around.visible, around.in_front > 0.2)
    return window, network_input(window, around), about(task.label, task.exact and not task.apart)
