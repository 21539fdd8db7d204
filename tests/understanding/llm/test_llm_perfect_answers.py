"""Perfect answers in the model's place: verification must let right answers through."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from llm_car import FACTORY, FAMILIES, Script, grammar, recogniser, says

from codriver.yaml_files import load_yaml
from hmi.planning.resolve import resolve
from hmi.requests import Act, Context

LIBRARY = Path(__file__).parents[3] / "hmi" / "cases" / "library" / "develop"
SPEAKERS = {
    "driver": (1, "driver"),
    "passenger": (1, "passenger"),
    "rear driver side": (2, "driver"),
    "rear passenger side": (2, "passenger"),
}


def hard_cases():
    """Every third of the single sentences of the library that the grammar cannot read."""
    found = []
    for file in sorted(LIBRARY.glob("*.yaml")):
        data = load_yaml(file)
        for case in data["cases"] if isinstance(data, dict) else data:
            context = Context(speaker=SPEAKERS[case.get("speaker", "driver")])
            if "say" in case and grammar().interpret(case["say"], context).act is Act.UNKNOWN:
                found.append((case, context))
    return found[::3]


def perfect_answer(case) -> str:
    wanted = case.get("expect") or next(iter(case.get("expect_any") or ()), {})
    if wanted:
        return says("change", wanted)
    return says("answer", reads=case["reads"]) if case.get("reads") else says("none")


def outcome(case, context) -> str:
    state = {**FACTORY, **case.get("state", {})}
    model = Script(lambda _: perfect_answer(case))
    meant = recogniser(model, state).interpret(case["say"], context)
    wishes = meant.requests if meant.act is Act.REQUEST else ()
    resolved = resolve(wishes, state, FAMILIES)
    got = {target.path: target.value for target in resolved.requested}
    wanted = case.get("expect_any") or ([case["expect"]] if case.get("expect") else [])
    if wanted:
        return "right" if any(_same(got, one) for one in wanted) else "wrong" if got else "held back"
    if case.get("reads"):
        return "right" if {r.signal.path for r in resolved.readings} == set(case["reads"]) else "held back"
    return "wrong" if got else "right"


def _same(got, wanted) -> bool:
    return set(got) == set(wanted) and all(_equal(got[path], wanted[path]) for path in got)


def _equal(one, other) -> bool:
    if isinstance(one, bool | str) or isinstance(other, bool | str):
        return one == other
    return abs(one - other) <= 1.01  # thirds of a range are rounded


@pytest.fixture(scope="module")
def outcomes() -> Counter:
    return Counter(outcome(case, context) for case, context in hard_cases())


def test_with_perfect_answers_nine_of_ten_hard_sentences_are_right(outcomes):
    assert outcomes.total() > 300
    assert outcomes["right"] / outcomes.total() >= 0.9, json.dumps(outcomes)


def test_few_right_answers_are_held_back(outcomes):
    assert outcomes["held back"] / outcomes.total() <= 0.05, json.dumps(outcomes)


def test_perfect_answers_are_never_turned_into_wrong_ones(outcomes):
    assert outcomes["wrong"] / outcomes.total() <= 0.01, json.dumps(outcomes)
