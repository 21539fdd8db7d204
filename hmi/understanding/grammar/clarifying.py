"""A short question where a clause has several readings, or names a device and not which one."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.catalogue.families import Place
from hmi.requests import Act, Interpretation, Option, Question, Request
from hmi.understanding.grammar.clauses import Clause
from hmi.understanding.grammar.matching import Match
from hmi.understanding.grammar.memory import Memory
from hmi.understanding.grammar.resolved import Resolved, not_understood

_MAX_OPTIONS = 6


def clarify(resolved: Sequence[Resolved], index: int) -> Interpretation:
    """One short question; each option is the whole sentence with that reading."""
    choices = _choices(resolved[index])
    if not choices or len(choices) > _MAX_OPTIONS:
        return not_understood([token.text for token in resolved[index].tokens])
    others = [clause for position, clause in enumerate(resolved) if position != index]
    if any(len(clause.matches) != 1 or not clause.matches[0].members for clause in others):
        return not_understood([token.text for token in resolved[index].tokens])
    options = []
    for label, match in choices:
        whole = [*resolved]
        whole[index] = Resolved((match,), resolved[index].tokens)
        requests: list[Request] = [r for clause in whole for r in clause.matches[0].requests()]
        options.append(Option(label, tuple(dict.fromkeys(requests)), Memory(tuple(whole))))
    listed = ", ".join(option.label for option in options[:-1]) + f" or {options[-1].label}"
    question = Question(f"Which one: {listed}?", tuple(options))
    asked = Memory(pending=Clause("start", list(resolved[index].tokens))) if len(resolved) == 1 else None
    return Interpretation(Act.CLARIFY, question=question, memory=asked)


def _choices(clause: Resolved) -> list[tuple[str, Match]]:
    if len(clause.matches) > 1:
        labelled = [(f"the {match.family.label}", match) for match in clause.matches if match.members]
        return labelled if len({label for label, _ in labelled}) == len(labelled) else []
    match = clause.matches[0]
    return [
        (f"the {_side_name(place)} {match.family.label}", _only(match, place)) for place in match.family.members
    ]


def _side_name(place: Place) -> str:
    row = {None: "", 1: "front ", 2: "rear "}.get(place.row, f"row {place.row} ")
    return (row + {"driver": "left", "passenger": "right"}.get(place.side or "", place.side or "")).strip()


def _only(match: Match, place: Place) -> Match:
    return Match(match.family, match.operation, match.wish, (place,), match.rank)
