"""The language-model level: free speech and implicit needs, proposed by data and a model, then verified.

Three sources, the surest first: a request inside other talk that the grammar can read (`partial`), an implicit
need of `data/needs.yaml`, and the model. A small model is only asked to put verified proposals in order for a
question to the driver; a capable one finds the changes itself, within what the sentence licenses.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from hmi.catalogue.catalogue import Catalogue
from hmi.catalogue.family_file import Families
from hmi.catalogue.signal import Value
from hmi.requests import Act, Context, Interpretation, Kind, Option, Question, Recogniser, Request
from hmi.understanding.grammar.broken_off import is_broken_off
from hmi.understanding.grammar.lexicon import Lexicon, Token
from hmi.understanding.grammar.memory import Memory
from hmi.understanding.grammar.places import Seating
from hmi.understanding.grammar.questions import is_question
from hmi.understanding.grammar.text import words_of
from hmi.understanding.llm.answer import AnswerError, choice_schema, read_choice
from hmi.understanding.llm.client import EndpointError
from hmi.understanding.llm.describe import describe
from hmi.understanding.llm.doubts.forbidding import FORBIDS, LATER
from hmi.understanding.llm.licence import Licensing
from hmi.understanding.llm.memory import memory_of
from hmi.understanding.llm.model import LanguageModel, NoModelError
from hmi.understanding.llm.needs import check_needs, load_needs
from hmi.understanding.llm.partial import Partial, PartialReader
from hmi.understanding.llm.phrases import contracted
from hmi.understanding.llm.prompt import Exchange, choose_prompt
from hmi.understanding.llm.proposals import Met, NeedReader
from hmi.understanding.llm.reader import FreeReader, Reading
from hmi.understanding.llm.said import Listener
from hmi.understanding.llm.verify import Ground

NAME = "llm"
MAX_OPTIONS = 4

State = Mapping[str, Value]
DryRun = Callable[[Sequence[Request], tuple[int, str]], bool]
"""Requests and the speaker → True when a rule would refuse them or ask first."""


@dataclass(frozen=True, slots=True)
class Car:
    """What this level has to know about the car."""

    catalogue: Catalogue
    families: Families
    lexicon: Lexicon
    state: Callable[[], State]
    breaks_rule: DryRun


class _Tools:
    """What reading takes; built with the first sentence that the grammar cannot read, since it costs time."""

    def __init__(self, grammar: Recogniser, car: Car) -> None:
        needs = load_needs()
        check_needs(needs, car.families)
        self.lexicon = car.lexicon
        self.listener = Listener(self.lexicon)
        self.licensing = Licensing(self.lexicon, car.families)
        self.partial = PartialReader(grammar, self.lexicon)
        self.needs = NeedReader(needs, self.lexicon, car.families)
        self._needs = needs
        self._car = car

    @cached_property
    def free(self) -> FreeReader:
        """For models that find the changes themselves; its examples take a second to load."""
        return FreeReader(self._car.catalogue, self._car.families, self._needs)


class LlmRecogniser:
    """Reads what the grammar could not. See the module."""

    name = NAME

    def __init__(self, grammar: Recogniser, car: Car, model: LanguageModel | None, samples: int = 1) -> None:
        self._grammar = grammar
        self._car = car
        self._model = model
        self._samples = samples
        self._told_of = ""

    @cached_property
    def _tools(self) -> _Tools:
        return _Tools(self._grammar, self._car)

    def warm_up(self) -> None:
        """Get the words and the model ready in the background."""
        threading.Thread(target=lambda: self._tools, name="words", daemon=True).start()
        if self._model is not None:
            self._model.warm_up()

    def close(self) -> None:
        """Release the model."""
        if self._model is not None:
            self._model.close()

    def interpret(
        self,
        text: str,
        context: Context,
        history: Sequence[Exchange] = (),
        first: Interpretation | None = None,
    ) -> Interpretation:
        """Interpret `text`, of which the grammar made `first`; `history` is the conversation, oldest first."""
        first = first or Interpretation(Act.UNKNOWN)
        words = words_of(text)
        if not words:
            return replace(first, understood_by=NAME)
        tools, state = self._tools, self._car.state()
        seating = Seating(context.speaker)
        tokens = tools.lexicon.tokens(words)
        if is_broken_off(tokens, tools.lexicon):
            return replace(first, act=Act.UNKNOWN, requests=(), question=None, understood_by=NAME)
        asks = is_question(tokens)
        partial = tools.partial.read(text, context)
        met = [] if asks else tools.needs.read(words, state, seating)
        settled = self._settled(partial, met)
        if settled is not None:
            return settled
        if self._model is not None and not self._model.chooses:
            answered = self._free(text, context, history, partial, met)
            if answered is not None:
                return answered
        return self._ask_back(text, history, partial, met, first)

    def _settled(self, partial: Partial | None, met: Sequence[Met]) -> Interpretation | None:
        """What is beyond doubt without a model."""
        if partial is not None and not partial.doubt:
            return replace(partial.meant, understood_by=NAME)
        if partial is not None and partial.meant.act is Act.REFUSE:
            return Interpretation(Act.REFUSE, refusal=partial.meant.refusal, understood_by=NAME)
        if met and not _beyond(partial, met) and all(item.clear and item.act for item in met):
            return self._request(tuple(dict.fromkeys(wish for item in met for wish in item.act)))
        return None

    def _request(self, requests: tuple[Request, ...], spoken: Sequence[Token] = ()) -> Interpretation:
        memory = memory_of(requests, self._car.families, self._tools.lexicon, spoken)
        return Interpretation(Act.REQUEST, requests, understood_by=NAME, memory=memory)

    def _free(
        self,
        text: str,
        context: Context,
        history: Sequence[Exchange],
        partial: Partial | None,
        met: Sequence[Met],
    ) -> Interpretation | None:
        """What a capable model makes of the sentence; None when nothing that could be verified."""
        assert self._model is not None  # noqa: S101 - the caller checked
        tools, state = self._tools, self._car.state()
        said = tools.listener.hear(text)
        seating = Seating(context.speaker)
        before = _paths_of(context.memory)
        licence = tools.licensing.of(said, state, seating, before)
        ground = Ground(licence, tuple(option for item in met for option in item.options))
        partly = describe(partial.requests, self._car.families) if partial and partial.requests else ""
        reading = Reading(text, said.words, context.speaker, state, ground, tuple(history), partly)
        try:
            found = tools.free.read(
                self._model, reading, self._samples, lambda wishes: self._car.breaks_rule(wishes, context.speaker)
            )
        except EndpointError as error:
            return self._unreachable(error)
        self._told_of = ""
        if found is None or found.act is Act.UNKNOWN:
            return None if found is None else replace(found, understood_by=NAME)
        if found.act is Act.REQUEST and found.requests[0].kind is not Kind.READ:
            return self._request(found.requests, said.tokens())
        if found.question is not None and not found.question.options:
            options = self._options(partial, met)[:MAX_OPTIONS]
            found = replace(found, question=Question(found.question.text, options))
        return replace(found, understood_by=NAME)

    def _unreachable(self, error: EndpointError) -> Interpretation | None:
        """Say once that the model cannot be asked; after that the other levels carry on alone."""
        if isinstance(error, NoModelError) or self._told_of == str(error):
            return None
        self._told_of = str(error)
        return Interpretation(
            Act.REFUSE,
            refusal=f"{error} Until then I understand plain commands only.",
            understood_by=NAME,
        )

    def _options(self, partial: Partial | None, met: Sequence[Met]) -> tuple[Option, ...]:
        """Everything that the sentence may mean, as options of a question."""
        wishes: list[tuple[tuple[Request, ...], Memory | None]] = []
        if partial is not None and partial.doubt not in FORBIDS and _beyond(partial, met):
            wishes.append((partial.requests, partial.meant.memory))
        wishes += [(option, None) for item in met for option in item.options]
        options: dict[str, Option] = {}
        for requests, known in wishes:
            label = describe(requests, self._car.families)
            memory = known or memory_of(requests, self._car.families, self._tools.lexicon)
            options.setdefault(label, Option(label, requests, memory))
        return tuple(options.values())

    def _ask_back(
        self,
        text: str,
        history: Sequence[Exchange],
        partial: Partial | None,
        met: Sequence[Met],
        first: Interpretation,
    ) -> Interpretation:
        if partial is not None and partial.doubt == LATER:
            return Interpretation(
                Act.REFUSE,
                refusal="I can only do things right away, not later or on a condition.",
                understood_by=NAME,
            )
        options = self._options(partial, met)
        if not options:
            return replace(first, act=Act.UNKNOWN, requests=(), question=None, understood_by=NAME)
        ordered = self._ordered(text, history, options)[:MAX_OPTIONS]
        question = Question(_question_text([option.label for option in ordered]), tuple(ordered))
        return Interpretation(Act.CLARIFY, question=question, understood_by=NAME)

    def _ordered(self, text: str, history: Sequence[Exchange], options: Sequence[Option]) -> Sequence[Option]:
        """`options` with the one first that the model would choose; as they are when it cannot be asked."""
        if self._model is None or len(options) < 2:
            return options
        bare = self._model.bare
        messages = choose_prompt(text, [option.label for option in options], history, bare=bare)
        try:
            answer = self._model.complete(messages, choice_schema(len(options), bare=bare))
            choice = read_choice(answer, len(options))
        except (EndpointError, AnswerError):
            return options
        if choice == 0:
            return options
        return [options[choice - 1], *(o for index, o in enumerate(options, start=1) if index != choice)]


def _beyond(partial: Partial | None, met: Sequence[Met]) -> bool:
    """True when a request was read in another part of the sentence than those that speak of needs.

    "blinding me in the mirror" is no request to fold the mirror in.
    """
    if partial is None or not partial.requests:
        return False
    spoken = " ".join(contracted(partial.spoken.split()))
    return not any(spoken in item.clause for item in met)


def _question_text(labels: Sequence[str]) -> str:
    if len(labels) == 1:
        return f"Shall I {labels[0]}?"
    return f"Shall I {', '.join(labels[:-1])}, or {labels[-1]}?"


def _paths_of(memory: object) -> list[str]:
    """The paths that the last request was about."""
    if not isinstance(memory, Memory):
        return []
    return [
        match.family.members[place].path
        for resolved in memory.resolved
        for match in resolved.matches[:1]
        for place in match.members
    ]
