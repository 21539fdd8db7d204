"""Words that turn a sentence round, put it off or only tell: with them it asks for nothing here and now."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hmi.catalogue.families import Family, FamilyKind
from hmi.understanding.grammar.clauses import Clause
from hmi.understanding.grammar.lexicon import Token
from hmi.understanding.grammar.resolved import Resolved


def blocking(tokens: Sequence[Token], clauses: Sequence[Clause]) -> list[str]:
    """Words that turn the meaning round or put it off; the grammar leaves such sentences alone.

    A condition counts wherever it stands, also in a clause of its own ("open the trunk, tomorrow"). A negation may
    stand in a remark ("it isn't raining any more, wipers off") and nowhere else.
    """
    remarks = [token for clause in clauses if clause.is_remark() for token in clause.tokens]
    spared = {id(token) for token in remarks}
    stopped = [token.text for token in tokens if token.has("condition")]
    stopped += [token.text for token in tokens if token.has("negation") and id(token) not in spared]
    stopped += [word for clause in clauses for word in (*_told(clause), *_left(clause))]
    return stopped + [word for pair in pairwise(clauses) for word in _title(*pair)]


def forced(resolved: Sequence[Resolved], violent: frozenset[str]) -> list[str]:
    """The verbs that would move a door, a lid or the roof by force ("kick the boot open"): no work for a motor."""
    return [
        token.text
        for clause in resolved
        if any(is_movable_by_hand(match.family) for match in clause.matches)
        for token in clause.tokens
        if token.text.split()[0] in violent
    ]


def is_movable_by_hand(family: Family) -> bool:
    """True for doors, lids, and what opens in the roof."""
    return family.group in _BY_HAND and family.kind in (FamilyKind.HATCH, FamilyKind.OPENING)


_BY_HAND = frozenset({"doors", "trunks", "roof"})


def _left(clause: Clause) -> list[str]:
    """ "Leave the heating be" and "leave the heating" want nothing changed; "leave the radio on" does."""
    said = [token for token in clause.tokens if not token.has("filler") or token.text == "be"]
    if not said or said[0].text not in ("leave", "let"):
        return []
    bare = all(
        token.names() or token.has("place") or (token.has("function") and not token.has("act"))
        for token in said[1:]
    )
    return [token.text for token in said] if said[-1].text in ("be", "alone") or bare else []


def _title(before: Clause, after: Clause) -> list[str]:
    """The words of a title that sounds like a command: "play the song open up the door"."""
    if after.joined != "verb" or not any(token.senses.get("act") in ("play", "on") for token in before.tokens):
        return []
    return [token.text for token in after.tokens] if before.tokens[-1].has("titled") else []


def _told(clause: Clause) -> list[str]:
    """Verbs in the past tense: "the kids opened the window" tells, it does not ask.

    Before the device such a verb always tells; behind it ("I'd like the window opened") only when nothing asks.
    """
    asks = any(word in token.text.split() for token in clause.tokens for word in _ASKING_FOR)
    named = False
    told = []
    if any(token.has("past") and before.text.split()[-1] in _HAD for before, token in pairwise(clause.tokens)):
        return [token.text for token in clause.tokens]  # "we should have turned the headlights on"
    for token in clause.tokens:
        past = (token.has("act") and token.text.split()[0] in _PAST) or token.has("past")
        adjective = token.text in _ADJECTIVES
        if past and not token.names() and (not named or not (adjective or asks)):
            told.append(token.text)
        named = named or token.text == "mine" or (token.names() and not token.has("act"))
    return [] if asks and named else told


_PAST = frozenset(
    "opened closed locked unlocked raised lowered lifted increased decreased reduced turned switched activated"
    " deactivated enabled disabled folded unfolded muted unmuted paused skipped started stopped shutted".split()
)
_ADJECTIVES = frozenset("closed locked unlocked folded unfolded muted unmuted activated enabled disabled".split())
_HAD = frozenset({"have", "has", "had", "ive", "weve"})
_ASKING_FOR = frozenset(
    "please like want need have get should be sure ensure could can would let make put keep leave".split()
)
