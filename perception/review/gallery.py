"""The clusters of a board as a gallery: counted, named, and ranked by how much a decision would label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from perception.dataset.clusters import WORTH_UNNAMED
from perception.review.board import STATES, UNGROUPED, Board

Shown = Literal["open", "settled", "rejected", "all"]


@dataclass(frozen=True)
class Group:
    """One card of the gallery."""

    id: int
    name: str
    """What most of its segments are called; "" when nobody has an idea."""
    source: str
    confidence: float
    """0..1, of a name that a model proposed for the cluster."""
    segments: int
    open: int
    settled: int
    rejected: int
    single: int
    """Segments that were decided one by one."""
    gain: float
    """About how many segments a decision would label: open ones, weighted by how likely they are things."""

    @property
    def state(self) -> str:
        """ "open" while one segment is; else what most are."""
        if self.open:
            return "open"
        return "settled" if self.settled >= self.rejected else "rejected"


class Gallery:
    """Groups of a board, computed again when the board has changed."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._revision = -1
        self._groups: list[Group] = []
        self._proposed = {one.id: one for one in board.dataset.clusters}

    def groups(self, shown: Shown = "all", search: str = "") -> list[Group]:
        """Those of a state whose name contains `search`, most gain first."""
        wanted = search.strip().lower()
        return [g for g in self._all() if shown in ("all", g.state) and wanted in g.name.lower()]

    def group(self, group: int) -> Group:
        """One group. Raises `NotFoundError`."""
        self._board.rows_of_group(group)
        return next(one for one in self._all() if one.id == group)

    def samples(self, group: int, count: int, *, with_rejected: bool = False) -> list[int]:
        """Rows that show what a group is like: the typical ones first, then the surest."""
        board = self._board
        rows = board.rows_of_group(group)
        alive = rows[board.state[rows] != STATES.index("rejected")]
        rows = rows if with_rejected or not len(alive) else alive
        proposed = self._proposed.get(group)
        typical = []
        if proposed is not None:
            here = {(board.dataset.frame_ids[board.table.frame[r]], int(board.table.id[r])): int(r) for r in rows}
            typical = [here[pair] for pair in proposed.representatives if pair in here]
        ranked = rows[np.argsort(-board.table.score[rows], kind="stable")].tolist()
        return list(dict.fromkeys([*typical, *ranked]))[:count]

    def _all(self) -> list[Group]:
        with self._board.lock:
            if self._revision != self._board.revision:
                self._groups = self._count()
                self._revision = self._board.revision
            return self._groups

    def _count(self) -> list[Group]:
        board = self._board
        ids, member = np.unique(board.group, return_inverse=True)
        counts = [np.bincount(member, board.state == state, len(ids)).astype(int) for state in range(3)]
        single = np.bincount(member, board.single, len(ids)).astype(int)
        likely = np.maximum(board.table.objectness, 0.05)
        gain = np.bincount(member, likely * (board.state == 0), len(ids))
        names, sources = _majority(member, board.label, len(ids)), _majority(member, self._sources(), len(ids))
        groups = []
        for at, group in enumerate(ids.tolist()):
            name, source, confidence = board.labels[names[at]], self._source(sources[at]), 0.0
            proposed = self._proposed.get(group)
            if proposed is not None:
                gain[at] *= 1 - 0.9 * proposed.stuff
                if source != "person":
                    name, source = name or proposed.label, source or proposed.label_source
                    confidence = proposed.confidence
            if not name:
                gain[at] *= WORTH_UNNAMED
            opened, settled, rejected = (int(one[at]) for one in counts)
            groups.append(
                Group(
                    id=group,
                    name=name,
                    source=source,
                    confidence=confidence,
                    segments=opened + settled + rejected,
                    open=opened,
                    settled=settled,
                    rejected=rejected,
                    single=int(single[at]),
                    gain=float(gain[at]),
                )
            )
        return sorted(groups, key=lambda one: (one.id == UNGROUPED, -one.gain, one.id))

    def _sources(self) -> NDArray[np.int32]:
        settled = self._board.state == STATES.index("settled")
        return np.where(settled, len(self._board.table.labels), self._board.table.source)

    def _source(self, source: int) -> str:
        labels = self._board.table.labels
        return "person" if source == len(labels) else labels[source]


def _majority(member: NDArray[np.intp], value: NDArray[np.int32], groups: int) -> list[int]:
    """The most frequent value above 0 among the members of each group; 0 where there is none."""
    width = int(value.max(initial=0)) + 1
    pairs, counts = np.unique(member.astype(np.int64) * width + value, return_counts=True)
    best = [0] * groups
    most = [0] * groups
    for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
        group, found = divmod(pair, width)
        if found and count > most[group]:
            best[group], most[group] = found, count
    return best
