"""How people speak, said plainly: regional spellings, and ways of asking that add nothing to what is asked for.

"I'd be ever so grateful if you'd close the window" and "any chance of closing the window" ask for the same as
"please close the window". The phrases are data (`data/spoken.yaml`); conditions on the world ("if it rains") are
none of them, and stay.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from codriver.errors import FileFormatError
from codriver.yaml_files import load_yaml

SPOKEN_FILE = Path(__file__).parent / "data" / "spoken.yaml"
_TABLES = ("spellings", "openers", "assuring", "closers")
_BEGINS = (
    r"(^\W*|[,.;:!?]\s*|\b(?:and|so|but|then|please|now|well|oh|hey|okay|ok|right|um|uh|erm|er|like|mate|love|car"
    r"|here|yeah|just|kindly)\s+)"
)
"""What may stand right before an opener: the start, a pause, a word that joins or hesitates."""
_ENDS = r"(?=\s*(?:$|[,.;:!?]|\b(?:and|but|because|so|please)\b))"
_WAITS = r"(?<!\bin\s)(?<!\bjust\s)(?<!\babout\s)(?<!\blike\s)(?<!\bme\s)(?<!\bus\s)"
"""What may not stand right before a closer: "in a sec", "give me two ticks"."""
_MOST_OPENERS = 3
_PARTS = re.compile(r"\([^)]*\)|\[[^\]]*\]|\{[^}]*\}|\S+")
_WORD = re.compile(r"[a-z]+")
_JOINT = r"[\s,]+"


@lru_cache(maxsize=2048)
def plain(text: str) -> str:
    """`text` with regional spellings and empty ways of asking replaced; the words of the wish stay as they are."""
    forms = _forms()
    said = text
    if not forms.first_words.isdisjoint(_WORD.findall(_key(text))):  # the pattern itself is slow
        said = forms.spellings.sub(lambda match: forms.words[_key(match.group())], text)
    for _ in range(_MOST_OPENERS):
        before = said
        said = forms.assuring.sub(r"\1make sure ", said)
        said = forms.openers.sub(r"\1please ", said)
        if said == before:
            break
    return forms.closers.sub(" ", said)


class _Forms:
    """The data file, compiled."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.words = {
            _key(str(spoken)): str(word) for word, forms in data["spellings"].items() for spoken in forms
        }
        self.first_words = {_WORD.findall(spoken)[0] for spoken in self.words}
        longest_first = sorted(self.words, key=len, reverse=True)
        apart = "|".join(re.escape(word).replace("'", "['’]") for word in longest_first)
        self.spellings = re.compile(rf"(?<![\w'’])(?:{apart})(?![\w'’])", re.IGNORECASE)
        self.openers = self._any(data["openers"])
        self.assuring = self._any(data["assuring"])
        ends = "|".join(pattern_of(template).removesuffix(_JOINT) for template in data["closers"])
        self.closers = re.compile(rf"{_WAITS}\b(?:{ends}){_ENDS}", re.IGNORECASE)

    @staticmethod
    def _any(templates: list[str]) -> re.Pattern[str]:
        ways = "|".join(pattern_of(template) for template in templates)
        return re.compile(f"{_BEGINS}(?:{ways})", re.IGNORECASE)


def pattern_of(template: str) -> str:
    """The regular expression of a template of the data file; it ends behind the pause after its last word."""
    found = ""
    for part in _PARTS.findall(template):
        inner = part.strip("([{}])")
        if part.startswith("["):
            found += f"(?:(?:{inner}){_JOINT})?"
        elif part == "{ing}":
            found += r"(?=\w+in(?:g\b|'))"
        elif part.startswith("{not "):
            found += rf"(?!(?:{inner.removeprefix('not ')})\b)"
        elif part.startswith("{"):
            found += rf"(?=(?:{inner})\b)"
        else:
            found += f"(?:{inner}){_JOINT}"
    return found.replace("'", "['’]?").replace(" ", _JOINT)


def _key(word: str) -> str:
    return " ".join(word.lower().replace("’", "'").split())


@lru_cache(maxsize=1)
def _forms() -> _Forms:
    data = load_yaml(SPOKEN_FILE)
    if not isinstance(data, dict) or set(data) != set(_TABLES):
        raise FileFormatError(f"{SPOKEN_FILE} must have exactly the entries {', '.join(_TABLES)}.")
    return _Forms(data)
