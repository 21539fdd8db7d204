"""What a clause leaves out (device, action, place, amount), borrowed from its neighbours or the last sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hmi.catalogue.families import FamilyKind
from hmi.understanding.grammar.clauses import Clause
from hmi.understanding.grammar.lexicon import Token
from hmi.understanding.grammar.matching import parts_of
from hmi.understanding.grammar.places import Seating
from hmi.understanding.grammar.progress import Progress
from hmi.understanding.grammar.resolved import Resolved, family_noun, is_target, without

_PLURAL_PRONOUNS = frozenset({"them", "these", "those", "both of them", "all of them", "they", "em", "them both"})
_OPEN = Token("open", {"act": "open"})


def borrow_from_next(progress: Progress, clauses: Sequence[Clause], index: int) -> bool:
    """ "windows and sunroof open", "the driver's and passenger's windows": what comes later counts here."""
    clause = clauses[index]
    if clause.has_noun() and clause.has_action():
        return False
    for following in clauses[index + 1 : index + 4]:
        if following.joined not in ("conj", "pause"):
            return False
        if following.tells() or (following.joined == "pause" and clause.has_action() and _commands(following)):
            return False  # "stop here, put the hazards on"
        nouns, actions, _ = parts_of(following.tokens)
        if not clause.has_noun() and not nouns:
            continue
        if not clause.has_action() and not actions:
            continue
        extra = ([] if clause.has_noun() else nouns) + ([] if clause.has_action() else actions)
        if extra and progress.add([*clause.tokens, *extra], "both"):
            return True
    return False


def _commands(clause: Clause) -> bool:
    """True when a clause begins with a verb and names what it moves: it lends nothing to the one before."""
    first = next((token for token in clause.tokens if not token.has("filler") or token.has("light")), None)
    return first is not None and first.has("light") and clause.has_noun()


def borrow_from_before(progress: Progress, clause: Clause) -> bool:
    """ "… and the sunroof too", "a bit more", "and the back", "close them again"."""
    before = progress.done[-1:] if progress.done else progress.memory
    if clause.has("again") and not (clause.has_noun() or clause.has_action() or clause.has_place()):
        progress.done.extend(before)
        return bool(before)
    if not before and progress.said_before is None:
        return False
    if clause.has_noun() and not clause.has_action():
        return _borrow_action(progress, clause, before)
    if clause.has_action():
        return not clause.has_noun() and _borrow_nouns(progress, clause, before)
    if clause.has_place() or clause.has("same") or clause.has("also"):
        return _borrow_both(progress, clause, before)
    return False


def _borrow_action(progress: Progress, clause: Clause, before: Sequence[Resolved]) -> bool:
    sources = [resolved.tokens for resolved in before[-1:]]
    if progress.said_before is not None:
        sources.append(tuple(progress.said_before.tokens))
    for source in sources:
        _, actions, _ = parts_of(source)
        placeless = [token for token in actions if not token.has("place")]
        # "the rear left, no, the right window": where it was to be is corrected
        for chosen in (actions, placeless) if len(placeless) < len(actions) else (actions,):
            more = without(chosen, clause.tokens)
            # "heat the windscreen and the mirrors": before its noun, a verb that names a device too is a verb
            if chosen and (
                progress.add([*clause.tokens, *more], "action") or progress.add([*more, *clause.tokens], "action")
            ):
                return True
    return False


def _borrow_nouns(progress: Progress, clause: Clause, before: Sequence[Resolved]) -> bool:
    many = any(t.text in _PLURAL_PRONOUNS or t.has("both") or t.has("all") for t in clause.tokens)
    chosen = before if many else before[-1:]
    if clause.has("both") and not progress.done and _is_single(before) and _is_single(progress.earlier):
        chosen = [*progress.earlier, *before]  # "front fogs on", "and the rear", "both off"
    mark = len(progress.done)
    for resolved in chosen:
        if not _borrow_one_noun(progress, clause, resolved):
            del progress.done[mark:]
            return False
    return bool(chosen)


def _is_single(resolved: Sequence[Resolved]) -> bool:
    """True for one wish about one member."""
    return len(resolved) == 1 and bool(resolved[0].matches) and len(resolved[0].matches[0].members) == 1


def _borrow_one_noun(progress: Progress, clause: Clause, resolved: Resolved) -> bool:
    nouns = [token for token in parts_of(resolved.tokens)[0] if not token.has("act")]
    there = [] if clause.has_place() else [Token("there", {"members": resolved.matches[0].members})]
    targets = any(is_target(token) and not token.has("full") for token in clause.tokens)
    if not targets and not any(token.has("act") for token in clause.tokens):
        return _borrow_for_degree(progress, clause, resolved, [*nouns, *there])
    seating = _seating_after(progress, resolved)
    family = [family_noun(resolved), *there]
    for added in (family, [*nouns, *there], nouns):  # `nouns`: "AC on, keep it at 22" speaks of the temperature
        if progress.add([*clause.tokens, *without(added, clause.tokens)], "noun", seating):
            return True
    return False


def _borrow_for_degree(progress: Progress, clause: Clause, resolved: Resolved, device: Sequence[Token]) -> bool:
    """Borrow the action as well, for a clause that only says "a bit more" or "all the way"."""
    acts = [token for token in parts_of(resolved.tokens)[1] if token.has("act")]
    ups = [token for token in acts if token.senses["act"] not in ("on", "off")]
    seating = _seating_after(progress, resolved)
    for chosen in (acts, ups):
        if progress.add([*clause.tokens, *without([*device, *chosen], clause.tokens)], "noun", seating):
            return True
    match = resolved.matches[0]
    opened = match.family.kind is FamilyKind.OPENING and match.wish.value != 0
    further = opened and clause.has("full") and not clause.has("possessives")  # "sunroof half open", "all the way"
    return further and progress.add([*clause.tokens, *device, _OPEN], "noun", seating)


def _borrow_both(progress: Progress, clause: Clause, before: Sequence[Resolved]) -> bool:
    for resolved in before[-1:]:
        nouns, actions, _ = parts_of(resolved.tokens)
        source = [token for token in resolved.tokens if token in nouns or token in actions or _is_neutral(token)]
        seating = _seating_after(progress, resolved)
        unplaced = [token for token in source if not token.has("place")]
        directed = [token for token in source if not token.has("place") or token.has("act")]
        for tokens in (unplaced, directed):  # "move the mirror left … the right one too"
            if progress.add([*clause.tokens, *tokens], "both", seating):
                return True
    if not before and progress.said_before is not None:
        nouns, actions, _ = parts_of(progress.said_before.tokens)
        return progress.add([*clause.tokens, *without(nouns + actions, clause.tokens)], "both")
    return False


def _is_neutral(token: Token) -> bool:
    return any(token.has(sense) for sense in ("to", "by", "function", "light"))


def _seating_after(progress: Progress, resolved: Resolved) -> Seating:
    return replace(progress.seating, last=resolved.matches[0].members if resolved.matches else ())
