"""Writes cases as readable YAML: the inverse of `reading`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from hmi.cases.case import AUTHORED, Case, Provenance, Standing, Turn
from hmi.settings import SPEAKER

_WIDTH = 10_000
"""A sentence stays on one line, however long it is."""


def case_mapping(case: Case) -> dict[str, Any]:
    """`case` as the mapping that `reading.parse_case` reads; what is as usual is left out."""
    data: dict[str, Any] = {"id": case.id, "kind": case.kind.value}
    if case.speaker != SPEAKER.default:
        data["speaker"] = case.speaker
    if case.state:
        data["state"] = dict(case.state)
    if len(case.turns) == 1 and not case.turns[0].state:
        data |= turn_mapping(case.turns[0])
    else:
        data["turns"] = [turn_mapping(turn) for turn in case.turns]
    if case.standing is not Standing.VERIFIED or case.provenance.source != AUTHORED:
        data["verdict"] = case.standing.value
    if case.reason:
        data["reason"] = case.reason
    if case.other_reading:
        turns = [_expectation(turn) for turn in case.other_reading.turns]
        data["other_reading"] = {"by": case.other_reading.by, "turns": turns}
    if case.provenance != Provenance():
        names = ("source", "prompt", "date", "persona", "noise", "settled_by")
        data["provenance"] = {name: value for name in names if (value := getattr(case.provenance, name))}
    return data


def turn_mapping(turn: Turn) -> dict[str, Any]:
    """One turn of `case_mapping`."""
    data: dict[str, Any] = {"say": turn.say}
    if turn.state:
        data["state"] = dict(turn.state)
    return data | _expectation(turn)


def _expectation(turn: Turn) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if len(turn.wanted) == 1:
        data["expect"] = dict(turn.wanted[0])
    elif turn.wanted:
        data["expect_any"] = [dict(values) for values in turn.wanted]
    if turn.reads:
        data["reads"] = list(turn.reads)
    if turn.outcomes:
        data["outcome"] = [outcome.value for outcome in turn.outcomes]
    if turn.rules:
        data["rules"] = list(turn.rules)
    return data


def case_block(case: Case) -> str:
    """`case` as one item of a YAML list, with a line end."""
    return list_item(case_mapping(case))


def list_item(data: Mapping[str, Any]) -> str:
    """`data` as one item of a YAML list, with a line end; lists and inner mappings of texts stay short."""
    text = yaml.dump(
        [_plain(data)],
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=_WIDTH,
        default_flow_style=False,
    )
    return str(text)


class _Dumper(yaml.SafeDumper):
    """The safe dumper, with list items indented and no anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:
        """A state that two cases share is written twice."""
        return True


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # The reader takes on, off, yes and no for words; other programs may not, so what looks odd is quoted.
    plain = re.fullmatch(r"[A-Za-z][\w.\-]*", text) and text.lower() not in _ODD
    style = None if plain else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_ODD = {"on", "off", "yes", "no", "y", "n", "true", "false", "null"}
_Dumper.add_representer(str, _quoted)


def _plain(data: Any) -> Any:
    """`data` with nothing but the types of JSON, so that no subclass surprises the dumper."""
    return json.loads(json.dumps(data))


def file_text(cases: Sequence[Case]) -> str:
    """A whole case file."""
    return "\n".join(case_block(case) for case in cases)
