"""All clauses of a sentence together: what one leaves out, its neighbours or the conversation fill in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hmi.catalogue.families import FamilyKind
from hmi.understanding.grammar.clauses import Clause
from hmi.understanding.grammar.excepting import completed, parts_excepted, without_excepted
from hmi.understanding.grammar.lexicon import NOUN_RANKS, Lexicon, Token
from hmi.understanding.grammar.matching import Match, matches_of, parts_of
from hmi.understanding.grammar.places import Seating
from hmi.understanding.grammar.resolved import (
    NotUnderstoodError,
    Resolved,
    family_noun,
    is_target,
    strange_words,
    without,
)


class SentenceReader:
    """Reads the clauses of one sentence from left to right."""

    def __init__(
        self,
        lexicon: Lexicon,
        seating: Seating,
        memory: Sequence[Resolved],
        pending: Clause | None = None,
        earlier: Sequence[Resolved] = (),
    ) -> None:
        """`memory` and `earlier` are the last sentence and the one before it; `pending` is asked about."""
        self._lexicon = lexicon
        self._seating = seating
        self._memory = list(memory)
        self._earlier = list(earlier)
        self._done: list[Resolved] = []
        self._raw_before = pending
        self._asking = False

    def read(self, clauses: Sequence[Clause], asking: bool = False) -> list[Resolved]:
        """The readings of all clauses. Raises `NotUnderstoodError` when one has none.

        `asking`: the sentence says "please" or "I'd like", so that a device's name alone wants it on.
        """
        self._asking = asking
        index = 0
        while index < len(clauses):
            index += self._read_one(clauses, index)
        return self._done

    def _read_one(self, clauses: Sequence[Clause], index: int) -> int:
        """Read the clause at `index`; returns how many clauses that used up."""
        clause = clauses[index]
        if clause.joined == "except":
            return self._except(clauses, index)
        if clause.joined == "correction":
            return self._correct(clauses, index)
        if index and clause.joined in ("pause", "remark") and clause.tells():
            return 1
        following = clauses[index + 1] if index + 1 < len(clauses) else None
        if following is not None and following.joined == "except":
            clause = completed(clause, following)
            if self._whole(clause):
                self._raw_before = clause
                return 1
        ends_list = clause.joined == "conj" and following is not None and following.joined == "pause"
        if ends_list and len(clause.tokens) == 1 and clause.has_place() and self._from_before(clause):
            self._raw_before = clause  # "demist front and rear, seat heating medium"
            return 1
        # a fronted topic or place: "the left rear window, put it down"; "in the back, open the windows"
        used = self._fronted(clauses, index)
        if used:
            return used
        if clause.joined == "pause" and self._more_about_last(clause):
            return 1
        if clause.joined == "conj" and self._attribute_of_last(clause):
            return 1
        alike = (
            following is not None and following.has_place() and following.has_noun() and following.has("number")
        )
        if alike and not clause.has_noun() and clause.has("number") and self._from_next(clauses, index):
            self._raw_before = clause
            return 1
        told_before = bool(self._done) or (bool(self._memory) and not clause.has_place())
        inside = told_before and not clause.has_noun() and clause.has_action() and self._from_before(clause)
        if inside or self._whole(clause) or self._from_next(clauses, index) or self._from_before(clause):
            self._raw_before = clause
            return 1
        if self._incomplete_before_correction(clauses, index):
            self._raw_before = clause
            return 1
        if len(clauses) == 1 and self._wanted(clause):
            return 1
        if clause.is_remark() and clause.joined != "conj" and len(clauses) > 1:
            return 1
        raise NotUnderstoodError(strange_words(clause))

    def _fronted(self, clauses: Sequence[Clause], index: int) -> int:
        """Join a topic or place in front with what is said of it; returns the clauses used, 0 for none."""
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
            if self._try(merged) or (says_what and not self._done and self._from_before(whole)):
                self._raw_before = whole
                return used
        return 0

    def _more_about_last(self, clause: Clause) -> bool:
        """ "warm the steering wheel, level three"; "window closed, passenger side": completes what went before."""
        if (
            not self._done
            or clause.has_noun()
            or any(token.has("act") and not token.has("place") for token in clause.tokens)
        ):
            return False
        placed = any(token.has("place") for token in self._done[-1].tokens)
        if clause.has_place() == clause.has_action() or (clause.has_place() and placed):
            return False
        matches = matches_of(self._lexicon, [*self._done[-1].tokens, *clause.tokens], self._seating)
        if len(matches) != 1:
            return False
        self._done[-1] = Resolved(tuple(matches), (*self._done[-1].tokens, *clause.tokens))
        return True

    def _attribute_of_last(self, clause: Clause) -> bool:
        """ "ambient lights purple and at twenty percent brightness": an attribute of what was just named."""
        if not self._done or not clause.has_noun() or clause.has_place():
            return False
        nouns, _, _ = parts_of(self._done[-1].tokens)
        alone = matches_of(self._lexicon, clause.tokens, self._seating) if clause.has_action() else []
        if len(alone) == 1 and any(token.has("act") and not token.names() for token in clause.tokens):
            return False  # "retract the roof shade and open the sunroof"
        named = {
            family_id for noun in nouns for family_id, use in noun.senses["noun"].items() if use.role != "context"
        }
        for token in clause.tokens:
            uses = token.senses.get("noun", {})
            if token.names() and not any(uses[family_id].role == "context" for family_id in named & set(uses)):
                return False
        there = Token("there", {"members": self._done[-1].matches[0].members})
        return self._try([*clause.tokens, *nouns, there], "noun")

    def _whole(self, clause: Clause) -> bool:
        before = self._done[-1:] or self._memory[-1:]
        theirs = clause.has("possessives") or clause.has("also")
        placed = any(token.has("place") and not token.has("act") for token in clause.tokens)
        if theirs and before and clause.has_noun() and clause.has_action() and not placed:
            there = Token("there", {"members": before[0].matches[0].members})
            if self._try([*clause.tokens, there], "place"):
                return True
        if clause.has("possessives") and not before:
            return False
        known = bool(self._done or self._memory or self._raw_before)
        bare_amount = known and not clause.has_noun() and clause.has("pronouns")
        return not bare_amount and self._try(clause.tokens)

    def _wanted(self, clause: Clause) -> bool:
        """ "reading light, please": a device that can be on is wanted on."""
        asked = self._asking or any(
            token.text in ("put", "give", "use", "give me", "hit", "blast", "bash", "stick")
            for token in clause.tokens
        )
        says_what = clause.has_action() or any(
            token.has("act") and not token.has("place") for token in clause.tokens
        )
        if not clause.has_noun() or says_what:
            return False
        matches = matches_of(self._lexicon, [*clause.tokens, _ON], self._seating)
        if not matches or matches[0].rank < NOUN_RANKS["noun"]:
            return False
        if not asked and not _calls_for(clause, matches):
            return False
        self._done.append(Resolved(tuple(matches), (*clause.tokens, _ON), "action"))
        return True

    def _try(self, tokens: Sequence[Token], borrowed: str = "", seating: Seating | None = None) -> bool:
        matches = matches_of(self._lexicon, tokens, seating or self._seating)
        if matches:
            self._done.append(Resolved(tuple(matches), tuple(tokens), borrowed))
            return True
        if not borrowed:
            return self._several_aspects(tokens)
        return False

    def _several_aspects(self, tokens: Sequence[Token]) -> bool:
        """One device, several things about it: "ambient lights on in blue", "AC on at 22 degrees"."""
        groups = _aspects(tokens)
        if len(groups) < 2:
            return False
        shared = [token for token in tokens if not any(token in group for group in groups)]
        found: list[Resolved] = []
        for group in groups:
            part = [token for token in tokens if token in group or token in shared]
            matches = matches_of(self._lexicon, part, self._seating)
            if len(matches) != 1 or matches[0].impossible:
                return False
            found.append(Resolved(tuple(matches), tuple(part)))
        if len({resolved.matches[0].family.id for resolved in found}) < len(found):
            return False
        self._done.extend(found)
        return True

    def _from_next(self, clauses: Sequence[Clause], index: int) -> bool:
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
            if extra and self._try([*clause.tokens, *extra], "both"):
                return True
        return False

    def _from_before(self, clause: Clause) -> bool:
        """ "… and the sunroof too", "a bit more", "and the back", "close them again"."""
        before = self._done[-1:] if self._done else self._memory
        if clause.has("again") and not (clause.has_noun() or clause.has_action() or clause.has_place()):
            self._done.extend(before)
            return bool(before)
        if not before and self._raw_before is None:
            return False
        if clause.has_noun() and not clause.has_action():
            return self._borrow_action(clause, before)
        if clause.has_action():
            return not clause.has_noun() and self._borrow_nouns(clause, before)
        if clause.has_place() or clause.has("same") or clause.has("also"):
            return self._borrow_both(clause, before)
        return False

    def _borrow_action(self, clause: Clause, before: Sequence[Resolved]) -> bool:
        sources = [resolved.tokens for resolved in before[-1:]]
        if self._raw_before is not None:
            sources.append(tuple(self._raw_before.tokens))
        for source in sources:
            _, actions, _ = parts_of(source)
            placeless = [token for token in actions if not token.has("place")]
            # "the rear left, no, the right window": where it was to be is corrected
            for chosen in (actions, placeless) if len(placeless) < len(actions) else (actions,):
                more = without(chosen, clause.tokens)
                # "heat the windscreen and the mirrors": before its noun, a verb that names a device too is a verb
                if chosen and (
                    self._try([*clause.tokens, *more], "action") or self._try([*more, *clause.tokens], "action")
                ):
                    return True
        return False

    def _borrow_nouns(self, clause: Clause, before: Sequence[Resolved]) -> bool:
        many = any(t.text in _PLURAL_PRONOUNS or t.has("both") or t.has("all") for t in clause.tokens)
        chosen = before if many else before[-1:]
        if clause.has("both") and not self._done and _single(before) and _single(self._earlier):
            chosen = [*self._earlier, *before]  # "front fogs on", "and the rear", "both off"
        mark = len(self._done)
        for resolved in chosen:
            if not self._borrow_one_noun(clause, resolved):
                del self._done[mark:]
                return False
        return bool(chosen)

    def _borrow_one_noun(self, clause: Clause, resolved: Resolved) -> bool:
        nouns, actions, _ = parts_of(resolved.tokens)
        nouns = [token for token in nouns if not token.has("act")]
        there = [] if clause.has_place() else [Token("there", {"members": resolved.matches[0].members})]
        extra = [*nouns, *there]
        targets = any(is_target(token) and not token.has("full") for token in clause.tokens)
        only_degree = not targets and not any(token.has("act") for token in clause.tokens)
        seating = self._seating_after(resolved)
        if only_degree:
            acts = [token for token in actions if token.has("act")]
            if self._try([*clause.tokens, *without(extra + acts, clause.tokens)], "noun", seating):
                return True
            ups = [token for token in acts if token.senses["act"] not in ("on", "off")]
            if self._try([*clause.tokens, *without(extra + ups, clause.tokens)], "noun", seating):
                return True
            opened = resolved.matches[0].family.kind is FamilyKind.OPENING and resolved.matches[0].wish.value != 0
            further = (
                opened and clause.has("full") and not clause.has("possessives")
            )  # "sunroof half open", "all the way"
            return further and self._try([*clause.tokens, *nouns, *there, _OPEN], "noun", seating)
        family = [family_noun(resolved), *there]
        for added in (family, extra, nouns):  # `nouns`: "AC on, keep it at 22" speaks of the temperature
            if self._try([*clause.tokens, *without(added, clause.tokens)], "noun", seating):
                return True
        return False

    def _borrow_both(self, clause: Clause, before: Sequence[Resolved]) -> bool:
        for resolved in before[-1:]:
            nouns, actions, _ = parts_of(resolved.tokens)
            source = [token for token in resolved.tokens if token in nouns or token in actions or _neutral(token)]
            seating = self._seating_after(resolved)
            unplaced = [token for token in source if not token.has("place")]
            directed = [token for token in source if not token.has("place") or token.has("act")]
            for tokens in (unplaced, directed):  # "move the mirror left … the right one too"
                if self._try([*clause.tokens, *tokens], "both", seating):
                    return True
        if not before and self._raw_before is not None:
            nouns, actions, _ = parts_of(self._raw_before.tokens)
            return self._try([*clause.tokens, *without(nouns + actions, clause.tokens)], "both")
        return False

    def _seating_after(self, resolved: Resolved) -> Seating:
        return replace(self._seating, last=resolved.matches[0].members if resolved.matches else ())

    def _correct(self, clauses: Sequence[Clause], index: int) -> int:
        """ "open the driver's, no wait, the passenger's window": the clause before gives way."""
        clause = Clause("start", clauses[index].tokens)
        mark = len(self._done)
        if mark and self._done[-1].matches and clause.has_noun() and clause.has_action():
            done = self._whole(clause)
        else:
            done = self._from_before(clause) or self._whole(clause) or self._from_next(clauses, index)
        if not done:
            raise NotUnderstoodError(strange_words(clause))
        if mark:
            del self._done[mark - 1]
        self._raw_before = clause
        return 1

    def _incomplete_before_correction(self, clauses: Sequence[Clause], index: int) -> bool:
        following = clauses[index + 1] if index + 1 < len(clauses) else None
        return following is not None and following.joined == "correction" and not self._blind(clauses[index])

    @staticmethod
    def _blind(clause: Clause) -> bool:
        """True for strange words of more than a false start ("the whatsit, I mean the volume, to 20")."""
        return sum(not token.senses for token in clause.tokens) > 1

    def _except(self, clauses: Sequence[Clause], index: int) -> int:
        parts = parts_excepted(clauses, index)
        if not self._done:
            raise NotUnderstoodError(strange_words(clauses[index]))
        self._done[-1] = without_excepted(self._lexicon, self._seating, self._done[-1], parts)
        return len(parts)


def _single(resolved: Sequence[Resolved]) -> bool:
    """True for one wish about one member."""
    return len(resolved) == 1 and bool(resolved[0].matches) and len(resolved[0].matches[0].members) == 1


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


_CALLED = frozenset({"lights"})
_MENTIONED = frozenset(
    f"{light}{ending}"
    for light in ("warning light", "emergency light", "flasher", "bright light", "bright beam", "far light")
    for ending in ("", "s")
)
"""Lights that a driver sees as often as he switches them: their bare name may only point at one."""
_PLURAL_PRONOUNS = frozenset({"them", "these", "those", "both of them", "all of them", "they", "em", "them both"})


_ON = Token("on", {"act": "on"})
_OPEN = Token("open", {"act": "open"})


def _commands(clause: Clause) -> bool:
    """True when a clause begins with a verb and names what it moves: it lends nothing to the one before."""
    first = next((token for token in clause.tokens if not token.has("filler") or token.has("light")), None)
    return first is not None and first.has("light") and clause.has_noun()


def _neutral(token: Token) -> bool:
    return any(token.has(sense) for sense in ("to", "by", "function", "light"))


def _aspects(tokens: Sequence[Token]) -> list[list[Token]]:
    """The action words, the colour, the value and the amount of a clause, as groups of tokens."""
    acts = [token for token in tokens if token.has("act") and not token.names()]
    colours = [token for token in tokens if token.has("colour")]
    amounts = [
        token
        for token in tokens
        if any(token.has(s) for s in ("number", "unit", "fraction", "extreme", "level", "to", "notches"))
        and token not in acts
        and token not in colours
        and (token.has("unit") or not token.names())
    ]
    values = [token for token in tokens if token.has("value") and token not in (*acts, *colours, *amounts)]
    values = [token for token in values if not token.names()]
    has_amount = any(is_target(token) for token in amounts)
    return [group for group in (acts, colours, amounts if has_amount else [], values) if group]
