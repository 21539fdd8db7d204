"""What a manifest says about a model: its files, their hashes, its licence and where the files may come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from codriver.errors import NotFoundError

Client = Literal["pypi", "npm"]


@dataclass(frozen=True)
class HubSource:
    """A file in a repository of a model hub."""

    repo: str
    file: str
    revision: str

    def __str__(self) -> str:
        return f"hf:{self.repo}/{self.file}"


@dataclass(frozen=True)
class Package:
    """One version of a package in a registry, which is asked with the registry's own client."""

    client: Client
    name: str
    version: str
    size: int | None = None
    """Bytes of the download, for the progress bar and the check of the free space; None: not known."""

    def __str__(self) -> str:
        return f"{self.client}:{self.name} {self.version}"


@dataclass(frozen=True)
class PackageSource:
    """A member of the archive that is a package."""

    package: Package
    member: str

    def __str__(self) -> str:
        return str(self.package)


@dataclass(frozen=True)
class PartsSource:
    """A file that was cut into pieces, each a member of a package, to be joined in this order."""

    parts: tuple[PackageSource, ...]

    def __str__(self) -> str:
        return f"{self.parts[0]} and {len(self.parts) - 1} more"


@dataclass(frozen=True)
class FileSource:
    """A file on this computer or on a mounted share."""

    path: Path

    def __str__(self) -> str:
        return f"file:{self.path}"


Source = HubSource | PackageSource | PartsSource | FileSource


@dataclass(frozen=True)
class ModelFile:
    """One file of a model; only what has this size and hash is accepted, from whichever source."""

    name: str
    """Relative path with "/" inside the model's folder."""
    size: int
    """Bytes."""
    sha256: str
    """64 lower-case hexadecimal digits."""
    sources: tuple[Source, ...]
    """In order of preference, at least one."""

    @property
    def packages(self) -> list[Package]:
        """Every package that a source of this file is in."""
        found: list[Package] = []
        for source in self.sources:
            pieces = source.parts if isinstance(source, PartsSource) else (source,)
            found.extend(piece.package for piece in pieces if isinstance(piece, PackageSource))
        return found


@dataclass(frozen=True)
class Model:
    """One entry of a manifest."""

    name: str
    role: str
    """What it is for, for people: "language model"."""
    licence: str
    """Of the weights, not of the package they are found in."""
    permissive: bool
    """False: a person has to accept the licence by name before the weights are pulled."""
    files: tuple[ModelFile, ...]
    """At least one."""
    note: str = ""
    """What else one should know before using it."""

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)

    def file(self, name: str | None = None) -> ModelFile:
        """The file `name`; None means the only one. Raises `NotFoundError` naming the files there are."""
        for file in self.files:
            if file.name == name or (name is None and len(self.files) == 1):
                return file
        names = ", ".join(file.name for file in self.files)
        asked = "has several files, name one" if name is None else f"has no file {name!r}, it has"
        raise NotFoundError(f"The model {self.name} {asked}: {names}.")
