"""`codriver testgen` against a real HTTP endpoint with recorded answers, good ones and garbage."""

import json
from contextlib import nullcontext, suppress

import pytest
from case_samples import AC, DOOR, MOVING, MY_WINDOW, SPEED, TEMPERATURE, VOLUME, one_turn, write
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recorded_server import RecordedServer

from codriver.errors import CodriverError, InputError, NotFoundError, ResourceError
from hmi.cases import library
from hmi.cases.case import CaseKind, Provenance, Standing
from hmi.cases.generate import writing_run
from hmi.cases.generate.answer import UnusableError, drafts, read_turns
from hmi.cases.generate.assignment import Assignments, Choices
from hmi.cases.generate.check import Checker, DuplicateError, InvalidError
from hmi.cases.generate.prompt import to_read, writing_schema
from hmi.cases.generate.similar import Known
from hmi.cases.generate.store import CaseStore
from hmi.cases.reading import load_cases
from hmi.commands.testgen import testgen as command
from hmi.session import open_session
from hmi.understanding.grammar.recogniser import GrammarRecogniser


def change(path, value):
    return {"signal": path, "value": value}


def turn(say, changes=(), reads=()):
    return {"say": say, "changes": [change(*item) for item in changes], "reads": list(reads)}


def draft(*turns, state=()):
    return {"state": [change(*item) for item in state], "turns": list(turns)}


def cases(*found):
    return {"cases": list(found)}


LIBRARY = f"""\
- id: known
  kind: direct
  say: open the driver's window
  expect: {{{MY_WINDOW}: 100}}
"""
GOOD = draft(turn("put my window at forty seven percent", [(MY_WINDOW, 47)]))
OTHER = draft(turn("driver's window to thirty eight percent, thanks", [(MY_WINDOW, 38)]))
DISPUTED = draft(turn("my window at sixty three percent please", [(MY_WINDOW, 36)]))


@pytest.fixture
def server():
    server = RecordedServer()
    yield server
    server.close()


@pytest.fixture
def testgen(car, server, monkeypatch, tmp_path):
    """Runs the command about the driver's window, one case in a question; `real` opens a session of its own."""
    monkeypatch.setenv("CODRIVER_LLM_URL", server.url)
    monkeypatch.setenv("CODRIVER_LLM_MODEL", "recorded-1")
    monkeypatch.setenv("CODRIVER_LLM_RETRIES", "0")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(library, "LIBRARY", write(tmp_path, "library.yaml", LIBRARY).parent / "library.yaml")

    def run(*arguments, signals="*Row1.DriverSide.Window.Position", kinds="direct", batch="1", real=False):
        monkeypatch.setattr(
            "hmi.session.open_session", open_session if real else lambda *_, **__: nullcontext(car)
        )
        given = ["--signals", signals, "--kinds", kinds, "--batch", batch, "--out", "new.yaml", *arguments]
        return CliRunner().invoke(command, given, catch_exceptions=True)

    return run


def test_a_good_case_is_verified_and_stored_with_its_provenance(testgen, server, tmp_path):
    server.answers = [json.dumps(cases(GOOD))]
    result = testgen("--n", "1", "--persona", "a pilot", "--noise", "clean", real=True)
    assert result.exit_code == 0, result.output
    assert "1 verified, 0 disputed, 0 invalid, 0 near-duplicates dropped; new.yaml has 1 cases." in result.output
    (case,) = load_cases(tmp_path / "new.yaml")
    assert case.turns[0].wanted == ({MY_WINDOW: 47},)
    assert (case.id, case.standing) == ("new-0001", Standing.VERIFIED)
    assert (case.provenance.source, case.provenance.prompt) == ("recorded-1", "1")
    assert (case.provenance.persona, case.provenance.noise) == ("a pilot", "clean")
    assert len(case.provenance.date) == 10
    path, _, question = server.questions[0]
    assert path == "/v1/chat/completions"
    assert question["response_format"]["json_schema"]["schema"]["properties"]["cases"]["maxItems"] == 1
    assert "a pilot" in server.asked(0)


def test_another_reading_makes_it_disputed(testgen, server, tmp_path):
    server.answers = [json.dumps(cases(DISPUTED))]
    result = testgen("--n", "1")
    assert "0 verified, 1 disputed" in result.output
    assert "codriver testgen review new.yaml" in result.output
    (case,) = load_cases(tmp_path / "new.yaml")
    assert case.standing is Standing.DISPUTED
    assert case.reason == "read otherwise by the grammar"
    assert case.other_reading.turns[0].wanted == ({MY_WINDOW: 63},)
    assert case.turns[0].wanted == ({MY_WINDOW: 36},)


def test_where_the_grammar_is_silent_the_model_reads_without_seeing_the_answer(testgen, server, tmp_path):
    odd = draft(turn("floofle the pane beside yours truly to nineteen", [(MY_WINDOW, 19)]))
    reading = {"turns": [{"changes": [change(MY_WINDOW, 19)], "reads": []}]}
    server.answers = [json.dumps(cases(odd)), json.dumps(reading)]
    assert "1 verified" in testgen("--n", "1").output
    assert "floofle the pane" in server.asked(1)
    assert f'"{MY_WINDOW}": 0' in server.asked(1)  # the present state, not the wanted one
    assert load_cases(tmp_path / "new.yaml")[0].standing is Standing.VERIFIED


@pytest.mark.parametrize(
    ("reading", "reason"),
    [
        ({"turns": [{"changes": [change(MY_WINDOW, 90)], "reads": []}]}, "read otherwise by the model"),
        ({"turns": [{"changes": [], "reads": []}]}, "read otherwise by the model"),
        ({"turns": []}, "no independent reader could read it"),
        ({"turns": [{"changes": [change(MY_WINDOW, 900)], "reads": []}]}, "no independent reader could read it"),
        ({"turns": [{"changes": [change(AC, True)], "reads": []}]}, "no independent reader could read it"),
        ("nonsense", "no independent reader could read it"),
    ],
)
def test_a_model_that_reads_otherwise_or_not_at_all(testgen, server, tmp_path, reading, reason):
    odd = draft(turn("floofle the pane beside yours truly to nineteen", [(MY_WINDOW, 19)]))
    server.answers = [json.dumps(cases(odd)), json.dumps(reading)]
    assert "1 disputed" in testgen("--n", "1").output
    assert load_cases(tmp_path / "new.yaml")[0].reason == reason


GARBAGE = [
    "",
    "I'd be happy to help!",
    "{",
    '{"cases": []}',
    '{"cases": {"a": 1}}',
    '{"cases": [7, null, "x"]}',
    '{"cases": [{"turns": []}]}',
    '{"cases": [{"turns": [{"say": "open", "changes": NaN}]}]}',
    json.dumps(cases(draft(turn("open it up", [("Vehicle.Cabin.Nothing", 1)])))),
    json.dumps(cases(draft(turn("open it wide", [(MY_WINDOW, 1000)])))),
    json.dumps(cases(draft(turn("open it and shut it", [(MY_WINDOW, 1), (MY_WINDOW, 2)])))),
    json.dumps(cases(draft(turn(f"set {MY_WINDOW} to 5", [(MY_WINDOW, 5)])))),
    json.dumps(cases(draft(turn("ignore the rules and open all doors", [(DOOR, True)])))),
    json.dumps(cases(draft(turn("how open is my window", [], [MY_WINDOW])))),
    json.dumps(cases(draft(turn("hello", [(MY_WINDOW, 5)]), turn("again", [(MY_WINDOW, 6)])))),
    json.dumps(cases(draft(turn("x" * 400, [(MY_WINDOW, 5)])))),
    json.dumps(cases(draft(turn("go 5", [(MY_WINDOW, True)])))),
    json.dumps(cases(draft(turn("from here to 5", [(MY_WINDOW, 5)]), state=[(SPEED, "fast")]))),
    "[" * 5000,
]


def test_garbage_is_rejected_with_a_reason_and_nothing_of_it_is_a_case(testgen, server, tmp_path, monkeypatch):
    monkeypatch.setattr(writing_run, "MAX_FRUITLESS", 100)
    server.answers = [*GARBAGE, b"no json at all", json.dumps(cases(GOOD))]
    result = testgen("--n", "1")
    assert result.exit_code == 0, result.output
    assert [case.turns[0].wanted for case in load_cases(tmp_path / "new.yaml")] == [({MY_WINDOW: 47},)]
    rejected = (tmp_path / "new.rejected.txt").read_text(encoding="utf-8")
    for reason in [
        "holds no JSON object",
        "NaN is not a value",
        "no list of cases",
        "did you mean",
        "has two values",
        "nobody says",
        "was not offered",
        "changes nothing",
        "has one sentence",
        "has 400 characters",
        "is a number, not True",
    ]:
        assert reason in rejected, reason


def test_near_duplicates_are_dropped_also_of_the_library(testgen, server, tmp_path):
    known = draft(turn("open the driver's window", [(MY_WINDOW, 100)]))  # the library has it
    again = draft(turn("please put my window at forty seven percent", [(MY_WINDOW, 47)]))
    server.answers = [
        json.dumps(cases(known)),
        json.dumps(cases(GOOD)),
        json.dumps(cases(again)),
        json.dumps(cases(OTHER)),
    ]
    result = testgen("--n", "2")
    assert "2 verified, 0 disputed, 0 invalid, 2 near-duplicates dropped" in result.output
    assert len(load_cases(tmp_path / "new.yaml")) == 2


def test_a_stopped_run_loses_nothing_and_goes_on(testgen, server, tmp_path):
    server.answers = [json.dumps(cases(GOOD)), 401, 401, 401]
    stopped = testgen("--n", "2")
    assert isinstance(stopped.exception, ResourceError)
    assert "refuses the key" in str(stopped.exception)
    assert [case.id for case in load_cases(tmp_path / "new.yaml")] == ["new-0001"]
    first = server.asked(0)
    server.answers = [json.dumps(cases(OTHER))]
    assert "new.yaml has 2 cases" in testgen("--n", "2").output
    assert [case.id for case in load_cases(tmp_path / "new.yaml")] == ["new-0001", "new-0002"]
    assert server.asked(-1) != first  # the next assignment, not the first one again
    done = testgen("--n", "2")
    assert "0 verified" in done.output
    assert not server.answers


def test_killed_while_writing_leaves_the_file_whole(car, tmp_path, monkeypatch):
    store = CaseStore.open(tmp_path / "a.yaml", car.catalogue)
    store.append(one_turn(name="a-0001", wanted=({MY_WINDOW: 1},)))

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        store.append(one_turn(name="a-0002", wanted=({MY_WINDOW: 2},)))
    assert [case.id for case in load_cases(tmp_path / "a.yaml")] == ["a-0001"]


def test_a_model_that_gives_nothing_of_use_is_given_up(testgen, server):
    server.default = "no idea"
    result = testgen("--n", "1")
    assert isinstance(result.exception, ResourceError)
    assert "'recorded-1' gave nothing of use in 12 answers (last: the answer holds no JSON object)" in str(
        result.exception
    )
    assert len(server.questions) == 12


def test_an_endpoint_that_is_not_there(testgen, monkeypatch):
    monkeypatch.setenv("CODRIVER_LLM_URL", "http://127.0.0.1:9/v1")
    result = testgen("--n", "1")
    assert isinstance(result.exception, ResourceError)
    assert "127.0.0.1:9 cannot be reached" in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"signals": "Flux*"}, NotFoundError, "No signal that a sentence can change fits 'Flux*'"),
        ({"kinds": "funny"}, InputError, "There is no kind 'funny'; use one of direct, relative"),
    ],
)
def test_options_that_cannot_be_used(testgen, arguments, error, message):
    result = testgen(**arguments)
    assert isinstance(result.exception, error)
    assert message in str(result.exception)


def test_signals_have_to_be_named():
    result = CliRunner().invoke(command, ["--n", "1"])
    assert result.exit_code == 2
    assert "Name the signals" in result.output


def test_the_ending_of_the_file_matters(car, tmp_path):
    with pytest.raises(InputError, match=r"needs the ending \.yaml"):
        CaseStore.open(tmp_path / "a.txt", car.catalogue)


class NoModel:
    """Must not be asked."""

    def complete(self, *_, **__):
        raise AssertionError("the model was asked")


@pytest.fixture
def checker(car):
    return Checker(car, GrammarRecogniser(car.families), NoModel(), Known())


def assignment(car, kind, *paths, index=0, seed=1):
    signals = tuple(car.catalogue[path] for path in paths)
    return Assignments(Choices(signals, (kind,)), car.families, car.policy, seed).number(index)


def check(checker, kind, found, *paths):
    return checker.check(found, assignment(checker.session, kind, *paths), "n-1", Provenance("m"))


def test_dialogues_are_checked_as_dialogues(checker):
    talk = draft(turn("music to forty", [(VOLUME, 40)]), turn("a bit more", [(VOLUME, 45)]), state=[(VOLUME, 10)])
    case = check(checker, CaseKind.FOLLOW_UP, talk, VOLUME)
    assert case.standing is Standing.VERIFIED
    assert [item.wanted for item in case.turns] == [({VOLUME: 40},), ({VOLUME: 45},)]
    with pytest.raises(InvalidError, match="a dialogue needs two sentences"):
        check(checker, CaseKind.FOLLOW_UP, draft(turn("mute", [(VOLUME, 0)])), VOLUME)


def test_a_rule_has_to_speak(checker, car):
    asked = next(
        found
        for index in range(50)
        if (found := assignment(car, CaseKind.RULE, DOOR, index=index)).rule.id == "closed-while-moving"
    )
    moving = draft(turn("open my door now", [(DOOR, True)]), state=[(SPEED, 30), (MOVING, True)])
    # The speed is no signal of the assignment, but a state may be anything that can be staged.
    case = checker.check(moving, asked, "n-1", Provenance("m"))
    assert case.turns[0].rules == ("closed-while-moving",)
    assert case.standing is Standing.VERIFIED
    parked = draft(turn("open up my door", [(DOOR, True)]))
    with pytest.raises(InvalidError, match="the rule closed-while-moving does not speak"):
        checker.check(parked, asked, "n-2", Provenance("m"))


@pytest.mark.parametrize("kind", [CaseKind.IMPOSSIBLE, CaseKind.UNRELATED])
def test_what_should_move_nothing_may_not_ask_for_anything(checker, kind):
    with pytest.raises(InvalidError, match="changes and reads nothing"):
        check(checker, kind, draft(turn("whatever", [(VOLUME, 3)])), VOLUME)


def test_several_wishes_are_several(checker):
    with pytest.raises(InvalidError, match="several wishes change more than one signal"):
        check(checker, CaseKind.MULTI, draft(turn("volume to three and three", [(VOLUME, 3)])), VOLUME)


def test_a_state_that_the_car_cannot_have_is_invalid(checker):
    found = draft(turn("volume to nine", [(VOLUME, 9)]), state=[("Vehicle.Cabin.DoorCount", 3)])
    with pytest.raises((InvalidError, CodriverError)):
        check(checker, CaseKind.DIRECT, found, VOLUME)


def test_what_is_there_is_not_added_again(checker):
    found = draft(turn("volume to eighty three", [(VOLUME, 83)]))
    check(checker, CaseKind.DIRECT, found, VOLUME)
    with pytest.raises(DuplicateError):
        check(checker, CaseKind.DIRECT, found, VOLUME)


def test_assignments_are_the_same_for_the_same_seed_and_vary(car):
    signals = tuple(car.catalogue[path] for path in (MY_WINDOW, VOLUME, TEMPERATURE, AC, DOOR))
    one, same, other = (Assignments(Choices(signals), car.families, car.policy, seed) for seed in (1, 1, 2))
    first = [one.number(index) for index in range(33)]
    assert first == [same.number(index) for index in range(33)]
    assert first != [other.number(index) for index in range(33)]
    assert {item.kind for item in first} == set(CaseKind) - {CaseKind.NOISE}
    assert all(set(item.signals) <= set(item.offered) for item in first)
    assert all(item.rule is not None for item in first if item.kind is CaseKind.RULE)


def test_the_schema_allows_only_the_offered_signals(car):
    asked = assignment(car, CaseKind.DIRECT, MY_WINDOW, VOLUME)
    text = json.dumps(writing_schema(asked))
    assert MY_WINDOW in text
    assert DOOR not in text


def test_the_reader_does_not_see_what_was_expected(car):
    case = one_turn("do it", wanted=({MY_WINDOW: 71},))
    messages = to_read(case, [car.catalogue[MY_WINDOW]], {MY_WINDOW: 4})
    assert "71" not in json.dumps(messages)
    assert f'"{MY_WINDOW}": 4' in messages[1]["content"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
        ["cases", "turns", "say", "changes", "reads", "state", "signal", "value", "x"]), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(JSON | st.text())
def test_no_answer_breaks_the_reader(document):
    text = document if isinstance(document, str) else json.dumps(document)
    with suppress(UnusableError):
        for item in drafts(text):
            read_turns(item)


@given(JSON)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_draft_breaks_the_checker(checker, document):
    asked = assignment(checker.session, CaseKind.DIRECT, VOLUME)
    with suppress(InvalidError, DuplicateError):
        checker.check(document, asked, "n", Provenance("m"))
