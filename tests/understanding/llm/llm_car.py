"""The default car for the tests of the language-model level, and models that are scripts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from hmi.catalogue.catalogue import default_catalogue
from hmi.catalogue.family_file import load_families
from hmi.planning.planner import plan
from hmi.planning.policy import default_policy
from hmi.planning.resolve import resolve
from hmi.requests import Act, Interpretation
from hmi.understanding.grammar.recogniser import GrammarRecogniser
from hmi.understanding.llm.recogniser import Car, LlmRecogniser

CATALOGUE = default_catalogue()
FAMILIES = load_families(CATALOGUE)
FACTORY = {signal.path: signal.default for signal in CATALOGUE.signals() if signal.default is not None}
DOOR = "Vehicle.Cabin.Door."
WINDOW = DOOR + "Row1.DriverSide.Window.Position"
TEMPERATURE = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature"


@cache
def grammar() -> GrammarRecogniser:
    return GrammarRecogniser(FAMILIES)


class Script:
    """A model that answers from a function of the messages, and counts."""

    def __init__(self, answer: Callable[[Sequence[Mapping[str, str]]], str], *, chooses: bool = False) -> None:
        self.chooses = chooses
        self.bare = True
        self.asked: list[Sequence[Mapping[str, str]]] = []
        self.schemas: list[Mapping[str, Any]] = []
        self._answer = answer

    def complete(self, messages, schema, *, temperature=0.0):
        self.asked.append(messages)
        self.schemas.append(schema)
        return self._answer(messages)

    def warm_up(self) -> None:
        pass

    def close(self) -> None:
        pass


def says(act: str, changes: Mapping[str, Any] | None = None, reads: Sequence[str] = (), say: str = "") -> str:
    """An answer of a model, in the form that it is asked for."""
    listed = [{"signal": path, "value": value} for path, value in (changes or {}).items()]
    return json.dumps({"act": act, "changes": listed, "reads": list(reads), "say": say})


def recogniser(model=None, state: Mapping[str, Any] | None = None, samples: int = 1) -> LlmRecogniser:
    return levels(model, {**FACTORY, **(state or {})}, samples)


def levels(model, values: dict[str, Any], samples: int = 1) -> LlmRecogniser:
    """The level for a car whose state is `values`, which a test may change between sentences."""
    policy = default_policy(CATALOGUE)

    def breaks_rule(requests, speaker):
        tried = plan(requests, values, policy, FAMILIES, speaker)
        return bool(tried.impossible) or any(hit.effect in ("refuse", "ask") for hit in tried.hits)

    level = LlmRecogniser(
        grammar(), Car(CATALOGUE, FAMILIES, grammar().lexicon, lambda: values, breaks_rule), model, samples
    )
    level.__dict__["_tools"] = _tools()  # they depend on the car alone and take a moment to build
    return level


@cache
def _tools():
    car = Car(CATALOGUE, FAMILIES, grammar().lexicon, dict, lambda *_: False)
    return LlmRecogniser(grammar(), car, None)._tools


def targets(meant: Interpretation, state: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What would move, absolute; nothing for anything that is no request."""
    if meant.act is not Act.REQUEST:
        return {}
    resolved = resolve(meant.requests, {**FACTORY, **(state or {})}, FAMILIES)
    return {target.path: target.value for target in resolved.requested}
