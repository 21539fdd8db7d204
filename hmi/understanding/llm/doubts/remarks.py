"""A remark beside a request: a clause that tells something and leaves the request as clear as it was."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.understanding.grammar.lexicon import Token
from hmi.understanding.llm.doubts.partly_read import PartlyRead, Piece
from hmi.understanding.llm.words import find_phrase, word_lists

REASONS = frozenset({"so", "because", "cause", "cos", "cuz", "while", "whilst"})
"""Words that begin a reason, or what happens meanwhile."""
RESULTS = frozenset({"open", "close", "on", "off", "up", "down", "in", "out", "fold", "unfold", "lock", "unlock"})
"""What becomes of a device ("… the rear window down")."""
_STATES = frozenset("is are was has have got gets keeps goes looks feels needs im ive weve theyve youve".split())
_WHERE = frozenset({"on", "in", "at", "behind", "ahead", "by", "over", "all", "everywhere", "under", "outside"})
_NOMINATIVES = frozenset("i he she they we im ive youre hes shes its weve theyre theyve theres thats".split())
"""Begin a clause with a finite verb, whatever that verb is."""


def is_vocative(sentence: PartlyRead, piece: Piece) -> bool:
    """True for "my lover" between two pauses: somebody is spoken to."""
    words = piece.words
    return words[0] == "my" and len(words) == 2 and not sentence.tokens(words[1:])[0].senses


def is_remark(sentence: PartlyRead, piece: Piece) -> bool:
    """True for a clause of its own, and for a statement between pauses about things nobody knows."""
    if tells(piece.words) or tells(sentence.words[piece.start : piece.end]):
        return True
    return not piece.beside and _states_something(sentence, piece)


def tells(words: Sequence[str]) -> bool:
    """True for a clause of its own that tells something ("it's distracting", "the sun is low")."""
    if len(words) < 2 or find_phrase(words[:2], word_lists()["reason"]) != 0:
        return False
    told_by = words[0] in _NOMINATIVES and len(words) > 2  # "he left it open again"
    return told_by or find_phrase(words, word_lists()["says_that"]) is not None


def _states_something(sentence: PartlyRead, piece: Piece) -> bool:
    """True for a statement about things nobody knows ("stuff's on the seat", "muddy paws").

    It begins with a strange word, so it can be neither a place nor a device nor what is to be done to one.
    """
    words, tokens = piece.words, piece.tokens
    at = next((index for index, word in enumerate(words[:4]) if index and word in _STATES), 0)
    if at and not any(_is_ours(token) for token in sentence.tokens(words[:at])):
        return True
    if words[0] in ("need", "gotta", "got", "must", "have") and not _commands_later(sentence, words[1:]):
        return True
    if tokens[0].senses or any(token.has("act") and token.text in RESULTS for token in tokens[-1:]):
        return False
    states = any(word in _STATES for word in words[1:]) or (bool(words[1:]) and words[1] in _WHERE)
    return states or not any(token.names() or token.has("number") for token in tokens)


def _is_ours(token: Token) -> bool:
    return token.names() or any(token.has(s) for s in ("act", "light", "place", "pronouns", "number"))


def _commands_later(sentence: PartlyRead, words: Sequence[str]) -> bool:
    """True when a verb of ours follows: "need to open it" wishes, "need to check the oil" gives a reason."""
    rest = [token for token in sentence.tokens(words) if not (token.has("to") or token.text == "to")]
    return not rest or any(token.has("act") or token.has("light") for token in rest[:1]) or len(rest) < 2
