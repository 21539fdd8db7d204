"""The form of a model's answer: the schema asks for it, and nothing else is read."""

from __future__ import annotations

import json

import pytest
from llm_car import TEMPERATURE, WINDOW, says

from hmi.understanding.llm.answer import (
    MAX_SAY,
    AnswerError,
    ModelAct,
    answer_schema,
    choice_schema,
    plain_text,
    read_answer,
    read_choice,
)


def test_a_change_is_read_with_short_and_long_names():
    short = says("change", {WINDOW.removeprefix("Vehicle."): 50})
    assert read_answer(short).changes == ((WINDOW, 50),)
    assert read_answer(says("change", {WINDOW: 50})) == read_answer(short)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "garbage",
        says("change", {WINDOW: 1})[:-9],
        "```json\n" + says("none") + "\n```",
        says("none") + says("none"),
        says("explode"),
        says("change"),
        says("none", {WINDOW: 1}),
        says("answer"),
        says("change", {WINDOW: None}),
        says("change", {WINDOW: [1]}),
        says("change", {f"Vehicle.X{number}": 1 for number in range(17)}),
        '{"act": "none"}',
        json.dumps({**json.loads(says("none")), "extra": 1}),
        says("change", {WINDOW: float("nan")}),
        says("change", {WINDOW: float("inf")}),
        '{"act":"change","changes":[{"signal":"X","value":1e999}],"reads":[],"say":7}',
        '{"act":"change","changes":[{"signal":7,"value":1}],"reads":[],"say":""}',
        '{"act":"change","changes":{"signal":"X","value":1},"reads":[],"say":""}',
        '{"act":"answer","changes":[],"reads":[1],"say":""}',
        "{" * 50_000,
        "9" * 19_000,
        " " * 30_000,
    ],
)
def test_anything_else_is_refused_with_a_reason(text):
    with pytest.raises(AnswerError) as raised:
        read_answer(text)
    assert str(raised.value)


def test_the_schema_offers_the_signals_with_their_values_and_nothing_more():
    schema = answer_schema({WINDOW: [0, 100], TEMPERATURE: [21.0, 23.0]}, ["Vehicle.Speed"])
    items = schema["properties"]["changes"]["items"]["anyOf"]
    offered = {item["properties"]["signal"]["enum"][0]: item["properties"]["value"]["enum"] for item in items}
    assert offered == {
        WINDOW.removeprefix("Vehicle."): [0, 100],
        TEMPERATURE.removeprefix("Vehicle."): [21.0, 23.0],
    }
    assert schema["properties"]["reads"]["items"]["enum"] == ["Speed"]
    assert schema["additionalProperties"] is False


def test_booleans_and_numbers_are_not_the_same_values():
    schema = answer_schema({"Vehicle.A": [True, False], "Vehicle.B": [1, 0]}, [])
    assert len(schema["properties"]["changes"]["items"]["anyOf"]) == 2


def test_where_nothing_may_change_the_schema_has_no_change():
    schema = answer_schema({}, [])
    assert schema["properties"]["changes"]["maxItems"] == 0
    assert set(schema["properties"]["act"]["enum"]) == {ModelAct.ASK, ModelAct.REFUSE, ModelAct.NONE}


def test_a_choice_is_one_of_the_numbers():
    assert choice_schema(2, bare=True)["enum"] == [0, 1, 2]
    assert choice_schema(2)["properties"]["choice"]["enum"] == [0, 1, 2]
    assert read_choice("2", 2) == read_choice('{"choice": 2}', 2) == 2
    for wrong in ("3", "-1", "true", '"1"', "1.0", "NaN", "", "1 2", "[1]", "{}", '{"choice": 3}', '{"pick": 1}'):
        with pytest.raises(AnswerError):
            read_choice(wrong, 2)


def test_a_models_words_are_shown_as_one_short_printable_line():
    shown = plain_text("Go to http://evil.example now\n\x1b[31m" + "very " * 200)
    assert "evil" not in shown
    assert len(shown) <= MAX_SAY
    assert shown.isprintable()
