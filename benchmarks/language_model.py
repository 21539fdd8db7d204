"""The embedded language model: time for a sentence, first answer after a start, memory.

`python -m benchmarks language_model`. Every sentence is one that the model is asked about: the grammar cannot read
it, and there are several proposals to choose from. Nothing is remembered between sentences but the model's own
prompt cache.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time

import psutil

from benchmarks.measure import Measurement, median_of, milliseconds, percentile
from codriver.settings import load_settings
from hmi.cases.library import LIBRARY
from hmi.cases.reading import load_cases
from hmi.session import Session, open_session
from hmi.understanding.llm.recogniser import LlmRecogniser

_SENTENCES = 60
_FIRST = "zebra, it is awfully stuffy in here"
"""Needs a model: two windows, the fan or the recirculation may be meant, and no grammar knows the animal."""


def measure() -> list[Measurement]:
    """Model-level sentences through understanding, planning and read-back of a simulated car."""
    flags = {"vehicle.kind": "simulated", "llm.url": ""}
    with open_session(load_settings(flags, files=[]), virtual_time=True) as session:
        sentences = _asked_of_the_model(session)
        session.assistant.ask(sentences[0], "warm")
        times = [milliseconds(lambda t=text: _fresh(session, t)) for text in sentences]  # type: ignore[misc]
        memory = psutil.Process().memory_info().rss / 2**20
    return [
        Measurement(
            f"sentence with the model, median of {len(times)}", percentile(times, 0.5) / 1000, "s", "<= 0.5"
        ),
        Measurement("sentence with the model, 95th percentile", percentile(times, 0.95) / 1000, "s", "<= 1.0"),
        Measurement("first answer after the start of the program", median_of(3, _first_answer), "s", "<= 3"),
        Measurement("memory with the model, this program", memory, "MB", "<= 400"),
        Measurement("memory with the model, codriver ask", _memory_of_ask(), "MB", "<= 400"),
    ]


def _fresh(session: Session, text: str) -> None:
    session.assistant.forget_all()
    session.assistant.ask(text, "bench")


def _asked_of_the_model(session: Session) -> list[str]:
    """Sentences of the library for which the model is asked, found by a model that only counts."""
    counted: list[str] = []
    level = session.recogniser._llm  # type: ignore[attr-defined]
    assert isinstance(level, LlmRecogniser)
    model, level._model = level._model, _Counter()
    for case in load_cases(LIBRARY / "develop"):
        text = case.turns[0].say
        before = level._model.asked
        session.assistant.forget_all()
        session.assistant.ask(text, "find")
        if level._model.asked > before:
            counted.append(text)
        if len(counted) == _SENTENCES:
            break
    level._model = model
    return counted


class _Counter:
    """A model that chooses the first and counts."""

    chooses = True
    bare = True
    asked = 0

    def complete(self, *_: object, **__: object) -> str:
        self.asked += 1
        return "1"

    def warm_up(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""


def _first_answer() -> float:
    """Seconds from the start of `codriver ask` with a sentence for the model to its end."""
    start = time.perf_counter()
    answer = subprocess.run(
        [sys.executable, "-m", "codriver", "ask", _FIRST, "--json"], capture_output=True, text=True, check=True
    )
    assert json.loads(answer.stdout)["understood_by"] == "llm"
    return time.perf_counter() - start


def _memory_of_ask() -> float:
    """The highest resident memory of one `codriver ask` that uses the model, in MB."""
    code = (
        "import resource, sys; from codriver.cli import main\n"
        "sys.argv = ['codriver', 'ask', sys.argv[1]]\n"
        "try: main()\n"
        "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code, _FIRST], capture_output=True, text=True, check=True)
    return int(result.stderr.split()[-1]) / 1024
