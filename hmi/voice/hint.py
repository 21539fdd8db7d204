"""What a speech model is told beforehand: the words of this car, in sentences of the kind that will be said."""

from __future__ import annotations

from hmi.catalogue.families import Family, FamilyKind
from hmi.catalogue.family_file import Families
from hmi.understanding.grammar.text import words_of

_LENGTH = 750
"""Characters, some 200 tokens: what fits into Whisper's memory of what was said before."""
_EXAMPLES = {
    FamilyKind.OPENING: "Open the driver's {0}.",
    FamilyKind.LOCK: "Unlock the {1}.",
    FamilyKind.SWITCH: "Rear {0} off.",
    FamilyKind.LEVEL: "Turn on the {0}.",
    FamilyKind.AXIS: "Put my {0} all the way down.",
}


def hint_for(families: Families) -> str:
    """Example sentences and the names of the devices: as many as fit, every device once before any twice."""
    known = [family for family in families if family.group != "other"]
    examples = {family.kind: family for family in reversed(known) if family.kind in _EXAMPLES}
    sentences = [_EXAMPLES[kind].format(family.label, family.plural) for kind, family in examples.items()]
    text = " ".join(reversed(sentences))
    names = _names(known)
    while names and len(text) + len(names[0]) + 2 < _LENGTH:
        text += f" {names.pop(0)},"
    return text.rstrip(",") + "."


def _names(families: list[Family]) -> list[str]:
    """Names of devices that have a word none before them has."""
    waiting = [[family.label, *family.words.get("nouns", ())] for family in families]
    seen: set[str] = set()
    names = []
    while any(waiting):
        for nouns in waiting:
            while nouns:
                name = nouns.pop(0)
                words = set(words_of(name))
                if words - seen:
                    seen |= words
                    names.append(name)
                    break
    return names
