"""Reading VSS files: exports and overlays, in JSON or YAML, nested or flat, as plain signal declarations.

vss-tools exports a vehicle nested (`{"Vehicle": {"type": "branch", "children": {…}}}`); overlays are often written
flat (`{"Vehicle.Speed": {…}}`). Both are accepted everywhere. What comes out is a `Tree`: for each leaf the keys
that were declared for it, merged over all files, and the file that spoke last, so that a complaint can name it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from codriver.errors import FileFormatError

Source = Path | Traversable
"""A file of the user's or one that is packaged with codriver."""

COMPLEX_TYPES = "ComplexDataTypes"
"""Where vss-tools puts the declarations of struct types, beside the signals."""

_YAML_SUFFIXES = (".vspec", ".yaml", ".yml")
_BRANCH_TYPES = ("branch", "struct")
_NAME = re.compile(r"[A-Za-z0-9_]+")


def broken(source: object, place: str, problem: str, remedy: str) -> FileFormatError:
    """The error for a VSS file: one sentence with the file, the path in it, the problem and the remedy."""
    where = f"{source}, {place}" if place else str(source)
    return FileFormatError(f"{where}: {problem}; {remedy}.")


def read_document(source: Source) -> Mapping[str, Any]:
    """The top-level object of a VSS file; YAML for .vspec, .yaml and .yml, JSON otherwise.

    Raises `FileFormatError` when the file is missing, unreadable, not an object or declares a key twice.
    """
    try:
        text = source.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise broken(source, "", "there is no such file", "check the path in the settings") from None
    except (OSError, UnicodeDecodeError) as error:
        raise broken(source, "", f"it cannot be read ({error})", "give a readable UTF-8 file") from None
    is_yaml = source.name.lower().endswith(_YAML_SUFFIXES)
    document = _parse_yaml(source, text) if is_yaml else _parse_json(source, text)
    if not isinstance(document, Mapping):
        raise broken(source, "", "the top level is not an object of signals", "give a VSS export or overlay")
    return document


class _Repeated(dict[str, Any]):
    """An object of the file in which `key` was declared more than once."""

    key: str = ""


def _parse_json(source: Source, text: str) -> Any:
    repeated: list[str] = []

    def as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        names = [name for name, _ in pairs]
        marked = _Repeated(found)
        marked.key = next(name for name in names if names.count(name) > 1)
        repeated.append(marked.key)
        return marked

    try:
        document = json.loads(text, object_pairs_hook=as_object)
    except json.JSONDecodeError as error:
        problem = f"it is not JSON ({error.msg} in line {error.lineno}, column {error.colno})"
        raise broken(source, "", problem, "correct the file or export it again") from None
    except RecursionError:
        raise broken(source, "", "its objects are nested too deeply", "give a VSS export or overlay") from None
    if repeated:
        place, key = next(_repeated_places(document, ""), ("", repeated[0]))
        raise broken(source, place, f"{key!r} is declared twice", "keep one of the two")
    return document


def _repeated_places(node: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, _Repeated):
        yield place, node.key
    if isinstance(node, dict):
        for key, child in node.items():
            below = place if key == "children" else f"{place}.{key}".lstrip(".")
            yield from _repeated_places(child, below)


def _parse_yaml(source: Source, text: str) -> Any:
    from codriver.yaml_files import load_yaml  # only overlays of the user's need YAML, and it is slow to import

    if re.search(r"^\s*#include\b", text, re.MULTILINE):
        remedy = "export it with `vspec export json` and give the result"
        raise broken(source, "", "it includes other vspec files", remedy)
    return load_yaml(Path(str(source)))


class Tree:
    """Leaves by path in the order of their first declaration, merged over a base file and its overlays."""

    def __init__(self) -> None:
        self.leaves: dict[str, dict[str, Any]] = {}
        self.origins: dict[str, Source] = {}
        """The file that last spoke about a leaf."""
        self._branches: set[str] = set()
        self._in_this_file: set[str] = set()

    def merge(self, source: Source) -> None:
        """Lay the file `source` over what is there.

        A leaf that is already there takes over each key the file gives, whole; new leaves and branches are added;
        `delete: true` removes a leaf or a branch. Raises `FileFormatError`, naming file and path.
        """
        self._in_this_file.clear()
        for path, node in read_document(source).items():
            if path != COMPLEX_TYPES:
                self._add(source, path, node)

    def _add(self, source: Source, path: str, node: Any) -> None:
        if not all(map(_NAME.fullmatch, path.split("."))):
            remedy = "names consist of letters and digits, joined by dots"
            raise broken(source, path, "this is not a signal path", remedy)
        if not isinstance(node, Mapping):
            raise broken(
                source, path, f"an object is needed here, not {node!r}", "give the keys of a signal or branch"
            )
        if node.get("delete") is True:
            self._delete(source, path)
        elif "children" in node or node.get("type") in _BRANCH_TYPES:
            self._add_branch(source, path, node)
        elif path not in self._branches:
            self._add_leaf(source, path, node)

    def _add_branch(self, source: Source, path: str, node: Mapping[str, Any]) -> None:
        if path in self.leaves:
            raise broken(source, path, "this is a signal, and a signal has no children", "rename one of the two")
        if node.get("type", "branch") not in _BRANCH_TYPES:
            raise broken(source, path, f"a {node['type']} cannot have children", 'use the type "branch"')
        if node.get("instances"):
            remedy = "export the vehicle with expanded instances (`vspec export json --expand`)"
            raise broken(source, path, "the branch still has unexpanded instances", remedy)
        self._branches.add(path)
        children = node.get("children", {})
        if not isinstance(children, Mapping):
            raise broken(source, path, f"children is an object, not {children!r}", "give the children by name")
        if node.get("type") == "struct":
            return
        for name, child in children.items():
            self._add(source, f"{path}.{name}", child)

    def _add_leaf(self, source: Source, path: str, node: Mapping[str, Any]) -> None:
        if path in self._in_this_file:
            raise broken(source, path, "the signal is declared twice", "keep one of the two")
        if path not in self.leaves:
            self._add_parents(source, path)
        self._in_this_file.add(path)
        self.leaves.setdefault(path, {}).update(node)
        self.origins[path] = source

    def _add_parents(self, source: Source, path: str) -> None:
        parent = path.rpartition(".")[0]
        while parent and parent not in self._branches:
            if parent in self.leaves:
                raise broken(
                    source, path, f"{parent} is a signal, and a signal has no children", "rename one of the two"
                )
            self._branches.add(parent)
            parent = parent.rpartition(".")[0]

    def _delete(self, source: Source, path: str) -> None:
        gone = [leaf for leaf in self.leaves if leaf == path or leaf.startswith(f"{path}.")]
        if not gone:
            raise broken(
                source, path, "there is no such signal or branch to delete", "correct the path or drop it"
            )
        for leaf in gone:
            del self.leaves[leaf], self.origins[leaf]
        self._branches = {
            branch for branch in self._branches if branch != path and not branch.startswith(f"{path}.")
        }
