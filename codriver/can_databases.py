"""CAN database files, parsed once however many parts of the program read the same one.

Parsing a DBC takes longer than all else that a part does with it, and the vehicle side and the simulation, which
know nothing of each other, begin with the same file.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cantools.database import Database
    from cantools.database.diagnostics import Database as DiagnosticsDatabase


def parse_database(path: Path, *, strict: bool) -> Database | DiagnosticsDatabase:
    """The contents of `path`, which nobody may change: others read the same object.

    `strict`: raise for signals that overlap or do not fit into their message. Raises what cantools raises
    (`cantools.Error`, `UnicodeDecodeError`, `ValueError`, `KeyError`), and `OSError` when there is no such file.
    """
    import cantools

    state = path.stat()
    file = (str(path.resolve()), state.st_mtime_ns, state.st_size)
    if strict:
        return _parsed(*file, strict=True)
    try:
        return _parsed(*file, strict=True)  # in good order, as nearly always: the copy that all can share
    except (cantools.Error, ValueError, KeyError):
        return _parsed(*file, strict=False)


@lru_cache(maxsize=4)
def _parsed(name: str, changed: int, size: int, *, strict: bool) -> Database | DiagnosticsDatabase:
    """`changed` and `size` are there to read a file again that has been written since."""
    import cantools

    return cantools.database.load_file(name, strict=strict)
