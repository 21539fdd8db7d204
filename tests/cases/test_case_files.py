"""Reading and writing case files: what is accepted, and one clear sentence for everything else."""

import itertools

import pytest
from case_samples import AC, GOOD, HER_WINDOW, MY_WINDOW, SPEED, VOLUME, write
from hypothesis import given
from hypothesis import strategies as st

from codriver.errors import FileFormatError, NotFoundError
from hmi.assistant.answer import Outcome
from hmi.cases.case import AUTHORED, Case, CaseKind, Provenance, Reading, Standing, Turn
from hmi.cases.library import LIBRARY
from hmi.cases.reading import load_cases, parse_case
from hmi.cases.writing import case_block, case_mapping, file_text
from hmi.catalogue.catalogue import default_catalogue

CATALOGUE = default_catalogue()


def test_a_list_of_cases_is_authored(tmp_path):
    (case,) = load_cases(write(tmp_path, "a.yaml", GOOD))
    assert (case.id, case.kind, case.provenance.source) == ("good", CaseKind.DIRECT, AUTHORED)
    assert case.turns == (Turn("open my window halfway", ({MY_WINDOW: 50},)),)
    assert case.standing is Standing.VERIFIED


def test_a_header_gives_provenance_and_split(tmp_path):
    inner = "\n".join(f"  {line}" for line in GOOD.splitlines())
    head = "provenance: {source: a-model, prompt: 3, date: 2026-01-31}\nsplit: develop\ncases:\n"
    (case,) = load_cases(write(tmp_path, "a.yaml", head + inner))
    assert case.provenance == Provenance("a-model", "3", "2026-01-31")
    assert case.split == "develop"


def test_the_folder_gives_the_split(tmp_path):
    write(tmp_path, "held_out/a.yaml", GOOD)
    write(tmp_path, "develop/b.yaml", GOOD.replace("good", "other"))
    assert {case.id: case.split for case in load_cases(tmp_path)} == {"good": "held_out", "other": "develop"}


def test_every_key_is_read(tmp_path):
    text = f"""\
- id: all
  kind: follow_up
  speaker: rear driver side
  state: {{{SPEED}: 30}}
  verdict: disputed
  reason: two meanings
  provenance: {{source: m, persona: a farmer, noise: clean, settled_by: person}}
  other_reading:
    by: grammar
    turns:
      - expect: {{{HER_WINDOW}: 100}}
      - outcome: refused
  turns:
    - say: open it
      expect_any: [{{{MY_WINDOW}: 100}}, {{{HER_WINDOW}: 100}}]
      rules: [opening-in-rain]
    - say: is the AC on
      state: {{{AC}: true}}
      reads: {AC}
      outcome: [answered]
"""
    (case,) = load_cases(write(tmp_path, "a.yaml", text))
    assert case.speaker == "rear driver side"
    assert case.state == {SPEED: 30.0}
    assert case.turns[0].wanted == ({MY_WINDOW: 100}, {HER_WINDOW: 100})
    assert case.turns[0].rules == ("opening-in-rain",)
    assert case.turns[1] == Turn("is the AC on", (), (AC,), (Outcome.ANSWERED,), (), {AC: True})
    assert case.other_reading.turns[0].say == "open it"
    assert case.other_reading.turns[1].outcomes == (Outcome.REFUSED,)
    assert parse_case(case_mapping(case), CATALOGUE).turns == case.turns


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("kind: direct", "kind: fast"), "case 'good': kind: 'fast' is not one of direct, relative"),
        (("expect:", "expects:"), "case 'good': a case has no key 'expects'; it can have"),
        (("DriverSide.Window", "DriverSide.Widow"), f"did you mean {MY_WINDOW}"),
        ((": 50", ": 150"), "expect: Vehicle.Cabin.Door.Row1.DriverSide.Window.Position cannot be 150"),
        ((": 50", ": wide"), "is a number, not 'wide'"),
        ((MY_WINDOW, SPEED), "expect: Vehicle.Speed can be read, but not changed"),
        (("id: good", "id: 7"), "a case without id: id: a text is needed, not 7"),
        (("  say: open my window halfway\n", ""), "case 'good': say: a text is needed."),
        (("say: open my window halfway", "say: ''"), "say: a text is needed, not ''"),
        ((f"expect: {{{MY_WINDOW}: 50}}", "expect: {}"), "expect: it is empty; to expect that nothing moves"),
        ((f"expect: {{{MY_WINDOW}: 50}}", "outcome: finished"), "outcome: 'finished' is not one of done"),
        ((f"expect: {{{MY_WINDOW}: 50}}", "speaker: driver"), "needs one of expect, expect_any, reads"),
        ((f"expect: {{{MY_WINDOW}: 50}}", "turns: []"), "say: it belongs into the turns when there are turns"),
        (("kind: direct", "kind: direct\n  speaker: dog"), "speaker: 'dog' is not one of driver, passenger"),
        (("kind: direct", "kind: direct\n  verdict: fine"), "verdict: 'fine' is not one of verified, disputed"),
        (("kind: direct", "kind: direct\n  provenance: {model: x}"), "provenance has no key 'model'"),
        (("kind: direct", "kind: direct\n  kind: direct"), "the key 'kind' is given twice"),
    ],
)
def test_a_typo_is_one_clear_sentence(tmp_path, change, problem):
    file = write(tmp_path, "typo.yaml", GOOD.replace(*change))
    with pytest.raises(FileFormatError) as caught:
        load_cases(file)
    message = str(caught.value)
    assert str(file) in message
    assert problem in message
    assert message.endswith((".", "?"))
    assert not message.endswith(("?.", ".."))  # "did you mean …?" is a whole sentence already
    assert "\n" not in message


@pytest.mark.parametrize("text", ["just text", "7", "cases: 7", "- 7", "[[1]]", "cases:\n  a: 1"])
def test_what_is_no_list_of_cases_is_refused(tmp_path, text):
    with pytest.raises(FileFormatError, match=r"must be a mapping|list"):
        load_cases(write(tmp_path, "a.yaml", text))


def test_an_empty_file_has_no_cases(tmp_path):
    assert load_cases(write(tmp_path, "a.yaml", "# nothing yet\n")) == []


def test_other_reading_needs_as_many_turns(tmp_path):
    text = GOOD + "  verdict: disputed\n  other_reading: {by: x, turns: []}\n"
    with pytest.raises(FileFormatError, match="other_reading: it has 0 turns, the case has 1"):
        load_cases(write(tmp_path, "a.yaml", text))


def test_one_id_may_not_be_given_twice(tmp_path):
    write(tmp_path, "a.yaml", GOOD)
    write(tmp_path, "b.yaml", GOOD)
    with pytest.raises(FileFormatError, match=r"case 'good': id: .*a\.yaml has a case of this id"):
        load_cases(tmp_path)


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(NotFoundError, match="no file or folder of cases"):
        load_cases(tmp_path / "nothing.yaml")
    with pytest.raises(NotFoundError, match="holds no case files"):
        load_cases(tmp_path)


def test_library_cases_are_written_as_they_were_read(tmp_path):
    cases = list(itertools.islice(load_cases(LIBRARY / "develop"), 0, None, 29))
    again = load_cases(write(tmp_path, "again.yaml", file_text(cases)))
    assert [case_mapping(case) for case in again] == [case_mapping(case) for case in cases]


WORDS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029\ufeff"), min_size=1
)
SENTENCES = WORDS.filter(str.strip)


@given(SENTENCES, SENTENCES, st.integers(0, 100), st.booleans())
def test_any_case_survives_writing(say, reason, level, flag):
    case = Case(
        "some-id",
        CaseKind.FOLLOW_UP,
        (Turn(say, ({VOLUME: level, AC: flag},)), Turn("off", reads=(SPEED,), outcomes=(Outcome.ANSWERED,))),
        {MY_WINDOW: level},
        provenance=Provenance("model:x", "1", "2026-01-31", persona=say),
        standing=Standing.DISPUTED,
        reason=reason,
        other_reading=Reading("yes", (Turn(say, ({VOLUME: 0},)), Turn("off", outcomes=(Outcome.REFUSED,)))),
    )
    from codriver.yaml_files import load_yaml

    class Text:
        def read_bytes(self):
            return case_block(case).encode()

    (data,) = load_yaml(Text())
    found = parse_case(data, CATALOGUE)
    assert (found.turns, found.state, found.reason) == (case.turns, case.state, case.reason)
    assert (found.provenance, found.other_reading) == (case.provenance, case.other_reading)
