"""The sentence to say after a turn: what truly happened, what did not and why, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hmi.assistant.acting import Deed
from hmi.assistant.grouping import Group, Grouper
from hmi.assistant.naming import FamilyIndex, Naming
from hmi.assistant.questions import Reporter
from hmi.assistant.spoken import Speaker, humanised
from hmi.assistant.wording import Wording, listed, sentence
from hmi.catalogue.signal import Signal, SignalValue, Value
from hmi.planning.plan import Effect, Plan, RuleHit
from hmi.requests import Question
from hmi.vehicle.base import WriteOutcome, WriteResult

_QUOTED = 60
"""Longest quotation of words that were not understood."""


class Replies:
    """Puts the turns of a conversation into words."""

    def __init__(self, families: FamilyIndex, wording: Wording) -> None:
        self._families = families
        self._wording = wording
        self._naming = Naming(families, wording)
        self._speaker = Speaker(self._naming, wording)
        self._grouper = Grouper(self._naming, self._speaker)
        self._reporter = Reporter(self._naming, self._grouper, wording)

    def say(self, key: str, **fields: object) -> str:
        """A fixed sentence of the wording, with its full stop."""
        return sentence(self._wording.say(key, **fields))

    def after(self, plan: Plan, deeds: Sequence[Deed], before: Mapping[str, Value], undo: bool = False) -> str:
        """What to say after `deeds`; `before` is the state that the plan was made from."""
        done = self._done(plan, deeds, before)
        if done and undo:
            done = self._wording.say("undone", text=_lowered(done))
        problems = [
            *self._halts(deeds),
            *self._failures(deeds, before),
            *self._rule_refusals(plan),
            *self._impossible(plan),
        ]
        if done and problems:
            done = self._wording.say("but", text=done, reason=problems.pop(0))
        already = [] if done else self._already(plan)
        companions = self._companions(plan, deeds, also=bool(done))
        told = dict.fromkeys(hit.reason for hit in plan.hits if hit.effect is Effect.TELL)
        tells = [self._wording.say("tell", reason=reason) for reason in told]
        answers = self._reporter.answers(plan.readings)
        parts = dict.fromkeys([done, *already, *problems, *companions, *tells, *answers])
        return " ".join(sentence(part) for part in parts if part)

    def confirmation(self, plan: Plan, undo: bool = False) -> str:
        """The question to ask before `plan` is carried out, with the reasons for asking."""
        reasons = dict.fromkeys(hit.reason for hit in plan.hits if hit.effect is Effect.ASK)
        actions = self._grouper.actions(self._grouper.groups(_pairs([change.target for change in plan.changes])))
        question = self._wording.say("ask_back" if undo else "ask", do=listed(actions))
        refused = [*self._rule_refusals(plan), *self._impossible(plan)]
        answers = self._reporter.answers(plan.readings)
        return " ".join(sentence(part) for part in [*answers, *refused, *reasons, question])

    def stopped(self, deeds: Sequence[Deed]) -> str:
        """What to say after a stop; `deeds` command each thing that moved to the place where it was."""
        rests = [deed.result for deed in deeds if deed.result is not None and deed.proved]
        parts = [self._stopped(rests)] if rests else []
        return " ".join(sentence(part) for part in [*parts, *self._failures(deeds, {})])

    def choice(self, question: Question) -> str:
        """A clarifying question with its options, unless it names them itself."""
        labels = [option.label for option in question.options]
        text = sentence(question.text)
        if all(label.lower() in text.lower() for label in labels):
            return text
        return f"{text} {sentence(listed(labels, 'or') + '?')}" if labels else text

    def pick_one(self, question: Question) -> str:
        """What to say when an answer fits none of the options."""
        labels = listed([option.label for option in question.options], "or")
        return self.say("which_option", count=len(question.options), options=labels)

    def not_understood(self, text: str, leftover: Sequence[str]) -> str:
        """Says honestly which words could not be accounted for."""
        if not text.strip():
            return self.say("nothing_said")
        quoted = "".join(char for char in " ".join(leftover) if char.isprintable()).strip()
        if not quoted:
            return self.say("nothing_understood")
        return self.say("not_understood", text=quoted if len(quoted) <= _QUOTED else f"{quoted[:_QUOTED]}…")

    def help(self) -> str:
        """What one can ask for: the groups of the car's devices."""
        groups = dict.fromkeys(humanised(family.group) for family in self._families if family.group)
        return self.say("help", groups=listed(list(groups)))

    def _done(self, plan: Plan, deeds: Sequence[Deed], before: Mapping[str, Value]) -> str:
        """One clause for what was asked for and is now proved; what was so already is part of "all windows"."""
        proved = [deed.change.target for deed in deeds if deed.proved and not deed.change.rule]
        if not proved:
            return ""
        order = {target.path: index for index, target in enumerate(plan.requested)}
        whole = sorted({*proved, *plan.already}, key=lambda target: order.get(target.path, len(order)))
        clauses = self._grouper.clauses(self._grouper.groups(_pairs(whole), before))
        return listed([clauses[0].removeprefix("the "), *clauses[1:]])

    def _already(self, plan: Plan) -> list[str]:
        return [
            self._wording.say("already", name=group.name.text, be=group.name.be, state=self._grouper.states(group))
            for group in self._grouper.groups(_pairs(plan.already))
        ]

    def _companions(self, plan: Plan, deeds: Sequence[Deed], also: bool) -> list[str]:
        """What the rules added and the vehicle did, with the rules' reasons."""
        reasons = {path: hit.reason for hit in plan.hits if hit.effect is Effect.ADD for path in hit.signals}
        added = [deed.change.target for deed in deeds if deed.proved and deed.change.rule]
        told = self._grouper.by(added, _pair, lambda target: reasons.get(target.path, ""))
        key = "also" if also else "did"
        return [
            self._wording.say(
                f"{key}_because" if reason else key, did=listed(self._grouper.done(groups)), reason=reason
            )
            for reason, groups in told
        ]

    def _rule_refusals(self, plan: Plan) -> list[str]:
        reasons: dict[str, list[str]] = {}
        for hit in plan.hits:
            if hit.effect is Effect.REFUSE:
                for path in hit.signals:
                    reasons.setdefault(path, []).append(hit.reason)
        refused = [target for target in plan.requested if target.path in reasons]
        told = self._grouper.by(refused, _pair, lambda target: listed(list(dict.fromkeys(reasons[target.path]))))
        clauses = [
            self._wording.say("can_not", do=listed(self._grouper.actions(groups), "or"), reason=reason)
            for reason, groups in told
        ]
        return clauses or _reasons(plan.hits)

    def _impossible(self, plan: Plan) -> list[str]:
        found: dict[tuple[str, str], list[Signal]] = {}
        for item in plan.impossible:
            family = self._naming.family(item.signal)
            owner = item.signal.path if family is None else family.id
            found.setdefault((owner, item.reason), []).append(item.signal)
        return [
            self._wording.say(
                "can_not_value",
                name=self._naming.name(self._naming.family(signals[0]), signals).text,
                reason=reason,
            )
            for (_, reason), signals in found.items()
        ]

    def _halts(self, deeds: Sequence[Deed]) -> list[str]:
        """Where things were brought to rest on their way, one clause for each reason."""
        rests = [deed.result for deed in deeds if deed.result is not None and _rests_on_the_way(deed)]
        reasons = dict.fromkeys(rest.reason for rest in rests)
        return [self._stopped([rest for rest in rests if rest.reason == reason], reason) for reason in reasons]

    def _stopped(self, rests: Sequence[WriteResult], reason: str = "") -> str:
        pairs = [(rest.wanted.signal, rest.actual) for rest in rests if rest.actual is not None]
        places = [
            self._wording.say("at", name=g.name.text, value=self._speaker.amount(g.signals[0], g.value))
            for g in self._grouper.groups(pairs)
        ]
        return self._wording.say("stopped_because" if reason else "stopped", text=listed(places), reason=reason)

    def _failures(self, deeds: Sequence[Deed], before: Mapping[str, Value]) -> list[str]:
        wrong = [
            deed.result
            for deed in deeds
            if deed.result is not None and not deed.proved and not _rests_on_the_way(deed)
        ]
        told = self._grouper.by(
            wrong, lambda result: _pair(result.wanted), lambda result: _Miss.of(result, before)
        )
        clauses = [self._failure(miss, group) for miss, groups in told for group in groups]
        left = [deed.change.target for deed in deeds if deed.result is None and not deed.change.rule]
        names = [group.name.text for group in self._grouper.groups(_pairs(left))]
        return [*clauses, self._wording.say("left_alone", name=listed(names))] if names else clauses

    def _failure(self, miss: _Miss, group: Group) -> str:
        """Why `group` did not get its value, and where it is now."""
        signal, key = group.signals[0], str(miss.outcome)
        state, value = self._grouper.states(group), ""
        if miss.outcome in (WriteOutcome.REFUSED, WriteOutcome.BLOCKED):
            if miss.actual is None:
                key = "refused_blind"
            else:
                key = miss.sentence
                state = self._speaker.state(group.family, signal, miss.actual)
                value = self._speaker.amount(signal, miss.actual)
        return self._wording.say(
            key,
            name=group.name.text,
            be=group.name.be,
            state=state,
            value=value,
            reason=miss.reason or self._wording.reasons[str(miss.outcome)],
            do=self._speaker.do(group.name, group.family, signal, group.value),
        )


class _Miss(NamedTuple):
    """What went wrong with one write; equal ones are told together."""

    outcome: WriteOutcome
    reason: str
    actual: Value | None
    unmoved: bool

    @classmethod
    def of(cls, result: WriteResult, before: Mapping[str, Value]) -> _Miss:
        unmoved = before.get(result.wanted.path) == result.actual
        return cls(result.outcome, result.reason, result.actual, unmoved)

    @property
    def sentence(self) -> str:
        """The sentence for a refusal or a blockage at a known value: what moves stops, what switches stays."""
        if self.outcome is WriteOutcome.REFUSED or isinstance(self.actual, bool | str):
            return "refused"
        return "stuck" if self.unmoved else "blocked"


def _rests_on_the_way(deed: Deed) -> bool:
    """True for a position that was halted; a switch has no place between to rest at."""
    actual = None if deed.result is None else deed.result.actual
    return deed.halted and actual is not None and not isinstance(actual, bool | str)


def _pair(target: SignalValue) -> tuple[Signal, Value]:
    return target.signal, target.value


def _pairs(targets: Sequence[SignalValue]) -> list[tuple[Signal, Value]]:
    return [_pair(target) for target in targets]


def _reasons(hits: Sequence[RuleHit]) -> list[str]:
    """The bare reasons of refusing rules, for rules that do not say what they are about."""
    return list(dict.fromkeys(hit.reason for hit in hits if hit.effect is Effect.REFUSE))


def _lowered(text: str) -> str:
    """A clause that begins without its article, back inside a sentence."""
    return text if text.startswith(("both ", "all ", "it's ")) else f"the {text}"
