"""The word lists of `data/words.yaml`, and finding phrases in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from codriver.errors import FileFormatError
from codriver.yaml_files import load_yaml
from hmi.understanding.grammar.text import words_of

WORD_FILE = Path(__file__).parent / "data" / "words.yaml"
_LISTS = (
    "not_now",
    "not",
    "complains",
    "tells",
    "habitual",
    "reports",
    "elsewhere",
    "others",
    "past",
    "asks",
    "errands",
    "reason",
    "says_that",
    "subjects",
    "quotes",
    "idioms",
    "asks_first",
    "persons",
    "phrasal",
    "tails",
    "polite",
    "to_the_end",
    "no_verbs",
    "soon",
    "purposes",
)
_TABLES = ("people", "actions", "names")

Phrase = tuple[str, ...]

DETERMINERS = frozenset({"the", "a", "an", "my", "your", "his", "her", "our", "their", "that", "those"})
"""Words that stand before a noun."""


@lru_cache(maxsize=1)
def word_lists() -> Mapping[str, frozenset[Phrase]]:
    """Every list of the file, as phrases of words. Raises `FileFormatError`."""
    data = load_yaml(WORD_FILE)
    if not isinstance(data, dict) or set(data) != {*_LISTS, *_TABLES}:
        raise FileFormatError(f"{WORD_FILE} must have exactly the entries {', '.join((*_LISTS, *_TABLES))}.")
    return {name: phrases_of(data[name]) for name in _LISTS}


@lru_cache(maxsize=1)
def people() -> Mapping[str, frozenset[Phrase]]:
    """Place → the people who are taken to sit there."""
    word_lists()  # checks the file
    return {place: phrases_of(names) for place, names in load_yaml(WORD_FILE)["people"].items()}


def phrases_of(texts: Iterable[object]) -> frozenset[Phrase]:
    """Texts as tuples of words, in the form that sentences have too."""
    return frozenset(tuple(words_of(str(text))) for text in texts)


def find_phrase(words: Sequence[str], phrases: frozenset[Phrase]) -> int | None:
    """Where the first of `phrases` begins in `words`; None when there is none."""
    longest = max((len(phrase) for phrase in phrases), default=0)
    for start in range(len(words)):
        for length in range(1, longest + 1):
            if tuple(words[start : start + length]) in phrases:
                return start
    return None


@lru_cache(maxsize=1)
def wording() -> tuple[Mapping[str, Sequence[str]], Mapping[str, Sequence[str]]]:
    """Family → how more and less (or on and off) are said, and what one and several are called."""
    word_lists()
    data = load_yaml(WORD_FILE)
    return data["actions"], data["names"]


def without_phrases(words: Sequence[str], phrases: frozenset[Phrase], instead: Sequence[str] = ()) -> list[str]:
    """`words` with every one of `phrases` left out, or `instead` in its place."""
    kept = list(words)
    start = 0
    while (at := find_phrase(kept[start:], phrases)) is not None:
        at += start
        longest = max(len(phrase) for phrase in phrases if tuple(kept[at : at + len(phrase)]) == phrase)
        kept[at : at + longest] = instead
        start = at + len(instead)
    return kept
