"""Finding by words: which families a sentence may be about, and which verified examples are nearest to it.

BM25 over a few hundred short texts needs no model, no index on disk and less than a millisecond.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from codriver.errors import FileFormatError
from codriver.yaml_files import load_yaml
from hmi.catalogue.catalogue import Catalogue
from hmi.catalogue.family_file import Families
from hmi.catalogue.signal import Value
from hmi.understanding.grammar.text import PAUSE, words_of
from hmi.understanding.llm.needs import Needs

EXAMPLES = Path(__file__).parents[2] / "cases" / "library" / "develop"
"""The part of the case library that may be shown to a model; the held-out part never is."""
_K1, _B = 1.4, 0.6


class Bm25:
    """Ranks texts by the words that they share with a query."""

    def __init__(self, texts: Iterable[Sequence[str]]) -> None:
        self._counts = [Counter(map(_stem, words)) for words in texts]
        lengths = [sum(counts.values()) for counts in self._counts]
        self._norms = [1 - _B + _B * length / (sum(lengths) / len(lengths) or 1) for length in lengths]
        documents = Counter(word for counts in self._counts for word in counts)
        total = len(self._counts)
        self._weights = {w: math.log(1 + (total - n + 0.5) / (n + 0.5)) for w, n in documents.items()}
        self._postings: dict[str, list[int]] = {}
        for index, counts in enumerate(self._counts):
            for word in counts:
                self._postings.setdefault(word, []).append(index)

    def best(self, words: Iterable[str], limit: int) -> list[tuple[int, float]]:
        """The `limit` nearest texts with their scores, best first; those that share no word are left out."""
        scores: dict[int, float] = {}
        for word in set(map(_stem, words)):
            for index in self._postings.get(word, ()):
                count = self._counts[index][word]
                gain = self._weights[word] * count * (_K1 + 1) / (count + _K1 * self._norms[index])
                scores[index] = scores.get(index, 0.0) + gain
        return sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:limit]


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word


class SignalIndex:
    """Finds signals by the words of their family, path and description, and of the needs that they meet."""

    def __init__(self, catalogue: Catalogue, families: Families, needs: Needs) -> None:
        phrases: dict[str, list[str]] = {}
        for need in needs.needs:
            for proposal in need.proposals:
                said = [part for pattern in need.says for part in pattern.parts if part.isalpha()]
                phrases.setdefault(proposal.device, []).extend(said)
        self._paths: list[str] = []
        texts: list[list[str]] = []
        for signal in catalogue.signals():
            family = families.of(signal.path)
            spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|\.", " ", signal.path.removeprefix("Vehicle."))
            words = words_of(f"{spaced} {signal.description}"[:2000])
            if family is not None:
                keys = ("nouns", "things", "also", "asks", "asks_is")
                nouns = " ".join(str(noun) for key in keys for noun in family.words.get(key, ()))
                words += [*words_of(f"{family.label} {nouns}"[:2000]), *phrases.get(family.id, ())]
            self._paths.append(signal.path)
            texts.append(words)
        self._bm25 = Bm25(texts)

    def near(self, words: Sequence[str], limit: int) -> list[str]:
        """The paths that `words` may be about, best first."""
        return [self._paths[index] for index, _ in self._bm25.best(words, limit)]


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence with what it was verified to ask for."""

    say: str
    changes: Mapping[str, Value]
    reads: tuple[str, ...]


class Examples:
    """The verified sentences of a case library."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self._examples = tuple(examples)
        self._bm25 = Bm25([words_of(example.say) for example in examples]) if examples else None

    def near(self, words: Sequence[str], catalogue: Catalogue, limit: int) -> list[Example]:
        """The nearest examples whose signals this car has, best first."""
        if self._bm25 is None:
            return []
        found: list[Example] = []
        for index, _ in self._bm25.best([word for word in words if word != PAUSE], limit * 4):
            example = self._examples[index]
            if all(path in catalogue for path in (*example.changes, *example.reads)):
                found.append(example)
        return found[:limit]


@lru_cache(maxsize=2)
def load_examples(folder: Path = EXAMPLES) -> Examples:
    """The single-sentence cases of `folder`; none when it does not exist. Raises `FileFormatError`."""
    found: list[Example] = []
    for file in sorted(folder.glob("*.yaml")):
        cases = load_yaml(file)
        if isinstance(cases, dict):  # a file may say once what all of its cases share
            cases = cases.get("cases")
        if not isinstance(cases, list):
            raise FileFormatError(f"{file} must be a list of cases.")
        found.extend(example for case in cases if (example := _example(case)) is not None)
    return Examples(found)


def _example(case: Mapping[str, Any]) -> Example | None:
    if "say" not in case:
        return None
    expected: Mapping[str, Value] = case.get("expect") or next(iter(case.get("expect_any") or ()), {})
    return Example(str(case["say"]), dict(expected), tuple(case.get("reads") or ()))
