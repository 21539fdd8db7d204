"""How long the grammar takes for a sentence."""

from __future__ import annotations

from benchmarks.measure import Measurement, milliseconds, percentile
from benchmarks.sentences import library_sentences
from hmi.catalogue.catalogue import default_catalogue
from hmi.catalogue.family_file import load_families
from hmi.requests import Context
from hmi.understanding.grammar.recogniser import GrammarRecogniser


def measure() -> list[Measurement]:
    """Every sentence of the library three times; the fastest of each counts, the rest is the machine's noise."""
    grammar = GrammarRecogniser(load_families(default_catalogue()))
    samples = [
        min(milliseconds(lambda text=text: grammar.interpret(text, Context())) for _ in range(3))  # type: ignore[misc]
        for text in library_sentences()
    ]
    return [
        Measurement(f"grammar, median of {len(samples)} sentences", percentile(samples, 0.5), "ms", "<= 2"),
        Measurement("grammar, 99th percentile", percentile(samples, 0.99), "ms", "<= 10"),
    ]
