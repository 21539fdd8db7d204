"""The log of finished work: for each frame and stage one record, under a key made of its content.

A record's key is the hash of the frame's content and of the fingerprints of all stages so far. Records are only
ever added. Running again with one changed stage therefore finds what came before it, and computes the rest anew.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from codriver.errors import FileFormatError
from perception.dataset.storage import Storage
from perception.frame import FrameInfo
from perception.record import FrameRecord, record_from_json, record_to_json
from perception.vectors import InstanceVectors

LOG_VERSION = 1
"""Part of every key; raised when records are written in another form."""


StageIdentity = tuple[str, Mapping[str, Any]]
"""A stage's name and fingerprint."""


def frame_keys(info: FrameInfo, stages: Sequence[StageIdentity]) -> list[str]:
    """The key of the record after each of `stages`, 64 hexadecimal digits each."""
    state = content_hash({"version": LOG_VERSION, "frame": info.sha256, "size": [info.width, info.height]})
    keys = []
    for name, fingerprint in stages:
        state = content_hash({"before": state, "stage": name, "fingerprint": fingerprint})
        keys.append(state)
    return keys


def content_hash(document: Any) -> str:
    """SHA-256 of `document` as canonical JSON."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


class FrameLog:
    """Records by key, and what is known of frames that were read before. Any number of processes may add."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def get(self, key: str, info: FrameInfo) -> FrameRecord | None:
        """The record under `key` as one of the frame `info`; None when it is not there, or not whole."""
        try:
            document = json.loads(self.storage.read(_record_name(key)))
            record = record_from_json(document["record"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        vectors = StoredVectors(self.storage, key) if document["vectors"] else {}
        return replace(record, frame=info, vectors=vectors)

    def has(self, key: str) -> bool:
        """Whether there is a record under `key`."""
        return self.storage.exists(_record_name(key))

    def maker(self, key: str) -> str:
        """Who put the record under `key`, as told to `put`; "" for one that is not there, or not whole."""
        try:
            return str(json.loads(self.storage.read(_record_name(key))).get("maker", ""))
        except (FileNotFoundError, ValueError, AttributeError):
            return ""

    def put(self, key: str, record: FrameRecord, maker: str = "") -> FrameRecord:
        """Keep `record` under `key`, and give it back as `get` will: whoever goes on with it gets the same
        results as somebody who reads it tomorrow. Raises `ResourceError` when it cannot be written."""
        if record.vectors:
            # First, so that a record that is there has its vectors.
            self.storage.write(_vectors_name(key), vectors_to_bytes(record.vectors))
        document = {"maker": maker, "vectors": sorted(record.vectors), "record": record_to_json(record)}
        text = json.dumps(document, separators=(",", ":"), allow_nan=False)
        self.storage.write(_record_name(key), text.encode())
        again = record_from_json(json.loads(text)["record"])
        return replace(again, vectors=record.vectors)

    def seen(self, frame_id: str, token: str) -> FrameInfo | None:
        """What is known of a frame whose file had this `token` (size and time, say) when it was read before."""
        try:
            return FrameInfo(**json.loads(self.storage.read(_seen_name(frame_id, token))))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def remember(self, info: FrameInfo, token: str) -> None:
        """Let `seen` know, unless `token` is empty."""
        if token:
            self.storage.write(_seen_name(info.id, token), json.dumps(asdict(info)).encode())


class StoredVectors(Mapping[str, InstanceVectors]):
    """A record's vectors, read when one is asked for."""

    def __init__(self, storage: Storage, key: str) -> None:
        self._storage, self._key = storage, key
        self._loaded: dict[str, InstanceVectors] | None = None

    def _all(self) -> dict[str, InstanceVectors]:
        if self._loaded is None:
            name = _vectors_name(self._key)
            try:
                self._loaded = vectors_from_bytes(self._storage.read(name))
            except FileNotFoundError:  # no stage made any
                self._loaded = {}
            except (ValueError, KeyError, zipfile.BadZipFile) as error:
                path = self._storage.path(name)
                raise FileFormatError(
                    f"{path} is damaged ({error}); delete it and the record beside it, and label again."
                ) from None
        return self._loaded

    def __getitem__(self, name: str) -> InstanceVectors:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


def vectors_to_bytes(vectors: Mapping[str, InstanceVectors]) -> bytes:
    """As an npz file, uncompressed; no pickle."""
    arrays: dict[str, Any] = {}
    for name, one in vectors.items():
        arrays[f"{name}.ids"] = np.asarray(one.ids, np.int64)
        arrays[f"{name}.rows"] = one.rows
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def vectors_from_bytes(content: bytes) -> dict[str, InstanceVectors]:
    """What `vectors_to_bytes` wrote. Raises `ValueError`, `KeyError` or `BadZipFile` for anything else."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        names = sorted(name.removesuffix(".ids") for name in arrays.files if name.endswith(".ids"))
        return {
            name: InstanceVectors(tuple(int(i) for i in arrays[f"{name}.ids"]), arrays[f"{name}.rows"])
            for name in names
        }


def _record_name(key: str) -> str:
    return f"log/{key[:2]}/{key}.json"


def _vectors_name(key: str) -> str:
    return f"log/{key[:2]}/{key}.npz"


def _seen_name(frame_id: str, token: str) -> str:
    name = content_hash([frame_id, token])
    return f"seen/{name[:2]}/{name}.json"
