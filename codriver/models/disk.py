"""The store's own files: what can go wrong with them as one sentence, atomic placement, locks."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from codriver.errors import FileFormatError, ResourceError
from codriver.models.packages import DiskFullError
from codriver.models.progress import human_size

_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def disk_problems(path: Path) -> Iterator[None]:
    """Turn what the system says about files under `path` into a `ResourceError` of one sentence."""
    try:
        yield
    except OSError as error:
        if isinstance(error, DiskFullError) or error.errno in _FULL:
            raise ResourceError(
                f"The disk of {path} is full; free some space, or set CODRIVER_MODELS to a folder elsewhere."
            ) from None
        raise ResourceError(
            f"{error.filename or path} cannot be used ({error.strerror or error}); mend it, or set "
            "CODRIVER_MODELS to a folder that can be written."
        ) from None


def home_path(text: str) -> Path:
    """A path as a person writes it: "~/" is the home folder. `expanduser` fails on any other "~…"."""
    return Path.home() / text[2:] if text.startswith("~/") else Path(text)


def check_space(folder: Path, needed: int, what: str) -> None:
    """Raise `ResourceError` when fewer than `needed` bytes are free where `folder` is."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ResourceError(
            f"The disk of {folder} has {human_size(free)} free, and {what} needs {human_size(needed)} while it is "
            "being pulled; free some space, or set CODRIVER_MODELS to a folder elsewhere."
        )


def place(part: Path, final: Path) -> None:
    """Make the complete file `part` appear as `final`, in one step that survives a power cut."""
    with part.open("rb") as content:
        os.fsync(content.fileno())
    part.replace(final)
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def locked(path: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lock `path` among all processes; `waiting` is called once when another one has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The file stays: deleting it would let two processes hold the locks of two files of this name.
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def read_json_table(path: Path) -> dict[str, Any]:
    """The JSON object in `path`; {} when there is no file. Raises `FileFormatError`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise FileFormatError(f"{path} cannot be read ({error}); mend or delete it.") from None
    if not isinstance(content, dict):
        raise FileFormatError(f"{path} is not a JSON object; mend or delete it.")
    return content


def write_json_table(path: Path, table: dict[str, Any]) -> None:
    """Replace the JSON object in `path`, in one step."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(table, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    place(part, path)
