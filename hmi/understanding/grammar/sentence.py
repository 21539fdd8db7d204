"""All clauses of a sentence together, from left to right: in which ways each is read, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.understanding.grammar.bare_names import add_wanted
from hmi.understanding.grammar.borrowing import borrow_from_before, borrow_from_next
from hmi.understanding.grammar.clauses import Clause
from hmi.understanding.grammar.excepting import completed, parts_excepted, without_excepted
from hmi.understanding.grammar.joining import add_attribute_of_last, complete_last, join_fronted
from hmi.understanding.grammar.lexicon import Lexicon, Token
from hmi.understanding.grammar.places import Seating
from hmi.understanding.grammar.progress import Progress
from hmi.understanding.grammar.resolved import NotUnderstoodError, Resolved, strange_words


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
        self._progress = Progress(lexicon, seating, list(memory), list(earlier), pending)
        self._asking = False

    def read(self, clauses: Sequence[Clause], asking: bool = False) -> list[Resolved]:
        """The readings of all clauses. Raises `NotUnderstoodError` when one has none.

        `asking`: the sentence says "please" or "I'd like", so that a device's name alone wants it on.
        """
        self._asking = asking
        index = 0
        while index < len(clauses):
            index += self._read_one(clauses, index)
        return self._progress.done

    def _read_one(self, clauses: Sequence[Clause], index: int) -> int:
        """Read the clause at `index`; returns how many clauses that used up."""
        clause = clauses[index]
        if clause.joined == "except":
            return self._except(clauses, index)
        if clause.joined == "correction":
            return self._correct(clauses, index)
        if index and clause.joined in ("pause", "remark") and clause.tells():
            return 1
        following = _after(clauses, index)
        if following is not None and following.joined == "except":
            clause = completed(clause, following)
            if self._whole(clause):
                return self._said(clause)
        if _ends_list(clause, following) and borrow_from_before(self._progress, clause):
            return self._said(clause)
        used = join_fronted(self._progress, clauses, index)
        if used:
            return used
        if clause.joined == "pause" and complete_last(self._progress, clause):
            return 1
        if clause.joined == "conj" and add_attribute_of_last(self._progress, clause):
            return 1
        if self._with_neighbours(clauses, index, clause) or _gives_way(clause, following):
            return self._said(clause)
        if len(clauses) == 1 and add_wanted(self._progress, clause, self._asking):
            return 1
        if clause.is_remark() and clause.joined != "conj" and len(clauses) > 1:
            return 1
        raise NotUnderstoodError(strange_words(clause))

    def _said(self, clause: Clause) -> int:
        """Keep the clause for those that borrow from it; returns that it used up one."""
        self._progress.said_before = clause
        return 1

    def _with_neighbours(self, clauses: Sequence[Clause], index: int, clause: Clause) -> bool:
        """True when the clause has a reading by itself, or with what its neighbours lend it."""
        progress, following = self._progress, _after(clauses, index)
        alike = (
            following is not None and following.has_place() and following.has_noun() and following.has("number")
        )
        counts = alike and not clause.has_noun() and clause.has("number")
        if counts and borrow_from_next(progress, clauses, index):
            return True
        told_before = bool(progress.done) or (bool(progress.memory) and not clause.has_place())
        if told_before and not clause.has_noun() and clause.has_action() and borrow_from_before(progress, clause):
            return True
        return (
            self._whole(clause)
            or borrow_from_next(progress, clauses, index)
            or borrow_from_before(progress, clause)
        )

    def _whole(self, clause: Clause) -> bool:
        """True when the clause has a reading by itself; "its shade too" sits where the one before it does."""
        progress = self._progress
        before = progress.done[-1:] or progress.memory[-1:]
        theirs = clause.has("possessives") or clause.has("also")
        placed = any(token.has("place") and not token.has("act") for token in clause.tokens)
        if theirs and before and clause.has_noun() and clause.has_action() and not placed:
            there = Token("there", {"members": before[0].matches[0].members})
            if progress.add([*clause.tokens, there], "place"):
                return True
        if clause.has("possessives") and not before:
            return False
        known = bool(progress.done or progress.memory or progress.said_before)
        bare_amount = known and not clause.has_noun() and clause.has("pronouns")
        return not bare_amount and progress.add(clause.tokens)

    def _correct(self, clauses: Sequence[Clause], index: int) -> int:
        """ "open the driver's, no wait, the passenger's window": the clause before gives way."""
        progress = self._progress
        clause = Clause("start", clauses[index].tokens)
        mark = len(progress.done)
        if mark and progress.done[-1].matches and clause.has_noun() and clause.has_action():
            done = self._whole(clause)
        else:
            done = (
                borrow_from_before(progress, clause)
                or self._whole(clause)
                or borrow_from_next(progress, clauses, index)
            )
        if not done:
            raise NotUnderstoodError(strange_words(clause))
        if mark:
            del progress.done[mark - 1]
        return self._said(clause)

    def _except(self, clauses: Sequence[Clause], index: int) -> int:
        progress = self._progress
        parts = parts_excepted(clauses, index)
        if not progress.done:
            raise NotUnderstoodError(strange_words(clauses[index]))
        progress.done[-1] = without_excepted(progress.lexicon, progress.seating, progress.done[-1], parts)
        return len(parts)


def _after(clauses: Sequence[Clause], index: int) -> Clause | None:
    return clauses[index + 1] if index + 1 < len(clauses) else None


def _ends_list(clause: Clause, following: Clause | None) -> bool:
    """True for a place that ends a list of them: "demist front and rear, seat heating medium"."""
    ends = clause.joined == "conj" and following is not None and following.joined == "pause"
    return ends and len(clause.tokens) == 1 and clause.has_place()


def _gives_way(clause: Clause, following: Clause | None) -> bool:
    """True for a clause that a correction follows, unless strange words make it more than a false start.

    Such as those of "the whatsit, I mean the volume, to 20".
    """
    corrected = following is not None and following.joined == "correction"
    return corrected and sum(not token.senses for token in clause.tokens) <= 1
