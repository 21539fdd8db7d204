"""Whatever is said, nothing breaks, and nothing moves unless it was understood."""

from __future__ import annotations

import random
import string

import pytest
from assistant_fakes import GRAMMAR_ONLY

from hmi.assistant.answer import Outcome
from hmi.session import open_session

SENTENCES = 10_000
_ALPHABETS = (
    string.ascii_lowercase + "    ",
    string.printable,
    "äöüßéñçøåœæ ",
    "日本語中文한국어العربيةעבריתру ",
    "\u200b\u200d\ufe0f\u202e\ud800\udfff\x00\x1b\r\n\t\u2028",
    "😀🚗🪟🔊 ",
    "{}[]()<>|\\/*?+^$.%:;'\"`~#@!&=_- ",
    "0123456789 .,%°-" * 2 + "x" * 8,  # never a bare number: "27" may well be understood
)


@pytest.fixture(scope="module")
def session():
    with open_session(GRAMMAR_ONLY, virtual_time=True) as opened:
        yield opened


def _random_texts(count: int, seed: int) -> list[str]:
    dice = random.Random(seed)
    texts = []
    for number in range(count):
        if number % 2:
            raw = dice.randbytes(dice.randint(0, 60))
            texts.append(raw.decode("utf-8", "replace") if number % 4 == 1 else raw.decode("latin-1"))
        else:
            alphabet = dice.choice(_ALPHABETS)
            texts.append("".join(dice.choices(alphabet, k=dice.randint(0, 60))))
    return texts


def test_random_text_raises_nothing_and_moves_nothing(session):
    session.reset()
    moved = []
    for number, text in enumerate(_random_texts(SENTENCES, seed=20)):
        answer = session.assistant.ask(text, f"c{number % 50}")
        if answer.applied or answer.outcome in (Outcome.DONE, Outcome.FAILED):
            moved.append(text)
    assert moved == []
    assert session.scene() == {}


@pytest.mark.parametrize("text", ["", " ", "open " * 2000, "window" * 5000, "9" * 400, "-" * 1000, "the " * 3000])
def test_extreme_text_raises_nothing(session, text):
    session.reset()
    assert session.assistant.ask(text, "long").outcome in set(Outcome) - {Outcome.FAILED}
    assert len(session.assistant.conversation("long").turns[-1].reply) < 1000
