"""Reads case files. Every mistake is a `FileFormatError` naming the file, the case, the key and the problem.

The form is described in docs/cases.md.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from codriver.errors import CodriverError, FileFormatError, NotFoundError, ended
from codriver.yaml_files import load_yaml
from hmi.assistant.answer import Outcome
from hmi.cases.case import Case, CaseKind, Provenance, Reading, Standing, Turn, Values
from hmi.catalogue.catalogue import Catalogue, default_catalogue
from hmi.catalogue.signal import SignalValue
from hmi.settings import SPEAKER

SPLITS = ("develop", "held_out")
"""Folders that divide a library: cases to work with, and cases that are only ever counted."""
_SUFFIXES = (".yaml", ".yml")
_EXPECTATION_KEYS = ("expect", "expect_any", "reads", "outcome", "rules")
_TURN_KEYS = frozenset({"say", "state", *_EXPECTATION_KEYS})
_CASE_KEYS = _TURN_KEYS | {
    "id",
    "kind",
    "turns",
    "speaker",
    "provenance",
    "verdict",
    "reason",
    "other_reading",
}
_HEADER_KEYS = frozenset({"provenance", "split", "cases"})
_PROVENANCE_KEYS = frozenset(item.name for item in fields(Provenance))
Member = TypeVar("Member", CaseKind, Outcome, Standing)


def load_cases(path: Path, catalogue: Catalogue | None = None) -> list[Case]:
    """The cases of a file, or of every YAML file below a folder, in the order of the names.

    Raises `NotFoundError` when there is none, `FileFormatError` for a mistake in a file or an id given twice.
    """
    signals = catalogue or default_catalogue()
    cases = [case for file in case_files(path) for case in _read_file(file, signals)]
    seen: dict[str, Case] = {}
    for case in cases:
        if case.id in seen:
            raise FileFormatError(
                f"{case.file}: case {case.id!r}: id: {seen[case.id].file} has a case of this id."
            )
        seen[case.id] = case
    return cases


def case_files(path: Path) -> list[Path]:
    """The case files that `path` means. Raises `NotFoundError`."""
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
        if not found:
            raise NotFoundError(f"The folder {path} holds no case files; they end in {' or '.join(_SUFFIXES)}.")
        return found
    if not path.is_file():
        raise NotFoundError(f"There is no file or folder of cases at {path}.")
    return [path]


def parse_case(data: Any, catalogue: Catalogue, origin: str = "the case") -> Case:
    """One case from its mapping, as `writing.case_mapping` gives it. Raises `FileFormatError`."""
    return _Reader(Path(origin), catalogue, "", Provenance()).case(data)


def _read_file(file: Path, catalogue: Catalogue) -> Iterable[Case]:
    document = load_yaml(file)
    split = next((part for part in reversed(file.parts[:-1]) if part in SPLITS), "")
    reader = _Reader(file, catalogue, split, Provenance())
    if isinstance(document, dict):
        header = reader.mapping(document, _HEADER_KEYS, "the file")
        reader.split = reader.text(header["split"], "split") if "split" in header else split
        reader.default = reader.provenance(header.get("provenance"))
        document = header.get("cases")
    if document is None:
        document = []
    if not isinstance(document, list):
        reader.fail("a file is a list of cases, or a mapping with the list under 'cases'")
    return [reader.case(item) for item in document]


@dataclass(slots=True)
class _Reader:
    """Reads the cases of one file; `label` says which case the messages are about."""

    file: Path
    catalogue: Catalogue
    split: str
    default: Provenance
    label: str = ""

    def fail(self, problem: str) -> NoReturn:
        where = f"{self.file}: {self.label}" if self.label else str(self.file)
        raise FileFormatError(f"{where}: {ended(problem)}")

    def case(self, data: Any) -> Case:
        """One item of the list."""
        name = data.get("id") if isinstance(data, dict) else None
        self.label = f"case {name!r}" if isinstance(name, str) else "a case without id"
        keys = self.mapping(data, _CASE_KEYS, "a case")
        name = self.text(keys.get("id"), "id")
        standing = self.choice(Standing, keys.get("verdict", Standing.VERIFIED), "verdict")
        speaker = self.text(keys.get("speaker", SPEAKER.default), "speaker")
        if speaker not in SPEAKER.choices:
            self.fail(f"speaker: {speaker!r} is not one of {', '.join(SPEAKER.choices)}")
        # The state of a case with one sentence is that of the case.
        alone = {key: value for key, value in keys.items() if key in _TURN_KEYS and key != "state"}
        turns = self.turns(keys, alone)
        reading = self.reading(keys["other_reading"], turns) if "other_reading" in keys else None
        return Case(
            id=name,
            kind=self.choice(CaseKind, keys.get("kind"), "kind"),
            turns=turns,
            state=self.values(keys.get("state"), "state"),
            speaker=speaker,
            provenance=self.provenance(keys["provenance"]) if "provenance" in keys else self.default,
            standing=standing,
            reason=self.text(keys["reason"], "reason") if "reason" in keys else "",
            other_reading=reading,
            file=self.file,
            split=self.split,
        )

    def turns(self, keys: Mapping[str, Any], alone: Mapping[str, Any]) -> tuple[Turn, ...]:
        """Either the keys of the one turn beside the id, or `turns`."""
        if "turns" not in keys:
            return (self.turn(alone),)
        if alone:
            self.fail(f"{next(iter(alone))}: it belongs into the turns when there are turns")
        found = tuple(self.turn(item) for item in self.sequence(keys["turns"], "turns"))
        if not found:
            self.fail("turns: a case needs at least one sentence")
        return found

    def turn(self, data: Any) -> Turn:
        """One sentence with its expectation."""
        keys = self.mapping(data, _TURN_KEYS, "a turn")
        return self.expectation(keys, self.text(keys.get("say"), "say"))

    def expectation(self, keys: Mapping[str, Any], say: str) -> Turn:
        """What is right for `say`."""
        if "expect" in keys and "expect_any" in keys:
            self.fail("expect_any: give either expect or expect_any")
        if not any(key in keys for key in _EXPECTATION_KEYS):
            self.fail(f"{say!r} needs one of {', '.join(_EXPECTATION_KEYS)}")
        several = self.sequence(keys["expect_any"], "expect_any") if "expect_any" in keys else []
        one = [keys["expect"]] if "expect" in keys else []
        key = "expect" if one else "expect_any"
        wanted = tuple(self.changes(item, key) for item in (*one, *several))
        if key in keys and not all(wanted):
            self.fail(f"{key}: it is empty; to expect that nothing moves, give outcome alone")
        outcomes = self.sequence(keys.get("outcome", []), "outcome")
        return Turn(
            say=say,
            wanted=wanted,
            reads=tuple(self.signal(item, "reads") for item in self.sequence(keys.get("reads", []), "reads")),
            outcomes=tuple(self.choice(Outcome, item, "outcome") for item in outcomes),
            rules=tuple(self.text(item, "rules") for item in self.sequence(keys.get("rules", []), "rules")),
            state=self.values(keys.get("state"), "state"),
        )

    def reading(self, data: Any, turns: Sequence[Turn]) -> Reading:
        """`other_reading`: who read it so, and one expectation for each turn."""
        keys = self.mapping(data, frozenset({"by", "turns"}), "other_reading")
        items = self.sequence(keys.get("turns"), "other_reading.turns")
        if len(items) != len(turns):
            self.fail(f"other_reading: it has {len(items)} turns, the case has {len(turns)}")
        expected = frozenset(_EXPECTATION_KEYS)
        other = tuple(
            self.expectation(self.mapping(item, expected, "other_reading"), turn.say)
            for item, turn in zip(items, turns, strict=True)
        )
        return Reading(self.text(keys.get("by"), "by"), other)

    def provenance(self, data: Any) -> Provenance:
        """A name alone is the source."""
        if data is None:
            return Provenance()
        if isinstance(data, str):
            return Provenance(source=data)
        keys = dict(self.mapping(data, _PROVENANCE_KEYS, "provenance"))
        for key, value in keys.items():
            if isinstance(value, datetime.date):
                keys[key] = value.isoformat()
            elif not isinstance(value, str):
                keys[key] = str(value)
        return Provenance(**keys)

    def changes(self, data: Any, key: str) -> Values:
        """`expect`: values of signals that can be changed."""
        found = self.values(data, key)
        for path in found:
            if not self.catalogue[path].writable:
                self.fail(f"{key}: {path} can be read, but not changed")
        return found

    def values(self, data: Any, key: str) -> Values:
        """Signal paths and values that fit them."""
        if data is None:
            return {}
        pairs = self.mapping(data, None, key)
        found = {}
        for path, value in pairs.items():
            name = self.signal(path, key)
            try:
                found[name] = SignalValue(self.catalogue[name], value).value
            except CodriverError as error:
                self.fail(f"{key}: {error}")
        return found

    def signal(self, path: Any, key: str) -> str:
        """A path of the catalogue; an unknown one is answered with its near names."""
        if not isinstance(path, str):
            self.fail(f"{key}: {path!r} is not a signal path")
        try:
            return self.catalogue[path].path
        except NotFoundError as error:
            self.fail(f"{key}: {error}")

    def mapping(self, data: Any, known: frozenset[str] | None, what: str) -> Mapping[str, Any]:
        """`data` as a mapping with no key but `known` ones."""
        if not isinstance(data, dict):
            self.fail(f"{what} must be a mapping, not {data!r}")
        for key in data:
            if known is not None and key not in known:
                self.fail(f"{what} has no key {key!r}; it can have {', '.join(sorted(known))}")
        return data

    def sequence(self, data: Any, key: str) -> Sequence[Any]:
        """`data` as a list; one text alone is a list of one."""
        if isinstance(data, str):
            return [data]
        if not isinstance(data, list):
            self.fail(f"{key}: a list is needed, not {data!r}")
        return data

    def text(self, data: Any, key: str) -> str:
        """`data` as a text that is not empty."""
        if not isinstance(data, str) or not data.strip():
            self.fail(f"{key}: a text is needed" + ("" if data is None else f", not {data!r}"))
        return data

    def choice(self, kind: type[Member], data: Any, key: str) -> Member:
        """`data` as a member of `kind`."""
        try:
            return kind(data)
        except ValueError:
            self.fail(f"{key}: {data!r} is not one of {', '.join(kind)}")
