"""What holds for every sentence in every state."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from planning_car import CATALOGUE, PARKED, POLICY

from hmi.catalogue.families import Degree
from hmi.catalogue.family_file import load_families
from hmi.catalogue.signal import Signal, Value
from hmi.planning.plan import Effect, Plan
from hmi.planning.planner import plan
from hmi.requests import Kind, Request

FAMILIES = load_families(CATALOGUE)
WRITABLE = [signal for signal in CATALOGUE.signals() if signal.writable]
RULED = [signal for signal in WRITABLE if signal.path in POLICY.guards]
COMPANIONS = sorted(
    {c.signal.path for gs in POLICY.guards.values() for g in gs for cs in g.companions.values() for c in cs}
)
SENSORS = [
    "Vehicle.Speed",
    "Vehicle.IsMoving",
    "Vehicle.Body.Raindetection.Intensity",
    "Vehicle.Exterior.LightIntensity",
]
SAFETY = {rule.id for rule in POLICY.rules if rule.safety}
LIVELY = RULED + [CATALOGUE[path] for path in COMPANIONS]
SPEAKERS = st.tuples(st.integers(1, 3), st.sampled_from(["driver", "passenger"]))


def values_of(signal: Signal) -> st.SearchStrategy[Value]:
    """Values that fit `signal`, ends and middle more often than chance would have them."""
    if signal.datatype == "boolean":
        return st.booleans()
    if signal.allowed:
        return st.sampled_from(signal.allowed)
    if signal.datatype == "string":
        return st.sampled_from(["#FF0000", "#00FF00", "#FFFFFF"])
    low, high = (max(signal.bounds()[0], -200), min(signal.bounds()[1], 300))
    if signal.datatype in ("float", "double"):
        step = signal.extras.get("step", 0.5)
        return st.integers(round(low / step), round(high / step)).map(lambda count: round(count * step, 6))
    middle = int((low + high) / 2)
    return st.one_of(st.sampled_from([int(low), middle, int(high)]), st.integers(int(low), int(high)))


@st.composite
def states(draw: Any) -> dict[str, Value]:
    """The parked car with some values changed and some out of sight."""
    values = dict(PARKED)
    for signal in draw(st.lists(st.sampled_from(LIVELY), max_size=12)):
        values[signal.path] = draw(values_of(signal))
    for path in SENSORS:
        if draw(st.booleans()):
            values[path] = draw(values_of(CATALOGUE[path]))
    for path in draw(st.lists(st.sampled_from(SENSORS + COMPANIONS), max_size=3)):
        values.pop(path, None)
    return values


@st.composite
def requests(draw: Any, kinds: tuple[Kind, ...] = tuple(Kind)) -> Request:
    signal = draw(st.one_of(st.sampled_from(LIVELY), st.sampled_from(WRITABLE)))
    kind = draw(st.sampled_from(kinds))
    if kind is Kind.SET:
        wild: Any = st.one_of(st.integers(-500, 500), st.floats(), st.text(max_size=5), st.booleans(), st.none())
        return Request(kind, signal, draw(st.one_of(values_of(signal), values_of(signal), wild)))
    if kind is Kind.ADJUST:
        amount = draw(st.one_of(st.none(), st.floats(0.1, 500), st.sampled_from([-1.0, 0.0])))
        degree = draw(st.one_of(st.none(), st.sampled_from(list(Degree))))
        stop = draw(st.sampled_from([None, None, 0]))
        return Request(kind, signal, stop, draw(st.sampled_from([1, -1])), amount, degree)
    return Request(kind, signal)


def sentences(*kinds: Kind) -> st.SearchStrategy[list[Request]]:
    return st.lists(requests(kinds or tuple(Kind)), min_size=1, max_size=6)


def made(wishes: list[Request], now: dict[str, Value], speaker: tuple[int, str]) -> Plan:
    return plan(wishes, now, POLICY, FAMILIES, speaker)


@settings(max_examples=400, deadline=None)
@given(sentences(), states(), SPEAKERS)
def test_invariants_of_every_plan(wishes, now, speaker):
    before = dict(now)
    result = made(wishes, now, speaker)
    assert now == before
    assert made(wishes, now, speaker) == result

    requested = {target.path: target.value for target in result.requested}
    changes = {change.target.path: change.target.value for change in result.changes}
    refused = {path for hit in result.hits if hit.effect is Effect.REFUSE for path in hit.signals}
    assert len(requested) == len(result.requested)
    assert len(changes) == len(result.changes)
    for change in result.changes:
        assert change.target.signal.check(change.target.value) == change.target.value
        assert change.target.signal.writable
        assert now.get(change.target.path) != change.target.value
        wanted = requested.get(change.target.path)
        if not change.rule or (wanted is not None and change.target.path not in refused):
            assert wanted == change.target.value
    for path in refused:
        assert path in requested
        assert changes.get(path) != requested[path]
    for path, value in requested.items():
        assert path in refused or changes.get(path) == value or now[path] == value
    assert [change.phase for change in result.changes] == sorted(change.phase for change in result.changes)
    asks = any(hit.effect is Effect.ASK for hit in result.hits)
    assert result.needs_confirmation == (asks and bool(changes))


@settings(max_examples=300, deadline=None)
@given(sentences(Kind.SET), states(), SPEAKERS)
def test_the_same_sentence_again_has_nothing_to_do(wishes, now, speaker):
    first = made(wishes, now, speaker)
    later = {**now, **{change.target.path: change.target.value for change in first.changes}}
    assert made(wishes, later, speaker).changes == ()


@settings(max_examples=200, deadline=None)
@given(sentences(), states(), SPEAKERS)
def test_no_change_that_a_safety_rule_refuses_is_in_any_plan(wishes, now, speaker):
    result = made(wishes, now, speaker)
    later = {**now, **{change.target.path: change.target.value for change in result.changes}}
    for change in result.changes:
        for guard in POLICY.guards.get(change.target.path, ()):
            rule = guard.rule
            if rule.id not in SAFETY or rule.effect is not Effect.REFUSE or (rule.requested_only and change.rule):
                continue
            alone = POLICY.review(
                [change.target], {**later, change.target.path: now.get(change.target.path)}, speaker
            )
            assert change.target.path not in alone.refused
