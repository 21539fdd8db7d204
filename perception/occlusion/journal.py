"""What is finished of a COCO file that is being completed, kept so that a stopped run goes on where it was.

A text file of JSON, one line for each image, under a line that says what the work follows from:

    {"codriver complete": 1, "of": {"input": "<hash>", "methods": "<hash>", …}}
    {"image": 0, "picture": "<sha256>", "looked": true, "trouble": "", "record": {…}}

A line counts once it is whole; what a kill or a power cut left of a last one is dropped. Work that follows from
something else stays below its own line: who comes back to it after a mistyped command has lost nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from codriver.errors import InputError, ResourceError
from perception.dataset.log import content_hash
from perception.models.files import sha256_of_file
from perception.record import FrameRecord, record_from_json, record_to_json

_NAME = "codriver complete"
_FORMAT = 1
_BEGINS = f'{{"{_NAME}": '.encode()
_SYNCED_EVERY = 5.0
"""Seconds of work that a power cut may cost; a kill costs none of what was finished."""


@dataclass(frozen=True)
class Finished:
    """What became of an image."""

    record: FrameRecord
    """Its objects, completed."""
    looked: bool
    """Whether its picture was looked at."""
    trouble: str
    """Why its picture could not be, where it should have been; else ""."""


class Journal(Protocol):
    """Keeps what is finished. Images are known by their place in the document."""

    def kept(self, place: int, picture: str | None) -> Finished | None:
        """What was finished of an image, unless its picture has changed since.

        `picture` is the name of its file where it is looked at, else None.
        """
        ...

    def keep(self, place: int, finished: Finished) -> None:
        """Keep it; `kept` was asked about this image just before."""
        ...


class Forgetful:
    """Keeps nothing."""

    def kept(self, place: int, picture: str | None) -> Finished | None:
        """Nothing."""
        return None

    def keep(self, place: int, finished: Finished) -> None:
        """Forgotten."""


class JournalFile:
    """The file, open for this process alone, until `close`."""

    def __init__(self, path: Path, follows_from: Mapping[str, Any], images: Path | None) -> None:
        """`follows_from` names all that determines the result but the pictures, as plain JSON values; `images` is
        their folder.

        Raises `InputError` for a file that is something else, `ResourceError` for one that cannot be written or
        that another process is writing.
        """
        self.path = path
        self._images = images
        self._of = {name: content_hash(part) for name, part in follows_from.items()}
        self._places: dict[int, tuple[int, int]] = {}
        self._picture: str | None = None
        self._synced = time.monotonic()
        self._worth_keeping = False
        self.differs: tuple[str, ...] = ()
        """In what the work that was there last differs from this, where none of it can be used."""
        self._file = _open_and_lock(path)
        try:
            self._size = self._take_up()
        except BaseException:
            self._file.close()
            raise

    def __len__(self) -> int:
        """How many images are finished."""
        return len(self._places)

    def kept(self, place: int, picture: str | None) -> Finished | None:
        """See `Journal`."""
        self._picture = self._sha256(picture)
        if place not in self._places:
            return None
        offset, length = self._places[place]
        entry = json.loads(os.pread(self._file.fileno(), length, offset))
        return _finished(entry) if entry["picture"] == self._picture else None

    def keep(self, place: int, finished: Finished) -> None:
        """See `Journal`. Raises `ResourceError` when it cannot be written; what is there stays."""
        entry = {"image": place, "picture": self._picture, "looked": finished.looked, "trouble": finished.trouble}
        self._places[place] = self._add(entry | {"record": record_to_json(finished.record)})
        self._worth_keeping = True

    def remove(self) -> None:
        """Nobody needs it any more."""
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let others write. Where nothing was finished, no file remains."""
        if not self._file.closed:
            if not self._worth_keeping:
                self.remove()
            self._file.close()

    def _take_up(self) -> int:
        """Find what is there, and drop what is not whole; gives the size of the rest in bytes."""
        size, last = 0, None
        with self.path.open("rb") as lines:
            for line in lines:
                read = _read(line)
                if not size and not isinstance(read, dict) and line[: len(_BEGINS)] != _BEGINS[: len(line)]:
                    raise InputError(
                        f"{self.path} is no unfinished work of codriver complete, which would be kept there; move "
                        "it away, or choose another place for the output."
                    )
                if read is None:
                    break
                if isinstance(read, dict):
                    last = read
                else:
                    self._worth_keeping = True
                    if last == self._of:
                        self._places[read] = size, len(line)
                size += len(line)
        self._file.truncate(size)
        self._size = size
        if last != self._of:
            if last is not None and self._worth_keeping and not self._places:
                self.differs = tuple(name for name, part in self._of.items() if last.get(name) != part)
            self._add({_NAME: _FORMAT, "of": self._of})
        return self._size

    def _add(self, document: Mapping[str, Any]) -> tuple[int, int]:
        """Write a line; gives where it begins and how long it is."""
        line = memoryview(json.dumps(document).encode() + b"\n")
        begins, left = self._size, line
        try:
            while left:
                left = left[os.pwrite(self._file.fileno(), left, begins + len(line) - len(left)) :]
            if time.monotonic() - self._synced > _SYNCED_EVERY:
                os.fsync(self._file.fileno())
                self._synced = time.monotonic()
        except OSError as error:
            raise ResourceError(
                f"{self.path} cannot be written ({error.strerror}); it keeps what was finished before."
            ) from None
        self._size += len(line)
        return begins, len(line)

    def _sha256(self, picture: str | None) -> str | None:
        """None where no picture is looked at, "" where it cannot be read."""
        if picture is None or self._images is None:
            return None
        path = self._images / picture
        try:
            return sha256_of_file(path) if path.is_file() else ""
        except ResourceError:
            return ""


def _open_and_lock(path: Path) -> BinaryIO:
    try:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b")
    except OSError as error:
        raise ResourceError(f"{path} cannot be written ({error.strerror}); choose another place.") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise ResourceError(
            f"Another codriver is writing {path}; wait for it, or choose another place for the output."
        ) from None
    except OSError:  # some network folders know no locks
        return file
    return file


def _read(line: bytes) -> dict[str, str] | int | None:
    """What the work below follows from, the place of a finished image, or None for a line that is not whole."""
    try:
        entry = json.loads(line)
        if not line.endswith(b"\n"):
            return None
        if _NAME in entry:
            return dict(entry["of"]) if entry[_NAME] == _FORMAT else {}
        _finished(entry)
        return int(entry["image"])
    except (ValueError, KeyError, TypeError):
        return None


def _finished(entry: Mapping[str, Any]) -> Finished:
    entry["picture"]  # there
    return Finished(record_from_json(entry["record"]), bool(entry["looked"]), str(entry["trouble"]))
