"""A finished result: all records after the last stage in one file, with an index and a table of the instances.

It lies in `results/IDENTITY/`; `run.json` points to it once it is whole, so a reader never meets half of one.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from perception.dataset.clusters import Cluster, cluster_from_json, cluster_to_json
from perception.dataset.storage import Storage
from perception.dataset.table import TableBuilder, table_from_bytes, table_to_bytes
from perception.record import FrameRecord, record_to_json


@dataclass(frozen=True, eq=False)
class ResultIndex:
    """Where each frame's record is."""

    ids: tuple[str, ...]
    """Of the frames, in the source's order."""
    keys: tuple[str, ...]
    """The log's key of each frame's last record, where its vectors are; "" for frames that failed."""
    spans: NDArray[np.int64]
    """[frames, 2]: offset and length in the file of records, in bytes."""


def file_names(identity: str) -> dict[str, str]:
    """Names of a result's files by what they hold: "records", "index", "spans", "table", "clusters"."""
    folder = f"results/{identity}"
    return {
        "records": f"{folder}/records.jsonl",
        "index": f"{folder}/index.json",
        "spans": f"{folder}/spans.npy",
        "table": f"{folder}/table.npz",
        "clusters": f"{folder}/clusters.json",
    }


def write_result(
    storage: Storage,
    identity: str,
    records: Iterable[FrameRecord],
    keys: Mapping[str, str],
    clusters: Sequence[Cluster],
) -> None:
    """Write a result's files. `records` in the source's order, failed ones included; `keys` by frame id."""
    names = file_names(identity)
    ids, spans, offset, builder = [], [], 0, TableBuilder()
    with storage.writing(names["records"]) as file:
        for position, record in enumerate(records):
            line = json.dumps(record_to_json(record), separators=(",", ":"), allow_nan=False).encode() + b"\n"
            file.write(line)
            ids.append(record.frame.id)
            spans.append((offset, len(line)))
            offset += len(line)
            builder.add(position, record)
    index = {"ids": ids, "keys": [keys.get(one, "") for one in ids]}
    storage.write(names["index"], json.dumps(index, ensure_ascii=False).encode())
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(spans, np.int64).reshape(-1, 2), allow_pickle=False)
    storage.write(names["spans"], buffer.getvalue())
    storage.write(names["table"], table_to_bytes(builder.table()))
    ordered = [cluster_to_json(one) for one in sorted(clusters, key=lambda one: (one.rank, one.id))]
    storage.write(names["clusters"], json.dumps(ordered, ensure_ascii=False).encode())


def read_index(storage: Storage, identity: str) -> ResultIndex:
    """Raises `FileNotFoundError`, `ValueError` or `KeyError` for a result that is not whole."""
    names = file_names(identity)
    document = json.loads(storage.read(names["index"]))
    spans = np.load(io.BytesIO(storage.read(names["spans"])), allow_pickle=False)
    return ResultIndex(tuple(document["ids"]), tuple(document["keys"]), spans)


def read_clusters(storage: Storage, identity: str) -> tuple[Cluster, ...]:
    """By rank. Raises as `read_index`."""
    document = json.loads(storage.read(file_names(identity)["clusters"]))
    return tuple(cluster_from_json(one) for one in document)


def is_whole(storage: Storage, identity: str) -> bool:
    """Whether a result's files are all there and as long as they were; the records themselves are not read."""
    try:
        index, table = read_index(storage, identity), file_names(identity)["table"]
        table_from_bytes(storage.read(table))
        read_clusters(storage, identity)
        if not len(index.spans):
            return storage.exists(file_names(identity)["records"])
        offset, length = (int(one) for one in index.spans[-1])
        end = storage.read_range(file_names(identity)["records"], offset, length + 1)
    except (ValueError, KeyError, TypeError, BadZipFile, FileNotFoundError):
        return False
    return len(end) == length and end.endswith(b"\n")


def remove_other_results(storage: Storage, identity: str) -> None:
    """Delete what earlier runs left, once `run.json` points to this one."""
    for name in storage.names("results"):
        if not name.startswith((f"results/{identity}/", "results/outputs")):
            storage.remove(name)
