"""Lets the rules look at what a sentence asks for, until nothing more follows from anything.

The order of questions: which requested changes are refused; which companions do the others need; may those
companions be (one that may not takes the change that needs it along, unless it is optional); and only then what
to ask and to tell. Refusing takes a change out of the state that the rules see, so the questions are asked again
until no more is refused. What has been refused stays refused, which makes the loop end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hmi.catalogue.signal import SignalValue, Value
from hmi.planning.conditions import Situation, Speaker
from hmi.planning.plan import Change, Effect, RuleHit
from hmi.planning.rule import BoundCompanion, Guard, Rule

Guards = Mapping[str, Sequence[Guard]]
"""Signal path → the guards that look at changes of it."""

ASKED_OTHERWISE = ", and you asked for something else"
OTHER_RULE = ", which does not go with another rule"

_EARLIEST = -20
"""Rules that want each other to come first would push each other forward for ever."""


@dataclass(frozen=True, slots=True)
class Review:
    """What the rules make of a sentence."""

    changes: tuple[Change, ...] = ()
    """Allowed changes and companions, in the order they must be written."""
    hits: tuple[RuleHit, ...] = ()
    refused: frozenset[str] = frozenset()
    """Paths of the requested changes that must not be."""

    @property
    def asks(self) -> bool:
        """True when something is to be confirmed before `changes` may be written."""
        return bool(self.changes) and any(hit.effect is Effect.ASK for hit in self.hits)


@dataclass(slots=True)
class _Step:
    """A change on its way into the plan."""

    target: SignalValue
    phase: int = 0
    rule: Rule | None = None
    """The rule that added it; None for what was asked for."""
    parents: list[str] = field(default_factory=list)
    """Paths of the changes that cannot be without it."""
    bounds: list[tuple[BoundCompanion, Value]] = field(default_factory=list)
    """What rules need of it, each with the value of the change that needs it."""


@dataclass(slots=True)
class _Hits:
    """Rule hits, one for each rule, effect and reason, with all the signals it is about."""

    signals: dict[tuple[str, Effect, str], dict[str, None]] = field(default_factory=dict)

    def add(self, rule: Rule, effect: Effect, reason: str, paths: Iterable[str]) -> None:
        self.signals.setdefault((rule.id, effect, reason), {}).update(dict.fromkeys(paths))

    def done(self) -> tuple[RuleHit, ...]:
        return tuple(RuleHit(*key, tuple(paths)) for key, paths in self.signals.items())


class _Pass:
    """One round of questions, for the requested changes that are not refused yet."""

    def __init__(
        self,
        guards: Guards,
        requested: Mapping[str, SignalValue],
        changing: Sequence[SignalValue],
        situation: Situation,
        barred: Mapping[str, Value],
    ) -> None:
        self.guards = guards
        self.requested = requested
        self.steps = {change.path: _Step(change) for change in changing}
        self.after = dict(situation.after)
        self.after.update((change.path, change.value) for change in changing)
        self.situation = replace(situation, after=self.after)
        self.barred = barred
        """Values that must not be written, by path: refused requests, and companions that were refused."""
        self.hits = _Hits()
        self.clashes: list[tuple[Rule, str, tuple[str, str]]] = []
        """Companions that cannot be had: the rule, the question, and the change and the companion it is about."""
        self.fallen: dict[str, Rule] = {}
        """Changes that cannot be because a companion cannot, with the rule that asks for the companion."""

    def add_companions(self) -> None:
        """Add what the changes need, and what the additions need in turn."""
        waiting = list(self.steps)
        for path, target in self.requested.items():
            if path not in self.steps and path not in self.barred:
                waiting += self._added_for(_Step(target), is_met=True)
        while waiting:
            waiting += self._added_for(self.steps[waiting.pop(0)], is_met=False)

    def _added_for(self, step: _Step, *, is_met: bool) -> list[str]:
        """Add what `step` needs; returns the paths of what was added or moved forward.

        `is_met`: the vehicle has the requested value already; only some rules add something to that.
        """
        return [
            companion.signal.path
            for guard in self.guards.get(step.target.path, ())
            if guard.rule.effect is Effect.ADD and (guard.rule.already or not is_met) and self._heard(guard, step)
            for companion in guard.needs(self.situation.speaker)
            if self._need(guard.rule, companion, step)
        ]

    def _heard(self, guard: Guard, step: _Step) -> str:
        """The reason when `guard` speaks about `step`."""
        if guard.rule.requested_only and step.rule is not None:
            return ""
        return guard.speaks(step.target, self.situation)

    def _need(self, rule: Rule, companion: BoundCompanion, parent: _Step) -> bool:
        """See that `companion` will be so; True when that adds or changes a step."""
        path, target = companion.signal.path, parent.target.value
        phase = max(parent.phase + companion.phase, _EARLIEST)
        present = self.steps.get(path)
        if self._met(companion, target):
            if present is None or companion.phase >= 0 or present.phase <= phase:
                return False
            present.phase = phase
            return True
        if any(check(self.situation, target) for check in companion.unless):
            return False
        clash = self._clash(path, companion, present)
        if clash:
            self.clashes.append((rule, rule.reason + clash, (parent.target.path, path)))
            return False
        if path in self.barred and same(self.barred[path], companion.value):
            if not companion.optional and parent.target.path in self.steps:
                self.fallen[parent.target.path] = rule
            return False
        self._take(rule, companion, parent, phase)
        return True

    def _met(self, companion: BoundCompanion, target: Value) -> bool:
        """Whether nothing has to be done for `companion`; a value on its way is still to be proved."""
        path = companion.signal.path
        after, now = self.after.get(path), self.situation.now.get(path)
        on_its_way = path not in self.steps and after != now
        return companion.is_met(after, target) and not (on_its_way and not companion.is_met(now, target))

    def _clash(self, path: str, companion: BoundCompanion, present: _Step | None) -> str:
        """What speaks against giving `companion` its value; empty when nothing does."""
        asked_for = present.rule is None if present else path in self.requested and path not in self.barred
        if asked_for:
            return ASKED_OTHERWISE
        bounds = present.bounds if present else ()
        return "" if all(bound.is_met(companion.value, value) for bound, value in bounds) else OTHER_RULE

    def _take(self, rule: Rule, companion: BoundCompanion, parent: _Step, phase: int) -> None:
        """Add `companion`, or raise the one that is there already to what it needs."""
        path, target = companion.signal.path, SignalValue(companion.signal, companion.value)
        step = self.steps.setdefault(path, _Step(target, phase, rule))
        step.target, step.phase = target, min(step.phase, phase)
        step.bounds.append((companion, parent.target.value))
        if not companion.optional:
            step.parents.append(parent.target.path)
        self.after[path] = target.value
        self.hits.add(rule, Effect.ADD, rule.reason, (path,))

    def spoken(self, effects: frozenset[Effect]) -> list[tuple[Guard, str, _Step]]:
        """Every guard with one of `effects` that speaks about a step, with its reason."""
        found = [
            (guard, reason, step)
            for path, step in self.steps.items()
            for guard in self.guards.get(path, ())
            if guard.rule.effect in effects and (reason := self._heard(guard, step))
        ]
        counts: dict[str, int] = {}
        for guard, _, _ in found:
            counts[guard.rule.id] = counts.get(guard.rule.id, 0) + 1
        return [item for item in found if counts[item[0].rule.id] >= item[0].rule.together]


_REFUSE = frozenset({Effect.REFUSE})
_REMARK = frozenset({Effect.ASK, Effect.TELL})


def review(
    guards: Guards,
    requested: Sequence[SignalValue],
    state: Mapping[str, Value],
    speaker: Speaker,
    under_way: Mapping[str, Value],
) -> Review:
    """What the rules make of `requested` (one value for each signal) for a vehicle in `state`. Pure.

    `under_way` holds the values that earlier commands are still bringing about; the rules see them as reached.
    """
    by_path = {target.path: target for target in requested}
    changing = [target for target in requested if not rests_at(target, state, under_way)]
    situation = Situation(state, {**state, **under_way} if under_way else state, speaker)
    refusals = _Hits()
    refused: dict[str, Value] = {}
    barred: dict[str, Value] = {}
    while True:
        allowed = [target for target in changing if target.path not in refused]
        current = _Pass(guards, by_path, allowed, situation, {**barred, **refused})
        current.add_companions()
        verdicts = current.spoken(_REFUSE)
        for path, rule in current.fallen.items():
            fallen = _refuse_with_parents(path, current.steps, refused, barred)
            refusals.add(rule, Effect.REFUSE, rule.reason, fallen)
        for guard, reason, step in verdicts:
            fallen = _refuse_with_parents(step.target.path, current.steps, refused, barred)
            # A companion that nobody depends on is just left out, and the driver told why.
            effect = Effect.REFUSE if fallen else Effect.TELL
            refusals.add(guard.rule, effect, reason, fallen or (step.target.path,))
        if not verdicts and not current.fallen:
            break
    _remark(current)
    return Review(_in_order(current.steps), refusals.done() + current.hits.done(), frozenset(refused))


def _remark(current: _Pass) -> None:
    """Ask and tell what is left to be asked and told."""
    asked: set[str] = set()
    for guard, reason, step in current.spoken(_REMARK):
        current.hits.add(guard.rule, guard.rule.effect, reason, (step.target.path,))
        if guard.rule.effect is Effect.ASK:
            asked.add(step.target.path)
    for rule, question, (path, companion) in current.clashes:
        # One question about one thing: "the air conditioning is on" needs no second one from the other side.
        if companion not in asked:
            current.hits.add(rule, Effect.ASK, question, (path,))


def rests_at(target: SignalValue, state: Mapping[str, Value], under_way: Mapping[str, Value]) -> bool:
    """Whether the vehicle has the wanted value already, and no command under way is about to change it."""
    now = state.get(target.path)
    return same(now, target.value) and same(under_way.get(target.path, now), target.value)


def same(now: Value | None, wanted: Value) -> bool:
    """Whether the vehicle has the wanted value already, to a millionth where it is a number."""
    if isinstance(now, float) and isinstance(wanted, int | float) and not isinstance(wanted, bool):
        return abs(now - wanted) <= 1e-6
    return now == wanted


def _refuse_with_parents(
    path: str, steps: Mapping[str, _Step], refused: dict[str, Value], barred: dict[str, Value]
) -> list[str]:
    """Take `path` out and all that cannot be without it; returns the requested ones among them."""
    waiting, seen, requested = [path], set[str](), []
    while waiting:
        current = waiting.pop()
        if current in seen or current not in steps:
            continue
        seen.add(current)
        step = steps[current]
        if step.rule is None:
            refused[current] = step.target.value
            requested.append(current)
        else:
            barred[current] = step.target.value
        waiting.extend(step.parents)
    return requested


def _in_order(steps: Mapping[str, _Step]) -> tuple[Change, ...]:
    ordered = sorted(steps.values(), key=lambda step: step.phase)
    return tuple(Change(step.target, step.rule.id if step.rule else "", step.phase) for step in ordered)
