"""Repairs a transcript with the words of the car: "plus all the windows" → "close all the windows".

A repair is a guess, so it has to be a good one. The sentence as it was heard must make no sense and the repaired
one must make sense as a whole; no negation, number or direction that was heard may get lost; the change must
sound like what it replaces and, where the engine can tell, must fit the recording. Two repairs that mean different
things and fit about equally are not decided here: the driver is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from hmi.requests import Act, Context, Kind, Recogniser, Request
from hmi.understanding.grammar.text import PAUSE, words_of
from hmi.voice.meaning import is_fixed, keeps_meaning
from hmi.voice.vocabulary import Vocabulary

Alternatives = Callable[[], Sequence[str]]
"""Other transcripts of the same recording."""
Fit = Callable[[Sequence[str]], Sequence[float] | None]
"""How well texts fit the recording, as log probabilities; None: not known."""

_LONGEST_SPAN = 4
"""Words that are replaced together: "rear to mr" for "rear demister"."""
_SPAN_LIMIT = 0.5
_PER_SPAN = 14
_PAIRED = 40
"""Replacements of which pairs are tried."""
_MAX_TRIED = 160
"""Candidates that are read by the grammar: a fraction of a millisecond each."""
_MAX_WEIGHED = 6
"""Candidates that are compared with the recording: tens of milliseconds each."""
_MAX_WORDS = 20
"""A sentence longer than this has too many places to guess at."""
_FAR = 0.34
"""Largest share of a sentence's sound that may change."""
_VOUCHED = 0.4
"""How much of its distance counts for a transcript that the engine itself found likely."""
_WORST_FIT = 9.0
"""How much less likely, as a natural logarithm, a repair may be than what was heard."""
_CLEAR = 1.0
"""By how much, as a natural logarithm, a repair must fit better than one with another meaning."""
_CLEAR_DISTANCE = 0.025
_MAX_CHOICES = 3


@dataclass(frozen=True, slots=True)
class Repair:
    """What became of a transcript."""

    heard: str
    text: str
    """What to understand: `heard` itself when nothing was repaired."""
    choices: tuple[str, ...] = ()
    """Several possible sentences, best first, when the driver has to say which."""

    @property
    def changed(self) -> bool:
        """True when `text` is not what was heard."""
        return self.text != self.heard


@dataclass(frozen=True, slots=True)
class _Candidate:
    words: tuple[str, ...]
    distance: float

    @property
    def text(self) -> str:
        return _as_sentence(self.words)


@dataclass(frozen=True, slots=True)
class _Span:
    """Neighbouring words, by their places in the sentence, and a phrase to put there."""

    places: frozenset[int]
    phrase: tuple[str, ...]
    cost: float
    """About the number of letters that are different."""


class Repairer:
    """Repairs transcripts with the words of one catalogue.

    `recogniser` is the one that will get the sentence; `grammar` is strict and fast, and judges the repairs.
    """

    def __init__(self, recogniser: Recogniser, grammar: Recogniser, vocabulary: Vocabulary) -> None:
        self._recogniser = recogniser
        self._grammar = grammar
        self._vocabulary = vocabulary

    def repair(
        self,
        heard: str,
        context: Context,
        alternatives: Alternatives = lambda: (),
        fit: Fit = lambda texts: None,
    ) -> Repair:
        """`heard`, repaired if that is needed and possible; the callables are used only then."""
        words = words_of(heard)
        if not words or len(words) > _MAX_WORDS:
            return Repair(heard, heard)
        joined = self._without_pauses(heard, words, context)
        if joined is not None:
            return Repair(heard, joined)
        if self._makes_sense(heard, context):
            return Repair(heard, heard)
        pairs = fit(()) is not None  # two guesses in one sentence are too many where nothing confirms them
        tried = [_Candidate(tuple(words_of(text)), 0.0) for text in alternatives()]
        tried = [_Candidate(c.words, self._distance(words, c.words) * _VOUCHED) for c in tried if c.words]
        sources = [tuple(words), *(c.words for c in tried[:2])]
        for source in dict.fromkeys(sources):
            extra = self._distance(words, source)
            tried += [_Candidate(c.words, c.distance + extra) for c in self._replacements(list(source), pairs)]
        return self._decide(heard, words, tried, context.speaker, fit)

    def _without_pauses(self, heard: str, words: list[str], context: Context) -> str | None:
        """The sentence without its commas, where it then is a request, and another one: "heat, my seat".

        Engines write a comma where the speaker draws breath.
        """
        spoken = [word for word in words if word != PAUSE]
        if len(spoken) == len(words) or any(is_fixed(word) for word in spoken):
            return None
        joined = _as_sentence(spoken)
        meant = self._grammar.interpret(joined, Context(context.speaker))
        if meant.act is not Act.REQUEST or not meant.requests:
            return None
        as_heard = self._grammar.interpret(heard, Context(context.speaker))
        return None if as_heard.requests == meant.requests else joined

    def _makes_sense(self, heard: str, context: Context) -> bool:
        """True unless it is not understood, or only so far that the car would ask whether it was meant so."""
        return self._recogniser.interpret(heard, context).act not in (Act.UNKNOWN, Act.CLARIFY)

    def _decide(
        self, heard: str, words: list[str], tried: list[_Candidate], speaker: tuple[int, str], fit: Fit
    ) -> Repair:
        tried.sort(key=lambda candidate: candidate.distance)
        readings: dict[tuple[Request, ...], list[_Candidate]] = {}
        weighed = 0
        for candidate in _unique(tried)[:_MAX_TRIED]:
            if candidate.distance > _FAR or not keeps_meaning(words, candidate.words):
                continue
            meant = self._grammar.interpret(candidate.text, Context(speaker))
            if (
                meant.act is Act.REQUEST
                and meant.requests
                and not _makes_a_question(words, candidate, meant.requests)
            ):
                readings.setdefault(meant.requests, []).append(candidate)
                weighed += 1
                if weighed == _MAX_WEIGHED:
                    break
        if not readings:
            return Repair(heard, heard)
        return self._best(heard, words, list(readings.values()), fit)

    def _best(self, heard: str, words: list[str], readings: list[list[_Candidate]], fit: Fit) -> Repair:
        """The reading that fits best, or a choice of those that fit about equally."""
        texts = [_as_sentence(words), *(candidate.text for reading in readings for candidate in reading)]
        fits = fit(texts)
        if fits is None:
            ranked = [(-min(c.distance for c in reading), reading[0].text) for reading in readings]
            margin, least = _CLEAR_DISTANCE, -1.0
        else:
            known = dict(zip(texts, fits, strict=True))
            ranked = [max((known[c.text], c.text) for c in reading) for reading in readings]
            margin, least = _CLEAR, fits[0] - _WORST_FIT
        ranked = sorted((entry for entry in ranked if entry[0] >= least), reverse=True)
        if not ranked:
            return Repair(heard, heard)
        near = [text for score, text in ranked if score > ranked[0][0] - margin]
        if len(near) > 1:
            return Repair(heard, heard, tuple(near[:_MAX_CHOICES]))
        return Repair(heard, near[0])

    def _replacements(self, words: list[str], pairs: bool) -> list[_Candidate]:
        """`words` with one or two spans replaced by phrases of like sound, so that no unknown word is left."""
        unknown = {i for i, word in enumerate(words) if not self._vocabulary.worth(word) and not is_fixed(word)}
        singles = sorted(self._spans(words), key=lambda span: span.cost)
        length = sum(map(len, words))
        found = [
            _Candidate(_replaced(words, [one]), one.cost / length) for one in singles if unknown <= one.places
        ]
        for one, other in combinations(singles[: _PAIRED if pairs else 0], 2):
            if not one.places & other.places and unknown <= one.places | other.places:
                found.append(_Candidate(_replaced(words, [one, other]), (one.cost + other.cost) / length))
        return found

    def _spans(self, words: list[str]) -> Iterator[_Span]:
        """Every stretch of words with what it may have been."""
        stretches = [
            range(start, end)
            for start in range(len(words))
            for end in range(start + 1, min(start + _LONGEST_SPAN, len(words)) + 1)
            if not any(is_fixed(word) for word in words[start:end])
        ]
        texts = [" ".join(words[i] for i in stretch) for stretch in stretches]
        for stretch, nears in zip(stretches, self._vocabulary.near(texts, _SPAN_LIMIT, _PER_SPAN), strict=True):
            lost = sum(self._vocabulary.worth(words[i]) for i in stretch)
            for near in nears:
                yield _Span(frozenset(stretch), tuple(near.phrase.split()), near.cost + lost)

    def _distance(self, words: Sequence[str], other: Sequence[str]) -> float:
        from rapidfuzz.distance import OSA

        from hmi.voice.sounds import sound_of

        one, two = "".join(words), "".join(other)
        sounds = OSA.normalized_distance(sound_of(" ".join(words)), sound_of(" ".join(other)))
        return (OSA.normalized_distance(one, two) + sounds) / 2


def _makes_a_question(words: Sequence[str], candidate: _Candidate, requests: Sequence[Request]) -> bool:
    """Whether nothing but the guess makes a question of what was heard: "the weather is nice" is none."""
    asks = all(request.kind is Kind.READ for request in requests)
    return asks and candidate.words[:1] != tuple(words[:1]) and words[0] in candidate.words


def _replaced(words: list[str], spans: Sequence[_Span]) -> tuple[str, ...]:
    result = list(words)
    for span in sorted(spans, key=lambda span: -min(span.places)):
        result[min(span.places) : max(span.places) + 1] = span.phrase
    return tuple(result)


def _unique(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    nearest: dict[tuple[str, ...], _Candidate] = {}
    for candidate in candidates:
        nearest.setdefault(candidate.words, candidate)
    return list(nearest.values())


def _as_sentence(words: Sequence[str]) -> str:
    text = re.sub(rf"\s+{PAUSE}", PAUSE, " ".join(words))
    return f"{text[:1].upper()}{text[1:]}."
