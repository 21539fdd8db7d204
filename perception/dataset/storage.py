"""A folder that a dataset lives in: local, or any URL that fsspec knows ("s3://…", "memory://…").

Every write is whole or not there at all: locally through a temporary file that is renamed, elsewhere as one put.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

import fsspec

from codriver.errors import InputError, ResourceError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_LOCK = ".lock"


class Storage:
    """Files below one folder, by names with "/"."""

    def __init__(self, url: str) -> None:
        """`url`: a path or an fsspec URL. Raises `InputError` for a protocol nobody knows, `ResourceError` for one
        whose package is missing."""
        self.url = url
        """As it was given."""
        self._fs, root = open_filesystem(url)
        self._root = str(root).rstrip("/") or "/"
        self.local = Path(self._root) if is_local(self._fs) else None
        """The folder, where it is one of this machine."""

    def __getstate__(self) -> dict[str, str]:
        return {"url": self.url if self.local is None else str(self.local)}

    def __setstate__(self, state: dict[str, str]) -> None:
        self.__init__(state["url"])  # type: ignore[misc]

    def __str__(self) -> str:
        return self.url

    def path(self, name: str) -> str:
        """The whole path of `name`, for messages."""
        return f"{self._root}/{name}" if self.local is not None else f"{self.url.rstrip('/')}/{name}"

    def read(self, name: str) -> bytes:
        """Raises `FileNotFoundError`, and `ResourceError` for anything else."""
        with self._problems(name, "read"):
            if self.local is not None:
                return (self.local / name).read_bytes()
            return bytes(self._fs.cat_file(self._inner(name)))

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """`length` bytes from `offset` on."""
        with self._problems(name, "read"):
            if self.local is not None:
                with (self.local / name).open("rb") as file:
                    return os.pread(file.fileno(), length, offset)
            return bytes(self._fs.cat_file(self._inner(name), start=offset, end=offset + length))

    def exists(self, name: str) -> bool:
        """Whether there is a file of this name."""
        with self._problems(name, "read"):
            if self.local is not None:
                return (self.local / name).is_file()
            return bool(self._fs.isfile(self._inner(name)))

    def names(self, below: str = "") -> list[str]:
        """Names of all files below the folder `below`, sorted; [] when it does not exist."""
        start = f"{self._root}/{below}".rstrip("/")
        with self._problems(below, "read"):
            found = self._fs.find(start)
        return sorted(path[len(self._root) + 1 :] for path in found)

    def is_empty(self) -> bool:
        """Whether nothing is there but perhaps a lock."""
        with self._problems("", "read"):
            if self.local is not None:
                if self.local.exists() and not self.local.is_dir():
                    raise NotADirectoryError(errno.ENOTDIR, "it is a file, not a folder")
                return not self.local.exists() or all(one.name == _LOCK for one in self.local.iterdir())
        return not self.names()

    def write(self, name: str, content: bytes) -> None:
        """Put the file `name` there, whole, replacing an older one. Raises `ResourceError`."""
        with self.writing(name) as file:
            file.write(content)

    @contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """A file that appears as `name` when the context ends without an exception. Raises `ResourceError`."""
        with self._problems(name, "written"):
            if self.local is None:
                # What an exception leaves half written is never pointed to; see perception.dataset.result.
                with self._fs.open(self._inner(name), "wb") as remote:
                    yield cast("BinaryIO", remote)
                return
            final = self.local / name
            final.parent.mkdir(parents=True, exist_ok=True)
            part = final.with_name(f".{final.name}.{os.getpid()}.part")
            try:
                with part.open("wb") as file:
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(final)
            except BaseException:
                with suppress(OSError):
                    part.unlink(missing_ok=True)
                raise

    def remove(self, name: str) -> None:
        """Delete the file `name`, if it is there."""
        with self._problems(name, "removed"), suppress(FileNotFoundError):
            self._fs.rm_file(self._inner(name))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others from writing here meanwhile; the lock ends with the process, however it ends.

        Only local folders can be locked. Raises `ResourceError` when another process has the lock or when nothing
        can be written.
        """
        if self.local is None:
            yield
            return
        with self._problems(_LOCK, "written"):
            self.local.mkdir(parents=True, exist_ok=True)
            lock = (self.local / _LOCK).open("a")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ResourceError(
                    f"Another codriver is writing to {self}; wait for it, or choose another folder."
                ) from None
            for leftover in self.local.rglob(".*.part"):  # of a killed run; nobody else writes now
                leftover.unlink(missing_ok=True)
            yield

    def _inner(self, name: str) -> str:
        return f"{self._root}/{name}"

    @contextmanager
    def _problems(self, name: str, verb: str) -> Iterator[None]:
        """What the system says as one sentence; that a file is missing stays a `FileNotFoundError`."""
        try:
            yield
        except FileNotFoundError:
            if verb == "read":
                raise
            raise ResourceError(
                f"{self.path(name)} cannot be {verb}: its folder does not exist and cannot be made; choose "
                "another folder."
            ) from None
        except NotADirectoryError:
            if self.local is not None and self.local.is_dir():
                raise ResourceError(
                    f"{self.path(name)} cannot be {verb}: a file is where its folder belongs; move that away."
                ) from None
            raise ResourceError(f"{self} is no folder, or lies below a file; choose another folder.") from None
        except OSError as error:
            path = self.path(name).rstrip("/")
            if error.errno in _FULL:
                message = f"The disk of {self} is full; free some space and run it again, it goes on where it was."
                raise ResourceError(message) from None
            reason = error.strerror or str(error) or type(error).__name__
            raise ResourceError(
                f"{path} cannot be {verb} ({reason}); mend that, or choose another folder."
            ) from None


def open_filesystem(url: str) -> tuple[fsspec.AbstractFileSystem, str]:
    """The file system of `url` and the path in it. Raises `InputError` or `ResourceError`, each one sentence."""
    if not url.strip():  # fsspec would take the working folder
        raise InputError("The name of a folder or file is empty (an unset shell variable?); give a path or a URL.")
    try:
        fs, path = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise ResourceError(f"{url} needs another package: {str(error).rstrip('.')}.") from None
    except ValueError as error:
        raise InputError(
            f"{url} cannot be opened ({str(error).rstrip('.')}); use a path or an fsspec URL."
        ) from None
    return fs, str(path)


def is_local(fs: fsspec.AbstractFileSystem) -> bool:
    """Whether `fs` is this machine's own."""
    protocols = (fs.protocol,) if isinstance(fs.protocol, str) else fs.protocol
    return "file" in protocols
