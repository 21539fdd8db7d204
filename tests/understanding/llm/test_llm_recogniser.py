"""The level as a whole: what a model may do, what becomes of a wrong answer, and what is said when it is away."""

from __future__ import annotations

import pytest
from llm_car import CATALOGUE, FACTORY, TEMPERATURE, WINDOW, Script, recogniser, says, targets

from hmi.requests import Act, Context, Kind
from hmi.understanding.llm.client import EndpointError
from hmi.understanding.llm.model import NoModelError
from hmi.understanding.llm.prompt import Exchange

CLOSE = "could you maybe close the window thingy for us"


def test_a_capable_model_finds_the_change_and_it_is_carried_over():
    model = Script(lambda _: says("change", {WINDOW: 0}))
    meant = recogniser(model, {WINDOW: 60}).interpret(CLOSE, Context())
    assert targets(meant, {WINDOW: 60}) == {WINDOW: 0}
    assert meant.understood_by == "llm"
    assert meant.memory is not None
    assert len(model.asked) == 1


def test_the_model_is_told_the_state_the_history_the_examples_and_the_first_reading():
    model = Script(lambda _: says("none"))
    history = [Exchange("warmer please", "turn the driver's temperature up")]
    level = recogniser(model, {WINDOW: 60})
    level.interpret("open the passenger door for extraction purposes", Context(), history)
    told = model.asked[0][-1]["content"]
    assert "warmer please" in told
    assert "open the passenger's door" in told
    assert "Row1.PassengerSide.IsOpen: false; [true]" in told
    assert len([message for message in model.asked[0] if message["role"] == "assistant"]) > 0


def test_only_what_the_sentence_licenses_is_in_the_schema():
    model = Script(lambda _: says("none"))
    recogniser(model).interpret(CLOSE, Context())
    offered = str(model.schemas[0]["properties"]["changes"])
    assert "Window.Position" in offered
    for other in ("Hood", "Sunroof", "Temperature", "Trunk", "IsOpen"):
        assert other not in offered


def test_a_wrong_answer_is_asked_again_once_with_the_reason():
    answers = iter([says("change", {"Vehicle.Body.Hood.IsOpen": True}), says("change", {WINDOW: 0})])
    model = Script(lambda _: next(answers))
    meant = recogniser(model, {WINDOW: 60}).interpret(CLOSE, Context())
    assert targets(meant, {WINDOW: 60}) == {WINDOW: 0}
    assert "Vehicle.Body.Hood.IsOpen" in model.asked[1][-1]["content"]


def test_an_answer_that_stays_wrong_becomes_a_question():
    model = Script(lambda _: says("change", {"Vehicle.Body.Hood.IsOpen": True}))
    meant = recogniser(model).interpret("open the passenger door for extraction purposes", Context())
    assert len(model.asked) == 2
    assert meant.act is Act.CLARIFY
    assert targets(meant) == {}


def test_a_model_may_ask_refuse_answer_or_do_nothing():
    asked = recogniser(Script(lambda _: says("ask", say="Which one?"))).interpret(CLOSE, Context())
    assert (asked.act, asked.question.text) == (Act.CLARIFY, "Which one?")
    refused = recogniser(Script(lambda _: says("refuse", say="It has none."))).interpret(CLOSE, Context())
    assert (refused.act, refused.refusal) == (Act.REFUSE, "It has none.")
    told = recogniser(Script(lambda _: says("answer", reads=["Vehicle.Speed"]))).interpret(
        "zebra speed", Context()
    )
    assert [(wish.kind, wish.signal.path) for wish in told.requests] == [(Kind.READ, "Vehicle.Speed")]
    assert recogniser(Script(lambda _: says("none"))).interpret("zebra", Context()).act is Act.UNKNOWN


def test_a_signal_that_there_is_not_cannot_be_read():
    model = Script(lambda _: says("answer", reads=["Vehicle.Soul"]))
    assert recogniser(model).interpret("zebra speed", Context()).act is Act.UNKNOWN


def test_a_door_that_the_words_do_not_open_is_asked_for():
    door = "Vehicle.Cabin.Door.Row1.DriverSide.IsOpen"
    model = Script(lambda _: says("change", {door: True}))
    meant = recogniser(model).interpret("zebra the door zebra", Context())
    assert meant.act is Act.CLARIFY
    assert meant.question.options[0].requests[0].value is True


@pytest.mark.parametrize("said", ["don't close the window zebra", "close the window zebra when it rains"])
def test_what_is_not_to_be_done_now_is_not_even_offered(said):
    model = Script(lambda _: says("change", {WINDOW: 0}))
    meant = recogniser(model, {WINDOW: 60}).interpret(said, Context())
    assert targets(meant, {WINDOW: 60}) == {}
    assert all(schema["properties"]["changes"]["maxItems"] == 0 for schema in model.schemas)


def test_an_exception_is_not_offered():
    model = Script(lambda _: says("none"))
    recogniser(model).interpret("close all the windows zebra except mine", Context())
    offered = str(model.schemas[0]["properties"]["changes"])
    assert "Row1.PassengerSide.Window" in offered
    assert "Row1.DriverSide.Window" not in offered


def test_an_endpoint_that_is_down_is_said_once_and_the_rest_goes_on():
    def down(_):
        raise EndpointError("The language model at host cannot be reached; start it.")

    level = recogniser(Script(down))
    first = level.interpret(CLOSE, Context())
    assert first.act is Act.REFUSE
    assert first.refusal.startswith("The language model at host cannot be reached; start it.")
    assert level.interpret("the zebra of the zebras", Context()).act is Act.UNKNOWN
    assert targets(level.interpret("I'm freezing", Context())) == {TEMPERATURE: 23.0}


def test_weights_that_are_not_there_are_no_trouble():
    def missing(_):
        raise NoModelError("no weights")

    assert recogniser(Script(missing)).interpret("the zebra of the zebras", Context()).act is Act.UNKNOWN


def test_several_samples_keep_what_most_agree_on():
    answers = iter(
        [says("change", {WINDOW: 0}), says("none"), says("change", {WINDOW: 0})],
    )
    model = Script(lambda _: next(answers))
    meant = recogniser(model, {WINDOW: 60}, samples=3).interpret(CLOSE, Context())
    assert targets(meant, {WINDOW: 60}) == {WINDOW: 0}
    assert len(model.asked) == 3


def test_of_several_samples_one_that_a_rule_minds_gives_way():
    trunk, window = "Vehicle.Body.Trunk.Rear.Position", "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
    moving = {"Vehicle.Speed": 90.0, "Vehicle.IsMoving": True}
    answers = iter([says("change", {trunk: 100}), says("change", {trunk: 100}), says("change", {window: 100})])
    model = Script(lambda _: next(answers))
    said = "zebra open the boot or maybe zebra open the window zebra"
    meant = recogniser(model, moving, samples=3).interpret(said, Context())
    assert set(targets(meant, moving)) <= {window}


def test_a_small_model_only_orders_the_options_of_a_question():
    model = Script(lambda _: "2", chooses=True)
    plain = recogniser(Script(lambda _: "garbage", chooses=True)).interpret("it's stuffy in here", Context())
    meant = recogniser(model).interpret("it's stuffy in here", Context())
    assert meant.act is plain.act is Act.CLARIFY
    labels = [option.label for option in plain.question.options]
    assert [option.label for option in meant.question.options] == [labels[1], labels[0], *labels[2:]]


def test_nothing_raises_for_any_text():
    level = recogniser(Script(lambda _: says("none")))
    for text in ("", " ", "\x00", "9" * 500, "the " * 500, "…" * 100, "open " * 200, "😀🚗"):
        assert level.interpret(text, Context()).act in set(Act)


def test_every_path_in_the_tests_exists():
    assert {WINDOW, TEMPERATURE} <= set(CATALOGUE) and FACTORY
