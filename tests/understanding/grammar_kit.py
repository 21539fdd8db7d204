"""The grammar on the default vehicle, and sentences → {path: value} for a car at rest."""

from __future__ import annotations

from functools import lru_cache

from hmi.catalogue.catalogue import default_catalogue
from hmi.catalogue.family_file import Families, load_families
from hmi.planning.resolve import resolve
from hmi.requests import Context, Interpretation
from hmi.understanding.grammar.recogniser import GrammarRecogniser


@lru_cache(maxsize=1)
def families() -> Families:
    return load_families(default_catalogue())


@lru_cache(maxsize=1)
def grammar() -> GrammarRecogniser:
    return GrammarRecogniser(families())


def at_rest() -> dict:
    return {signal.path: signal.default for signal in default_catalogue().signals() if signal.default is not None}


def read(text: str, **context) -> Interpretation:
    return grammar().interpret(text, Context(**context))


def changes(interpretation: Interpretation, state: dict | None = None) -> dict:
    """What the requests come to on `state`: short path → value."""
    resolved = resolve(interpretation.requests, at_rest() if state is None else state, families())
    return {change.path.removeprefix("Vehicle."): change.value for change in resolved.requested}


def wanted(text: str, **context) -> dict:
    return changes(read(text, **context))


def talk(*sentences: str) -> list[dict]:
    """A conversation; the changes each turn asks for, on a car that obeys."""
    state, memory, results = at_rest(), None, []
    for text in sentences:
        interpretation = read(text, memory=memory)
        memory = interpretation.memory or memory
        asked = changes(interpretation, state)
        state |= {f"Vehicle.{path}": value for path, value in asked.items()}
        results.append(asked)
    return results
