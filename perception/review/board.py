"""All segments of a dataset with what was decided about them, in memory; every change goes through the log."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from codriver.errors import InputError, NotFoundError
from perception.dataset.dataset import Dataset
from perception.dataset.decision_log import DecisionLog
from perception.dataset.decisions import OPEN, PERSON, Decision, Kind, Verdict, apply

STATES = ("open", "settled", "rejected")
UNGROUPED = -1
"""The group of segments that have neither a cluster nor a name."""

Rows = NDArray[np.int64]
"""Positions in the dataset's table."""


def label_group(label: int) -> int:
    """The group of the segments without a cluster that have this label (its position in the table's labels)."""
    return -1 - label


@dataclass(frozen=True, eq=False)
class _Patch:
    """What a decision replaced."""

    decision: Decision
    rows: Rows
    verdicts: list[Verdict]


class Board:
    """The state of a review. Thread-safe; `revision` grows with every change."""

    def __init__(self, dataset: Dataset, log: DecisionLog, who: str) -> None:
        self.dataset, self.table = dataset, dataset.table
        self.lock = threading.RLock()
        self.revision = 0
        self.stale = 0
        """Segments that decisions are about and that are no longer there, or have become others."""
        self._log, self._who = log, who
        self._verdicts: dict[int, Verdict] = {}
        self._patches: list[_Patch] = []
        size = len(self.table)
        self.state = np.zeros(size, np.int8)
        """Position in `STATES`, of each row."""
        self.single = np.zeros(size, bool)
        self.labels: list[str] = list(self.table.labels)
        self._label_ids = {name: position for position, name in enumerate(self.labels)}
        self.label = self.table.label.copy()
        """Position in `labels`, of each row, now."""
        self.found_in = np.where(self.table.cluster >= 0, self.table.cluster, -1 - self.table.label)
        self.group = self.found_in.copy()
        """Cluster, `label_group` or `UNGROUPED` of each row, now."""
        self._starts = np.searchsorted(self.table.frame, np.arange(len(dataset) + 1))
        self._next_cluster = 1 + max([0, *(c.id for c in dataset.clusters), *self.table.cluster.tolist()])
        for decision in log.decisions:
            self._take(decision)

    def decide(
        self,
        kind: Kind,
        *,
        clusters: Sequence[int] = (),
        segments: Sequence[int] = (),
        label: str = "",
        choice: int = 0,
    ) -> Decision:
        """Decide about whole clusters or about single segments (rows), and keep it.

        Raises `InputError` for what cannot be decided so, `NotFoundError` for what is not there.
        """
        with self.lock:
            rows = self._chosen(kind, clusters, segments)
            cluster: int | None = None
            if kind == "accept" and not label:
                label = self._common_label(rows)
            if kind == "merge":
                cluster, label = self._merged(clusters)
            elif kind == "split":
                cluster = self._next_cluster
            decision = Decision(
                number=self._number(),
                kind=kind,
                time=datetime.now(UTC).isoformat(timespec="seconds"),
                who=self._who,
                members=self._members(rows),
                label=label,
                cluster=cluster,
                single=bool(len(segments)) and kind in ("rename", "accept", "reject"),
                choice=choice,
            )
            return self._keep(decision)

    def undo(self) -> Decision:
        """Take the last decision that counts back. Raises `InputError` when there is none."""
        with self.lock:
            if not self._patches:
                raise InputError("There is nothing to undo.")
            last = self._patches[-1].decision
            now = datetime.now(UTC).isoformat(timespec="seconds")
            self._keep(Decision(self._number(), "undo", now, self._who, of=last.number))
            return last

    def last(self) -> Decision | None:
        """The decision that `undo` would take back."""
        with self.lock:
            return self._patches[-1].decision if self._patches else None

    def verdict(self, row: int) -> Verdict:
        """What was decided about a segment."""
        return self._verdicts.get(row, OPEN)

    def source(self, row: int) -> str:
        """Who named a segment, as of now."""
        named = self.state[row] == STATES.index("settled")
        return PERSON if named else self.table.labels[self.table.source[row]]

    def rows_of_frame(self, position: int) -> Rows:
        """The segments of a frame."""
        return np.arange(self._starts[position], self._starts[position + 1])

    def rows_of_group(self, group: int) -> Rows:
        """The segments of a cluster now. Raises `NotFoundError` when it has none."""
        rows = np.flatnonzero(self.group == group)
        if not len(rows):
            raise NotFoundError(f"There is no cluster {group}; it may have been merged.")
        return rows

    def _number(self) -> int:
        return self._log.decisions[-1].number + 1 if self._log.decisions else 1

    def _keep(self, decision: Decision) -> Decision:
        self._log.add(decision)
        self._take(decision)
        return decision

    def _chosen(self, kind: Kind, clusters: Sequence[int], segments: Sequence[int]) -> Rows:
        """The rows a decision is about. One on whole clusters leaves alone what was decided one by one."""
        if segments:
            rows = np.unique(np.asarray(segments, np.int64))
            if rows[0] < 0 or rows[-1] >= len(self.table):
                raise NotFoundError(f"There is no segment {rows[-1]}; the dataset has {len(self.table)}.")
            return rows
        if UNGROUPED in clusters and kind != "reject":
            raise InputError("Segments without a group have nothing in common; choose some of them.")
        rows = np.sort(np.concatenate([self.rows_of_group(one) for one in dict.fromkeys(clusters)]))
        rows = rows[~self.single[rows]]
        if not len(rows):
            raise InputError("All segments here were decided one by one; choose those to decide anew.")
        return rows

    def _common_label(self, rows: Rows) -> str:
        labels = self.label[rows]
        label = self.labels[int(np.bincount(labels[labels > 0]).argmax())] if (labels > 0).any() else ""
        group = int(self.group[rows[0]])
        label = label or next((one.label for one in self.dataset.clusters if one.id == group), "")
        if not label:
            raise InputError("It has no name yet that could be accepted; give it one.")
        return label

    def _merged(self, clusters: Sequence[int]) -> tuple[int, str]:
        """Id and, where the first one is settled, label of the clusters' union."""
        if len(set(clusters)) < 2:
            raise InputError("Merging takes two clusters or more.")
        target = clusters[0]
        rows = self.rows_of_group(target)
        rows = rows[~self.single[rows]]
        settled = len(rows) > 0 and bool((self.state[rows] == STATES.index("settled")).all())
        return (target if target >= 0 else self._next_cluster), (self._common_label(rows) if settled else "")

    def _members(self, rows: Rows) -> dict[str, tuple[tuple[int, int], ...]]:
        found = zip(
            self.table.frame[rows].tolist(),
            self.table.id[rows].tolist(),
            self.table.area[rows].tolist(),
            strict=True,
        )
        ids = self.dataset.frame_ids
        return {ids[f]: tuple((i, a) for _, i, a in part) for f, part in groupby(found, key=lambda one: one[0])}

    def _rows(self, decision: Decision) -> Rows:
        rows = []
        for frame_id, members in decision.members.items():
            try:
                position = self.dataset.position(frame_id)
            except NotFoundError:
                self.stale += len(members)
                continue
            start, end = self._starts[position], self._starts[position + 1]
            known = {int(one): int(start) + at for at, one in enumerate(self.table.id[start:end])}
            for instance, area in members:
                row = known.get(instance)
                if row is None or self.table.area[row] != area:
                    self.stale += 1
                else:
                    rows.append(row)
        return np.asarray(sorted(rows), np.int64)

    def _take(self, decision: Decision) -> None:
        """Let a decision of the log count."""
        self.revision += 1
        if decision.kind == "undo":
            for position in reversed(range(len(self._patches))):
                if self._patches[position].decision.number == decision.of:
                    self._revert(position)
                    break
            return
        rows = self._rows(decision)
        if decision.cluster is not None:
            self._next_cluster = max(self._next_cluster, decision.cluster + 1)
        self._apply(decision, rows)

    def _apply(self, decision: Decision, rows: Rows) -> None:
        before = [self.verdict(row) for row in rows.tolist()]
        step: Callable[[Verdict], Verdict] = lru_cache(maxsize=None)(lambda verdict: apply(verdict, decision))
        self._patches.append(_Patch(decision, rows, before))
        self._set(rows, map(step, before))

    def _revert(self, position: int) -> None:
        """Take the decision at `position` of the stack out, and let those after it count again."""
        later = self._patches[position:]
        del self._patches[position:]
        for patch in reversed(later):
            self._set(patch.rows, patch.verdicts)
        for patch in later[1:]:
            self._apply(patch.decision, patch.rows)

    def _set(self, rows: Rows, verdicts: Iterable[Verdict]) -> None:
        for row, verdict in zip(rows.tolist(), verdicts, strict=True):
            self._verdicts[row] = verdict
            self.state[row] = STATES.index(verdict.state)
            self.single[row] = verdict.single
            self.group[row] = self.found_in[row] if verdict.cluster is None else verdict.cluster
            self.label[row] = self._label_id(verdict.label) if verdict.label else self.table.label[row]

    def _label_id(self, label: str) -> int:
        found = self._label_ids.setdefault(label, len(self.labels))
        if found == len(self.labels):
            self.labels.append(label)
        return found
