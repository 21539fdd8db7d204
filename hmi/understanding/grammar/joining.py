"""One wish said in several clauses: its device or place in front, and what is added to it afterwards."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.understanding.grammar.borrowing import borrow_from_before
from hmi.understanding.grammar.clauses import Clause
from hmi.understanding.grammar.lexicon import Token
from hmi.understanding.grammar.matching import parts_of
from hmi.understanding.grammar.progress import Progress
from hmi.understanding.grammar.resolved import Resolved


def join_fronted(progress: Progress, clauses: Sequence[Clause], index: int) -> int:
    """Join a topic or place in front with what is said of it; returns the clauses used, 0 for none.

    "The left rear window, put it down"; "in the back, open the windows".
    """
    clause = clauses[index]
    if clause.has_action():
        return 0
    merged = list(clause.tokens)
    for used, following in enumerate(clauses[index + 1 : index + 3], start=2):
        topic = clause.has_noun() and not following.has_noun()
        place = not clause.has_noun() and clause.has_place() and not following.has_place()
        if following.joined not in ("pause", "verb") or not (topic or place) or following.tells():
            return 0
        merged += following.tokens
        whole = Clause(clause.joined, merged)
        # "and for the passenger, level four"
        says_what = not clause.has_noun() and following.has("number")
        if progress.add(merged) or (says_what and not progress.done and borrow_from_before(progress, whole)):
            progress.said_before = whole
            return used
    return 0


def complete_last(progress: Progress, clause: Clause) -> bool:
    """ "warm the steering wheel, level three"; "window closed, passenger side": completes what went before."""
    if (
        not progress.done
        or clause.has_noun()
        or any(token.has("act") and not token.has("place") for token in clause.tokens)
    ):
        return False
    last = progress.done[-1]
    placed = any(token.has("place") for token in last.tokens)
    if clause.has_place() == clause.has_action() or (clause.has_place() and placed):
        return False
    tokens = (*last.tokens, *clause.tokens)
    matches = progress.matches(tokens)
    if len(matches) != 1:
        return False
    progress.done[-1] = Resolved(tuple(matches), tokens)
    return True


def add_attribute_of_last(progress: Progress, clause: Clause) -> bool:
    """ "ambient lights purple and at twenty percent brightness": an attribute of what was just named."""
    if not progress.done or not clause.has_noun() or clause.has_place():
        return False
    last = progress.done[-1]
    nouns, _, _ = parts_of(last.tokens)
    alone = progress.matches(clause.tokens) if clause.has_action() else []
    if len(alone) == 1 and any(token.has("act") and not token.names() for token in clause.tokens):
        return False  # "retract the roof shade and open the sunroof"
    named = {
        family_id for noun in nouns for family_id, use in noun.senses["noun"].items() if use.role != "context"
    }
    for token in clause.tokens:
        uses = token.senses.get("noun", {})
        if token.names() and not any(uses[family_id].role == "context" for family_id in named & set(uses)):
            return False
    there = Token("there", {"members": last.matches[0].members})
    return progress.add([*clause.tokens, *nouns, there], "noun")
