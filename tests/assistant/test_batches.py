"""Batches: lines in, lines out, sessions that do not see each other, and lines that cannot be used."""

from __future__ import annotations

import json
import math

import pytest
from assistant_fakes import CATALOGUE, DRIVER_WINDOW, SPEED, VOLUME, Interpretation, Talk, put, resting_state
from hypothesis import given
from hypothesis import strategies as st

from hmi.assistant.answer import Outcome
from hmi.assistant.batch import Batch, LineError, as_line, batch_conversations, parse_line
from hmi.assistant.conversation import MAX_CONVERSATIONS
from hmi.catalogue.signal import SignalValue
from hmi.requests import Act
from hmi.vehicle.base import WriteOutcome


class FakeStage:
    """The scene of a `Talk`'s vehicle."""

    def __init__(self) -> None:
        self.talk = Talk(batch_conversations())
        self.talk.recogniser.script.update(
            open=Interpretation(Act.REQUEST, (put(DRIVER_WINDOW, 100),)),
            half=Interpretation(Act.REQUEST, (put(DRIVER_WINDOW, 50),)),
            loud=Interpretation(Act.REQUEST, (put(VOLUME, 80),)),
        )
        self.settled = 0

    @property
    def assistant(self):
        return self.talk.assistant

    def reset_vehicle(self):
        self.talk.vehicle.values = resting_state()

    def stage(self, values):
        checked = [SignalValue(CATALOGUE[path], value) for path, value in values.items()]
        self.talk.vehicle.values.update((item.path, item.value) for item in checked)

    def settle(self):
        self.settled += 1

    def scene(self):
        factory = resting_state()
        return {path: value for path, value in self.talk.vehicle.values.items() if factory.get(path) != value}


@pytest.fixture
def stage() -> FakeStage:
    return FakeStage()


def run(stage: FakeStage, *lines) -> list[dict]:
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    return list(Batch(stage, (1, "driver")).run(raw))


def test_a_line_becomes_the_object_of_the_contract(stage):
    (out,) = run(stage, {"id": "7", "text": "half", "session": "a", "state": {SPEED: 30}})
    assert list(out)[:3] == ["id", "session", "text"]
    assert {key: out[key] for key in ("id", "session", "text", "requested", "applied", "outcome")} == {
        "id": "7",
        "session": "a",
        "text": "half",
        "requested": [{"signal": DRIVER_WINDOW, "value": 50}],
        "applied": [{"signal": DRIVER_WINDOW, "value": 50}],
        "outcome": "done",
    }
    assert set(out["latency_ms"]) == {"understand", "plan", "act"}
    assert (out["answers"], out["rules"], out["reply"]) == ([], [], "Driver's window is half open.")


@pytest.mark.parametrize("line_id", ["7", 7, 1.5, True, None])
def test_the_id_comes_back_as_it_is(stage, line_id):
    (out,) = run(stage, {"id": line_id, "text": "half"})
    assert out["id"] is line_id or (out["id"] == line_id and type(out["id"]) is type(line_id))


def test_id_session_and_state_may_be_absent_or_null(stage):
    first, second = run(stage, {"text": "half"}, {"id": None, "text": "half", "session": None, "state": None})
    assert first["id"] is None and first["session"] is None
    assert first["outcome"] == second["outcome"] == "done"


def test_lines_without_a_session_know_nothing_of_each_other(stage):
    outs = run(stage, {"text": "open"}, {"text": "open"}, {"text": "undo"})
    assert [out["outcome"] for out in outs] == ["done", "done", "nothing_to_do"]


def test_lines_of_a_session_are_one_conversation_on_one_vehicle_even_when_interleaved(stage):
    outs = run(
        stage,
        {"text": "open", "session": "a"},
        {"text": "loud", "session": "b"},
        {"text": "open"},
        {"text": "open", "session": "a"},
        {"text": "undo", "session": "b"},
        {"text": "undo", "session": "a"},
        {"text": "undo", "session": "a"},
    )
    assert [out["outcome"] for out in outs] == [
        "done",
        "done",
        "done",
        "nothing_to_do",
        "done",
        "done",
        "nothing_to_do",
    ]
    assert outs[4]["applied"][0]["signal"] == VOLUME
    assert outs[5]["applied"] == [{"signal": DRIVER_WINDOW, "value": 0}]


def test_no_session_is_forgotten_however_many_there_are(stage):
    names = [f"s{number}" for number in range(MAX_CONVERSATIONS + 10)]
    outs = run(stage, *[{"text": text, "session": name} for text in ("open", "undo") for name in names])
    assert {out["outcome"] for out in outs} == {"done"}


def test_a_number_and_a_text_are_different_sessions(stage):
    outs = run(stage, {"text": "open", "session": 1}, {"text": "open", "session": "1"})
    assert [out["outcome"] for out in outs] == ["done", "done"]
    assert [out["session"] for out in outs] == [1, "1"]


def test_a_session_may_be_called_anything(stage):
    outs = run(stage, *[{"text": "open", "session": name} for name in ("", "no session", "str a")] * 2)
    assert [out["outcome"] for out in outs] == ["done"] * 3 + ["nothing_to_do"] * 3


def test_state_is_staged_before_each_line_of_a_session(stage):
    outs = run(
        stage,
        {"text": "open", "session": "a", "state": {DRIVER_WINDOW: 100}},
        {"text": "open", "session": "a", "state": {DRIVER_WINDOW: 20}},
    )
    assert [out["outcome"] for out in outs] == ["nothing_to_do", "done"]


def test_what_did_not_arrive_may_come_to_rest_before_its_session_leaves_the_stage(stage):
    stage.talk.vehicle.misbehave[DRIVER_WINDOW] = (WriteOutcome.BLOCKED, 30, "it is jammed")
    run(stage, {"text": "open", "session": "a"}, {"text": "loud", "session": "b"}, {"text": "loud"})
    assert stage.settled == 1


@pytest.mark.parametrize(
    ("line", "line_id", "words"),
    [
        (b"{", None, "not a JSON object: "),
        (b"\xff\xfe", None, "UTF-8"),
        (b"[1]", None, "not a list"),
        (b'"open"', None, "not a text"),
        (b"[" * 100000, None, "nested too deep"),
        (b'{"id": ' + b"9" * 5000 + b"}", None, "huge number"),
        ({"id": "a"}, "a", "it is missing"),
        ({"id": "a", "text": 7}, "a", "not a number"),
        ({"id": "a", "text": None}, "a", "not null"),
        ({"id": [1], "text": "open"}, None, "id must be"),
        ({"id": "a", "text": "open", "session": {}}, "a", "session must be"),
        ({"id": "a", "text": "open", "session": True}, "a", "session must be"),
        ({"id": "a", "text": "open", "state": [1]}, "a", "state must be"),
        ({"id": "a", "text": "open", "state": {"Vehicle.Nope": 1}}, "a", "Vehicle.Nope"),
        ({"id": "a", "text": "open", "state": {DRIVER_WINDOW: 101}}, "a", "goes from 0 to 100"),
        ({"id": "a", "text": "open", "state": {DRIVER_WINDOW: "open"}}, "a", "is a number"),
        ({"id": "a", "text": "open", "state": {DRIVER_WINDOW: None}}, "a", "is a number"),
        ({"id": "a", "text": "open", "state": {DRIVER_WINDOW: math.nan}}, "a", "finite"),
        ({"id": "a", "text": "open", "state": {DRIVER_WINDOW: 10**400}}, "a", "cannot be"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_in_its_place_and_the_batch_goes_on(stage, line, line_id, words):
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode(), b'{"id": "next", "text": "open"}']
    batch = Batch(stage, (1, "driver"))
    bad, good = batch.run(raw)
    assert set(bad) == {"id", "error"}
    assert bad["id"] == line_id
    assert words in bad["error"] and bad["error"].endswith((".", "?"))
    assert good["outcome"] == "done"
    assert batch.bad_lines == 1


def test_blank_lines_and_a_byte_order_mark_are_skipped(stage):
    outs = run(
        stage, b"\xef\xbb\xbf" + b'{"id": 1, "text": "open"}\r\n', b"\n", b"  \r\n", b'{"id": 2, "text": "half"}'
    )
    assert [out["id"] for out in outs] == [1, 2]


def test_keys_that_nobody_knows_are_no_error(stage):
    (out,) = run(stage, {"text": "open", "expect": {"x": 1}})
    assert out["outcome"] == Outcome.DONE


@given(st.text())
def test_any_text_survives_the_way_out(text):
    line = as_line({"text": text})
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    assert json.loads(line) == {"text": text}


def test_lone_surrogates_are_escaped():
    assert as_line({"text": "\ud800"}) == b'{"text": "\\ud800"}\n'


@given(st.binary(max_size=60))
def test_any_bytes_are_a_line_or_a_line_error(raw):
    try:
        parse_line(raw)
    except LineError as error:
        assert str(error).endswith(".")
