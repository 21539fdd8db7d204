"""The words a driver may say to this car, by their sound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from codriver.yaml_files import load_yaml
from hmi.catalogue.family_file import Families
from hmi.understanding.grammar.lexicon import LANGUAGE_FILE, plural_of
from hmi.understanding.grammar.text import PAUSE, words_of

_LONGEST = 4
"""Words of a phrase; longer ones are found piece by piece."""
_UNUSED = frozenset({"negation", "condition", "remark", "smalltalk", "help", "ordinals", "correction"})
"""Sections of the language file whose words are never put into a sentence."""


@dataclass(frozen=True, slots=True)
class Near:
    """A phrase of the vocabulary that sounds like something that was heard."""

    phrase: str
    distance: float
    """0 (the same sound) .. 1 (nothing in common)."""


class Vocabulary:
    """Phrases of a catalogue and of the language, searched by sound."""

    def __init__(self, phrases: Iterable[str]) -> None:
        from hmi.voice.sounds import sound_of

        self.phrases = sorted(set(phrases))
        self._letters = [phrase.replace(" ", "") for phrase in self.phrases]
        self._sounds = [sound_of(phrase) for phrase in self.phrases]

    def near(self, heard: Sequence[str], limit: float, count: int) -> list[list[Near]]:
        """For each text the `count` phrases nearest to it within `limit`, nearest first; never the text itself."""
        if not heard:
            return []
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import cdist

        from hmi.voice.sounds import sound_of

        letters = [text.replace(" ", "") for text in heard]
        by_letter = cdist(letters, self._letters, scorer=OSA.normalized_distance)
        by_sound = cdist([sound_of(text) for text in heard], self._sounds, scorer=OSA.normalized_distance)
        found = []
        for text, distances in zip(heard, (by_letter + by_sound) / 2, strict=True):
            best = distances.argsort(kind="stable")[: count + 1]
            near = [Near(self.phrases[index], float(distances[index])) for index in best]
            found.append([one for one in near if one.distance <= limit and one.phrase != text][:count])
        return found


def vocabulary_of(families: Families) -> Vocabulary:
    """The vocabulary of a catalogue: names and values of its devices, and the words of the grammar."""
    language: dict[str, Any] = load_yaml(LANGUAGE_FILE)
    spoken = [value for section, value in language.items() if section not in _UNUSED]
    phrases = {" ".join(words_of(text)) for text in _texts(spoken)}
    for family in families:
        for text in (family.label, family.plural, *_texts([dict(family.words), list(family.values)])):
            name = " ".join(words_of(text))
            phrases |= {name, plural_of(name)} if name else set()
    words = {word for phrase in phrases for word in phrase.split()}
    usable = {phrase for phrase in phrases if 0 < len(phrase.split()) <= _LONGEST} | words
    return Vocabulary(phrase for phrase in usable if PAUSE not in phrase and not any(map(str.isdigit, phrase)))


def _texts(data: Any) -> Iterator[str]:
    """Every text in nested lists and tables; the keys of a table are names, except where they are what is said."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for key, value in data.items():
            if isinstance(key, str) and not isinstance(value, list | dict):
                yield key
            yield from _texts(value)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from _texts(value)
