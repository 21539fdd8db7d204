"""A finished dataset as others see it: read lazily, as large as it may be.

dataset = Dataset.open("out")
for record in dataset.records():
    print(record.frame.id, len(record.instances))
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import overload

from codriver.errors import FileFormatError, InputError, NotFoundError
from perception.dataset.clusters import Cluster
from perception.dataset.log import StoredVectors
from perception.dataset.result import ResultIndex, file_names, read_clusters, read_index
from perception.dataset.run_file import RunFile, read_run
from perception.dataset.storage import Storage
from perception.dataset.table import InstanceTable, table_from_bytes
from perception.record import FrameRecord, record_from_json

_CACHED_RECORDS = 64
_DAMAGED = (ValueError, KeyError, TypeError, zipfile.BadZipFile, FileNotFoundError)


class Dataset:
    """The last finished result of `codriver label`, before any decision of a person."""

    def __init__(self, storage: Storage, run: RunFile, index: ResultIndex) -> None:
        self.storage = storage
        self.run = run
        self._index = index
        self._positions = {frame_id: position for position, frame_id in enumerate(index.ids)}
        self._cached = lru_cache(_CACHED_RECORDS)(self._read)

    @classmethod
    def open(cls, url: str) -> Dataset:
        """The dataset in a folder or fsspec URL.

        Raises `NotFoundError` when there is none, `InputError` when it was never finished, `FileFormatError` when
        it is damaged.
        """
        storage = Storage(str(url))
        run = read_run(storage)
        if run is None:
            raise NotFoundError(
                f"There is no dataset in {storage}; `codriver label SOURCE --out {url}` makes one."
            )
        if not run.result:
            why = f" (the last run ended so: {run.failure.rstrip('.')})" if run.failure else ""
            raise InputError(
                f"The dataset in {storage} is not finished{why}; label again, it goes on where it stopped."
            )
        try:
            return cls(storage, run, read_index(storage, run.result))
        except _DAMAGED as error:
            raise _damaged(storage, error) from None

    @property
    def identity(self) -> str:
        """Changes with every other result: other frames, models or parameters."""
        return self.run.result

    @property
    def frame_ids(self) -> tuple[str, ...]:
        """In the source's order; failed frames included."""
        return self._index.ids

    def __len__(self) -> int:
        return len(self._index.ids)

    def position(self, frame_id: str) -> int:
        """Where in `frame_ids` a frame is. Raises `NotFoundError`."""
        try:
            return self._positions[frame_id]
        except KeyError:
            raise NotFoundError(f"There is no frame {frame_id!r} in {self.storage}.") from None

    def record(self, frame_id: str) -> FrameRecord:
        """A frame's record, its vectors still to be read. Raises `NotFoundError`."""
        return self._cached(self.position(frame_id))

    @overload
    def __getitem__(self, position: int) -> FrameRecord: ...
    @overload
    def __getitem__(self, position: slice) -> list[FrameRecord]: ...
    def __getitem__(self, position: int | slice) -> FrameRecord | list[FrameRecord]:
        """Records by position."""
        if isinstance(position, slice):
            return [self._cached(one) for one in range(*position.indices(len(self)))]
        if not -len(self) <= position < len(self):
            raise IndexError(position)
        return self._cached(position % len(self))

    def records(self) -> Iterator[FrameRecord]:
        """All records in the source's order, read one by one."""
        return (self._read(position) for position in range(len(self)))

    @cached_property
    def table(self) -> InstanceTable:
        """All instances as columns."""
        try:
            return table_from_bytes(self.storage.read(file_names(self.identity)["table"]))
        except _DAMAGED as error:
            raise _damaged(self.storage, error) from None

    @cached_property
    def clusters(self) -> tuple[Cluster, ...]:
        """As the grouping stage proposed them, the one to decide first in front; () without grouping."""
        try:
            return read_clusters(self.storage, self.identity)
        except _DAMAGED as error:
            raise _damaged(self.storage, error) from None

    def _read(self, position: int) -> FrameRecord:
        offset, length = (int(one) for one in self._index.spans[position])
        try:
            line = self.storage.read_range(file_names(self.identity)["records"], offset, length)
            record = record_from_json(json.loads(line))
        except _DAMAGED as error:
            raise _damaged(self.storage, error) from None
        key = self._index.keys[position]
        return replace(record, vectors=StoredVectors(self.storage, key)) if key else record


def _damaged(storage: Storage, error: Exception) -> FileFormatError:
    detail = str(error) or type(error).__name__
    results = storage.path("results")
    return FileFormatError(
        f"The dataset in {storage} is damaged ({detail}); delete {results} and label again, which writes it anew "
        "from the log."
    )
