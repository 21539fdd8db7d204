"""How good the level is with a model that is never wrong: `python -m benchmarks perfect_answers`.

A recorded-answers server on loopback takes the model's place, at `llm.url`, and gives for each sentence of the
library the answer that its case expects. What the grammar reads, verification, planning and the vehicle are as
they always are: what is lost here is lost by our own code, and no model could do better.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measure import Measurement
from codriver.settings import load_settings
from hmi.cases.case import CaseKind, Turn
from hmi.cases.library import load_suites
from hmi.cases.run import CaseRunner
from hmi.cases.summary import summarise
from hmi.session import Session, open_session

_TESTS = Path(__file__).parents[1] / "tests" / "understanding" / "llm"


def measure() -> list[Measurement]:
    """Both halves of the library with perfect answers; of the held-out half, only totals are told."""
    found = []
    with _server() as server, _session(server.url) as session:
        for suite in load_suites((), "", session.catalogue):
            runner = CaseRunner(session)
            results = []
            for case in suite.cases:
                server.expect(case.turns)
                results.append(runner.run(case))
            figures = summarise(suite, results, session.families).figures
            moving = [result for result in results if any(turn.moves for turn in result.case.turns)]
            right = 100 * sum(result.right for result in moving) / len(moving)
            commands = [result for result in results if result.case.kind is CaseKind.DIRECT]
            found += [
                Measurement(
                    f"{suite.name}: {len(commands)} direct commands right",
                    _of(figures.commands_right),
                    "%",
                    ">= 90",
                ),
                Measurement(f"{suite.name}: {len(moving)} cases that ask for a change, right", right, "%"),
                Measurement(f"{suite.name}: wrong actuation", _of(figures.wrong), "%", "<= 3"),
                Measurement(
                    f"{suite.name}: impossible or unrelated moved nothing", _of(figures.left_alone), "%", ">= 97"
                ),
            ]
    return found


def _of(figure: float | None) -> float:
    assert figure is not None
    return figure


class _Server:
    """The recorded-answers server."""

    def __init__(self) -> None:
        from llm_endpoint import Endpoint, completion, send

        self._endpoint = Endpoint()
        self._turns: Mapping[str, Turn] = {}
        self._endpoint.reply = lambda handler, body: send(handler, completion(self._answer(body)))
        self.url = self._endpoint.url

    def expect(self, turns: Sequence[Turn]) -> None:
        """The sentences that come next, and what is right for them."""
        self._turns = {turn.say: turn for turn in turns}

    def close(self) -> None:
        self._endpoint.close()

    def _answer(self, body: Mapping[str, Any]) -> str:
        task = str(body["messages"][-1]["content"])
        spoken = [turn for say, turn in self._turns.items() if _bare(say) in _bare(task)]
        turn = max(spoken, key=lambda turn: len(turn.say), default=None)
        return _says(turn)


def _bare(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


def _says(turn: Turn | None) -> str:
    answer: dict[str, Any] = {"act": "none", "changes": [], "reads": [], "say": ""}
    if turn is not None and turn.wanted:
        listed = [{"signal": path, "value": value} for path, value in turn.wanted[0].items()]
        answer |= {"act": "change", "changes": listed}
    elif turn is not None and turn.reads:
        answer |= {"act": "answer", "reads": list(turn.reads)}
    return json.dumps(answer)


@contextmanager
def _server() -> Iterator[_Server]:
    sys.path[:0] = [str(_TESTS), str(_TESTS.parent)]
    server = _Server()
    try:
        yield server
    finally:
        server.close()


@contextmanager
def _session(url: str) -> Iterator[Session]:
    flags = {"vehicle.kind": "simulated", "llm.url": url, "llm.model": "recorded", "llm.key": "none"}
    with open_session(load_settings(flags, environ={}, files=[]), virtual_time=True) as session:
        yield session
