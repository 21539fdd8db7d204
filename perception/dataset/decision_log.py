"""`review/decisions.jsonl`: one decision a line, on the disk before it counts."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import BinaryIO

from codriver.errors import FileFormatError, InputError, ResourceError
from perception.dataset.decisions import Decision, decision_from_json, decision_to_json
from perception.dataset.storage import Storage

NAME = "review/decisions.jsonl"
_WRONG = (ValueError, KeyError, TypeError, AttributeError)


def read_decisions(storage: Storage) -> list[Decision]:
    """All decisions about the dataset in `storage`, in order; [] when there are none.

    A last line that was cut off by a kill or a full disk was never confirmed, and is left out.
    Raises `FileFormatError` for any other line that is no decision.
    """
    try:
        content = storage.read(NAME)
    except FileNotFoundError:
        return []
    return _parse(content, storage.path(NAME))[0]


def _parse(content: bytes, path: str) -> tuple[list[Decision], int]:
    """The decisions, and how many bytes of `content` hold them."""
    whole = content[: content.rfind(b"\n") + 1]
    decisions = []
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            decisions.append(decision_from_json(json.loads(line)))
        except _WRONG as error:
            raise FileFormatError(
                f"{path}, line {number} is no decision ({error}); remove the line, or restore the file."
            ) from None
    return decisions, len(whole)


class DecisionLog:
    """The file, open for adding by this process alone, until `close`."""

    def __init__(self, storage: Storage) -> None:
        """Raises `InputError` for a folder that is not local, `ResourceError` when it cannot be written or when
        another review is open, `FileFormatError` as `read_decisions`."""
        if storage.local is None:
            raise InputError(f"{storage} is not a folder of this machine; copy the dataset here to review it.")
        self.path = storage.local / NAME
        self._file = _open(self.path)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise ResourceError(f"{storage} is open in another review; use that one, or stop it.") from None
        try:
            self._file.seek(0)
            self.decisions, self._size = _parse(self._file.read(), str(self.path))
            self._file.truncate(self._size)
        except BaseException:
            self._file.close()
            raise

    def add(self, decision: Decision) -> None:
        """Write it to the disk. Raises `ResourceError` when that fails; then nothing was decided."""
        line = json.dumps(decision_to_json(decision), separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        try:
            self._file.seek(self._size)
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            self._file.truncate(self._size)
            raise ResourceError(
                f"{self.path} cannot be written ({error.strerror}); the decision was not kept."
            ) from None
        self._size += len(line)
        self.decisions.append(decision)

    def close(self) -> None:
        """Let others review; a second time does nothing."""
        self._file.close()


def _open(path: Path) -> BinaryIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b")
    except OSError as error:
        raise ResourceError(f"{path} cannot be written ({error.strerror}); mend that to review.") from None
