"""Gathers the vectors of all unknown instances of a dataset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from perception.discovery.grouping.mixing import Rows
from perception.record import FrameRecord, Instance


@dataclass(eq=False)
class Members:
    """What is to be grouped, one entry for each instance, in the order of the records."""

    frames: list[str] = field(default_factory=list)
    """Frame id"""
    ids: list[int] = field(default_factory=list)
    """Instance id in its frame"""
    objectness: list[float] = field(default_factory=list)
    tracks: list[tuple[str, int] | None] = field(default_factory=list)
    """Sequence and track id"""
    spaces: dict[str, Rows] = field(default_factory=dict)
    """Name → [N, D]; spaces that every instance has"""

    def __len__(self) -> int:
        return len(self.ids)


def collect(records: Sequence[FrameRecord], names: Sequence[str], progress: Callable[[int, int], None]) -> Members:
    """The unknown instances that have a vector in the commonest set of the spaces `names`.

    The others have nothing to be compared by and are left alone.
    """
    members = Members()
    rows: dict[str, list[NDArray[np.floating] | None]] = {name: [] for name in names}
    for number, record in enumerate(records):
        index = {name: _rows_by_id(record, name) for name in names}
        for one in record.instances:
            if one.status == "unknown":
                _add(members, record, one)
                for name in names:
                    rows[name].append(index[name].get(one.id))
        progress(number + 1, len(records))
    return _complete(members, rows)


def _rows_by_id(record: FrameRecord, name: str) -> dict[int, NDArray[np.floating]]:
    vectors = record.vectors.get(name)
    return {} if vectors is None else dict(zip(vectors.ids, vectors.rows, strict=True))


def _add(members: Members, record: FrameRecord, one: Instance) -> None:
    members.frames.append(record.frame.id)
    members.ids.append(one.id)
    members.objectness.append(one.objectness)
    members.tracks.append(None if one.track_id is None else (record.frame.sequence, one.track_id))


def _complete(members: Members, rows: dict[str, list[NDArray[np.floating] | None]]) -> Members:
    """Only the instances that have all spaces which most instances have."""
    count = len(members)
    common = [name for name, found in rows.items() if sum(row is not None for row in found) * 2 > count]
    keep = [i for i in range(count) if all(rows[name][i] is not None for name in common)] if common else []
    spaces = {name: np.stack([row for i in keep if (row := rows[name][i]) is not None]) for name in common if keep}
    return Members(
        [members.frames[i] for i in keep],
        [members.ids[i] for i in keep],
        [members.objectness[i] for i in keep],
        [members.tracks[i] for i in keep],
        spaces,
    )
