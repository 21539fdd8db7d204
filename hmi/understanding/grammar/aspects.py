"""Several things about one device in one clause: "ambient lights on in blue", "AC on at 22 degrees"."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.understanding.grammar.lexicon import Lexicon, Token
from hmi.understanding.grammar.matching import matches_of
from hmi.understanding.grammar.places import Seating
from hmi.understanding.grammar.resolved import Resolved, is_target

_AMOUNTS = ("number", "unit", "fraction", "extreme", "level", "to", "notches")


def read_aspects(lexicon: Lexicon, tokens: Sequence[Token], seating: Seating) -> list[Resolved]:
    """One reading an aspect; none unless each has just one that is possible, and each is of another family."""
    groups = _groups(tokens)
    if len(groups) < 2:
        return []
    shared = [token for token in tokens if not any(token in group for group in groups)]
    found: list[Resolved] = []
    for group in groups:
        part = [token for token in tokens if token in group or token in shared]
        matches = matches_of(lexicon, part, seating)
        if len(matches) != 1 or matches[0].impossible:
            return []
        found.append(Resolved(tuple(matches), tuple(part)))
    if len({resolved.matches[0].family.id for resolved in found}) < len(found):
        return []
    return found


def _groups(tokens: Sequence[Token]) -> list[list[Token]]:
    """The action words, the colour, the value and the amount of a clause, as groups of tokens."""
    acts = [token for token in tokens if token.has("act") and not token.names()]
    colours = [token for token in tokens if token.has("colour")]
    amounts = [
        token
        for token in tokens
        if any(token.has(sense) for sense in _AMOUNTS)
        and token not in acts
        and token not in colours
        and (token.has("unit") or not token.names())
    ]
    values = [token for token in tokens if token.has("value") and token not in (*acts, *colours, *amounts)]
    values = [token for token in values if not token.names()]
    has_amount = any(is_target(token) for token in amounts)
    return [group for group in (acts, colours, amounts if has_amount else [], values) if group]
