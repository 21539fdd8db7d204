"""A device's name alone, which wants it on: "reading light, please", "hazards"."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.catalogue.families import FamilyKind
from hmi.understanding.grammar.clauses import Clause
from hmi.understanding.grammar.lexicon import NOUN_RANKS, Token
from hmi.understanding.grammar.matching import Match
from hmi.understanding.grammar.progress import Progress
from hmi.understanding.grammar.resolved import Resolved

_ON = Token("on", {"act": "on"})
_GIVING = frozenset({"put", "give", "use", "give me", "hit", "blast", "bash", "stick"})
_CALLED = frozenset({"lights"})
_MENTIONED = frozenset(
    f"{light}{ending}"
    for light in ("warning light", "emergency light", "flasher", "bright light", "bright beam", "far light")
    for ending in ("", "s")
)
"""Lights that a driver sees as often as he switches them: their bare name may only point at one."""


def add_wanted(progress: Progress, clause: Clause, asking: bool) -> bool:
    """Add that a device is wanted on; `asking`: the sentence says "please" or the like."""
    asked = asking or any(token.text in _GIVING for token in clause.tokens)
    says_what = clause.has_action() or any(token.has("act") and not token.has("place") for token in clause.tokens)
    if not clause.has_noun() or says_what:
        return False
    tokens = (*clause.tokens, _ON)
    matches = progress.matches(tokens)
    if not matches or matches[0].rank < NOUN_RANKS["noun"]:
        return False
    if not asked and not _calls_for(clause, matches):
        return False
    progress.done.append(Resolved(tuple(matches), tokens, "action"))
    return True


def _calls_for(clause: Clause, matches: Sequence[Match]) -> bool:
    """True for "hazards" and "left indicator": a light's bare name calls for it; "the hazards" only mentions it.

    So does "switch to full beam".
    """
    if any(token.text in _MENTIONED for token in clause.tokens):
        return False
    called = clause.tokens[0].names() or clause.tokens[0].has("place")
    switched = any(token.has("light") for token in clause.tokens) and any(
        token.has("to") for token in clause.tokens
    )
    lights = all(match.family.kind is FamilyKind.SWITCH and match.family.group in _CALLED for match in matches)
    return lights and (called or switched) and not any(token.text == "my" for token in clause.tokens)
