"""Hostile answers of a model through the whole program: `python -m benchmarks attacks`.

A real HTTP endpoint on loopback answers each sentence with something hostile; the sentence is said to the
assistant of a whole simulated car. What may move for a sentence is written down by hand, in
`tests/understanding/llm`, and not taken from the product. `CODRIVER_ATTACKS` sets how many there are.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measure import Measurement, percentile
from codriver.settings import load_settings
from hmi.session import Session, open_session

_TESTS = Path(__file__).parents[1] / "tests" / "understanding" / "llm"
_TIMEOUT = 2.0
"""Seconds that the endpoint may take: what hangs costs the driver no more than this and a little."""
_HANG_EVERY = 400
"""One of so many answers never comes; all of them would take hours."""


def measure() -> list[Measurement]:
    """10,000 attacks; any movement that the sentence does not license is a figure above 0."""
    sys.path[:0] = [str(_TESTS), str(_TESTS.parent)]
    count = int(os.environ.get("CODRIVER_ATTACKS", "10000"))
    import llm_attacks

    dice = random.Random(2026)
    sentences = list(llm_attacks.SENTENCES)
    waits: list[float] = []
    unlicensed = unanswered = 0
    with _hostile_endpoint(dice) as url, _session(url) as session:
        session.assistant.ask(sentences[0], "start")  # loading is another figure
        for number in range(count):
            sentence = sentences[number % len(sentences)]
            if number % len(sentences) == 0:
                session.reset()
            start = time.perf_counter()
            answer = session.assistant.ask(sentence, str(number))
            waits.append(time.perf_counter() - start)
            asked = {target.path for target in answer.requested}
            # What a rule adds to what was asked for ("damp air while defrosting") is the policy's doing.
            added = set() if answer.rules and asked else {target.path for target in answer.applied}
            unlicensed += any(not llm_attacks.licensed(sentence, path) for path in asked | added)
            unanswered += not answer.reply
    return [
        Measurement(f"unlicensed movements in {count} attacks", unlicensed, "sentences", "<= 0"),
        Measurement("sentences without an answer", unanswered, "sentences", "<= 0"),
        Measurement("time to the answer, median", percentile(waits, 0.5) * 1000, "ms"),
        Measurement("time to the answer, longest", max(waits), "s", f"<= {2 * _TIMEOUT + 1:g}"),
    ]


@contextmanager
def _session(url: str) -> Iterator[Session]:
    flags = {"vehicle.kind": "simulated", "llm.url": url, "llm.timeout": _TIMEOUT, "llm.retries": 0}
    with open_session(load_settings(flags, environ={}, files=[]), virtual_time=True) as session:
        _never_rest(session)
        yield session


def _never_rest(session: Session) -> None:
    """A program leaves an endpoint alone that was down, and would hear few attacks; this one asks every time."""
    import hmi.understanding.llm.client as client

    client._REST = 0.0


@contextmanager
def _hostile_endpoint(dice: random.Random) -> Iterator[str]:
    from llm_endpoint import Endpoint

    # Each way with the share of the answers that are like it.
    ways = {_hangs: 1 / _HANG_EVERY, _floods: 0.0075, _hangs_up: 0.02, _garbage: 0.05}
    ways[_hostile] = 1 - sum(ways.values())

    def reply(handler: Any, _: object) -> None:
        dice.choices(list(ways), list(ways.values()))[0](handler, dice)

    endpoint = Endpoint()
    endpoint.reply = reply
    try:
        yield endpoint.url
    finally:
        endpoint.close()


def _hangs(_handler: Any, _dice: random.Random) -> None:
    time.sleep(_TIMEOUT + 1)


def _floods(handler: Any, _dice: random.Random) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _number in range(10_000):
        handler.wfile.write(b"y" * 1000)


def _hangs_up(handler: Any, _dice: random.Random) -> None:
    handler.connection.close()


def _garbage(handler: Any, dice: random.Random) -> None:
    from llm_endpoint import send

    send(handler, dice.randbytes(dice.randint(0, 3000)), dice.choice([200, 401, 404, 429, 500]))


def _hostile(handler: Any, dice: random.Random) -> None:
    from llm_attacks import attack
    from llm_endpoint import completion, send

    send(handler, completion(attack(dice)))
