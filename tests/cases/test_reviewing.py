"""`codriver testgen review`: a person settles disputes, key by key."""

import pytest
from case_samples import GOOD, HER_WINDOW, MY_WINDOW, write
from click.testing import CliRunner

from hmi.cases.case import Standing
from hmi.cases.generate.review import Review
from hmi.cases.generate.store import CaseStore
from hmi.cases.reading import load_cases
from hmi.commands.testgen import testgen as command

DISPUTED = f"""\
- id: {{name}}
  kind: direct
  say: "window open, {{name}}"
  expect: {{{{{MY_WINDOW}: 100}}}}
  verdict: disputed
  reason: read otherwise by the grammar
  other_reading:
    by: grammar
    turns:
      - expect: {{{{{HER_WINDOW}: 100}}}}
  provenance: {{{{source: m, prompt: "1", date: "2026-01-31"}}}}
"""


@pytest.fixture
def file(tmp_path):
    return write(
        tmp_path, "new.yaml", GOOD + "".join(DISPUTED.format(name=name) for name in ("one", "two", "three"))
    )


@pytest.fixture
def review(car, file):
    said = []

    def run(keys, edit=lambda text: None):
        pressed = iter(keys)
        store = CaseStore.open(file, car.catalogue)
        settled = Review(store, car, said.append, lambda _: next(pressed), edit).run()
        return settled, {case.id: case for case in load_cases(file)}, "\n".join(said)

    return run


def test_each_reading_can_be_taken_and_a_case_dropped(review):
    settled, cases, said = review("abd")
    assert (settled.kept, settled.dropped, settled.left) == (2, 1, 0)
    assert set(cases) == {"good", "one", "two"}
    assert cases["one"].turns[0].wanted == ({MY_WINDOW: 100},)
    assert cases["two"].turns[0].wanted == ({HER_WINDOW: 100},)
    for name in ("one", "two"):
        assert cases[name].standing is Standing.VERIFIED
        assert cases[name].provenance.settled_by == "person"
        assert cases[name].provenance.source == "m"
        assert cases[name].other_reading is None
    assert "a  Cabin.Door.Row1.DriverSide.Window.Position = 100" in said
    assert "b  Cabin.Door.Row1.PassengerSide.Window.Position = 100  (grammar)" in said


def test_leaving_keeps_what_was_decided(review):
    settled, cases, _ = review("aq")
    assert (settled.kept, settled.left) == (1, 2)
    assert [case.standing for case in cases.values()].count(Standing.DISPUTED) == 2


def test_every_decision_is_saved_at_once(review, file):
    def look(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        review("ae", edit=look)
    assert {case.id: case.standing for case in load_cases(file)}["one"] is Standing.VERIFIED


def test_skipping_and_unknown_keys(review):
    settled, cases, _ = review("xss\x03")
    assert (settled.kept, settled.left) == (0, 3)
    assert len(cases) == 4


def test_a_case_can_be_edited(review):
    settled, cases, _ = review("eq", edit=lambda text: text.replace(": 100", ": 30"))
    assert settled.kept == 1
    assert cases["one"].turns[0].wanted == ({MY_WINDOW: 30},)
    assert cases["one"].standing is Standing.VERIFIED


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (lambda text: text.replace(": 100", ": 3000"), "cannot be 3000"),
        (lambda text: "nonsense", "list"),
        (lambda text: "", "must hold one case, not 0"),
        (lambda text: text + "\n" + text.replace("id: one", "id: more"), "must hold one case, not 2"),
    ],
)
def test_an_edit_that_cannot_be_used_is_said_and_asked_again(review, edit, problem):
    settled, cases, said = review("esq", edit=edit)
    assert problem in said
    assert settled.kept == 0
    assert cases["one"].standing is Standing.DISPUTED


def test_what_the_vehicle_cannot_do_is_not_accepted(review):
    def impossible(text):
        return text.replace(
            "kind: direct", "kind: direct\n  state: {Vehicle.TraveledDistance: 1}\n  rules: [opening-in-rain]"
        )

    settled, _, said = review("esq", edit=impossible)
    assert settled.kept == 0
    assert "The vehicle cannot do that" in said


def test_the_command_takes_single_keys(car, file, monkeypatch):
    from contextlib import nullcontext

    monkeypatch.setattr("hmi.session.open_session", lambda *_, **__: nullcontext(car))
    result = CliRunner().invoke(command, ["review", str(file)], input="abd")
    assert result.exit_code == 0, result.output
    assert "2 kept, 1 dropped, 0 still disputed." in result.output


def test_a_file_that_is_not_there(tmp_path):
    result = CliRunner().invoke(command, ["review", str(tmp_path / "none.yaml")])
    assert "There is no case file" in str(result.exception)


def test_without_a_terminal_it_says_so_and_settles_nothing(car, file, monkeypatch):
    from contextlib import nullcontext

    def no_terminal():
        raise OSError(6, "No such device or address")

    before = file.read_text(encoding="utf-8")
    monkeypatch.setattr("hmi.session.open_session", lambda *_, **__: nullcontext(car))
    monkeypatch.setattr("click.getchar", no_terminal)
    result = CliRunner().invoke(command, ["review", str(file)])
    assert "terminal" in str(result.exception)
    assert file.read_text(encoding="utf-8") == before
