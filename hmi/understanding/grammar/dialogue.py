"""Whole sentences about the conversation itself: yes, no, the second one, undo, help, thanks."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.requests import Act, Context, Interpretation, Question
from hmi.understanding.grammar.lexicon import Lexicon
from hmi.understanding.grammar.text import PAUSE, words_of

_ACTS = (("yes", Act.CONFIRM), ("no", Act.DENY), ("undo", Act.UNDO), ("help", Act.HELP))
_LONGEST_PART = 5


def read_dialogue(lexicon: Lexicon, words: Sequence[str], context: Context) -> Interpretation | None:
    """What such a sentence means; None when it is not one."""
    if not words:
        return Interpretation(Act.UNKNOWN)
    forms = {" ".join(words), " ".join(word for word in words if word != PAUSE)}
    bare = " ".join(
        token.text for token in lexicon.tokens(list(words)) if not (token.has("filler") or token.has("pause"))
    )
    answered = _answer(lexicon, forms | ({bare} if bare else set()), words, context)
    if answered is not None:
        return answered
    sentences = lexicon.sentences
    for name, act in _ACTS:
        if forms & sentences[name] or (name != "yes" and bare and bare in sentences[name]):
            if act is Act.DENY and context.memory and words[-2:] == ["for", "me"]:
                continue  # "no, for me" corrects
            if act is Act.CONFIRM and not (context.awaiting_confirmation or context.question):
                continue
            return Interpretation(act)
    if forms & sentences["smalltalk"] or not bare:
        return Interpretation(Act.SMALLTALK)
    return None


def _answer(lexicon: Lexicon, forms: set[str], words: Sequence[str], context: Context) -> Interpretation | None:
    """The answer to the question that is open; None when there is none or it is not answered."""
    if context.question is not None:
        choice = _choice(lexicon, forms, words, context.question)
        if choice is not None:
            return Interpretation(Act.CHOOSE, choice=choice)
    if context.awaiting_confirmation or context.question is not None:
        spoken = _said_in_parts(lexicon, words)
        if spoken is not None:
            return Interpretation(spoken)
    return None


def _choice(lexicon: Lexicon, forms: set[str], words: Sequence[str], question: Question) -> int | None:
    for index, names in enumerate(lexicon.ordinals[: len(question.options)]):
        if forms & names:
            return index
    said = set(words) - {"the", "please", "one", PAUSE}
    fitting = [
        index for index, option in enumerate(question.options) if said and said <= set(words_of(option.label))
    ]
    return fitting[0] if len(fitting) == 1 else None


def _said_in_parts(lexicon: Lexicon, words: Sequence[str]) -> Act | None:
    """ "yeah, sure, go ahead": an answer made of several; None when some word is not part of one."""
    rest = [word for word in words if word != PAUSE]
    found: list[Act] = []
    while rest:
        for length in range(min(_LONGEST_PART, len(rest)), 0, -1):
            phrase = " ".join(rest[:length])
            if phrase in lexicon.sentences["no"]:
                found.append(Act.DENY)
            elif phrase in lexicon.sentences["yes"]:
                found.append(Act.CONFIRM)
            elif not (length == 1 and lexicon.tokens(rest[:1])[0].has("filler")):
                continue
            rest = rest[length:]
            break
        else:
            return None
    return found[0] if found and len(set(found)) == 1 else None
