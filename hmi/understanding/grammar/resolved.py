"""A clause that has been read, and the helpers that work on its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hmi.requests import Act, Interpretation
from hmi.understanding.grammar.clauses import Clause
from hmi.understanding.grammar.lexicon import NounUse, Token
from hmi.understanding.grammar.matching import Match


@dataclass(frozen=True, slots=True)
class Resolved:
    """A clause with its readings (several: ambiguous) and the words that gave them."""

    matches: tuple[Match, ...]
    tokens: tuple[Token, ...]
    borrowed: str = ""
    """What it took from a neighbour: "", "noun", "action", "place" or "both"."""


class NotUnderstoodError(Exception):
    """Some clause has no reading; `words` are those nobody could account for."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__(" ".join(words))
        self.words = tuple(words)


def not_understood(words: Sequence[str]) -> Interpretation:
    """That nothing was understood, because of `words`."""
    return Interpretation(Act.UNKNOWN, leftover=tuple(words))


def family_noun(resolved: Resolved) -> Token:
    """A stand-in noun that names just the family of a resolved clause."""
    family = resolved.matches[0].family
    plural = len(resolved.matches[0].members) > 1
    return Token(family.label, {"noun": {family.id: NounUse("noun", plural=plural)}})


def is_target(token: Token) -> bool:
    """True for a word that can say how far."""
    return any(token.has(sense) for sense in ("number", "fraction", "extreme", "level", "colour", "value", "full"))


def strange_words(clause: Clause) -> list[str]:
    """The words of a clause that nobody knows; all of them when each is known and they do not fit together."""
    strange = [token.text for token in clause.tokens if not token.senses]
    return strange or [token.text for token in clause.tokens]


def without(tokens: Sequence[Token], present: Sequence[Token]) -> list[Token]:
    """`tokens` without repeats and without those already present."""
    kept: list[Token] = []
    for token in tokens:
        if token not in present and token not in kept:
            kept.append(token)
    return kept
