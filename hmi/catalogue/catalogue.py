"""The catalogue: every signal of the vehicle, by its VSS path.

`default_catalogue()` is the vehicle that codriver brings along; `load_catalogue(settings)` is the one the settings
name. All else in `hmi` (words, checks, mappings, documents) is derived from a `Catalogue`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from codriver.errors import InputError, NotFoundError
from codriver.settings import Settings
from hmi.catalogue.declaration import signal_from
from hmi.catalogue.signal import Signal
from hmi.catalogue.vss_json import Source, Tree, broken
from hmi.settings import OVERLAYS, VSS

_NEAR_NAMES = 3
"""How many similar paths an unknown one is answered with."""

_PART = re.compile(r"(?=.)([\w*]*)(?:\{([\w*]+(?:,[\w*]+)*)\})?([\w*]*)")
"""One part of a pattern: a name or star, with at most one list of alternatives in braces."""


class Catalogue:
    """All signals by path, in the order of the file that declares them. Immutable."""

    def __init__(self, signals: Sequence[Signal]) -> None:
        self._signals = {signal.path: signal for signal in signals}
        self._order = {path: index for index, path in enumerate(self._signals)}
        self._matches: dict[str, tuple[Signal, ...]] = {}
        self._tree: dict[str, Any] = {}
        for path in self._signals:
            node = self._tree
            for part in path.split("."):
                node = node.setdefault(part, {})

    @classmethod
    def load(cls, vss: Source, overlays: Sequence[Source] = ()) -> Catalogue:
        """Read a VSS export and lay `overlays` over it, the last one on top.

        Raises `FileFormatError` naming the file, the VSS path in it, the problem and the remedy.
        """
        tree = Tree()
        for source in (vss, *overlays):
            tree.merge(source)
        if not tree.leaves:
            raise broken(vss, "", "it declares no signals", "give a VSS export, as `vspec export json` writes it")
        return cls([signal_from(path, keys, tree.origins[path]) for path, keys in tree.leaves.items()])

    def __getitem__(self, path: str) -> Signal:
        """The signal `path`. Raises `NotFoundError` naming it and up to three similar paths."""
        signal = self._signals.get(path)
        if signal is None:
            near = difflib.get_close_matches(path, self._signals, n=_NEAR_NAMES)
            hint = f"did you mean {' or '.join(near)}?" if near else "`codriver signals` lists all."
            raise NotFoundError(f"The vehicle has no signal {path!r}; {hint}")
        return signal

    def __contains__(self, path: object) -> bool:
        return path in self._signals

    def __iter__(self) -> Iterator[str]:
        return iter(self._signals)

    def __len__(self) -> int:
        return len(self._signals)

    def get(self, path: str) -> Signal | None:
        """The signal `path`, or None."""
        return self._signals.get(path)

    def signals(self) -> tuple[Signal, ...]:
        """All signals, in file order."""
        return tuple(self._signals.values())

    def match(self, pattern: str) -> tuple[Signal, ...]:
        """The signals whose path fits `pattern`, in file order; none is no error.

        Each part of the pattern stands for one part of the path: a name, `*`, or a name with `*` or alternatives
        in it ("Row*", "{Row1,Row2}", "Row{1,2}"). Raises `InputError` for an empty part or a lone brace.
        """
        found = self._matches.get(pattern)
        if found is None:
            paths = sorted(self._matching(pattern), key=self._order.__getitem__)
            found = self._matches[pattern] = tuple(self._signals[path] for path in paths)
        return found

    def _matching(self, pattern: str) -> set[str]:
        nodes: list[tuple[str, dict[str, Any]]] = [("", self._tree)]
        for part in pattern.split("."):
            names = _alternatives(part, pattern)
            nodes = [
                (f"{path}.{child}" if path else child, below[child])
                for path, below in nodes
                for name in names
                for child in (_fitting(below, name) if "*" in name else (name,))
                if child in below
            ]
        return {path for path, _ in nodes if path in self._signals}


def _alternatives(part: str, pattern: str) -> list[str]:
    found = _PART.fullmatch(part)
    if found is None:
        raise InputError(
            f"{pattern!r} is not a signal pattern; its parts are names, * or {{this,that}}, with dots between."
        )
    before, inside, after = found.groups(default="")
    return [f"{before}{name}{after}" for name in inside.split(",")]


def _fitting(names: dict[str, Any], wanted: str) -> list[str]:
    return list(names) if wanted == "*" else [name for name in names if fnmatchcase(name, wanted)]


def _packaged() -> tuple[Source, list[Source]]:
    data = files("hmi.catalogue") / "data"
    overlays: list[Source] = [data / "overlay.json"]
    if (data / "can.json").is_file():
        overlays.append(data / "can.json")
    return data / "vehicle.json", overlays


@lru_cache(maxsize=1)
def default_catalogue() -> Catalogue:
    """The vehicle that codriver brings along: standard VSS, what VSS lacks, and where it is on the CAN bus."""
    return Catalogue.load(*_packaged())


def load_catalogue(settings: Settings) -> Catalogue:
    """The catalogue that `settings` name: their VSS export or the default vehicle, and their overlays on top.

    Nothing of the default vehicle is mixed into another car's export. Raises `FileFormatError`.
    """
    own: list[Source] = [Path(name).expanduser() for name in settings[OVERLAYS]]
    if settings[VSS]:
        return Catalogue.load(Path(settings[VSS]).expanduser(), own)
    if not own:
        return default_catalogue()
    vss, overlays = _packaged()
    return Catalogue.load(vss, [*overlays, *own])
