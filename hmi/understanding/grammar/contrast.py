"""What is named only to say that it is not meant: "the left one, not the right", "miles, not kilometres"."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.understanding.grammar.lexicon import Token

_BESIDE = ("function", "filler", "place_noun", "pronouns", "to")
_MOST = 5


def without_contrast(tokens: Sequence[Token]) -> list[Token]:
    """`tokens` without such a part; "not too far" and "all the windows, not mine" change the wish, and stay."""
    for start, token in enumerate(tokens):
        if token.text != "not" or start == 0:
            continue
        end = start + 1
        while end < len(tokens) and not tokens[end].has("pause"):
            end += 1
        before = tokens[:start]
        if _contrasts(before, tokens[start + 1 : end]):
            while before and (before[-1].has("pause") or before[-1].has("conj")):
                before = before[:-1]
            return [*before, *tokens[end:]]
    return list(tokens)


def _contrasts(before: Sequence[Token], part: Sequence[Token]) -> bool:
    if not 0 < len(part) <= _MOST or any(token.has("all") for token in before):
        return False
    for sense in ("place", "value", "names"):
        if any(_is(token, sense) for token in part):
            rest = [token for token in part if not (_is(token, sense) or _is(token, "names"))]
            return any(_is(token, sense) for token in before) and all(
                any(token.has(beside) for beside in _BESIDE) and not token.has("full") for token in rest
            )
    return False


def _is(token: Token, sense: str) -> bool:
    return token.names() if sense == "names" else token.has(sense)
