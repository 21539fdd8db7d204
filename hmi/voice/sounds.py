"""How words sound, near enough to tell what may have been misheard for what."""

from __future__ import annotations

import re

_SPOKEN_LETTERS = {
    "b": "bee", "c": "see", "d": "dee", "g": "jee", "p": "pee", "q": "queue", "t": "tee", "v": "vee", "x": "eks",
}  # fmt: skip
"""Letters that engines write for syllables: "C-T" for "seat"."""


def sound_of(text: str) -> str:
    """The consonants of `text` as they are pronounced, without the borders between words."""
    import jellyfish

    words = [_SPOKEN_LETTERS.get(word, word) for word in re.findall(r"[a-z]+", text.lower())]
    consonants = jellyfish.metaphone("".join(words)).replace(" ", "")
    # Which vowel it begins with is heard wrongly too often to count ("un" for "on").
    return re.sub("^[AEIOU]", "A", consonants)
