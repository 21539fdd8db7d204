"""Corrections: "no, the other one" of the sentence before, and "… I mean" within a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.requests import Interpretation
from hmi.understanding.grammar.accounting import ME
from hmi.understanding.grammar.lexicon import Token
from hmi.understanding.grammar.resolved import Resolved


def self_repaired(tokens: Sequence[Token]) -> list[Token]:
    """ "Wipers to single, intermittent I mean": the words before "I mean" correct those before the pause."""
    rest = list(tokens)
    false_start = any(not token.senses for token in rest)
    if len(rest) < 4 or rest[-1].text not in ("i mean", "i meant") or not false_start:
        return rest
    for index in range(len(rest) - 2, 0, -1):
        if rest[index].has("pause"):
            return [*rest[:index], rest[-1], *rest[index + 1 : -1]]
    return rest


def without_other(tokens: Sequence[Token]) -> Sequence[Token]:
    """ "Not mine, the passenger's" corrects to what stands behind the pause, as "no, the passenger's" does."""
    if not tokens or tokens[0].text != "not":
        return tokens
    for index, token in enumerate(tokens[1:5], start=1):
        if token.has("pause") and any(one.has("place") for one in tokens[1:index]):
            return [Token("no", {"correction": True}), *tokens[index + 1 :]]
        if not any(token.has(sense) for sense in ("place", "place_noun", "function", "pronouns")):
            break
    return tokens


def opens_with_correction(tokens: Sequence[Token]) -> bool:
    """True when the first word that says something takes back ("no, …", "sorry, …")."""
    for token in tokens:
        if token.has("correction") or token.text in ("no", "nope", "nah"):
            return True
        if not (token.has("filler") or token.has("pause")):
            return False
    return False


def after_opening(tokens: Sequence[Token]) -> list[Token]:
    """The words behind such an opening."""
    rest = list(tokens)
    while rest and (rest[0].has("correction") or rest[0].has("filler") or rest[0].has("pause")):
        rest.pop(0)
    if not rest and tokens[-1].text in ME:  # "oh no, for me"
        return [Token(tokens[-1].text, {"place": "mine"})]
    return rest


def replaces(resolved: Sequence[Resolved], memory: Sequence[Resolved]) -> bool:
    """True when the new request is for another member, or another device, than the one to be corrected."""
    new, old = resolved[0], memory[-1]
    if len(resolved) != 1 or not new.matches or not old.matches:
        return False
    if new.matches[0].family.id != old.matches[0].family.id:
        return new.borrowed == "action"
    return set(new.matches[0].members) != set(old.matches[0].members)


def replacing(interpretation: Interpretation) -> Interpretation:
    """The same, taking back the changes of the turn before."""
    return Interpretation(
        interpretation.act,
        interpretation.requests,
        interpretation.question,
        replaces_last=True,
        memory=interpretation.memory,
        refusal=interpretation.refusal,
    )
