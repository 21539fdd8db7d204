"""Words that no pause divides from a request: its verb or its purpose, or part of something that was not read."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.understanding.grammar.text import PAUSE
from hmi.understanding.llm.doubts.partly_read import PartlyRead, Piece, Span
from hmi.understanding.llm.doubts.remarks import REASONS, RESULTS, tells
from hmi.understanding.llm.words import DETERMINERS, find_phrase, people, without_phrases, word_lists

_LET = frozenset({"let", "lets", "let us"})
_PREPOSITIONS = frozenset({"on", "in", "over", "off", "out", "up", "down", "back"})
_VERBS = frozenset({"is", "are", "was", "were", "have", "has", "had", "need", "needs", "get", "gets", "got"})
_HORN = "Vehicle.Body.Horn.IsActive"
_MAX_VOCATIVE = 3


def doubt_beside(sentence: PartlyRead, piece: Piece, remark: bool) -> str:
    """Doubt about a piece that runs into what was read or on from it; `remark`: it is a remark."""
    if sentence.ends_at(piece.start) and _is_preposition(sentence, piece):
        return "words after it"
    if sentence.begins_at(piece.end):
        if _states(sentence, piece):
            return "words before it"
        if _is_verb(sentence, piece) or (piece.words[-1] in ("so", "then") and tells(piece.words)):
            return ""
        if _belongs_before(sentence, piece, remark):
            return "words before it"
    if sentence.ends_at(piece.start) and not (remark or _is_harmless_after(sentence, piece)):
        return "words after it"
    return ""


def _is_preposition(sentence: PartlyRead, piece: Piece) -> bool:
    """True when the last word read stands before what follows ("the windows on | that building")."""
    words = piece.words
    determined = words[0] in DETERMINERS and not (words[1:] and words[1] in _VERBS)
    return sentence.words[piece.start - 1] in _PREPOSITIONS and determined


def _states(sentence: PartlyRead, piece: Piece) -> bool:
    """True for a subject that nobody knows before "have" and the like ("unicorns | have one horn")."""
    return sentence.words[piece.end] in _VERBS and not sentence.tokens(piece.words[-1:])[0].senses


def _is_verb(sentence: PartlyRead, piece: Piece) -> bool:
    """True for a strange verb whose result is said: "whip | the rear window down", "hoy | that radio off".

    Doors and lids are left alone: they may be broken, kicked or painted open as well.
    """
    start, words = piece.start, piece.words
    said = [word for word in words if not sentence.tokens([word])[0].has("filler")]
    opens = start == 0 or sentence.words[start - 1] == PAUSE or sentence.ends_at(start)
    if len(said) != 1 or words[-1] != said[0] or not opens or _asks_first(sentence):
        return False
    if sentence.tokens(said)[0].senses or (said[0],) in word_lists()["no_verbs"]:
        return False
    span = next(span for span in sentence.spans if span.start == piece.end)
    tokens = [token for token in sentence.tokens_of(span) if not token.has("filler")]
    begins = sentence.words[piece.end] in DETERMINERS or sentence.words[piece.end] in ("us", "them")
    results = any(token.senses.get("act") in RESULTS for token in tokens[1:])
    return begins and results and said[0][-2:] not in ("ed", "es") and not said[0].endswith("ing")


def _belongs_before(sentence: PartlyRead, piece: Piece, remark: bool) -> bool:
    """True when the words before a request are its subject, or the beginning of another sentence than was read."""
    words, tokens = piece.words, piece.tokens
    subject = (words[-1],) in word_lists()["subjects"] and not tokens[-1].has("conj")
    verb = any((token.has("light") or token.has("act")) and token.text not in _LET for token in tokens)
    told = not _commands(sentence, piece.end) or find_phrase(words, word_lists()["not"]) is not None
    return subject or told or (verb and not remark) or (len(words) > _MAX_VOCATIVE and not remark)


def _commands(sentence: PartlyRead, start: int) -> bool:
    """True when the words from `start` on begin like a command ("turn …", "close …"), not like a report."""
    for token in sentence.tokens(sentence.words[start:]):
        if token.has("filler") and not token.has("light"):
            continue
        verb = token.has("light") or (token.has("act") and not token.has("function") and not token.has("place"))
        return verb and not token.text.endswith(("s", "ed", "ing"))
    return False


def _is_harmless_after(sentence: PartlyRead, piece: Piece) -> bool:
    """True for a purpose ("so she can find it"), or "for …" and "at …" where no place is left to choose."""
    words = piece.words
    if words[0] in REASONS:
        return True
    if words[0] == "before":  # `forbidding` has judged "before the snow gets in"
        return True
    if words[0] == "to" and tuple(words[1:2]) in word_lists()["purposes"]:
        return not _asks_first(sentence) or _is_explained(sentence, words[2:])
    if words[0] not in ("for", "at") or words[-1].endswith("ing"):  # "wipers up for washing"
        return False
    if _asks_first(sentence) and not _is_explained(sentence, words[1:]):
        return False
    if words[0] == "at":  # "honk at that heifer", but not "fog lights on at the next junction"
        return all(_path(span) == _HORN for span in sentence.spans)
    single = all(len(span.meant.requests) == 1 and _is_placeless(span) for span in sentence.spans)
    return single or (words[0] == "for" and any(token.has("place") for token in sentence.inside))


def _asks_first(sentence: PartlyRead) -> bool:
    """True when a door or a lid would move: that takes words that are all understood."""
    families = [sentence.lexicon.families.of(path) for path in sentence.moved]
    return any(family is not None and (family.group,) in word_lists()["asks_first"] for family in families)


def _is_explained(sentence: PartlyRead, words: Sequence[str]) -> bool:
    """True when every word has a sense or is about a person ("for my mother", but not "for extraction")."""
    persons = frozenset({phrase for names in (*people().values(), word_lists()["persons"]) for phrase in names})
    return all(token.senses for token in sentence.tokens(without_phrases(words, persons)))


def _is_placeless(span: Span) -> bool:
    """True when the device sits at one place only, so that nobody can mean another one."""
    return not any(part.startswith(("Row", "Driver", "Passenger")) for part in _path(span).split("."))


def _path(span: Span) -> str:
    return span.meant.requests[0].signal.path
