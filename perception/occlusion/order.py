"""Who hides whom in a frame: a judgement of each pair of neighbours, and an order without cycles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.occlusion.mounting import mounted
from perception.occlusion.order_model import OrderModel, PairModel, logistic, shipped_model
from perception.occlusion.pair_features import CLAIM_SIZE, Claim, Claims, Outline, features, neighbours, outline
from perception.occlusion.patch import Patch

_TOUCH = 2
"""Masks this many pixels apart still touch."""
_BORDER_SHARE = 0.03
"""Least part of the smaller outline that a pair must share."""
_BELIEVED = 0.35
"""Least chance that one hides the other at all: whether a part is hidden, the completed shape tells then,"""
_BELIEVED_OF_MOUNTED = 0.45
"""and of a pole and what it carries."""
_TIE = 1e-9
"""Below this nothing tells who is in front; the sign would be that of a rounding error."""
_CHAIN_REACH = 2.0
"""Farther from an object, in its own longer sides, what hides its occluder does not hide the object."""

Pair = tuple[int, int]
"""(the one in front, the one behind)"""


Ask = Callable[[Sequence[int]], Mapping[int, Claim]]
"""What the completed shapes of objects, by their places in the frame, say if any other may be in front of each."""


def infer_order(
    masks: Sequence[Patch],
    model: OrderModel | None = None,
    ask: Ask | None = None,
    labels: Sequence[str] = (),
) -> dict[Pair, float]:
    """Who hides whom, and how sure it is which of the two is in front, 0.5..1; free of cycles.

    `masks` are visible parts in one frame, none of them empty. `ask` is asked for those that have
    neighbours; without it the outlines alone count, and a model that was fitted to them alone. `labels`
    are class names, of all masks or of none, which tell of a pole and what it carries.

    Raises `ValueError` for another number of labels.
    """
    return FrameOutlines(masks, ask, labels).order(shipped_model(ask is not None) if model is None else model)


@dataclass(frozen=True, eq=False)
class Judged:
    """A pair of neighbours with what their outlines tell, and what the model makes of it."""

    pair: tuple[int, int]
    direction: NDArray[np.float64]
    contact: NDArray[np.float64]
    mounted: bool = False
    """A pole and what poles carry."""

    def model(self, model: OrderModel) -> PairModel:
        """The weights that judge it."""
        return model.mounted if self.mounted else model.pairs


@dataclass(frozen=True)
class Link:
    """What is believed of a pair."""

    sure: float
    """How sure it is which of the two is in front, 0.5..1."""
    chance: float
    """Chance that it hides the other, 0..1."""


class FrameOutlines:
    """The outlines of a frame's objects, and their class names, if they have any.

    Raises `ValueError` where only some have one.
    """

    def __init__(self, masks: Sequence[Patch], ask: Ask | None = None, labels: Sequence[str] = ()) -> None:
        self.shape = masks[0].shape if masks else (1, 1)
        self.outlines = [outline(mask) for mask in masks]
        if len(labels) not in (0, len(masks)):
            raise ValueError(f"There are {len(masks)} masks and {len(labels)} labels; give each a label, or none.")
        self._labels = labels if len(labels) else [""] * len(masks)
        self._pairs = list(neighbours(self.outlines, self.shape))
        places = sorted({place for pair in self._pairs for place in pair})
        self._told = ask(places) if ask is not None and places else {}

    @cached_property
    def judged(self) -> tuple[Judged, ...]:
        """The features of all pairs of neighbours."""
        return tuple(
            Judged(
                (i, j),
                *features(self.outlines[i], self.outlines[j], self.shape, Claims.of(self._told, i, j)),
                mounted(self._labels[i], self._labels[j]),
            )
            for i, j in self._pairs
        )

    def order(self, model: OrderModel) -> dict[Pair, float]:
        """See `infer_order`."""
        links = self.direct(model)
        found = {pair: link.sure for pair, link in links.items()}
        chains = self.chained(links)
        found |= {pair: sure for pair, sure, inputs in chains if model.through_chance(inputs) >= _BELIEVED}
        return without_cycles(found)

    def direct(self, model: OrderModel) -> dict[Pair, Link]:
        """Pairs that the border they share tells, without cycles."""
        found: dict[Pair, Link] = {}
        for one in self.judged:
            weights = one.model(model)
            chance = weights.contact_chance(one.direction, one.contact)
            score = weights.direction_score(one.direction)
            if chance >= (_BELIEVED_OF_MOUNTED if one.mounted else _BELIEVED) and abs(score) > _TIE:
                sure = logistic(abs(score))
                found[one.pair if score >= 0 else one.pair[::-1]] = Link(sure, chance * sure)
        kept = without_cycles({pair: link.sure for pair, link in found.items()})
        return {pair: found[pair] for pair in kept}

    def chained(self, links: Mapping[Pair, Link]) -> Iterator[tuple[Pair, float, NDArray[np.float64]]]:
        """Pairs of an object and what hides its occluder, how sure their order is, and `THROUGH_INPUTS`."""
        fronts: dict[int, list[int]] = {}
        for front, back in links:
            fronts.setdefault(back, []).append(front)
        for back, near in fronts.items():
            chains: dict[int, Link] = {}
            for middle in near:
                for front in fronts.get(middle, ()):
                    if front not in near and front != back:
                        steps = links[middle, back], links[front, middle]
                        chain = Link(min(one.sure for one in steps), min(one.chance for one in steps))
                        chains[front] = max(chains.get(front, chain), chain, key=lambda one: one.chance)
            for front, chain in chains.items():
                inputs = self._through(front, back, chain.chance)
                if inputs is not None:
                    yield (front, back), chain.sure, inputs

    def _through(self, front: int, back: int, sure: float) -> NDArray[np.float64] | None:
        one, two = self.outlines[front], self.outlines[back]
        gap = _distance(one, two)
        size, front_size = max(two.box[2:]), max(one.box[2:])
        if gap > _CHAIN_REACH * size:
            return None
        feet = [each.box[1] + each.box[3] for each in (one, two)]
        claimed = self._told.get(back, Claim()).pixels.get(front, 0.0) / min(one.area, two.area)
        beside = max(min(feet) - max(one.box[1], two.box[1]), 0) / two.box[3]
        lower = np.clip((feet[0] - feet[1]) / max(one.box[3], two.box[3]), -1, 1)
        larger, claim = np.tanh(np.log(front_size / size)), np.tanh(claimed / CLAIM_SIZE)
        return np.array([gap / size, gap / front_size, beside, larger, lower, sure, claim])


def touching(masks: Sequence[Patch]) -> list[tuple[int, int]]:
    """Pairs (i, j), i < j, that share a border of some length; empty masks touch nothing."""
    kernel = np.ones((2 * _TOUCH + 1, 2 * _TOUCH + 1), np.uint8)
    parts = [mask.part.grown(_TOUCH) for mask in masks]
    grown = [
        Patch(part, cv2.dilate(mask.inside(part).astype(np.uint8), kernel).astype(bool))
        if mask.pixels.size
        else mask
        for mask, part in zip(masks, parts, strict=True)
    ]
    outlines = [max(int(big.pixels.sum() - mask.pixels.sum()), 1) for big, mask in zip(grown, masks, strict=True)]
    found = []
    for i, first in enumerate(grown):
        for j in range(i + 1, len(masks)):
            both = first.part.common(grown[j].part)
            shared = (first.inside(both) & grown[j].inside(both)).sum()
            if shared >= _BORDER_SHARE * min(outlines[i], outlines[j]) and shared >= 4:
                found.append((i, j))
    return found


def without_cycles(pairs: Mapping[Pair, float]) -> dict[Pair, float]:
    """The surest pairs that do not contradict each other: one that would close a cycle is dropped."""
    kept: dict[Pair, float] = {}
    behind: dict[int, set[int]] = {}
    for (front, back), sure in sorted(pairs.items(), key=lambda item: (-item[1], item[0])):
        if front == back or _reaches(behind, back, front):
            continue
        behind.setdefault(front, set()).add(back)
        kept[front, back] = sure
    return kept


def depths(count: int, pairs: Mapping[Pair, float]) -> list[int]:
    """0 for what nothing hides, else one more than the deepest of what hides it. `pairs` has no cycles."""
    level = [0] * count
    for _ in range(count):
        changed = False
        for front, back in pairs:
            if level[back] <= level[front]:
                level[back] = level[front] + 1
                changed = True
        if not changed:
            break
    return level


def _reaches(behind: Mapping[int, set[int]], start: int, goal: int) -> bool:
    waiting, seen = [start], {start}
    while waiting:
        at = waiting.pop()
        if at == goal:
            return True
        waiting += [one for one in behind.get(at, ()) if one not in seen]
        seen |= behind.get(at, set())
    return False


def _distance(one: Outline, two: Outline) -> float:
    """Pixels between two outlines, from at most 60 points of each."""
    first, second = (np.concatenate(each.contours).astype(np.float64) for each in (one, two))
    first, second = (each[:: max(len(each) // 60, 1)] for each in (first, second))
    return float(np.sqrt(((first[:, None] - second[None]) ** 2).sum(axis=2).min()))
