"""Asking a capable model what a sentence wants, and making an interpretation of what survives verification."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from hmi.catalogue.catalogue import Catalogue
from hmi.catalogue.family_file import Families
from hmi.catalogue.signal import Value
from hmi.planning.resolve import resolve
from hmi.requests import Act, Interpretation, Kind, Option, Question, Request
from hmi.understanding.llm.answer import AnswerError, ModelAct, ModelAnswer, answer_schema, read_answer
from hmi.understanding.llm.client import Message
from hmi.understanding.llm.describe import describe
from hmi.understanding.llm.model import LanguageModel
from hmi.understanding.llm.needs import Needs
from hmi.understanding.llm.prompt import Exchange, Situation, correction_prompt, free_prompt
from hmi.understanding.llm.retrieval import SignalIndex, load_examples
from hmi.understanding.llm.samples import TEMPERATURE, best_of
from hmi.understanding.llm.verify import Ground, Verdict, verify

EXAMPLES = 4
READABLE = 16
HISTORY = 4
_SIGNALS = 48
"""Signals offered to the model at most; a sentence that names so many things names none."""

BreaksRule = Callable[[Sequence[Request]], bool]


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence with everything that is known around it."""

    text: str
    words: Sequence[str]
    speaker: tuple[int, str]
    state: Mapping[str, Value]
    ground: Ground
    history: tuple[Exchange, ...] = ()
    partly: str = ""


@dataclass(slots=True)
class _Answers:
    """Verified answers of one sentence, of the samples that were taken."""

    changes: list[tuple[Request, ...]] = field(default_factory=list)
    must_ask: bool = False
    other: list[ModelAnswer] = field(default_factory=list)

    def add(self, answer: ModelAnswer, verdict: Verdict) -> None:
        if answer.act is ModelAct.CHANGE:
            self.changes.append(verdict.requests)
            self.must_ask = self.must_ask or verdict.must_ask
        else:
            self.other.append(answer)


class FreeReader:
    """Reads with a model that finds the changes itself."""

    def __init__(self, catalogue: Catalogue, families: Families, needs: Needs) -> None:
        self._catalogue = catalogue
        self._families = families
        self._index = SignalIndex(catalogue, families, needs)
        self._examples = load_examples()

    def read(
        self, model: LanguageModel, reading: Reading, samples: int, breaks_rule: BreaksRule
    ) -> Interpretation | None:
        """What the model makes of it; None when nothing that it says can be used. Raises `EndpointError`."""
        values = self._values(reading)
        readable = self._readable(reading)
        situation = Situation(
            reading.speaker,
            reading.state,
            values,
            readable,
            reading.history[-HISTORY:],
            reading.partly,
            self._examples.near(reading.words, self._catalogue, EXAMPLES),
        )
        messages = free_prompt(reading.text, situation, self._catalogue)
        schema = answer_schema(values, readable)
        answers = _Answers()
        for sample in range(samples):
            temperature = TEMPERATURE if sample else 0.0
            for answer, verdict in self._ask(model, messages, schema, reading, temperature):
                answers.add(answer, verdict)
        return self._interpretation(answers, breaks_rule)

    def _values(self, reading: Reading) -> Mapping[str, list[Value]]:
        """What may be offered: everything the sentence licenses, with a stable order of values."""
        values = {path: set(allowed) for path, allowed in reading.ground.licence.values.items()}
        if reading.ground.licence.held_back:
            values = {}
        for proposal in reading.ground.needs:
            for target in resolve(proposal, reading.state, self._families).requested:
                values.setdefault(target.path, set()).add(target.value)
        fitting: dict[str, list[Value]] = {}
        for path, allowed in list(values.items())[:_SIGNALS]:
            fitting[path] = sorted(allowed, key=lambda value: (str(type(value)), value))
        return fitting

    def _readable(self, reading: Reading) -> list[str]:
        paths = dict.fromkeys(self._index.near(reading.words, READABLE))
        paths.update(dict.fromkeys(sorted(reading.ground.licence.readable)))
        return list(paths)[:_SIGNALS]

    def _ask(
        self,
        model: LanguageModel,
        messages: Sequence[Message],
        schema: Mapping[str, object],
        reading: Reading,
        temperature: float,
    ) -> list[tuple[ModelAnswer, Verdict]]:
        """One answer that can be used, after one more try with the reason; none otherwise."""
        for attempt in range(2):
            text = model.complete(messages, schema, temperature=temperature)
            try:
                answer = read_answer(text)
            except AnswerError as error:
                problems: tuple[str, ...] = (str(error),)
            else:
                verdict = verify(answer, reading.ground, self._catalogue, self._families, reading.state)
                unread = [path for path in answer.reads if path not in self._catalogue]
                problems = verdict.problems or tuple(f"there is no signal {path[:120]}" for path in unread)
                if not problems:
                    return [(answer, verdict)]
            if attempt == 0:
                messages = correction_prompt(messages, text, problems)
        return []

    def _interpretation(self, answers: _Answers, breaks_rule: BreaksRule) -> Interpretation | None:
        if len(answers.changes) >= max(1, len(answers.other)):
            requests = best_of(answers.changes, breaks_rule)
            if answers.must_ask:
                label = describe(requests, self._families)
                question = Question(f"Shall I {label}?", (Option(label, requests),))
                return Interpretation(Act.CLARIFY, question=question)
            return Interpretation(Act.REQUEST, requests)
        if not answers.other:
            return None
        answer = answers.other[0]
        if answer.act is ModelAct.ANSWER:
            reads = tuple(Request(Kind.READ, self._catalogue[path]) for path in answer.reads)
            return Interpretation(Act.REQUEST, reads)
        if answer.act is ModelAct.ASK and answer.say:
            return Interpretation(Act.CLARIFY, question=Question(answer.say, ()))
        if answer.act is ModelAct.REFUSE and answer.say:
            return Interpretation(Act.REFUSE, refusal=answer.say)
        return Interpretation(Act.UNKNOWN)
