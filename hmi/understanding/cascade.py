"""Both levels of understanding as one recogniser: the grammar where it reads the whole sentence, else the model.

Each level sees what the other understood before: the grammar through its own kind of memory, the model level
through the last exchanges.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hmi.catalogue.family_file import Families
from hmi.requests import Act, Context, Interpretation, Option, Question, Recogniser
from hmi.understanding.grammar.spoken import plain
from hmi.understanding.llm.describe import describe
from hmi.understanding.llm.prompt import Exchange
from hmi.understanding.llm.recogniser import LlmRecogniser

_WE_ARE = re.compile(r"\bwe['’]re\b", re.IGNORECASE)
"""Without its apostrophe it would be the "were" of a question."""
_DROPPED_G = re.compile(r"\b([a-z]{3,}in)['’](?=\W|$)", re.IGNORECASE)
""" "foggin'" """
HISTORY = 6
"""Exchanges that are kept."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the cascade finds again in `Context.memory`."""

    grammar: Any = None
    exchanges: tuple[Exchange, ...] = ()


class Cascade:
    """Grammar first, then the language-model level."""

    name = "cascade"

    def __init__(self, grammar: Recogniser, llm: LlmRecogniser, families: Families) -> None:
        self._grammar = grammar
        self._llm = llm
        self._families = families

    def interpret(self, text: str, context: Context) -> Interpretation:
        """Interpret `text`; `Act.UNKNOWN` when neither level can account for it."""
        known = context.memory if isinstance(context.memory, Remembered) else Remembered(context.memory)
        inner = replace(context, memory=known.grammar, question=_unwrapped(context.question))
        said = _DROPPED_G.sub(r"\1g", _WE_ARE.sub("we are", plain(text)))
        meant = self._grammar.interpret(said, inner)
        if meant.act is Act.UNKNOWN:
            meant = self._llm.interpret(said, inner, known.exchanges, meant)
        elif meant.act is Act.CLARIFY and meant.question is not None and not meant.question.options:
            # The grammar misses the device; a need may say which one is meant.
            second = self._llm.interpret(said, inner, known.exchanges, meant)
            meant = meant if second.act is Act.UNKNOWN else second
        return self._remembering(text, meant, known)

    def warm_up(self) -> None:
        """Get the model ready in the background."""
        self._llm.warm_up()

    def close(self) -> None:
        """Release the model."""
        self._llm.close()

    def _remembering(self, text: str, meant: Interpretation, known: Remembered) -> Interpretation:
        """`meant` with the memory of both levels, in its options too."""
        if meant.act in (Act.REQUEST, Act.REFUSE, Act.CLARIFY):
            known = Remembered(
                known.grammar, (*known.exchanges, Exchange(text[:200], self._done(meant)))[-HISTORY:]
            )
        memory = Remembered(meant.memory if meant.memory is not None else known.grammar, known.exchanges)
        question = meant.question
        if question is not None:
            options = tuple(
                Option(option.label, option.requests, Remembered(option.memory or known.grammar, known.exchanges))
                for option in question.options
            )
            question = Question(question.text, options)
        keeps = meant.memory is not None or known.exchanges
        return replace(meant, question=question, memory=memory if keeps else None)

    def _done(self, meant: Interpretation) -> str:
        if meant.act is Act.REQUEST:
            return describe(meant.requests, self._families)
        if meant.act is Act.CLARIFY and meant.question is not None:
            return f"asked: {meant.question.text}"
        return f"refused: {meant.refusal}"


def _unwrapped(question: Question | None) -> Question | None:
    """The question as the level below asked it."""
    if question is None:
        return None
    return Question(question.text, tuple(_unwrapped_option(option) for option in question.options))


def _unwrapped_option(option: Option) -> Option:
    memory = option.memory.grammar if isinstance(option.memory, Remembered) else option.memory
    return replace(option, memory=memory)


def exchanges_of(memory: object) -> Sequence[Exchange]:
    """The exchanges in a memory of the cascade, oldest first."""
    return memory.exchanges if isinstance(memory, Remembered) else ()
