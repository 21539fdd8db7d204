"""Exceptions: "all windows except mine", "everyone but the driver", "all but the rear left window down"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hmi.catalogue.families import Place
from hmi.understanding.grammar.clauses import Clause
from hmi.understanding.grammar.lexicon import Lexicon, Token
from hmi.understanding.grammar.matching import matches_of, parts_of
from hmi.understanding.grammar.places import Seating
from hmi.understanding.grammar.resolved import NotUnderstoodError, Resolved, family_noun, is_target, strange_words

_ME = Token("me", {"place": "mine"})
_MINE = frozenset({"me", "for me", "myself"})
_JOINING = ("pause", "conj")


def parts_excepted(clauses: Sequence[Clause], index: int) -> list[Clause]:
    """The clauses that name what is excepted: "except mine and the passenger's" has two."""
    parts = [clauses[index]]
    for following in clauses[index + 1 :]:
        alone = following.has_place() and not following.has_action() and not following.has_noun()
        if following.joined not in _JOINING or not alone:
            break
        parts.append(following)
    return parts


def completed(clause: Clause, excepted: Clause) -> Clause:
    """The clause before an exception with the device and the action that are only said after it.

    "all but the driver's window open" → "all … window open": the place alone belongs to the exception.
    """
    said_later = [token for token in excepted.tokens if not token.has("place") and not _is_count(token, excepted)]
    nouns = [] if clause.has_noun() else [token for token in said_later if token.names() and not token.has("act")]
    actions = [] if clause.has_action() else [t for t in said_later if t.has("act") or is_target(t) or t.has("to")]
    return Clause(clause.joined, [*clause.tokens, *nouns, *actions])


def without_excepted(lexicon: Lexicon, seating: Seating, main: Resolved, parts: Sequence[Clause]) -> Resolved:
    """`main` less the members that `parts` name.

    Raises `NotUnderstoodError` when the exception names none of them, all of them, or something else.
    """
    if len(main.matches) != 1 or len(main.matches[0].members) < 2:
        raise NotUnderstoodError(strange_words(parts[0]))
    match = main.matches[0]
    later = [
        token
        for token in parts[0].tokens
        if (token.has("act") or is_target(token) or token.has("to") or token.has("unit"))
        and not (token.has("place") or token.names() or _is_count(token, parts[0]) or token in main.tokens)
    ]  # "all windows except mine halfway": the amount belongs to the others
    if later:
        matches = matches_of(lexicon, [*main.tokens, *later], seating)
        if len(matches) != 1 or matches[0].family != match.family:
            raise NotUnderstoodError(strange_words(parts[0]))
        match = matches[0]
    removed = {place for part in parts for place in _members(lexicon, seating, part, main)}
    left = tuple(place for place in match.family.members if place in match.members and place not in removed)
    if not left or len(left) == len(match.members):
        raise NotUnderstoodError(strange_words(parts[0]))
    return replace(main, matches=(replace(match, members=left),))


def _members(lexicon: Lexicon, seating: Seating, part: Clause, main: Resolved) -> set[Place]:
    nouns, actions, _ = parts_of(main.tokens)
    kept = [
        token
        for token in part.tokens
        if token.has("place") or not (token.has("act") or is_target(token) or token.has("to") or token.has("unit"))
    ]
    kept = [_ME if token.text in _MINE else token for token in kept]
    own_noun = [] if part.has_noun() else [token for token in nouns if not token.has("place")]
    acts = [token for token in actions if token not in kept]
    for noun in (own_noun, [family_noun(main)]):
        matches = matches_of(lexicon, [*kept, *noun, *acts], seating)
        if len(matches) == 1 and matches[0].family == main.matches[0].family:
            return set(matches[0].members)
    raise NotUnderstoodError(strange_words(part))


def _is_count(token: Token, clause: Clause) -> bool:
    """ "the two at the back": a number that counts devices, not an amount."""
    if not token.has("number") or token.senses["number"] not in (2, 3, 4):
        return False
    index = clause.tokens.index(token)
    before = clause.tokens[index - 1] if index else None
    after = clause.tokens[index + 1] if index + 1 < len(clause.tokens) else None
    aimed = before is not None and (before.has("to") or before.has("by"))
    measured = after is not None and (after.has("unit") or after.has("notches"))
    return not aimed and not measured
