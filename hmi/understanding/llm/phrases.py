"""Spoken phrases with sets and gaps, as `data/needs.yaml` writes them, and finding them in a sentence.

`"my <bum> ... <cold>"` is the word "my", any phrase of the set `bum`, up to four words of any kind, and any phrase
of the set `cold`. Words of the set `mild` ("really", "a bit") may stand between any two parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hmi.understanding.grammar.text import PAUSE, words_of

MAX_GAP = 4
"""Words that `...` may stand for."""
GAP = "..."
MILD = "mild"

Sets = Mapping[str, "PhraseSet"]


_SHORT = {
    tuple(pair.split()): short
    for pair, short in (
        ("it is", "its"),
        ("there is", "theres"),
        ("that is", "thats"),
        ("he is", "hes"),
        ("she is", "shes"),
        ("i am", "im"),
        ("we are", "were"),
        ("they are", "theyre"),
        ("you are", "youre"),
        ("i have", "ive"),
        ("do not", "dont"),
        ("does not", "doesnt"),
        ("can not", "cant"),
        ("is not", "isnt"),
        ("are not", "arent"),
    )
}


def contracted(words: Sequence[str]) -> list[str]:
    """`words` with "it is" as "its" and so on, so that it does not matter which of the two was said or written."""
    short: list[str] = []
    for word in words:
        if short and (short[-1], word) in _SHORT:
            short[-1] = _SHORT[short[-1], word]
        else:
            short.append(word)
    return short


class PhraseSet:
    """Phrases, found by their first word."""

    def __init__(self, texts: Iterable[object]) -> None:
        self._by_first: dict[str, list[tuple[str, ...]]] = {}
        for phrase in {
            tuple(contracted([word for word in words_of(str(text)) if word != PAUSE])) for text in texts
        }:
            if phrase:
                self._by_first.setdefault(phrase[0], []).append(phrase)
        for phrases in self._by_first.values():
            phrases.sort(key=len, reverse=True)

    @property
    def first_words(self) -> frozenset[str]:
        """The words that its phrases begin with."""
        return frozenset(self._by_first)

    def ends(self, words: Sequence[str], start: int) -> list[int]:
        """Where phrases that begin at `start` end, the longest first."""
        if start >= len(words):
            return []
        found = []
        for form in forms(words[start]):
            for phrase in self._by_first.get(form, ()):
                end = start + len(phrase)
                if end <= len(words) and all(map(_same, phrase[1:], words[start + 1 : end])):
                    found.append(end)
        return found


@dataclass(frozen=True, slots=True)
class Fit:
    """How a pattern lies on the words of a sentence."""

    end: int
    gaps: tuple[int, ...]
    """Indices of the words that its gaps stand for: nobody has said yet what these mean."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One phrase, cut into words, set names in <> and gaps."""

    parts: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """Read the form of the data file."""
        parts: list[str] = []
        for piece in re.findall(r"<\w+>|\.\.\.|[^\s<>.]+", text):
            parts.extend([piece] if piece.startswith("<") or piece == GAP else words_of(piece))
        return cls(tuple(contracted(parts)))

    def sets(self) -> set[str]:
        """The names of the sets it uses."""
        return {part[1:-1] for part in self.parts if part.startswith("<")}

    def find(self, words: Sequence[str], sets: Sets) -> tuple[int, int] | None:
        """The first place where it stands in `words`, as start and end; None when it does not."""
        for start in range(len(words)):
            end = self.end_from(words, start, sets)
            if end is not None:
                return start, end
        return None

    def end_from(self, words: Sequence[str], start: int, sets: Sets) -> int | None:
        """Where it ends if it begins at `start`; None when it does not."""
        fit = self.fit_from(words, start, sets)
        return None if fit is None else fit.end

    def fit_from(self, words: Sequence[str], start: int, sets: Sets) -> Fit | None:
        """How it lies on `words` if it begins at `start`; None when it does not."""
        return self._match(words, start, 0, sets, ())

    def _match(self, words: Sequence[str], at: int, part: int, sets: Sets, gaps: tuple[int, ...]) -> Fit | None:
        if part == len(self.parts):
            return Fit(at, gaps)
        name = self.parts[part]
        if name == GAP:
            for end in range(at, min(at + MAX_GAP, len(words)) + 1):
                found = self._match(words, end, part + 1, sets, (*gaps, *range(at, end)))
                if found is not None:
                    return found
                if end < len(words) and words[end] == PAUSE:
                    return None
            return None
        for end in self._ends(name, words, at, sets):
            found = self._match(words, end, part + 1, sets, gaps)
            if found is not None:
                return found
        if part:  # words that only shade the meaning
            for end in sets[MILD].ends(words, at):
                found = self._match(words, end, part, sets, gaps)
                if found is not None:
                    return found
        return None

    def _ends(self, name: str, words: Sequence[str], at: int, sets: Sets) -> list[int]:
        if name.startswith("<"):
            return sets[name[1:-1]].ends(words, at)
        return [at + 1] if at < len(words) and _same(name, words[at]) else []


def forms(word: str) -> tuple[str, ...]:
    """How the data may write a spoken word: "windscreens" stands for "windscreen's", "foggin" for "fogging"."""
    if len(word) > 3 and word.endswith("s"):
        return word, word[:-1]
    if len(word) > 4 and word.endswith("in"):
        return word, word + "g"
    return (word,)


def _same(written: str, spoken: str) -> bool:
    return written == spoken or written in forms(spoken)


class PatternIndex:
    """Many patterns, found in one pass over a sentence by the word they begin with."""

    def __init__(self, patterns: Iterable[tuple[str, Pattern]], sets: Sets) -> None:
        """Each pattern comes with the name of what it stands for; no pattern may begin with a gap."""
        self._sets = sets
        self._by_first: dict[str, list[tuple[str, Pattern]]] = {}
        for name, pattern in patterns:
            first = pattern.parts[0]
            starts = sets[first[1:-1]].first_words if first.startswith("<") else {first}
            for word in starts:
                self._by_first.setdefault(word, []).append((name, pattern))

    def find(self, words: Sequence[str]) -> dict[str, list[tuple[int, Fit]]]:
        """Name → where its patterns stand: their starts, and how they lie from there on."""
        found: dict[str, list[tuple[int, Fit]]] = {}
        for start, word in enumerate(words):
            for form in forms(word):
                for name, pattern in self._by_first.get(form, ()):
                    fit = pattern.fit_from(words, start, self._sets)
                    if fit is not None:
                        found.setdefault(name, []).append((start, fit))
        return found
