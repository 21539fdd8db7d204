"""The assistant's words, loaded from `data/en.yaml`: templates and names, no decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from codriver.yaml_files import load_yaml

_ENGLISH = Path(__file__).parent / "data" / "en.yaml"

Phrase = Mapping[str, str]
"""Templates by form: `is` (state), `do` (infinitive), `did` (past), `says` (a whole clause)."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One language."""

    units: Mapping[str, str]
    colours: Mapping[str, str]
    places: Mapping[str, str]
    kinds: Mapping[str, Mapping[str, Phrase]]
    families: Mapping[str, Mapping[str, Any]]
    says: Mapping[str, str]
    reasons: Mapping[str, str]
    stop: Mapping[str, Sequence[str]]
    """Words that stop what moves, see `hmi.assistant.stopping`."""

    def say(self, sentence: str, **fields: object) -> str:
        """The template `sentence` of the section `says`, filled in; without a full stop."""
        return self.says[sentence].format(**fields)


@cache
def english() -> Wording:
    """The English wording that ships with codriver."""
    return Wording(**load_yaml(_ENGLISH))


def listed(parts: Sequence[str], word: str = "and") -> str:
    """Parts as people list them: "a", "a and b", "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def sentence(text: str) -> str:
    """`text` with a capital first letter and a full stop, unless it ends as a sentence already."""
    text = text.strip()
    if not text:
        return ""
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".?!" else f"{text}."
