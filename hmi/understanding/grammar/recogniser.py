"""The grammar as a recogniser: sentence in, interpretation out; what it cannot account for it does not touch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hmi.catalogue.family_file import Families
from hmi.requests import Act, Context, Interpretation, Question
from hmi.understanding.grammar.blocking import blocking, forced
from hmi.understanding.grammar.broken_off import is_broken_off
from hmi.understanding.grammar.clauses import Clause, split, without_origin
from hmi.understanding.grammar.combining import combined
from hmi.understanding.grammar.contrast import without_contrast
from hmi.understanding.grammar.correcting import (
    after_opening,
    opens_with_correction,
    replaces,
    replacing,
    self_repaired,
    without_other,
)
from hmi.understanding.grammar.dialogue import read_dialogue
from hmi.understanding.grammar.lexicon import Lexicon, Token
from hmi.understanding.grammar.memory import Memory
from hmi.understanding.grammar.places import Seating
from hmi.understanding.grammar.questions import Answerable, as_wish, is_question, read_name, read_question
from hmi.understanding.grammar.resolved import NotUnderstoodError, Resolved, not_understood
from hmi.understanding.grammar.sentence import SentenceReader
from hmi.understanding.grammar.spoken import plain
from hmi.understanding.grammar.text import words_of
from hmi.understanding.grammar.ways_of_asking import asks, assured, with_no_as_off, without_addressee

NAME = "grammar"


class GrammarRecogniser:
    """Reads sentences by the words of the catalogue's families; see `docs/understanding.md`."""

    name = NAME

    def __init__(self, families: Families, left_hand_drive: bool = True) -> None:
        self._lexicon = Lexicon(families)
        self._left_hand_drive = left_hand_drive

    @property
    def lexicon(self) -> Lexicon:
        """The words it knows."""
        return self._lexicon

    def interpret(self, text: str, context: Context) -> Interpretation:
        """Interpret `text`; `Act.UNKNOWN` with the words in question when some word has no sense in it."""
        return replace(self._interpret(words_of(plain(text)), context), understood_by=NAME)

    def _interpret(self, words: list[str], context: Context) -> Interpretation:
        spoken = read_dialogue(self._lexicon, words, context)
        if spoken is not None:
            return spoken
        tokens = as_wish(assured(with_no_as_off(self._lexicon.tokens(words))))
        seating = Seating(context.speaker, self._left_hand_drive)
        if is_broken_off(tokens, self._lexicon):
            return not_understood([tokens[-1].text])
        if is_question(tokens):
            return self._question(tokens, seating)
        return self._request(tokens, seating, context)

    def _question(self, tokens: Sequence[Token], seating: Seating) -> Interpretation:
        ways = read_question(self._lexicon, tokens, seating)
        if not ways:
            return not_understood([token.text for token in tokens if not token.senses])
        return _reading(ways[0])

    def _request(self, tokens: Sequence[Token], seating: Seating, context: Context) -> Interpretation:
        known = context.memory if isinstance(context.memory, Memory) else Memory()
        memory = known.resolved
        tokens = without_other(tokens) if memory else tokens
        tokens = self_repaired(without_addressee(without_contrast(tokens)))
        correcting = bool(memory) and opens_with_correction(tokens)
        clauses = split(without_origin(after_opening(tokens) if correcting else tokens))
        if clauses and clauses[0].joined == "correction":
            clauses[0].joined = "start"
        blocked = blocking(tokens, clauses)
        if blocked:
            return not_understood(blocked)
        reader = SentenceReader(self._lexicon, seating, memory, known.pending, known.earlier)
        try:
            resolved = reader.read(clauses, asks(tokens))
        except NotUnderstoodError as error:
            return self._without_wish(clauses, seating, memory) or not_understood(error.words)
        by_force = forced(resolved, self._lexicon.violent)
        if not resolved or by_force:
            return not_understood(by_force)
        unexplained = _unexplained(resolved, clauses)
        if unexplained:
            return not_understood(unexplained)
        interpretation = combined(resolved)
        if isinstance(interpretation.memory, Memory):
            interpretation = replace(interpretation, memory=replace(interpretation.memory, earlier=memory))
        return replacing(interpretation) if correcting and replaces(resolved, memory) else interpretation

    def _without_wish(
        self, clauses: Sequence[Clause], seating: Seating, memory: Sequence[Resolved]
    ) -> Interpretation | None:
        """What can be made of clauses that no wish was read from: a mere name, or a wish without a device."""
        named = read_name(self._lexicon, clauses, seating)
        if named is not None:
            return _reading(named)
        if len(clauses) == 1 and not memory and _lacks_device(clauses[0]):
            question = Question("What do you mean: which part of the car?", ())
            return Interpretation(Act.CLARIFY, question=question, memory=Memory(pending=clauses[0]))
        return None


def _reading(answer: Answerable) -> Interpretation:
    return Interpretation(Act.REQUEST, answer.requests, memory=Memory(answer.subjects))


def _lacks_device(clause: Clause) -> bool:
    known = all(token.senses for token in clause.tokens)
    return known and clause.has_action() and not clause.has_noun()


def _unexplained(resolved: Sequence[Resolved], clauses: Sequence[Clause]) -> list[str]:
    """The strange words beside a mere pronoun ("my boss is breathing down my neck, needs to cool it")."""
    if any(_is_named(clause) for clause in resolved):
        return []
    said = [token for clause in clauses if clause.is_remark() for token in clause.tokens]
    return [token.text for token in said if not token.senses]


def _is_named(resolved: Resolved) -> bool:
    """False where only a pronoun says what is meant ("cool it")."""
    return any(token.names() for token in resolved.tokens) or not any(t.has("pronouns") for t in resolved.tokens)
