"""The policy: all rules that are in force for one car, indexed by the signals that trigger them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from codriver.errors import FileFormatError, InputError
from codriver.settings import Settings
from hmi.catalogue.signal import SignalValue, Value
from hmi.planning.conditions import Named, SignalIndex, Speaker
from hmi.planning.plan import Effect
from hmi.planning.review import Guards, Review, review
from hmi.planning.rule import Guard, Rule
from hmi.planning.rulefile import RuleFile, read_rules
from hmi.settings import RULES_FILE, RULES_OFF, RULES_OFF_SAFETY

BUILT_IN = "the built-in rules"
RULE_FILE = Path(__file__).parent / "data" / "rules.yaml"


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules bound to a car. Immutable; reviewing changes nothing."""

    rules: tuple[Rule, ...]
    """Every rule, in force or not, in the order they were declared."""
    guards: Guards
    inactive: Mapping[str, str]
    """Rule id → why it is not in force: switched off, or the car lacks a signal it needs."""

    def review(
        self,
        requested: Sequence[SignalValue],
        state: Mapping[str, Value],
        speaker: Speaker = (1, "driver"),
        under_way: Mapping[str, Value] | None = None,
    ) -> Review:
        """What the rules make of `requested` (one value for each signal) for a vehicle in `state`.

        `under_way` holds the values that earlier commands are still bringing about.
        """
        return review(self.guards, requested, state, speaker, under_way or {})

    def may_forbid(self, path: str) -> bool:
        """Whether a safety rule can refuse a change of `path` in some state of the vehicle."""
        return any(guard.rule.safety and guard.rule.effect is Effect.REFUSE for guard in self.guards.get(path, ()))

    def triggers_of(self, rule: Rule) -> list[str]:
        """The paths of this car whose changes `rule` looks at; none when it is not in force."""
        return [path for path, guards in self.guards.items() if any(guard.rule is rule for guard in guards)]


def default_policy(signals: SignalIndex) -> Policy:
    """The built-in rules for a car with these signals."""
    return make_policy(signals, _built_in().rules)


def load_policy(settings: Settings, signals: SignalIndex) -> Policy:
    """The built-in rules and the user's own (`planning.rules`), less those that `planning.disabled` names.

    Raises `FileFormatError` for a rule file with a mistake and `InputError` for an id in `planning.disabled` that
    no rule has, or that a safety rule has while `planning.allow-disabling-safety` is off.
    """
    rules = list(_built_in().rules)
    if settings[RULES_FILE]:
        rules += _read_own(Path(settings[RULES_FILE]).expanduser(), _built_in().conditions, rules)
    by_id = {rule.id: rule for rule in rules}
    for name in settings[RULES_OFF]:
        if name not in by_id:
            raise InputError(
                f"{RULES_OFF.key} names {name!r}, which no rule is called; `codriver rules` lists them."
            )
        if by_id[name].safety and not settings[RULES_OFF_SAFETY]:
            raise InputError(
                f"{RULES_OFF.key} names the safety rule {name!r}; "
                f"set {RULES_OFF_SAFETY.key} to true as well if you really mean it."
            )
    return make_policy(signals, rules, settings[RULES_OFF])


def make_policy(signals: SignalIndex, rules: Sequence[Rule], disabled: Sequence[str] = ()) -> Policy:
    """Bind `rules` to a car. Raises `FileFormatError` when a rule wants a value that a signal cannot have."""
    guards: dict[str, list[Guard]] = {}
    inactive: dict[str, str] = {}
    for rule in rules:
        if rule.id in disabled:
            inactive[rule.id] = "switched off in the settings"
            continue
        try:
            bound = rule.bind(signals)
        except InputError as error:
            raise FileFormatError(f"{rule.source}: rule {rule.id!r}: {error}") from None
        if not bound:
            inactive[rule.id] = f"the car has no {' and no '.join(dict.fromkeys(rule.lacking(signals)))}"
        for path, found in bound.items():
            guards.setdefault(path, []).extend(found)
    return Policy(tuple(rules), guards, inactive)


@lru_cache(maxsize=1)
def _built_in() -> RuleFile:
    return read_rules(RULE_FILE, origin=BUILT_IN)


def _read_own(path: Path, conditions: Mapping[str, Named], others: Sequence[Rule]) -> list[Rule]:
    own = read_rules(path, conditions).rules
    taken = {rule.id for rule in others}
    for rule in own:
        if rule.id in taken:
            raise FileFormatError(
                f"{path}: rule {rule.id!r}: a built-in rule has this id; "
                f"choose another, and switch the built-in one off with {RULES_OFF.key}."
            )
    return own
