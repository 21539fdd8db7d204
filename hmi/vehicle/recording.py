"""Recordings of a CAN bus in python-can's file formats, read so that a damaged file is told and not guessed at.

A recording is read twice: once to see whether it can be used and how long it is, then frame by frame while it is
played, so that hours of traffic need no memory. A file that merely ends too early (the disk was full, the car was
switched off) is used as far as it goes.
"""

from __future__ import annotations

import gzip
import logging
import math
import sqlite3
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO, cast

import can
from can.io.blf import BLFParseError

from codriver.errors import FileFormatError, ResourceError

_TEXT_FORMATS: Mapping[str, Callable[[TextIO], Iterable[can.Message]]] = {
    ".asc": can.ASCReader,
    ".csv": can.CSVReader,
    ".log": can.CanutilsLogReader,
    ".trc": can.TRCReader,
}
FORMATS = (*_TEXT_FORMATS, ".blf", ".db")
"""File name extensions of the formats; a text format may have ".gz" behind it."""

_LONGEST_LINE = 10_000
"""Bytes; a frame of 64 bytes takes less than 400 in every text format."""
_CLOCK_SET_BACK = 1.0
"""Seconds back in time that mean a clock which was set, not frames of two channels that were mixed up a bit."""
_BLF_HEADER = 144
"""Bytes; a BLF file that says to be no longer was never finished."""
_READ_ERRORS = (
    ArithmeticError,
    AttributeError,
    BLFParseError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    TypeError,
    ValueError,
    can.CanError,
    sqlite3.Error,
    struct.error,
    zlib.error,
)
"""What the readers of python-can raise for data that they do not understand."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording that can be read."""

    path: Path
    count: int
    """Frames in it."""
    duration: float
    """Seconds from the first frame to the last."""
    note: str
    """One sentence about what is missing; empty when nothing is."""

    def frames(self) -> Iterator[tuple[float, can.Message]]:
        """Every frame with its time in seconds since the first; time never goes back.

        Raises `FileFormatError` when the file is not any more what it was.
        """
        with closing(_Source(self.path)) as source:
            try:
                yield from islice(_timed(source), self.count)
            except _READ_ERRORS as error:
                raise FileFormatError(f"{self.path} has changed while it was read: {_cause(error)}.") from None


def format_of(path: Path) -> str:
    """The extension that names the format of `path`, in small letters and without ".gz".

    Raises `FileFormatError` for one that is unknown.
    """
    suffix = path.suffix.lower()
    if suffix == ".gz":
        suffix = Path(path.stem).suffix.lower()
        if suffix in _TEXT_FORMATS:
            return suffix
        raise FileFormatError(
            f"{path} cannot be a compressed recording; only {', '.join(_TEXT_FORMATS)} can have .gz behind them."
        )
    if suffix not in FORMATS:
        raise FileFormatError(
            f"{path} has no extension of a recording; the formats are {', '.join(sorted(FORMATS))}."
        )
    return suffix


def read_recording(path: Path) -> Recording:
    """See what is in the recording `path`.

    Raises `ResourceError` when there is no such file, and `FileFormatError` when its format is unknown, or it is
    empty or damaged elsewhere than at its end.
    """
    format_of(path)
    try:
        if not path.is_file():
            raise ResourceError(f"There is no recording at {path}; record one with `codriver record`.")
        if path.stat().st_size == 0:
            raise FileFormatError(f"{path} is empty; there is nothing to replay.")
        source = _Source(path)
    except _READ_ERRORS as error:
        if isinstance(error, ResourceError | FileFormatError):
            raise
        raise FileFormatError(f"{path} cannot be read as a recording of a CAN bus: {_cause(error)}.") from None
    with closing(source):
        return _survey(path, source)


def _survey(path: Path, source: _Source) -> Recording:
    count, duration, note = 0, 0.0, ""
    try:
        for moment, _ in _timed(source):
            count, duration = count + 1, moment
    except _READ_ERRORS as error:
        cause = f"{source.place}{_cause(error)}"
        if not count:
            raise FileFormatError(f"{path} cannot be read as a recording of a CAN bus: {cause}.") from None
        if not source.at_end():
            raise FileFormatError(
                f"{path} is damaged {duration:.3f} s after its start: {cause}; cut it off there, or record anew."
            ) from None
        note = f"{path} ends in the middle of a frame; the {count} frames before it are used."
    if not count:
        raise FileFormatError(f"{path} holds no CAN frame; check that its extension names its format.")
    if not note and source.cut_off():
        note = f"{path} was not finished or is cut off; the {count} frames that it holds are used."
    if not note and source.skipped:
        note = f"{source.skipped} lines of {path} are no frames and are left out."
    return Recording(path, count, duration, note)


class _Lines:
    """The lines of a text file, counted; one without an end at the end of the file is cut off and left out."""

    def __init__(self, path: Path) -> None:
        compressed = path.suffix.lower() == ".gz"
        self._file: Any = gzip.open(path, "rb") if compressed else path.open("rb")  # noqa: SIM115 - see `close`
        self.number = 0
        self.cut_off = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        try:
            raw: bytes = self._file.readline(_LONGEST_LINE)
        except (EOFError, zlib.error):  # a compressed file that is cut off
            raw, self.cut_off = b"", True
        if not raw:
            raise StopIteration
        if not raw.endswith(b"\n"):
            if len(raw) >= _LONGEST_LINE:
                raise ValueError(f"a line has more than {_LONGEST_LINE} characters")
            self.cut_off = True
            raise StopIteration
        self.number += 1
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:  # older tools write the names of the months in the local encoding
            return raw.decode("latin-1")

    def at_end(self) -> bool:
        """True when nothing but empty lines follow."""
        return not any(line.strip() for line in self)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class _Source:
    """A file and the reader of python-can for it."""

    def __init__(self, path: Path) -> None:
        kind = format_of(path)
        self._path = path
        self._lines: _Lines | None = None
        self._reader: Any
        if kind in _TEXT_FORMATS:
            self._lines = _Lines(path)
            # The readers of the text formats only iterate over their file and close it.
            self._reader = _TEXT_FORMATS[kind](cast("TextIO", self._lines))
        else:
            self._reader = can.BLFReader(path) if kind == ".blf" else can.SqliteReader(path)
        self.skipped = 0
        """Lines that the reader took for something else than frames and passed over."""
        self._complaints = logging.getLogger("can.io.trc")
        self._complaints.addFilter(self._count_complaint)

    def __iter__(self) -> Iterator[can.Message]:
        for message in self._reader:
            _check(message)
            yield message

    @property
    def place(self) -> str:
        """Where the reader is, as the beginning of a message; empty for files without lines."""
        return "" if self._lines is None else f"line {self._lines.number}: "

    def at_end(self) -> bool:
        """True when nothing follows what was read last."""
        if self._lines is not None:
            return self._lines.at_end()
        return not isinstance(self._reader, can.BLFReader) or self._reader.file.read(1) == b""

    def cut_off(self) -> bool:
        """True when the file was not written to its end."""
        if self._lines is not None:
            return self._lines.cut_off
        if not isinstance(self._reader, can.BLFReader):
            return False
        promised, size = int(self._reader.file_size), self._path.stat().st_size
        return promised > size or promised <= _BLF_HEADER < size

    def close(self) -> None:
        """Close the file."""
        self._complaints.removeFilter(self._count_complaint)
        self._reader.stop()

    def _count_complaint(self, record: logging.LogRecord) -> bool:
        """Count a reader's warning about a line instead of printing it, as there may be thousands."""
        if record.levelno >= logging.WARNING:
            self.skipped += 1
        return False


def _check(message: can.Message) -> None:
    """Raise `ValueError` for a frame that no bus carries."""
    if not math.isfinite(message.timestamp):
        raise ValueError("a frame has no time")
    if message.is_error_frame or message.is_remote_frame:
        return
    if not 0 <= message.arbitration_id < 1 << (29 if message.is_extended_id else 11):
        raise ValueError(f"0x{message.arbitration_id:X} is no identifier of a frame")
    if len(message.data) > 64 or (
        len(message.data) <= 8 and not message.is_fd and len(message.data) != message.dlc
    ):
        raise ValueError(f"a frame of {message.dlc} bytes has {len(message.data)}")


def _timed(messages: Iterable[can.Message]) -> Iterator[tuple[float, can.Message]]:
    """Every frame with its seconds since the first, which never go back."""
    start: float | None = None
    last = 0.0
    for message in messages:
        if start is None:
            start = message.timestamp
        moment = message.timestamp - start
        if moment < last:
            if last - moment > _CLOCK_SET_BACK:
                start -= last - moment
            moment = last
        last = moment
        yield moment, message


def _cause(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200].rstrip(".") or "its structure is broken"
