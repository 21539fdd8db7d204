"""A sentence cut into clauses: one wish each, as far as pauses, "and", "except" and new verbs tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

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
        return any(token.has("noun") and not _only_a_place(token) for token in self.tokens)

    def has_action(self) -> bool:
        """True when some word says what to do or how far."""
        return any(token.has("act") or any(token.has(sense) for sense in _AMOUNTS) for token in self.tokens)

    def has_place(self) -> bool:
        """True when some word names a place."""
        return any(token.has("place") for token in self.tokens)

    def has(self, sense: str) -> bool:
        """True when some word has this sense."""
        return any(token.has(sense) for token in self.tokens)

    def says_something(self) -> bool:
        """False when all of it is filling."""
        return self.has_noun() or self.has_action() or self.has_place() or self.has("pronouns") or self.unknown()

    def unknown(self) -> bool:
        """True when it holds a word nobody knows."""
        return any(not token.senses for token in self.tokens)


def _only_a_place(token: Token) -> bool:
    return token.has("place") and not token.has("noun")


def split(tokens: Sequence[Token]) -> list[Clause]:
    """Cut a sentence; clauses that say nothing are dropped, and what joined them is kept by the next."""
    clauses: list[Clause] = []
    current = Clause()
    for token in tokens:
        joint = _joint(token, current)
        if joint is None:
            current.tokens.append(token)
            continue
        current = _begin(clauses, current, joint)
        if joint == "verb":
            current.tokens.append(token)
    if current.says_something():
        clauses.append(current)
    return clauses


def _joint(token: Token, current: Clause) -> str | None:
    if token.has("correction") and (current.says_something() or current.joined != "start"):
        return "correction"
    if token.has("except"):
        return "except"
    if token.has("conj"):
        return "conj"
    if token.has("pause"):
        return "pause"
    starts = (token.has("act") and _begins_clause(token)) or (token.has("light") and not token.has("noun"))
    return "verb" if starts and current.has_noun() and _complete(current) else None


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
    strength = ("start", "pause", "verb", "conj", "except", "correction")
    return Clause(max(joint, current.joined, key=strength.index) if clauses or joint != "pause" else "start")
