"""Sentence to proven read-back of a light, in real time over the in-process bus."""

from __future__ import annotations

from benchmarks.measure import Measurement, milliseconds, percentile
from codriver.settings import load_settings
from hmi.session import open_session


def measure() -> list[Measurement]:
    """Two hundred switchings of the dome light."""
    with open_session(load_settings(files=[]), virtual_time=False) as session:
        samples = []
        for turn in range(200):
            sentence = f"turn the dome light {'off' if turn % 2 else 'on'}"
            samples.append(milliseconds(lambda: session.assistant.ask(sentence, "bench")))  # noqa: B023
    return [
        Measurement("sentence to proven light, median", percentile(samples, 0.5), "ms", "<= 40"),
        Measurement("sentence to proven light, 99th percentile", percentile(samples, 0.99), "ms"),
    ]
