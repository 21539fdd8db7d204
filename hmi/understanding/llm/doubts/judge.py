"""The verdict on a sentence that was read in part: the doubts in their order, the surest reasons first."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.understanding.llm.doubts.additions import adds_detail, names_more, points_outside
from hmi.understanding.llm.doubts.adjoining import doubt_beside
from hmi.understanding.llm.doubts.forbidding import FORBIDS, forbidding
from hmi.understanding.llm.doubts.partly_read import PartlyRead, Piece
from hmi.understanding.llm.doubts.remarks import is_remark, is_vocative
from hmi.understanding.llm.doubts.request_itself import doubt_in_itself
from hmi.understanding.llm.words import without_phrases, word_lists

_QUIET = ("filler", "function", "conj", "also", "pause", "remark", "more")


def doubt_of(sentence: PartlyRead) -> str:
    """A reason to doubt that what was read is wanted now, those of `FORBIDS` first; empty when there is none."""
    reasons = [reason for start, end in sentence.gaps() if (reason := _doubt_around(sentence, start, end))]
    for reason in reasons:
        if reason in FORBIDS:
            return reason
    return doubt_in_itself(sentence) or next(iter(reasons), "")


def _doubt_around(sentence: PartlyRead, start: int, end: int) -> str:
    """Doubt because of the talk from `start` to `end`."""
    words = without_phrases(sentence.words[start:end], word_lists()["polite"])
    # "my back hurts" names no place
    words = without_phrases(words, word_lists()["idioms"], ["it"])
    if words and _takes_back(sentence, start, words):
        return "taken back"
    piece = sentence.piece(start, end, words)
    if not piece.words or (not piece.beside and is_vocative(sentence, piece)):
        return ""
    return forbidding(sentence, piece) or _not_read(sentence, piece)


def _takes_back(sentence: PartlyRead, start: int, words: Sequence[str]) -> bool:
    """True for "…, no, hers" behind a request: something else is meant, which nobody could read."""
    first = sentence.tokens(words)[0]
    more = len(words) > len(first.text.split()) or start + len(words) < len(sentence.words)
    return start > sentence.spans[0].start and first.has("correction") and more


def _not_read(sentence: PartlyRead, piece: Piece) -> str:
    """Doubt because the talk asks for something that was not read, or changes what was."""
    if sentence.begins_at(piece.end) and (piece.words[-1],) in word_lists()["phrasal"]:
        return "words before it"
    telling = [
        token
        for token in piece.tokens
        if not any(token.has(sense) for sense in _QUIET) or (piece.beside and token.has("act"))
    ]
    if not telling:
        return ""
    if points_outside(sentence, piece):
        return "what the pronoun stands for"
    remark = is_remark(sentence, piece)
    if not remark and names_more(piece):
        return "another request"
    if adds_detail(sentence, piece, telling, remark):
        return "a place or an amount"
    return doubt_beside(sentence, piece, remark)
