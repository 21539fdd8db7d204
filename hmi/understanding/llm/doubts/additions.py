"""What talk adds to a request that was read without it: another device, another request, a place, an amount."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.understanding.grammar.lexicon import Token
from hmi.understanding.llm.doubts.partly_read import PartlyRead, Piece
from hmi.understanding.llm.doubts.remarks import REASONS

_AMOUNTS = ("number", "unit", "fraction", "extreme", "colour")
_DEVICE_ACTS = frozenset({"open", "close", "on", "off", "lock", "unlock", "heat", "cool", "play"})
_PERSONS = frozenset({"she", "he", "shes", "hes", "they", "theyre", "who", "whos"})


def points_outside(sentence: PartlyRead, piece: Piece) -> bool:
    """True when the request has only a pronoun where the words around it name a device."""
    named = any(token.names() for token in sentence.inside)
    pronoun = any(token.has("pronouns") for token in sentence.inside)
    return pronoun and not named and any(token.names() for token in piece.tokens)


def names_more(piece: Piece) -> bool:
    """True for a request that could not be read ("and start the popcorn machine", "the wipers fast-ish")."""
    tokens = piece.tokens
    acts = [token for token in tokens if token.senses.get("act") in _DEVICE_ACTS]
    joins = [token for token in tokens[:-1] if token.has("function")]  # "the dog's on the lead"
    if len(tokens) > 1 and any(token not in joins for token in acts):
        return True
    named = any(token.names() for token in tokens)
    return named and (piece.joined or all(token.senses for token in tokens))


def adds_detail(sentence: PartlyRead, piece: Piece, telling: Sequence[Token], remark: bool) -> bool:
    """True when a piece says where or how far, which the request then does not know.

    `telling` are those of its phrases that say something; `remark`: it is a remark.
    """
    words, beside = piece.words, piece.beside
    of_person = words[0] in _PERSONS
    if words[0] in REASONS - {"so"} and remark:
        return False  # "because the ceiling is low"
    if not beside:  # "my friends are waiting" is nobody's place
        telling = [token for token in telling if token.text != "my"]
    if beside and any(token.has("level") or token.has("extreme") for token in telling):
        return True
    ages = of_person and not beside and words[0] in ("hes", "shes", "theyre")  # "he's nearly ten"
    if (not remark or beside or (of_person and not ages)) and any(
        token.has(sense) for token in telling for sense in _AMOUNTS
    ):
        return True
    if remark and not beside and not of_person:
        return False
    places = {token.senses["place"] for token in sentence.inside if token.has("place")}
    if places and remark and words[0] in REASONS:
        return False
    if words[:2] == ["for", "my"]:  # "for my guy here"
        telling = [token for token in telling if token.text != "my"]
    return any(token.senses["place"] not in places for token in telling if token.has("place"))
