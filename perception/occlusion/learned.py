"""The learned method: the network's shape, steadied by the vote of whole shapes, within what can be hidden."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.masks import BoolImage
from perception.occlusion.network import Guess, Network
from perception.occlusion.network_input import KINDS, kind_of
from perception.occlusion.pair_features import Claim
from perception.occlusion.patch import Part, Patch
from perception.occlusion.prior import Prior
from perception.occlusion.roughness import covering, disc, seam_width
from perception.occlusion.task import LEAST_GAIN, Answer, Task, surrounding
from perception.occlusion.window import FloatImage

_SHARES = (0.5, 0.2, 0.3)
"""Weights of the network's probability, of what it says when it is told of nothing in front, and of the votes.
The second keeps a large occluder from tempting it too far; measured on rendered scenes and CamVid's frames."""
_SHARES_KNOWN = (0.5, 0.0, 0.5)
"""The same where the file itself shows whole objects of that kind."""
_SHARES_ROUGH = (0.85, 0.0, 0.15)
"""The same for rough masks: votes take their outlines at their word."""
_CERTAIN = 0.98
"""Least probability of a hidden part for adding one with nothing known in front,"""
_WORTH_IT = 0.5
"""and least estimate of its IoU. Chosen on CamVid's frames: below, it adds more to regions that several objects
share, and gains little where one is hidden."""
_TELLING = ("vehicle", "person", "cycle")
"""Kinds of which the visible part tells that something is missing."""
_NOTHING = 0.95
"""Below this probability of a hidden part nothing is added: next to all hidden objects of CamVid are above it."""
_TOGETHER = 16
"""Objects that the network looks at together to tell what they claim."""
_SAME = 0.6
"""Least share of the visible mask that a new outline must keep."""
_SEEN = 0.7
"""Probability below which pixels of a rough visible mask are taken for its roughness."""


class Learned:
    """`Method`. It tells also that nothing is hidden, where it believes that."""

    name = "learned"

    def __init__(self, network: Network, prior: Prior) -> None:
        self._network, self._prior = network, prior

    def complete(self, tasks: Sequence[Task]) -> list[Answer | None]:
        """See `Method`."""
        guesses = self._network.guess(tasks)
        asked = [task for task in tasks if task.is_behind and self._shares(task)[1]]
        alone = dict(zip(asked, self._network.guess(_alone(task) for task in asked), strict=True))
        return [
            self._behind_known(task, guess, alone.get(task)) if task.is_behind else _behind_unknown(task, guess)
            for task, guess in zip(tasks, guesses, strict=True)
        ]

    def claims(
        self, masks: Sequence[Patch], labels: Sequence[str], rough: bool, places: Sequence[int]
    ) -> dict[int, Claim]:
        """See `task.Claimant`."""
        return claims(self._network, masks, labels, rough, places)

    def _behind_known(self, task: Task, guess: Guess, alone: Guess | None) -> Answer:
        if guess.hidden < _NOTHING:
            return task.visible, 1 - guess.hidden
        share = self._mean(task, guess, alone)
        whole = share > 0.5
        if not task.exact and (whole & task.visible).sum() > _SAME * task.visible.sum():
            return _redrawn(task, share), guess.iou
        added = whole & task.may_hide
        # Too little to be believed is a word for a whole object, and not for a good shape.
        sure = guess.iou if added.sum() >= LEAST_GAIN * task.visible.sum() else 1 - guess.hidden
        return task.visible | added, sure

    def _shares(self, task: Task) -> tuple[float, float, float]:
        if task.apart or not task.exact:
            return _SHARES_ROUGH
        return _SHARES_KNOWN if self._prior.knows(task.label) else _SHARES

    def _mean(self, task: Task, guess: Guess, alone: Guess | None) -> FloatImage:
        """`alone`: what it says when told of nothing in front; None where that is not asked."""
        shares = self._shares(task)
        votes = self._prior.votes(task)
        said: list[FloatImage | float] = [
            guess.in_task(task.visible.shape),
            0.0,
            0.0 if votes is None else votes[0],
        ]
        if alone is not None:
            said[1] = alone.in_task(task.visible.shape)
        total = sum(shares) - (shares[2] if votes is None else 0.0)
        return np.asarray(sum(share * one for share, one in zip(shares, said, strict=True)) / total, np.float32)


def _redrawn(task: Task, share: FloatImage) -> BoolImage:
    """The whole object where the visible mask is rough; `share` is the probability of each pixel.

    Such a mask reaches into what it is not, or not as far as it should: the network's outline is the better one.
    """
    reach = cv2.dilate(task.visible.astype(np.uint8), disc(seam_width(task.part.frame))).astype(bool)
    if task.neighbours is not None:
        reach &= ~task.neighbours
    found: BoolImage = (share > 0.5) & (task.may_hide | reach)
    found[task.visible] = share[task.visible] > _SEEN
    return found


def claims(
    network: Network, masks: Sequence[Patch], labels: Sequence[str], rough: bool, places: Sequence[int]
) -> dict[int, Claim]:
    """What the network makes of the objects at `places`, if any other may be in front of each.

    `masks` and class names are all those of a frame; `rough`: they are off by a pixel or more.
    """
    count = covering(masks)
    found: dict[int, Claim] = {}
    for start in range(0, len(places), _TOGETHER):
        some = places[start : start + _TOGETHER]
        tasks = (_undecided(masks, count, labels[at], rough, at) for at in some)
        for at, guess in zip(some, network.guess(tasks), strict=True):
            sure = float(np.clip(guess.hidden, 1e-6, 1 - 1e-6))
            found[at] = Claim(float(np.log(sure / (1 - sure))), _claimed(at, guess, masks))
    return found


def _claimed(at: int, guess: Guess, masks: Sequence[Patch]) -> dict[int, float]:
    """Place of each other mask that the guessed shape reaches → how many of its pixels that would cover."""
    part = surrounding(masks[at], masks)
    rows, columns = guess.window.inside(part.shape)
    x0, y0 = part.left + columns.start, part.top + rows.start
    window = Part.within(part.frame, x0, y0, part.left + columns.stop, part.top + rows.stop)
    share = guess.in_task(part.shape)[rows, columns]
    share[masks[at].inside(window)] = 0
    sums = {}
    for place, mask in enumerate(masks):
        both = window.common(mask.part)
        if place != at and all(both.shape):
            sums[place] = float(both.of(share, window)[both.of(mask.pixels, mask.part)].sum())
    return {place: pixels for place, pixels in sums.items() if pixels > 0}


def _undecided(masks: Sequence[Patch], count: NDArray[np.uint16], label: str, rough: bool, at: int) -> Task:
    """An object of which all others are as likely in front as behind. `count`: masks that cover each pixel."""
    part = surrounding(masks[at], masks)
    visible = masks[at].inside(part)
    others = part.of(count) > visible
    return Task(visible, others & ~visible, label, others * np.float32(0.5), others, not rough, place=part)


def _alone(task: Task) -> Task:
    """The same without a word of what is in front."""
    nothing = np.zeros(task.visible.shape, bool)
    behind = None if task.neighbours is None else task.neighbours & ~task.may_hide
    return Task(
        task.visible, nothing, task.label, nothing.astype(np.float32), behind, task.exact, place=task.place
    )


def _behind_unknown(task: Task, guess: Guess) -> Answer:
    """Nothing is known in front: a part is added only where it is next to certain that one is hidden."""
    kind = kind_of(task.label)
    tells = kind.any() and KINDS[int(kind.argmax())] in _TELLING and not task.cut_by_frame
    if not tells or guess.hidden < _CERTAIN or guess.iou < _WORTH_IT:
        return task.visible, 1 - guess.hidden
    free = ~task.visible if task.neighbours is None else ~(task.visible | task.neighbours)
    # A hole may be one to look through, as between arm and body.
    free &= ~filled(task.visible)
    return task.visible | ((guess.in_task(task.visible.shape) > 0.5) & free), guess.iou


def filled(mask: BoolImage) -> BoolImage:
    """The mask without its holes."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    found = np.zeros(mask.shape, np.uint8)
    cv2.drawContours(found, contours, -1, 1, cv2.FILLED)
    return found.astype(bool)
