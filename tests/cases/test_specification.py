"""`codriver spec`: requirements with stable ids, their tests, their verdicts, and what has no test."""

import json
import re
from contextlib import nullcontext

import pytest
from case_samples import DOOR, GOOD, HER_WINDOW, MOVING, MY_WINDOW, SPEED, one_turn, write
from click.testing import CliRunner
from recorded_server import RecordedServer

from codriver.errors import ResourceError
from hmi.cases import specification
from hmi.cases.case import CaseKind
from hmi.cases.requirements import NOT_RUN, Evidence, Level, derive
from hmi.cases.trend import Outcomes
from hmi.commands.spec import spec as command
from hmi.commands.verify import verify

HEATING = "Vehicle.Cabin.Seat.Row1.DriverSide.HeatingCooling"


def requirements(car, *cases, latest=None, rules=None):
    signals = [car.catalogue[path] for path in car.vehicle.bindings]
    found = derive(signals, car.families, car.policy, Evidence(cases, latest or {}, rules or {}))
    return {item.id: item for item in found}


def test_every_signal_rule_function_and_kind_is_a_requirement(car):
    found = requirements(car)
    assert all(f"SW-{path.partition('.')[2]}" in found for path in car.vehicle.bindings)
    assert all(f"SYS-R-{rule.id}" in found for rule in car.policy.rules)
    assert all(f"SYS-K-{kind}" in found for kind in CaseKind)
    assert (
        found["SYS-F-window"].text == "A person can open and close the window, wholly or to a share by saying so."
    )
    assert "0 to 100 %" in found["SW-Cabin.Door.Row1.DriverSide.Window.Position"].text
    assert found["SYS-R-closed-while-moving"].level is Level.SYSTEM
    assert {item.verdict for item in found.values()} == {"no test"}


def test_cases_are_traced_with_their_verdict(car):
    case = one_turn(name="w", wanted=({MY_WINDOW: 5},))
    other = one_turn(name="v", wanted=({HER_WINDOW: 5},))
    found = requirements(car, case, other, latest={"w": Outcomes("right"), "v": Outcomes("missed")})
    window = found["SYS-F-window"]
    assert [(test.id, test.verdict) for test in window.tests] == [("w", "right"), ("v", "missed")]
    assert window.verdict == "not all passed"
    assert found["SW-Cabin.Door.Row1.DriverSide.Window.Position"].verdict == "passed"
    assert found["SYS-K-direct"].verdict == "not all passed"
    assert requirements(car, case)["SYS-F-window"].verdict == NOT_RUN


def test_a_rule_is_tested_by_the_cases_that_meet_it(car):
    case = one_turn(name="d", wanted=({DOOR: True},), state={SPEED: 9.0, MOVING: True})
    found = requirements(car, case, rules={"d": ["closed-while-moving"]})
    assert [test.id for test in found["SYS-R-closed-while-moving"].tests] == ["d"]
    assert not found["SYS-R-opening-in-rain"].tests


def test_two_functions_on_one_signal_are_told_apart(car):
    warm = one_turn(name="warm", wanted=({HEATING: 67},))
    cool = one_turn(name="cool", wanted=({HEATING: -67},))
    found = requirements(car, warm, cool)
    assert [test.id for test in found["SYS-F-seat_heating"].tests] == ["warm"]
    assert [test.id for test in found["SYS-F-seat_cooling"].tests] == ["cool"]


def test_held_out_cases_are_counted_and_not_named(car):
    from dataclasses import replace

    case = replace(one_turn(name="hidden-case", wanted=({MY_WINDOW: 5},)), split="held_out")
    found = list(requirements(car, case, latest={"hidden-case": Outcomes("right")}).values())
    for text in (specification.markdown(found, "d", {}, ""), specification.html(found, "d", {}, "")):
        assert "hidden-case" not in text
        assert "held out 1 of 1" in text


def test_what_the_text_says_cannot_break_the_document(car):
    found = list(requirements(car).values())
    title = specification.sections(found)[0][0]
    prose = {title: "a | b <b>bold</b> *x*\nnew line"}
    text = specification.markdown(found, "2026-01-31", prose, "m|odel")
    assert r"> a \| b \<b\>bold\</b\> \*x\* new line" in text
    assert r"language model m\|odel; not verified" in text
    page = specification.html(found, "2026-01-31", prose, "<model>")
    assert "&lt;b&gt;bold" in page
    assert "<model>" not in page
    assert not re.search(r"(src|href)=['\"](?!#)|@import|url\(|<script", page)


@pytest.fixture
def spec(car, monkeypatch, tmp_path):
    monkeypatch.setattr("hmi.session.open_session", lambda *_, **__: nullcontext(car))
    file = write(tmp_path, "cases.yaml", GOOD)

    def run(*arguments, which=command):
        return CliRunner().invoke(which, [str(file), *map(str, arguments)])

    return run


def test_the_command_writes_both_forms(spec, tmp_path):
    result = spec("--out", tmp_path / "doc")
    assert result.exit_code == 0, result.output
    assert re.match(r"\d+ requirements, \d+ of them without a test, are in .*doc/requirements.md\.", result.output)
    text = (tmp_path / "doc" / "requirements.md").read_text(encoding="utf-8")
    assert "- SYS-F-window, right: good" in text
    assert "- SYS-F-door: " in text.partition("## Without a test")[2].partition("\n## ")[0]
    assert "SYS-F-window" in (tmp_path / "doc" / "requirements.html").read_text(encoding="utf-8")


def test_the_latest_verdict_counts(spec, tmp_path, car):
    (tmp_path / "cases.yaml").write_text(GOOD.replace(": 50", ": 20"), encoding="utf-8")
    assert spec(which=verify).exit_code == 1
    (tmp_path / "cases.yaml").write_text(GOOD, encoding="utf-8")
    spec("--out", tmp_path)
    text = (tmp_path / "requirements.md").read_text(encoding="utf-8")
    assert "- SYS-F-window, wrong actuation: good" in text


def test_prose_is_marked_as_written_by_the_model(spec, tmp_path, monkeypatch):
    server = RecordedServer(json.dumps({"text": "How people speak."}), "garbage", json.dumps({"text": 7}))
    server.default = json.dumps({"text": "More."})
    try:
        monkeypatch.setenv("CODRIVER_LLM_URL", server.url)
        monkeypatch.setenv("CODRIVER_LLM_MODEL", "recorded")
        assert spec("--out", tmp_path, "--prose").exit_code == 0
    finally:
        server.close()
    text = (tmp_path / "requirements.md").read_text(encoding="utf-8")
    assert "> How people speak.\n>\n> *Prose written by the language model recorded; not verified.*" in text
    assert text.count("not verified.*") == len(server.questions) - 2
    assert "garbage" not in text


def test_prose_without_a_model_is_said_and_nothing_is_written(spec, tmp_path, monkeypatch):
    monkeypatch.setenv("CODRIVER_LLM_URL", "http://127.0.0.1:9/v1")
    result = spec("--out", tmp_path / "doc", "--prose")
    assert isinstance(result.exception, ResourceError)
    assert not (tmp_path / "doc").exists()
