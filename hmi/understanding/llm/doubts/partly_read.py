"""A sentence of which spans were read: where they stand, what they hold, and the talk around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hmi.requests import Interpretation
from hmi.understanding.grammar.lexicon import Lexicon, Token
from hmi.understanding.grammar.text import PAUSE


@dataclass(frozen=True, slots=True)
class Span:
    """Words `start` to `end` of a sentence, and what they ask for."""

    start: int
    end: int
    meant: Interpretation


@dataclass(frozen=True, slots=True)
class Piece:
    """Talk outside the spans: words `start` to `end` of a sentence, between two of its pauses or spans."""

    start: int
    end: int
    words: list[str]
    """What is left of them without politeness, idioms, and joining words in front."""
    tokens: list[Token]
    """Those words, as phrases."""
    joined: bool
    """True when an "and" or the like stood in front."""
    beside: bool
    """True when no pause divides it from what was read."""


class PartlyRead:
    """The words of one sentence, and the spans of them that were read."""

    def __init__(self, words: Sequence[str], spans: Sequence[Span], lexicon: Lexicon) -> None:
        self.words = words
        self.spans = spans
        self.lexicon = lexicon
        self.inside = [token for span in spans for token in self.tokens_of(span)]
        """The phrases of all spans."""
        self.moved = [request.signal.path for span in spans for request in span.meant.requests]
        """The path of every signal that would move."""

    def tokens(self, words: Sequence[str]) -> list[Token]:
        """`words` as phrases."""
        return self.lexicon.tokens(list(words))

    def tokens_of(self, span: Span) -> list[Token]:
        """The words of a span as phrases."""
        return self.tokens(self.words[span.start : span.end])

    def clauses(self) -> list[list[str]]:
        """The words of the spans, cut at pauses."""
        clauses: list[list[str]] = [[]]
        for span in self.spans:
            for word in self.words[span.start : span.end]:
                if word == PAUSE:
                    clauses.append([])
                else:
                    clauses[-1].append(word)
            clauses.append([])
        return [clause for clause in clauses if clause]

    def gaps(self) -> list[tuple[int, int]]:
        """Start and end of the talk outside the spans, cut at pauses."""
        taken = [PAUSE if self._in_span(index) else word for index, word in enumerate(self.words)]
        gaps: list[tuple[int, int]] = []
        first = 0
        for index in range(len(taken) + 1):
            if index == len(taken) or taken[index] == PAUSE:
                if first < index:
                    gaps.append((first, index))
                first = index + 1
        return gaps

    def piece(self, start: int, end: int, words: list[str]) -> Piece:
        """The talk from `start` to `end`, of which `words` count."""
        left = words
        while left and self.joins(left[0]):
            left = left[1:]
        return Piece(start, end, left, self.tokens(left), left != words, self.touches(start, end))

    def joins(self, word: str) -> bool:
        """True for "and" and the like."""
        return self.tokens([word])[0].has("conj")

    def touches(self, start: int, end: int) -> bool:
        """True when no pause divides the words from what was read."""
        return self.ends_at(start) or self.begins_at(end)

    def begins_at(self, index: int) -> bool:
        """True when what was read begins with the word at `index`."""
        return index in {span.start for span in self.spans}

    def ends_at(self, index: int) -> bool:
        """True when what was read ends right before the word at `index`."""
        return index in {span.end for span in self.spans}

    def clause_around(self, start: int, end: int) -> Sequence[str]:
        """The words up to the next pauses on both sides."""
        while start > 0 and self.words[start - 1] != PAUSE:
            start -= 1
        while end < len(self.words) and self.words[end] != PAUSE:
            end += 1
        return self.words[start:end]

    def paths(self, family: str) -> set[str]:
        """The paths of a family's signals."""
        return {signal.path for signal in self.lexicon.families[family].members.values()}

    def _in_span(self, index: int) -> bool:
        return any(span.start <= index < span.end for span in self.spans)
