"""The words a driver may say to this car, by their sound."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from codriver.yaml_files import load_yaml
from hmi.catalogue.family_file import Families
from hmi.understanding.grammar.lexicon import LANGUAGE_FILE, plural_of
from hmi.understanding.grammar.text import words_of
from hmi.voice.meaning import NEGATIONS

_LONGEST = 4
"""Words of a phrase; longer ones are found piece by piece."""
_UNUSED = frozenset({"negation", "condition", "remark", "smalltalk", "help", "ordinals", "correction"})
"""Sections of the language file whose words are never put into a sentence."""
_COMMON = ("acts", "place", "function", "all", "to", "degrees_of", "fractions", "extremes", "levels", "percent")
"""Sections whose words are said more than others."""
_FIRST_NAMES = 4
"""Of a device; those at the head of its list are said most."""


_NAMING, _COMMON_WORD, _KNOWN, _RARE = 3.0, 2.0, 0.6, 1.0
"""Costs in letters; see `Vocabulary.worth` and `Near.cost`."""


@dataclass(frozen=True, slots=True)
class Near:
    """A phrase of the vocabulary that sounds like something that was heard."""

    phrase: str
    cost: float
    """About how many letters are different; more for a phrase that is seldom said."""


class Vocabulary:
    """Phrases of a catalogue and of the language, searched by sound."""

    def __init__(self, phrases: Iterable[str], common: Collection[str] = (), names: Collection[str] = ()) -> None:
        """`common` are the phrases that are said most, `names` those of devices."""
        from hmi.voice.sounds import sound_of

        self.phrases = sorted(set(phrases))
        self._common = frozenset(common)
        self._known = {word for phrase in self.phrases for word in phrase.split()}
        self._naming = {word for name in names for word in name.split() if len(word) > 2}
        self._letters = [phrase.replace(" ", "") for phrase in self.phrases]
        self._sounds = [sound_of(phrase) for phrase in self.phrases]
        self._lengths = [len(phrase) for phrase in self.phrases]
        self._rarities = [0.0 if phrase in common else _RARE for phrase in self.phrases]

    def worth(self, word: str) -> float:
        """What it costs, in letters, to take `word` for another one; 0 for a word that has no meaning here."""
        if word in self._naming:
            return _NAMING
        if word in self._common:
            return _COMMON_WORD
        return _KNOWN if word in self._known else 0.0

    def near(self, heard: Sequence[str], limit: float, count: int) -> list[list[Near]]:
        """For each text the `count` cheapest phrases within the distance `limit`; never the text itself."""
        if not heard:
            return []
        import numpy as np
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import cdist

        from hmi.voice.sounds import sound_of

        letters = [text.replace(" ", "") for text in heard]
        by_letter = cdist(letters, self._letters, scorer=OSA.normalized_distance)
        by_sound = cdist([sound_of(text) for text in heard], self._sounds, scorer=OSA.normalized_distance)
        found = []
        for text, distances in zip(heard, (by_letter + by_sound) / 2, strict=True):
            costs = distances * np.maximum(self._lengths, len(text)) + self._rarities
            within = np.flatnonzero(distances <= limit)
            best = within[costs[within].argsort(kind="stable")][: count + 1]
            near = [Near(self.phrases[index], float(costs[index])) for index in best]
            found.append([one for one in near if one.phrase != text][:count])
        return found


def vocabulary_of(families: Families) -> Vocabulary:
    """The vocabulary of a catalogue: names and values of its devices, and the words of the grammar."""
    language: dict[str, Any] = load_yaml(LANGUAGE_FILE)
    spoken = [value for section, value in language.items() if section not in _UNUSED]
    phrases = {" ".join(words_of(text)) for text in _texts(spoken)}
    common = {" ".join(words_of(text)) for section in _COMMON for text in _texts(language[section])}
    names: set[str] = set()
    for family in families:
        labels = [family.label, family.plural, *list(family.words.get("nouns", ()))[:_FIRST_NAMES]]
        common |= {form for text in labels for form in _forms(text)}
        names |= {form for text in (family.label, *family.words.get("nouns", ())) for form in _forms(text)}
        phrases |= {form for text in _texts([dict(family.words), list(family.values)]) for form in _forms(text)}
    phrases |= common | names
    words = {word for phrase in phrases for word in phrase.split()}
    usable = {phrase for phrase in phrases if len(phrase.split()) <= _LONGEST} | words
    return Vocabulary(filter(_is_sayable, usable), common, names)


def _forms(name: str) -> set[str]:
    words = " ".join(words_of(name))
    return {words, plural_of(words)} if words else set()


def _is_sayable(phrase: str) -> bool:
    """False for what no repair may bring in."""
    words = phrase.split()
    return bool(words) and all(word.isalpha() and word not in NEGATIONS for word in words)


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
