"""All instances of a dataset as columns: 100,000 are looked through in milliseconds, without their masks."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perception.record import FrameRecord, Instance, Status

NONE = -1
"""What stands for "no cluster" and "no track"."""


@dataclass(frozen=True, eq=False)
class InstanceTable:
    """One row for each instance, ordered by frame and id."""

    frame: NDArray[np.int32]
    """Position of the frame in the dataset."""
    id: NDArray[np.int32]
    """Unique in the frame."""
    unknown: NDArray[np.bool_]
    cluster: NDArray[np.int32]
    """`NONE` for an instance without a cluster."""
    track: NDArray[np.int32]
    score: NDArray[np.float32]
    objectness: NDArray[np.float32]
    area: NDArray[np.int32]
    """Visible pixels."""
    box: NDArray[np.int32]
    """[N, 4]: x, y, width, height in pixels."""
    label: NDArray[np.int32]
    """Position in `labels`."""
    source: NDArray[np.int32]
    """Who named it, position in `labels`."""
    labels: tuple[str, ...]
    """Texts; the first one is ""."""

    def __len__(self) -> int:
        return len(self.id)

    def status(self, row: int) -> Status:
        """Whether a row is known or unknown."""
        return "unknown" if self.unknown[row] else "known"


def table_of(records: Iterable[FrameRecord]) -> InstanceTable:
    """The table of `records`, in their order."""
    builder = TableBuilder()
    for position, record in enumerate(records):
        builder.add(position, record)
    return builder.table()


class TableBuilder:
    """Collects rows while records pass by."""

    def __init__(self) -> None:
        self._rows: list[tuple[float, ...]] = []
        self._boxes: list[tuple[int, int, int, int]] = []
        self._labels: dict[str, int] = {"": 0}

    def add(self, position: int, record: FrameRecord) -> None:
        """Add the instances of the frame at `position`."""
        for instance in record.instances:
            self._rows.append(self._row(position, instance))
            self._boxes.append(instance.mask.box)

    def _row(self, position: int, instance: Instance) -> tuple[float, ...]:
        return (
            position,
            instance.id,
            instance.status == "unknown",
            NONE if instance.cluster_id is None else instance.cluster_id,
            NONE if instance.track_id is None else instance.track_id,
            instance.score,
            instance.objectness,
            instance.mask.area,
            self._labels.setdefault(instance.label, len(self._labels)),
            self._labels.setdefault(instance.label_source, len(self._labels)),
        )

    def table(self) -> InstanceTable:
        """All rows so far."""
        columns = np.asarray(self._rows, np.float64).reshape(-1, 10).T
        whole = columns.astype(np.int32)
        return InstanceTable(
            frame=whole[0],
            id=whole[1],
            unknown=columns[2] > 0,
            cluster=whole[3],
            track=whole[4],
            score=columns[5].astype(np.float32),
            objectness=columns[6].astype(np.float32),
            area=whole[7],
            box=np.asarray(self._boxes, np.int32).reshape(-1, 4),
            label=whole[8],
            source=whole[9],
            labels=tuple(self._labels),
        )


def table_to_bytes(table: InstanceTable) -> bytes:
    """As an npz file; no pickle."""
    arrays: dict[str, Any] = {one.name: getattr(table, one.name) for one in fields(table) if one.name != "labels"}
    arrays["labels"] = np.frombuffer(json.dumps(table.labels).encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def table_from_bytes(content: bytes) -> InstanceTable:
    """What `table_to_bytes` wrote. Raises `ValueError`, `KeyError` or `BadZipFile` for anything else."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        values: dict[str, Any] = {name: arrays[name] for name in arrays.files}
    values["labels"] = tuple(json.loads(values["labels"].tobytes()))
    return InstanceTable(**values)
