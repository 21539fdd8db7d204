"""Talk that makes it clear that nothing is to be done now: another time, a condition, a story, a negation."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.understanding.grammar.blocking import is_movable_by_hand
from hmi.understanding.llm.doubts.partly_read import PartlyRead, Piece
from hmi.understanding.llm.doubts.remarks import REASONS
from hmi.understanding.llm.frames import beyond, beyond_across, reported
from hmi.understanding.llm.words import DETERMINERS, find_phrase, people, word_lists

LATER, STORY, NEGATION = "another time or a condition", "a story", "a negation"
FORBIDS = frozenset({LATER, STORY, NEGATION})
"""Doubts that leave nothing to ask about: it is clear that nothing is to be done now."""

_THERE = frozenset({"theres", "there", "hes", "shes", "theyre", "he", "she", "they", "everyone", "someone"})
_WANTING = frozenset({"it", "that", "them", "this", "want", "wants", "need", "needs", "to"})
_SUBJECTS = frozenset(
    "i he she they we someone somebody everyone nobody im ive youre youve hes shes weve theyre theyve".split()
)
_OF_DOING = frozenset(
    "is was isnt wasnt gets makes takes seems feels sounds looks can will would might has".split()
)
_ENDING = frozenset({"close", "off", "down", "decrease", "extinguish"})
_MAX_HURRY = 6
_NEAR = 2


def forbidding(sentence: PartlyRead, piece: Piece) -> str:
    """The reason of `FORBIDS` that a piece gives; empty when it gives none."""
    words = piece.words[1:] if _hurries(sentence, piece) else piece.words
    if find_phrase(words, word_lists()["not_now"]) is not None:
        return LATER
    if _is_reported(sentence, piece) or _is_about_doing(sentence, piece):
        return STORY
    if _by_force(sentence, piece) or _against(sentence, piece):
        return STORY
    if _turns_round(sentence, piece):
        return NEGATION
    if _is_absent(sentence, piece) or (sentence.begins_at(piece.end) and _tells_of(piece)):
        return STORY
    return ""


def _hurries(sentence: PartlyRead, piece: Piece) -> bool:
    """True for "before it pours" right behind a request: that is now, whereas "before I get up" is later."""
    words = piece.words
    if words[0] != "before" or not sentence.ends_at(piece.start) or len(words) > _MAX_HURRY:
        return False
    if words[1:2] not in (["it"], ["the"], ["that"], ["this"], ["a"], ["another"]):
        return False
    soon = find_phrase(words[2:], word_lists()["soon"]) is not None
    return soon and not sentence.tokens(words[1:])[0].names()


def _is_reported(sentence: PartlyRead, piece: Piece) -> bool:
    """True for what somebody else said, what is told, and other people's cars."""
    if reported(piece.words) or find_phrase(piece.words, word_lists()["tells"]) is not None:
        return True
    around = sentence.clause_around(piece.start, piece.end)
    return piece.beside and (beyond(piece.words) or beyond_across(around))


def _is_about_doing(sentence: PartlyRead, piece: Piece) -> bool:
    """True for "is annoying" right behind "locking the doors": what is done is the subject, not a wish."""
    ending = (span for span in sentence.spans if span.end == piece.start)
    done = next((sentence.words[span.start : span.end] for span in ending), [])
    if piece.words[0] not in _OF_DOING or not done or not done[0].endswith("ing"):
        return False
    named = sentence.tokens(done[:1])[0].names()
    return not named or tuple(done[1:2]) in {(word,) for word in DETERMINERS}


def _by_force(sentence: PartlyRead, piece: Piece) -> bool:
    """True for "kick" right before "the boot open"."""
    families = sentence.lexicon.families
    meant = [span.meant for span in sentence.spans if span.start == piece.end]
    paths = [wish.signal.path for one in meant for wish in one.requests]
    moved = [family for path in paths if (family := families.of(path)) is not None]
    return any(map(is_movable_by_hand, moved)) and not sentence.lexicon.violent.isdisjoint(piece.words[-_NEAR:])


def _against(sentence: PartlyRead, piece: Piece) -> bool:
    """True for "close the" before a light's bare name, which by itself would call for it."""
    following = [sentence.tokens_of(span) for span in sentence.spans if span.start == piece.end]
    bare = any(not any(token.has("act") or token.has("pronouns") for token in tokens) for tokens in following)
    return bare and any(token.senses.get("act") in _ENDING for token in piece.tokens[-_NEAR:])


def _turns_round(sentence: PartlyRead, piece: Piece) -> bool:
    """True for a negation that is no mere complaint ("I can't see a thing"), and for "leave … be"."""
    words = piece.words
    starts = [span.start for span in sentence.spans if span.end == piece.start]
    if words[0] in ("be", "alone") and any(sentence.words[start] in ("leave", "let") for start in starts):
        return True
    told = words[0] in REASONS or (words[0] in _THERE and not _WANTING.intersection(words))
    if told and not _names_moved(sentence, piece):
        return False  # "so they can't fiddle with them", "there's not a lamp post for miles"
    return _is_negated(words)


def _names_moved(sentence: PartlyRead, piece: Piece) -> bool:
    """True when the piece names a device that would move."""
    moved = set(sentence.moved)
    named = [token for token in piece.tokens if token.names()]
    return any(moved & sentence.paths(family) for token in named for family in token.senses["noun"])


def _is_negated(words: Sequence[str]) -> bool:
    for index in range(len(words)):
        if find_phrase(words[index : index + 2], word_lists()["not"]) != 0:
            continue
        if find_phrase(words[index + 1 : index + 5], word_lists()["complains"]) is None:
            return True
    return False


def _is_absent(sentence: PartlyRead, piece: Piece) -> bool:
    """True when the clause names what only sounds like a device ("traffic light", "window seat")."""
    around = sentence.tokens(sentence.clause_around(piece.start, piece.end))
    return any(token.has("absent") for token in (*piece.tokens, *around)) and piece.words[0] not in REASONS


def _tells_of(piece: Piece) -> bool:
    """True for words right before a request that make it a report: "I | have my window open"."""
    words = piece.words
    if any(token.has("condition") for token in piece.tokens) or words[-1] in _SUBJECTS:
        return True
    if (words[-1],) in word_lists()["quotes"]:
        return True
    persons = [*people().values(), word_lists()["persons"]]
    return words[-2:-1] in (["my"], ["his"], ["her"], ["the"]) and any((words[-1],) in names for names in persons)
