"""`codriver testgen` with a small model: the wish is chosen for it, and only its words are its own."""

import json
import os
import random

import pytest
from case_samples import MY_WINDOW
from click.testing import CliRunner
from recorded_server import RecordedServer

from codriver.errors import NotFoundError
from codriver.models import open_store
from codriver.settings import load_settings
from hmi.cases.case import CaseKind, Standing
from hmi.cases.generate.answer import UnusableError
from hmi.cases.generate.assignment import Assignments, Choices
from hmi.cases.generate.guided import Guide
from hmi.cases.library import LIBRARY
from hmi.cases.reading import load_cases
from hmi.commands.testgen import testgen as command


@pytest.fixture(scope="module")
def guide(_car):
    session = _car[0]
    return Guide(session.catalogue, session.families, load_cases(LIBRARY / "develop"))


def test_the_chosen_wishes_are_possible_and_the_same_each_time(car, guide):
    actuators = tuple(signal for signal in car.catalogue.signals() if signal.writable)
    assignments = Assignments(Choices(actuators, (CaseKind.DIRECT, CaseKind.MULTI)), car.families, car.policy, 3)
    for number in range(60):
        changes = guide.changes(assignments.number(number), number)
        assert changes == guide.changes(assignments.number(number), number)
        assert len(changes) <= 2
        for path, value in changes.items():
            car.catalogue[path].check(value)


def test_the_model_sees_how_drivers_speak_of_the_device_and_nothing_that_is_held_out(guide):
    messages = guide.question({MY_WINDOW: 50}, random.Random(1))
    shown = [json.loads(message["content"])["say"] for message in messages if message["role"] == "assistant"]
    known = {turn.say for case in load_cases(LIBRARY / "develop") for turn in case.turns}
    assert set(shown) <= known
    assert messages[-1]["content"] == "open the driver's window to 50 percent"


@pytest.mark.parametrize("text", ["", "{}", '{"say": 5}', '{"say": "window"}', '{"say": "Vehicle.Cabin open it"}'])
def test_what_is_no_sentence_is_no_draft(guide, text):
    with pytest.raises(UnusableError):
        guide.draft(text, {MY_WINDOW: 50})


def test_its_words_are_verified_like_those_of_any_model(tmp_path, monkeypatch):
    said = [
        "please kindly move it",  # nobody but its writer knows what that means
        "turn the fog lights on",  # about something else
        "now get the driver's window to {} percent for us",
        "put my window at 3 percent please, thank you",  # the same device, another value
    ]
    server = RecordedServer()

    def answer(handler):
        wish = server.asked(len(server.questions) - 1)
        value = (
            {"open": "100", "close": "0"}.get(wish.split()[0], "0") if "percent" not in wish else wish.split()[-2]
        )
        server.answers = [json.dumps({"say": said[(len(server.questions) - 1) % 4].format(value)})]
        RecordedServer.send(server, handler)

    monkeypatch.setattr(server, "send", answer)
    monkeypatch.setenv("CODRIVER_LLM_URL", server.url)
    monkeypatch.setenv("CODRIVER_LLM_STYLE", "choose")
    out = tmp_path / "guided.yaml"
    arguments = [
        "--signals",
        "*Row1.DriverSide.Window.Position",
        "--kinds",
        "direct",
        "--n",
        "2",
        "--out",
        str(out),
    ]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    server.close()
    assert result.exit_code == 0, result.output
    assert sorted(case.standing for case in load_cases(out)) == [Standing.DISPUTED, Standing.VERIFIED]
    rejected = out.with_suffix(".rejected.txt").read_text(encoding="utf-8")
    assert "no independent reader could read it" in rejected
    assert "about something else" in rejected


def test_a_kind_that_it_cannot_write_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("CODRIVER_LLM_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("CODRIVER_LLM_STYLE", "choose")
    arguments = ["--signals", "*Window.Position", "--kinds", "implicit", "--out", str(tmp_path / "a.yaml")]
    result = CliRunner().invoke(command, arguments)
    assert "writes the kinds direct and multi only" in str(result.exception)


def test_the_embedded_model_writes_a_case_that_stands(tmp_path):
    try:
        open_store(load_settings({}, environ=os.environ, files=[])).path("smollm2-135m-instruct")
    except NotFoundError:
        pytest.skip("the weights are not here; `codriver models pull smollm2-135m-instruct` brings them")
    out = tmp_path / "embedded.yaml"
    arguments = ["--signals", "*.Volume", "--kinds", "direct", "--n", "1", "--out", str(out)]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    (case,) = load_cases(out)
    assert case.provenance.source == "smollm2-135m-instruct"
    assert case.turns[0].wanted
