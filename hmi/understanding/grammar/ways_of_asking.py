"""Ways of asking that change what the words of a request are: "no … at all", "make sure", "baby, …", "please"."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.understanding.grammar.lexicon import Token

_OFF = Token("no", {"act": "off"})
_ASKING = (
    "please",
    "need",
    "want",
    "id like",
    "would like",
    "have",
    "grateful",
    "could do with the",
    "could use the",
)
_AT_ONCE = frozenset({"now", "right now", "now please", "at once", "sharpish", "pronto", "chop chop", "quick"})
_ADDRESSED = frozenset({"baby", "kids", "kiddos", "kid", "children", "driver", "little one"})
_PETS = frozenset({"baby"})
"""May be the car itself ("baby, open your trunk")."""


def with_no_as_off(tokens: Sequence[Token]) -> list[Token]:
    """ "no lumbar support" wants it off; "no, the other one" and "no the rear one" are corrections."""
    return [
        _OFF if token.text == "no" and index + 1 < len(tokens) and tokens[index + 1].names() else token
        for index, token in enumerate(tokens)
    ]


def assured(tokens: list[Token]) -> list[Token]:
    """ "make sure the doors are locked" asks for it; without such an opening "are" makes it a statement."""
    if not any(token.has("assuring") for token in tokens):
        return tokens
    return [
        Token(t.text, {"function": True}) if t.text in ("is", "are", "its", "was", "were") else t for t in tokens
    ]


def without_addressee(tokens: Sequence[Token]) -> Sequence[Token]:
    """ "Baby, put my seat back": who is spoken to in front of a verb is no place; "your" is theirs."""
    spoken_to = len(tokens) > 1 and tokens[0].text in _ADDRESSED
    if not spoken_to or not (tokens[1].has("light") or tokens[1].has("pause")):
        return tokens
    if tokens[0].text in _PETS:
        return tokens[1:]
    return [tokens[0] if token.text == "your" else token for token in tokens[1:]]


def asks(tokens: Sequence[Token]) -> bool:
    """True when a sentence says "please" or "I'd like" or "now", so that a device's name alone wants it on."""
    return any(word in token.text for token in tokens for word in _ASKING) or tokens[-1].text in _AT_ONCE
