"""The learned method: the network's shape, steadied by the vote of whole shapes, within what can be hidden."""

from __future__ import annotations

from collections.abc import Sequence

from perception.occlusion.completing import Answer, FloatImage, Prior, Task, cut_by_frame
from perception.occlusion.network import Guess, Network
from perception.occlusion.network_input import kind_of

_NETWORK_SHARE = 0.7
"""Weight of the network's probability; the votes have the rest."""
_CERTAIN = 0.95
"""Least probability of a hidden part for adding one without anything known in front."""
_SURE_KINDS = ("vehicle", "person", "cycle")
"""The first of `KINDS`: of others the visible part does not tell that something is missing."""
_SAME = 0.6
"""Least share of the visible mask that a new outline must keep."""


class Learned:
    """`Method`. It tells also that nothing is hidden, where it believes that."""

    name = "learned"

    def __init__(self, network: Network, prior: Prior) -> None:
        self._network, self._prior = network, prior

    def complete(self, tasks: Sequence[Task]) -> list[Answer | None]:
        """See `Method`."""
        guesses = self._network.guess(tasks)
        return [
            self._behind_known(task, guess) if task.may_hide.any() else _behind_unknown(task, guess)
            for task, guess in zip(tasks, guesses, strict=True)
        ]

    def _behind_known(self, task: Task, guess: Guess) -> Answer:
        share: FloatImage = guess.in_frame(task.visible.shape)
        votes = self._prior.votes(task)
        if votes is not None:
            share = _NETWORK_SHARE * share + (1 - _NETWORK_SHARE) * votes[0]
        whole = share > 0.5
        if not task.exact and (whole & task.visible).sum() > _SAME * task.visible.sum():
            # A rough visible mask reaches into what it is not: there the network's outline is the better one.
            return whole & (task.visible | task.may_hide), guess.iou
        return task.visible | (whole & task.may_hide), guess.iou


def _behind_unknown(task: Task, guess: Guess) -> Answer:
    """Nothing is known in front: a part is added only where it is next to certain that one is hidden."""
    known_kind = kind_of(task.label)[: len(_SURE_KINDS)].any()
    if not known_kind or cut_by_frame(task.visible) or guess.hidden < _CERTAIN:
        return task.visible, 1 - guess.hidden
    free = ~task.visible if task.neighbours is None else ~(task.visible | task.neighbours)
    return task.visible | ((guess.in_frame(task.visible.shape) > 0.5) & free), guess.iou
