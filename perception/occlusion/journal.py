"""What is finished of a COCO file that is being completed, kept so that a stopped run goes on where it was.

A text file: a line that says what the work follows from, and one for each image that is finished. After each one's
JSON stands a checksum, of the first line's JSON and its own:

    {"codriver complete": 2, "of": {"input": "<hash>", "methods": "<hash>", …}}⇥<crc32>
    {"image": 0, "picture": "<sha256>", "looked": true, "trouble": "", "record": {…}}⇥<crc32>

What a kill or a power cut left of a last line is dropped; a line whose checksum is wrong does not count. The file
is of one work: who comes with another one is told, and nothing is lost.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from codriver.errors import InputError, ResourceError
from perception.dataset.log import content_hash
from perception.models.files import sha256_of_file
from perception.record import FrameRecord, record_from_json, record_to_json
from perception.wording import counted

_NAME = "codriver complete"
_FORMAT = 2
_BEGINS = f'{{"{_NAME}": '.encode()
_ENTRY = re.compile(rb'\{"image": (\d+), ')
_SUM = 10
"""Bytes of a line after its JSON."""
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
    """Keeps what is finished. Images are known by their place in the document, and by what their picture was."""

    def identity(self, picture: str) -> str:
        """What tells a picture from another one; `picture` is the name of its file."""
        ...

    def kept(self, place: int, picture: str | None) -> Finished | None:
        """What was finished of an image, unless its picture has changed since.

        `picture` is its `identity` where it is looked at, else None.
        """
        ...

    def keep(self, place: int, picture: str | None, finished: Finished) -> None:
        """Keep it; `picture` as for `kept`."""
        ...


class Forgetful:
    """Keeps nothing."""

    def identity(self, picture: str) -> str:
        """All are alike."""
        return ""

    def kept(self, place: int, picture: str | None) -> Finished | None:
        """Nothing."""
        return None

    def keep(self, place: int, picture: str | None, finished: Finished) -> None:
        """Forgotten."""


class JournalFile:
    """The file, open for this process alone, until `close`.

    Where the folder knows no locks, two may write it: what both finished counts, until one of them removes it.
    """

    def __init__(self, path: Path, follows_from: Mapping[str, Any], images: Path | None) -> None:
        """`follows_from` names all that determines the result but the pictures, as plain JSON values; `images` is
        their folder.

        Raises `InputError` for a file that is something else or of other work, `ResourceError` for one that cannot
        be written or that another process is writing.
        """
        self.path = path
        self._images = images
        self._of = {name: content_hash(part) for name, part in follows_from.items()}
        self._header = json.dumps({_NAME: _FORMAT, "of": self._of}).encode()
        self._places: dict[int, tuple[int, int]] = {}
        self._synced = time.monotonic()
        self.taken_up = 0
        """How many images `kept` gave."""
        self._file = _open_and_lock(path)
        try:
            begun = self._take_up()
        except OSError as error:
            self._file.close()
            raise ResourceError(f"{path} cannot be read ({error.strerror}); choose another place.") from None
        except InputError:
            self._file.close()
            raise
        self.found = len(self)
        """How many finished images were there."""
        if not begun:
            self._begin()

    def __len__(self) -> int:
        """How many images are finished."""
        return len(self._places)

    def identity(self, picture: str) -> str:
        """The file's sha256; "" where it cannot be read."""
        path = Path() if self._images is None else self._images / picture
        there = os.path.isfile(path)  # noqa: PTH113 (as in `read_picture`)
        try:
            return sha256_of_file(path) if there else ""
        except ResourceError:
            return ""

    def kept(self, place: int, picture: str | None) -> Finished | None:
        """See `Journal`."""
        if place not in self._places:
            return None
        offset, length = self._places[place]
        text = _text(os.pread(self._file.fileno(), length, offset), self._header)
        entry = None if text is None else json.loads(text)
        if entry is None or entry["picture"] != picture:
            return None
        self.taken_up += 1
        return Finished(record_from_json(entry["record"]), entry["looked"], entry["trouble"])

    def keep(self, place: int, picture: str | None, finished: Finished) -> None:
        """See `Journal`. Raises `ResourceError` when it cannot be written; what is there stays."""
        entry = {"image": place, "picture": picture, "looked": finished.looked, "trouble": finished.trouble}
        text = json.dumps(entry | {"record": record_to_json(finished.record)}).encode()
        try:
            self._places[place] = self._add(text, self._header)
            if time.monotonic() - self._synced > _SYNCED_EVERY:
                os.fsync(self._file.fileno())
                self._synced = time.monotonic()
        except OSError as error:
            raise self._unwritten(error) from None

    def remove(self) -> None:
        """Nobody needs it any more. Others may write now."""
        with suppress(OSError):
            self.path.unlink()
        self._file.close()

    def close(self) -> None:
        """Let others write. Where nothing is finished, no file remains.

        Raises `ResourceError` when what is finished cannot be written to the disk.
        """
        if self._file.closed:
            return
        if not len(self):
            self.remove()
            return
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._unwritten(error) from None
        finally:
            self._file.close()

    def _take_up(self) -> bool:
        """Find what is there, and drop a last line that is not whole; whether this work was begun there."""
        header = self._their_header()
        size = self._file.tell()
        for line in self._file if header else ():
            if not line.endswith(b"\n"):
                break
            entry = _ENTRY.match(line)
            if entry is not None and _text(line, header) is not None:
                self._places[int(entry[1])] = size, len(line)
            size += len(line)
        if header == self._header:
            os.ftruncate(self._file.fileno(), size)
            return True
        if self._places:
            raise self._other(json.loads(header)["of"])
        os.ftruncate(self._file.fileno(), 0)
        return False

    def _their_header(self) -> bytes:
        """The JSON of the line that is read first; b"" where it is not whole. Raises `InputError`."""
        head = os.pread(self._file.fileno(), len(_BEGINS), 0)
        if head != _BEGINS[: len(head)]:
            raise InputError(
                f"{self.path} is no unfinished work of codriver complete, which would be kept there; move it "
                "away, or choose another place for the output."
            )
        line = self._file.readline()
        version = re.match(rb"\d+(?=,)", line[len(_BEGINS) :])
        if version is not None and int(version[0]) != _FORMAT:
            raise InputError(
                f"{self.path} is unfinished work of another version of codriver; go on with that one, or remove "
                "the file."
            )
        header = _text(line)
        if header is None and line.endswith(b"\n"):
            raise InputError(f"{self.path} is damaged in its first line, and of no use; remove it.")
        return header or b""

    def _other(self, of: Mapping[str, str]) -> InputError:
        differs = " and ".join(name for name, part in self._of.items() if of.get(name) != part)
        return InputError(
            f"{self.path} keeps {counted(len(self), 'finished image')} of other work (other {differs}); go on "
            "with that, remove the file, or choose another place for the output."
        )

    def _begin(self) -> None:
        """Raises `ResourceError`; then no file remains."""
        try:
            self._add(self._header, b"")
            os.fsync(self._file.fileno())
            sync_folder(self.path.parent)
        except OSError as error:
            self.remove()
            raise self._unwritten(error) from None

    def _add(self, text: bytes, header: bytes) -> tuple[int, int]:
        """Write a line at the end of what is there now; gives where it begins and how long it is."""
        line = text + _checksum(text, header)
        left = memoryview(line)
        while left:
            left = left[os.write(self._file.fileno(), left) :]
        return os.lseek(self._file.fileno(), 0, os.SEEK_CUR) - len(line), len(line)

    def _unwritten(self, error: OSError) -> ResourceError:
        return ResourceError(f"{self.path} cannot be written ({error.strerror}).")


def _open_and_lock(path: Path) -> BinaryIO:
    """For reading; who writes appends. Raises `ResourceError`."""
    while True:
        try:
            file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644), "rb")
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
            pass
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        file.close()  # who had it has removed it meanwhile


def sync_folder(folder: Path) -> None:
    """Let a power cut leave the names in it, where the folder can be told to."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _checksum(text: bytes, header: bytes) -> bytes:
    """What ends the line of a JSON text; `header` is the first line's, or b"" for that itself."""
    return b"\t%08x\n" % zlib.crc32(text, zlib.crc32(header))


def _text(line: bytes, header: bytes = b"") -> bytes | None:
    """A line's JSON, if the line is whole."""
    text, checksum = line[:-_SUM], line[-_SUM:]
    return text if checksum == _checksum(text, header) else None
