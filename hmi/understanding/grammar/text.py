"""From what was typed or recognised to words: lower case, no accents of punctuation, numbers as numerals."""

from __future__ import annotations

import re
from functools import lru_cache

_APOSTROPHES = re.compile(r"[’‘`´]")
_WORD = re.compile(r"#[0-9a-f]{6}\b|\d+(?:[.,]\d+)?|[a-zà-öø-ÿ]+(?:'[a-z]+)*'?|[,.;:!?]|[^\s]")
_UNITS = {"%": "percent", "°": "degrees", "℃": "degrees celsius", "℉": "degrees fahrenheit", "&": "and"}
_STATED = "still open closed shut locked unlocked on off too not stuck getting gone broken so very".split()
_IS = re.compile(
    rf"\b(?!driver|passenger|kid|child|mom|dad|mum)(\w+)'s(?= (?:{'|'.join(_STATED)})\b)",
)
""" "the door's still open" states; "the driver's window" names."""
_PLAIN = re.compile(r"[a-z ]+")
"""Letters alone, as in most phrases of the data files: nothing but `_RIGHT` applies to them."""
_RIGHT = re.compile(r"\bright (down|up|back|forward|in|out)\b")
_PAUSES = frozenset(",.;:!?")
PAUSE = ","

_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_SMALL = {word: number for number, word in enumerate((_ONES + " seventeen eighteen nineteen").split())}
_TENS = {
    word: number * 10
    for number, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
}
_TENS["fourty"] = 40  # a common misspelling
MAX_WORDS = 60
"""A sentence with more words than this is not a request anybody speaks; the rest is not looked at."""


def words_of(text: str) -> list[str]:
    """The words of `text`, in lower case; pauses (punctuation) become a comma of their own.

    Apostrophes and hyphens vanish ("driver's" → "drivers", "rear-view" → "rear view"), units become words and
    spelled-out numbers become numerals ("twenty two point five" → "22.5").
    """
    return list(_words_of(text[:2000]))


@lru_cache(maxsize=8192)  # the data files say the same words again and again
def _words_of(text: str) -> tuple[str, ...]:
    if _PLAIN.fullmatch(text):
        return tuple(join_numbers(_RIGHT.sub(r"all the way \1", text).split()[: MAX_WORDS + 1]))
    lowered = _APOSTROPHES.sub("'", text.lower())
    for sign, word in _UNITS.items():
        lowered = lowered.replace(sign, f" {word} ")
    lowered = re.sub(r"\b(it|there|that|he|she)'s\b", r"\1 is", lowered)
    lowered = re.sub(r"\bwe'll (?!have|need|take|want)", "we will ", lowered)  # "well" is a word of its own
    lowered = _IS.sub(r"\1 is", lowered)
    lowered = re.sub(r"\b(driver|passenger)'s\b", r"\1", lowered)  # "the passengers" are several people
    lowered = re.sub(r"\ba\s*/\s*c\b|\ba\.c\.?(?=\W|$)", "ac", lowered)
    lowered = re.sub(r"(?<=[a-z])[-–—](?=[a-z])", " ", lowered)
    lowered = re.sub(r"(?<![#0-9a-f])(\d+)(?=[a-z])", r"\1 ", lowered)  # "22c" → "22 c"
    lowered = re.sub(r"\s[-–—]+\s|…|\.\.+", " , ", lowered)
    lowered = re.sub(r"(?<=[a-z])/(?=[a-z])", " ", lowered)
    lowered = _RIGHT.sub(r"all the way \1", lowered)
    lowered = re.sub(r"^\W*(right|now then|right then|well now)\s*,", " ", lowered)  # "Right, …" opens a sentence
    lowered = re.sub(r"(?<![\w.])-(?=\d)", "minus ", lowered)
    found: list[str] = []
    for match in _WORD.finditer(lowered):
        word = match.group()
        if word in _PAUSES:
            if found and found[-1] != PAUSE:
                found.append(PAUSE)
        elif word[0].isdecimal():
            found.append(word.replace(",", "."))
        else:
            found.append(word.replace("'", ""))
        if len(found) > MAX_WORDS:
            break
    while found and found[-1] == PAUSE:
        found.pop()
    return tuple(join_numbers([word for word in found if word]))


def join_numbers(words: list[str]) -> list[str]:
    """Replace every run of number words by its numeral; "one" alone stays a word, since it is also a pronoun."""
    words = _counted_out(words)
    joined: list[str] = []
    index = 0
    while index < len(words):
        if joined and words[index] == "of" and words[index + 1 : index + 2] in _SCALES and _is_number(joined[-1]):
            index += 2  # "level two of five"
            continue
        value, used = _number_at(words, index)
        if used and not (used == 1 and words[index] == "one" and not _counts(words, index)):
            joined.append(f"{value:g}")
            index += used
        else:
            joined.append(words[index])
            index += 1
    return joined


def _counted_out(words: list[str]) -> list[str]:
    """ "another degree" is one more of them."""
    counted: list[str] = []
    for index, word in enumerate(words):
        counted.append(word)
        if word == "another" and words[index + 1 : index + 2] in (["degree"], ["notch"], ["level"]):
            counted.append("1")
    return counted


_SCALES = (["five"], ["three"], ["5"], ["3"])


def _is_number(word: str) -> bool:
    return word.removeprefix("-").replace(".", "", 1).isdecimal()


_COUNTED = frozenset(
    "degree degrees percent level levels notch notches step steps stage setting click tick point".split()
)


def _counts(words: list[str], index: int) -> bool:
    """True when the "one" at `index` is a number: "level one", "one degree"."""
    before = words[index - 1] if index else ""
    after = words[index + 1] if index + 1 < len(words) else ""
    aimed = before in ("on", "to", "at") and after in ("", PAUSE, "and", "please")
    of_all = words[index + 1 : index + 2] == ["of"] and words[index + 2 : index + 3] in _SCALES
    return (
        aimed
        or of_all
        or before in ("level", "stage", "speed", "setting", "step", "by", "number")
        or after in _COUNTED
    )


def _number_at(words: list[str], start: int) -> tuple[float, int]:
    """The number that begins at `start` and how many words it takes; (0, 0) when none does."""
    index = start
    value: float
    if words[start] == "minus" and start + 1 < len(words):
        value, used = _number_at(words, start + 1)
        return (-value, used + 1) if used else (0, 0)
    couple = words[start : start + 2] == ["a", "couple"]
    if (
        couple
        and words[start + 2 : start + 3] == ["of"]
        and words[start + 3 : start + 4]
        and words[start + 3] in _COUNTED
    ):
        return 2, 3
    if words[start : start + 2] == ["half", "a"] and words[start + 2 : start + 3] in (
        ["degree"],
        ["step"],
        ["point"],
    ):
        return 0.5, 2
    if words[index] in ("a", "one") and words[index + 1 : index + 2] == ["hundred"]:
        value, index = 100, index + 2
        if words[index : index + 1] == ["and"]:
            index += 1
        rest, used = _below_hundred(words, index)
        if used:
            value, index = value + rest, index + used
        elif words[index - 1] == "and":
            index -= 1
    else:
        value, used = _below_hundred(words, index)
        if not used and words[index].replace(".", "", 1).isdecimal():
            value, used = float(words[index]), 1
        if not used:
            return 0, 0
        index += used
    value, index = _with_fraction(words, value, index)
    return value, index - start


def _below_hundred(words: list[str], index: int) -> tuple[int, int]:
    if index >= len(words):
        return 0, 0
    if words[index] in _TENS:
        ones = _SMALL.get(words[index + 1], 10) if index + 1 < len(words) else 10
        return (_TENS[words[index]] + ones, 2) if 0 < ones < 10 else (_TENS[words[index]], 1)
    if words[index] in _SMALL:
        return _SMALL[words[index]], 1
    return 0, 0


def _with_fraction(words: list[str], value: float, index: int) -> tuple[float, int]:
    if words[index : index + 1] == ["point"] and index + 1 < len(words):
        digit = words[index + 1]
        number = _SMALL.get(digit, int(digit) if digit.isdecimal() else -1)
        if 0 <= number < 10:
            return value + number / 10, index + 2
    if words[index : index + 3] == ["and", "a", "half"]:
        return value + 0.5, index + 3
    return value, index
