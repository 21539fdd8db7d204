"""Sentences that stop before they are whole: "close all the windows except, hmm", "the boot … hang on"."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.understanding.grammar.lexicon import Lexicon, Token


def is_broken_off(tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """True when the speaker took the sentence back at its end, or its last word needs another one after it.

    Hesitation at the end ("erm") does not count as a word. The words are `takes_back` and `dangling` of the
    language file.
    """
    rest = list(tokens)
    while rest and (rest[-1].has("pause") or rest[-1].text in lexicon.endings["hesitations"]):
        rest.pop()
    if len(rest) < 2:
        return False
    return rest[-1].text in lexicon.endings["takes_back"] or rest[-1].text in lexicon.endings["dangling"]
