"""The deterministic check between a model's answer and a plan. Pure functions: nothing here moves anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from codriver.errors import InputError
from hmi.catalogue.catalogue import Catalogue
from hmi.catalogue.family_file import Families
from hmi.catalogue.signal import SignalValue, Value
from hmi.planning.resolve import resolve
from hmi.requests import Kind, Request
from hmi.understanding.llm.answer import ModelAnswer
from hmi.understanding.llm.licence import Licence
from hmi.understanding.llm.words import word_lists


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything that a sentence gives a right to change."""

    licence: Licence
    """By its own words."""
    needs: tuple[tuple[Request, ...], ...] = ()
    """By the implicit needs in it: the listed proposals, each as a whole."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is left of an answer."""

    requests: tuple[Request, ...] = ()
    """The changes, when all of them are right."""
    problems: tuple[str, ...] = ()
    """What is wrong, for the model; any problem discards the whole answer."""
    must_ask: bool = field(default=False)
    """True when the driver has to confirm: the words leave open what is to be done with a door or a lid."""


def verify(
    answer: ModelAnswer, ground: Ground, catalogue: Catalogue, families: Families, state: Mapping[str, Value]
) -> Verdict:
    """Check the changes of `answer` against what the sentence licenses and the car can do."""
    problems: list[str] = []
    requests: list[Request] = []
    seen: set[str] = set()
    by_need = _need_targets(ground.needs, families, state)
    for path, value in answer.changes:
        problem = _problem(path, value, ground.licence, by_need, catalogue)
        if not problem and path in seen:
            problem = f"{path} is given twice"
        seen.add(path)
        if problem:
            problems.append(problem)
        else:
            requests.append(Request(Kind.SET, catalogue[path], catalogue[path].check(value)))
    if problems:
        return Verdict(problems=tuple(problems))
    return Verdict(tuple(requests), must_ask=must_ask(requests, ground, families))


def _problem(
    path: str,
    value: Value,
    licence: Licence,
    by_need: Mapping[str, Sequence[Value]],
    catalogue: Catalogue,
) -> str:
    if path not in catalogue:
        return f"there is no signal {path[:120]}"
    signal = catalogue[path]
    if not signal.writable:
        return f"{path} can only be read"
    try:
        SignalValue(signal, value)
    except InputError as error:
        return str(error)
    if licence.allows(path, value) or value in by_need.get(path, ()):
        return ""
    if licence.held_back:
        return f"nothing may change, because {licence.held_back}"
    if path in licence.values or path in by_need:
        return f"the driver's words do not mean {value!r} for {path}"
    return f"the driver does not speak of {path}"


def _need_targets(
    needs: Sequence[Sequence[Request]], families: Families, state: Mapping[str, Value]
) -> Mapping[str, list[Value]]:
    targets: dict[str, list[Value]] = {}
    for proposal in needs:
        for target in resolve(proposal, state, families).requested:
            targets.setdefault(target.path, []).append(target.value)
    return targets


def must_ask(requests: Sequence[Request], ground: Ground, families: Families) -> bool:
    """True when one of `requests` is about a door or a lid, and the words do not say what to do with it."""
    careful = {words[0] for words in word_lists()["asks_first"]}
    for request in requests:
        family = families.of(request.signal.path)
        path = request.signal.path
        unsaid = path in ground.licence.vague or path not in ground.licence.values
        if family is not None and family.group in careful and unsaid:
            return True
    return False
