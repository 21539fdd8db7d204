"""Which signals form which family: `data/families.yaml` laid over a catalogue.

A writable signal that no entry of the file matches still becomes a family, named after its path, so that another
car's VSS export can be spoken to without writing anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from codriver.errors import FileFormatError
from codriver.yaml_files import load_yaml
from hmi.catalogue.catalogue import Catalogue
from hmi.catalogue.families import Degree, Family, FamilyKind, Place
from hmi.catalogue.signal import Signal

FAMILY_FILE = Path(__file__).parent / "data" / "families.yaml"

_WORD_KEYS = frozenset(
    {
        "nouns",
        "front_nouns",
        "rear_nouns",
        "inverse_nouns",
        "all_nouns",
        "every_nouns",
        "named_values",
        "also",
        "nuisances",
        "generic",
    }
    | {"things", "context", "ops", "noun_ops", "alone", "kind_ops", "asks", "asks_is", "values_name", "accepts"}
    | {"inverse", "default", "scale", "negative", "halves", "mass", "vertical"}
)
_KEYS = (
    frozenset({"match", "kind", "group", "label", "plural", "steps", "levels", "on", "off", "values"}) | _WORD_KEYS
)

_SIDES = {
    "driverside": "driver",
    "driver": "driver",
    "left": "driver",
    "passengerside": "passenger",
    "passenger": "passenger",
    "right": "passenger",
    "middle": "middle",
}


class Families:
    """All families of one catalogue, by id and by signal path."""

    def __init__(self, families: list[Family], catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.by_id: Mapping[str, Family] = {family.id: family for family in families}
        self._by_path: dict[str, Family] = {}
        self._places: dict[str, Place] = {}
        for family in families:
            for place, signal in family.members.items():
                self._by_path.setdefault(signal.path, family)
                self._places.setdefault(signal.path, place)

    def __iter__(self) -> Iterator[Family]:
        return iter(self.by_id.values())

    def __getitem__(self, family_id: str) -> Family:
        return self.by_id[family_id]

    def of(self, path: str) -> Family | None:
        """The family of a signal; of several on the same signal, the first one in the file."""
        return self._by_path.get(path)

    def place_of(self, path: str) -> Place:
        """Where the signal sits; `Place()` when it is bound to no place."""
        return self._places.get(path, Place())


def load_families(catalogue: Catalogue, file: Path = FAMILY_FILE) -> Families:
    """The families of `catalogue`. Raises `FileFormatError` for a file that breaks the rules above."""
    declared = _read(file)
    families: list[Family] = []
    covered: set[str] = set()
    for family_id, entry in declared.items():
        signals = [signal for pattern in _as_list(entry["match"]) for signal in catalogue.match(pattern)]
        if not signals:
            continue  # this car has no such device
        covered.update(signal.path for signal in signals)
        families.append(_family(family_id, entry, signals))
    families.extend(
        family_from_path(signal)
        for signal in catalogue.signals()
        if signal.writable and signal.path not in covered
    )
    return Families(families, catalogue)


@lru_cache(maxsize=4)
def _read(file: Path) -> dict[str, dict[str, Any]]:
    declared = load_yaml(file)
    if not isinstance(declared, dict):
        raise FileFormatError(f"{file} must be a mapping of family names to their entries.")
    for family_id, entry in declared.items():
        missing = {"match", "kind", "label"} - set(entry)
        unknown = set(entry) - _KEYS
        if missing or unknown:
            problem = f"lacks {', '.join(sorted(missing))}" if missing else f"has unknown keys {sorted(unknown)}"
            raise FileFormatError(f"{file}: the family {family_id} {problem}.")
        if entry["kind"] not in list(FamilyKind):
            kinds = ", ".join(FamilyKind)
            raise FileFormatError(
                f"{file}: the family {family_id} is of kind {entry['kind']!r}; use one of {kinds}."
            )
    return declared


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _family(family_id: str, entry: Mapping[str, Any], signals: list[Signal]) -> Family:
    label = entry["label"]
    places = {place_from_path(signal.path): signal for signal in signals}
    if len(signals) == 1:
        places = {Place(): signals[0]}
    return Family(
        id=family_id,
        kind=FamilyKind(entry["kind"]),
        label=label,
        plural=entry.get("plural", label + "s"),
        members=places,
        group=entry.get("group", "other"),
        on=entry.get("on"),
        off=entry.get("off"),
        steps={Degree(name): float(step) for name, step in entry.get("steps", {}).items()},
        levels=entry.get("levels", 0),
        values=entry.get("values", {}),
        default=entry.get("default", "own"),
        negative=entry.get("negative", False),
        scale=tuple(entry.get("scale", ())),
        words={key: entry[key] for key in _WORD_KEYS if key in entry},
    )


def place_from_path(path: str) -> Place:
    """Row and side from the parts of a VSS path; Front and Rear inside a name count as rows 1 and 2."""
    row: int | None = None
    side: str | None = None
    for part in path.split(".")[1:]:
        numbered = re.fullmatch(r"Row(\d+)", part)
        if numbered:
            row = int(numbered.group(1))
        elif part.lower() in _SIDES:
            side = _SIDES[part.lower()]
        elif row is None and re.search(r"(?:^|[a-z])Front(?=[A-Z]|$)", part):
            row = 1
        elif row is None and re.search(r"(?:^|[a-z])Rear(?=[A-Z]|$)", part):
            row = 2
    return Place(row, side)


_STRUCTURE = frozenset({"vehicle", "cabin", "body", "chassis", "powertrain", "is", "on", "active", "infotainment"})
_ENDINGS = ("is open", "is locked", "is on", "is active", "is enabled", "is engaged", "position", "level", "mode")


def family_from_path(signal: Signal) -> Family:
    """A family of one signal, with the words of its path: `Body.RearMainSpoilerPosition` → rear main spoiler."""
    spaced = [re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", part).lower() for part in signal.path.split(".")]
    leaf = spaced[-1]
    parent = next((part for part in reversed(spaced[:-1]) if part not in _STRUCTURE), "")
    bare = leaf
    for ending in _ENDINGS:
        bare = bare.removesuffix(ending).strip()
    bare = bare.removeprefix("is ").strip()
    name = f"{parent} {bare}".strip() if parent and not bare.startswith(parent) else bare or parent
    return Family(
        id=signal.path,
        kind=_kind_of(signal, leaf),
        label=name,
        plural=name,
        members={Place(): signal},
        steps={Degree.LITTLE: 10, Degree.SOME: 20, Degree.LOT: 40} if signal.unit == "percent" else {},
        off=0 if signal.unit == "percent" and signal.minimum == 0 else None,
        values={str(value).replace("_", " ").lower(): value for value in signal.allowed},
        words={"nouns": sorted({name, f"{parent} {leaf}".strip()})},
    )


def _kind_of(signal: Signal, leaf: str) -> FamilyKind:
    if signal.datatype == "boolean":
        if leaf.endswith("open"):
            return FamilyKind.HATCH
        return FamilyKind.LOCK if leaf.endswith("locked") else FamilyKind.SWITCH
    if signal.allowed or signal.datatype == "string":
        return FamilyKind.CHOICE
    return FamilyKind.LEVEL if signal.unit == "percent" else FamilyKind.AXIS
