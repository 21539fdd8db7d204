"""Words that mean stop, found without a recogniser: they must work while one is busy."""

from __future__ import annotations

import re
from collections.abc import Collection

from hmi.assistant.naming import FamilyIndex
from hmi.assistant.wording import Wording
from hmi.catalogue.families import FamilyKind

_MOVING = frozenset({FamilyKind.OPENING, FamilyKind.HATCH, FamilyKind.AXIS})
_OTHER_THAN_WORDS = re.compile(r"[^a-z' ]+")
_POINTING = frozenset({"it", "that", "this", "them"})
_LONGEST = 60
"""Characters; a stop is short."""


class StopWords:
    """Finds sentences that are nothing but a stop."""

    def __init__(self, families: FamilyIndex, wording: Wording) -> None:
        own = wording.stop
        nouns = {
            noun.lower() for family in families if family.kind in _MOVING for noun in (family.label, family.plural)
        }
        nouns |= set(own["nouns"])
        # "the" of "stop the window": any words of this list, in any number.
        between = f"(?:(?:{_any(own['between'])}) )*"
        self._halts = re.compile(f"{_any(own['words'])}|(?:{_any(own['verbs'])}) {between}(?:{_any(nouns)})")
        self._interrupts = re.compile(_any(own["interrupts"]))
        polite = _any(own["polite"])
        self._polite = re.compile(f"^(?:(?:{polite}) )+|(?: (?:{polite}))+$")

    def halts(self, text: str) -> bool:
        """True for "stop", "stop the window": never meant for anything but what moves."""
        return self._halts.fullmatch(self._bare(text)) is not None

    def points(self, text: str) -> bool:
        """True for "stop that": while nothing is under way it may mean the massage that was just switched on."""
        return self._bare(text).rpartition(" ")[2] in _POINTING

    def interrupts(self, text: str) -> bool:
        """True for "cancel", "wait": a stop when something moves, else an answer to a question."""
        return self._interrupts.fullmatch(self._bare(text)) is not None

    def _bare(self, text: str) -> str:
        if len(text) > _LONGEST:
            return ""
        words = " ".join(_OTHER_THAN_WORDS.sub(" ", text.lower().replace("\u2019", "'")).split())
        return self._polite.sub("", words)


def _any(words: Collection[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
