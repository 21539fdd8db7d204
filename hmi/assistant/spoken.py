"""What values are called in a sentence: "half open", "set to 23 °C", "red"; and the action that leads to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hmi.assistant.naming import Name, Naming
from hmi.assistant.wording import Phrase, Wording
from hmi.catalogue.families import Family, FamilyKind
from hmi.catalogue.signal import Signal, Value

_METRES_IN_KILOMETRE = 1000
_ABBREVIATION = 3
"""Allowed values up to this length are names that people spell: FM, USB."""


class Speaker:
    """Speaks of one value of one signal."""

    def __init__(self, naming: Naming, wording: Wording) -> None:
        self._naming = naming
        self._wording = wording

    def state(self, family: Family | None, signal: Signal, value: Value) -> str:
        """What goes after "is": "half open"."""
        return self._fill("is", family, signal, value, Name(""))

    def do(self, name: Name, family: Family | None, signal: Signal, value: Value) -> str:
        """The action in the infinitive: "open the driver's window halfway"."""
        return self._fill("do", family, signal, value, name)

    def did(self, name: Name, family: Family | None, signal: Signal, value: Value) -> str:
        """The action in the past: "opened the driver's window halfway"."""
        return self._fill("did", family, signal, value, name)

    def clause(self, name: Name, family: Family | None, signal: Signal, value: Value) -> str:
        """The whole statement: "the driver's window is half open", "it's 21.5 °C inside"."""
        own = self._fill("says", family, signal, value, name)
        if own:
            return own
        state = self.state(family, signal, value)
        return self._wording.say("state", name=name.text, be=name.be, state=state)

    def amount(self, signal: Signal, value: Value) -> str:
        """A value by itself: "40 %", "on", "rain sensor"."""
        if isinstance(value, bool):
            return "on" if value else "off"
        if isinstance(value, str):
            return self._wording.colours.get(value.upper()) or humanised(value)
        number, unit = float(value), signal.unit
        if unit == "m" and abs(number) >= _METRES_IN_KILOMETRE:
            number, unit = round(number / _METRES_IN_KILOMETRE), "km"
        shown = f"{round(number, 2):.2f}".rstrip("0").rstrip(".")
        return shown + self._wording.units.get(unit.lower(), f" {unit}" if unit else "")

    def _fill(self, form: str, family: Family | None, signal: Signal, value: Value, name: Name) -> str:
        for phrase in self._phrases(family, value):
            template = phrase.get(form)
            if template is not None:
                return template.format(
                    name=name.text,
                    be=name.be,
                    amount=self.amount(signal, value),
                    value=self._choice(family, signal, value),
                    level=_level(family, value),
                )
        return ""

    def _phrases(self, family: Family | None, value: Value) -> Iterator[Phrase]:
        """The phrases that may speak of `value`, the most special first."""
        keys = [_key_of(value), *_keys(family, value)]
        sections: list[Mapping[str, Any]] = [
            self._naming.words(family),
            self._wording.kinds[str(family.kind if family else FamilyKind.READING)],
        ]
        for section in sections:
            for key in keys:
                phrase = section.get(key)
                if isinstance(phrase, Mapping):
                    yield phrase

    def _choice(self, family: Family | None, signal: Signal, value: Value) -> str:
        if isinstance(value, str) and len(value) <= _ABBREVIATION:
            return value
        spoken = {code: word for word, code in reversed(list(family.values.items()))} if family else {}
        return spoken.get(value) or self.amount(signal, value)


def humanised(text: str) -> str:
    """An allowed value as words: "RAIN_SENSOR" → "rain sensor"; short names like FM and USB stay."""
    if len(text) <= _ABBREVIATION or not text.isupper() or text.startswith("#"):
        return text
    return text.replace("_", " ").lower()


def _key_of(value: Value) -> str:
    """The value as a key of the wording: booleans as in YAML, numbers without a needless fraction."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else f"{value:g}"


def _keys(family: Family | None, value: Value) -> list[str]:
    if isinstance(value, bool):
        return []
    if isinstance(value, str):
        return ["value"]
    if family is not None and family.kind is FamilyKind.OPENING:
        return [_openness(value)]
    if family is not None and family.kind is FamilyKind.LEVEL:
        if family.off is not None and value == family.off:
            return ["off"]
        return ["level", "amount"] if _level(family, value) else ["amount"]
    return ["amount"]


def _openness(value: int | float) -> str:
    if value < 0:
        return "tilted"
    return {0.0: "closed", 50.0: "half", 100.0: "open"}.get(float(value), "partly")


def _level(family: Family | None, value: Value) -> int:
    """Which of the family's levels `value` is, counted from 1; 0 when it is none."""
    if family is None or not family.levels or isinstance(value, str | bool):
        return 0
    for level in range(1, family.levels + 1):
        if round(100 * level / family.levels) == abs(value):
            return level
    return 0
