"""A sentence cut into clauses: one wish each, as far as pauses, "and", "except" and new verbs tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from hmi.understanding.grammar.lexicon import Token

_VERBS = frozenset(
    "open close crack vent lock unlock raise lower increase decrease fold unfold tilt recline lean straighten heat"
    " warm cool toast massage defrost clear blow direct recirculate crank mute unmute play pause skip rewind honk"
    " signal flash illuminate extinguish wipe tune pair connect unpair inflate deflate extend retract draw cover"
    " toggle dimmer pop sound".split()
)
"""Action words that begin a clause in the imperative."""
_AMOUNTS = ("number", "fraction", "extreme", "level", "colour", "degree", "more", "less", "value", "full")


@dataclass(slots=True)
class Clause:
    """The tokens of one wish and how it hangs on the one before."""

    joined: str = "start"
    """start, conj ("and"), pause (a comma), verb (a new verb without either), except, correction"""
    tokens: list[Token] = field(default_factory=list)

    def has_noun(self) -> bool:
        """True when some word may name a device."""
        counted = [after for number, after in pairwise(self.tokens) if number.has("number") and after.has("unit")]
        return any(
            token.names() and not token.has("act") and not any(token is unit for unit in counted)
            for token in self.tokens
        )

    def has_action(self) -> bool:
        """True when some word says what to do or how far."""
        return any(
            not token.has("place")
            and not _joins(token, self.tokens)
            and (token.has("act") or any(token.has(sense) for sense in _AMOUNTS))
            for token in self.tokens
        )

    def has_place(self) -> bool:
        """True when some word names a place."""
        return any(token.has("place") for token in self.tokens)

    def has(self, sense: str) -> bool:
        """True when some word has this sense."""
        return any(token.has(sense) for token in self.tokens)

    def says_something(self) -> bool:
        """False when all of it is filling."""
        if self.joined != "except" and all(
            token.has("filler") and not token.has("place") for token in self.tokens
        ):
            return False  # "listen, …"
        if self.joined == "except" or self.has_noun() or self.has_action() or self.has_place():
            return bool(self.tokens)
        others = ("all", "both", "pronouns", "again", "same", "asks", "asks_is", "question", "remark")
        return any(self.has(sense) for sense in others) or self.unknown()

    def is_remark(self) -> bool:
        """True for "it's getting dark": a statement that names no device, no verb of ours and no amount."""
        says = any(
            (token.has("act") and _begins_clause(token) and not token.has("remark") and not self._predicate(index))
            or any(token.has(sense) for sense in ("number", "fraction", "extreme", "colour", "value"))
            for index, token in enumerate(self.tokens)
        )
        return self.has("remark") and not self.has_noun() and not says

    def tells(self) -> bool:
        """True for a remark with a verb of ours in it ("my back's killing me")."""
        return self.is_remark() and any(
            token.has("act") and self._predicate(i) for i, token in enumerate(self.tokens)
        )

    def _predicate(self, index: int) -> bool:
        """ "my back's killing me": a verb in -ing says what the subject before it does."""
        before = self.tokens[:index]
        return self.tokens[index].text.endswith("ing") and any(token.has("remark") for token in before)

    def unknown(self) -> bool:
        """True when it holds a word nobody knows."""
        return any(not token.senses for token in self.tokens)


def _joins(token: Token, tokens: Sequence[Token]) -> bool:
    """True for the "on" of "on the left"; at the end of a clause it is an action."""
    last = next((one for one in reversed(tokens) if not (one.has("filler") or one.has("again"))), None)
    return token.has("function") and token is not last and token.has("act")


def without_origin(tokens: Sequence[Token]) -> list[Token]:
    """Leave out where a value comes from: "from level two to level four" → "to level four"."""
    kept = list(tokens)
    for start, token in enumerate(kept):
        if token.text != "from":
            continue
        end = start + 1
        while end < len(kept) and not kept[end].has("to") and _is_origin(kept[end]):
            end += 1
        if start + 1 < end < len(kept) and kept[end].has("to"):
            return [*kept[:start], *kept[end:]]
    return kept


def _is_origin(token: Token) -> bool:
    senses = (*_AMOUNTS, "unit", "level_unit", "function", "notches")
    return any(token.has(sense) for sense in senses) or (token.has("place") and token.text == "my")


_BUT_KEEP = frozenset({"but keep", "but leave"})


def split(tokens: Sequence[Token]) -> list[Clause]:
    """Cut a sentence; clauses that say nothing are dropped, and what joined them is kept by the next."""
    clauses: list[Clause] = []
    current = Clause()
    for index, token in enumerate(tokens):
        joint = _joint(token, current, tokens[index + 1 :])
        if joint is None:
            current.tokens.append(token)
            continue
        current = _begin(clauses, current, joint)
        if joint in ("verb", "remark"):
            current.tokens.append(token)
    if current.says_something():
        clauses.append(current)
    return clauses


def _joint(token: Token, current: Clause, following: Sequence[Token]) -> str | None:
    if token.has("correction") and (current.says_something() or current.joined != "start"):
        return "correction"
    if token.has("remark") and current.has_noun() and _complete(current) and not token.has("question"):
        return "remark"
    if token.has("except"):
        first = following[0] if following and token.text == "but" else None
        verb = first is not None and (first.has("light") or (first.has("act") and _begins_clause(first)))
        return "conj" if verb or (token.text in _BUT_KEEP and _says_a_state(following)) else "except"
    if token.has("conj"):
        return "conj"
    if token.has("pause"):
        return "pause"
    starts = (token.has("act") and _begins_clause(token)) or (token.has("light") and not token.has("noun"))
    return "verb" if starts and current.has_noun() and _complete(current) and _has_object(following) else None


def _says_a_state(following: Sequence[Token]) -> bool:
    """True for "(but keep) the fan low", "(but leave) mine shut"; not for "(but leave) the fog lights"."""
    for token in following:
        if any(token.has(joint) for joint in ("pause", "conj", "except", "correction")):
            return False
        if not token.names() and (token.has("act") or any(token.has(sense) for sense in _AMOUNTS)):
            return True
    return False


def _has_object(following: Sequence[Token]) -> bool:
    """True when a device or a pronoun follows: "the windows 40 percent open" ends with an adjective."""
    for token in following:
        if any(token.has(joint) for joint in ("pause", "conj", "except", "correction")):
            return False
        if token.names() or token.has("pronouns"):
            return True
    return False


def _begins_clause(token: Token) -> bool:
    return token.senses["act"] in _VERBS or (token.senses["act"] in ("on", "off") and len(token.text) > 3)


def _complete(clause: Clause) -> bool:
    """True when the clause has a verb or an amount of its own, so that another verb must begin a new one."""
    return any(
        (token.has("act") and not token.has("noun")) or any(token.has(sense) for sense in _AMOUNTS)
        for token in clause.tokens
    )


def _begin(clauses: list[Clause], current: Clause, joint: str) -> Clause:
    if current.says_something():
        clauses.append(current)
        return Clause(joint)
    # ", and", "and then": the stronger joint wins
    strength = ("start", "pause", "remark", "verb", "conj", "except", "correction")
    return Clause(max(joint, current.joined, key=strength.index) if clauses or joint != "pause" else "start")
