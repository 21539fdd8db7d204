"""The library that ships: usable, large and varied enough, split cleanly, and verified as it is."""

import hashlib
import json
import re

import pytest

from hmi.cases.case import AUTHORED, DEMANDING, CaseKind
from hmi.cases.generate.similar import Known
from hmi.cases.library import DEVELOP, HELD_OUT, LIBRARY, load_suites
from hmi.cases.oracle import OracleRunner
from hmi.cases.reading import case_files, load_cases

CASES = load_cases(LIBRARY)


def test_it_is_large_and_a_third_of_it_is_demanding():
    assert len(CASES) >= 1500
    assert sum(case.kind in DEMANDING for case in CASES) * 3 >= len(CASES)


def test_every_kind_is_in_both_parts():
    for split in (DEVELOP, HELD_OUT):
        assert {case.kind for case in CASES if case.split == split} == set(CaseKind)


def test_every_case_is_authored_and_in_a_part():
    assert {case.provenance.source for case in CASES} == {AUTHORED}
    assert {case.split for case in CASES} == {DEVELOP, HELD_OUT}


def test_no_held_out_case_begins_with_a_sentence_of_develop():
    # The first sentence is a case's own; "undo that" and other later turns belong to everybody.
    assert _develop_cases_met_in_held_out() == []


def _develop_cases_met_in_held_out() -> list[str]:
    """Ids of develop only: nothing held out is told, not even by a failure."""
    blind = {_bare(case.turns[0].say) for case in CASES if case.split == HELD_OUT}
    return [
        case.id for case in CASES if case.split == DEVELOP and any(_bare(turn.say) in blind for turn in case.turns)
    ]


def _bare(sentence: str) -> str:
    """Its words alone: no capitals, no punctuation but apostrophes."""
    return " ".join(re.findall(r"[a-z0-9]+(?:'[a-z]+)?", sentence.lower().replace("\u2019", "'")))


def test_every_device_of_the_vehicle_is_spoken_of(car):
    spoken = {path for case in CASES for path in case.paths()}
    silent = [
        family.id
        for family in car.families
        if not any(signal.path in spoken for signal in family.members.values())
        and any(signal.path in car.vehicle.bindings for signal in family.members.values())
    ]
    assert silent == []


def test_every_rule_is_met_by_a_case(car):
    met = {rule for case in CASES for turn in case.turns for rule in turn.rules}
    assert {rule.id for rule in car.policy.rules if rule.id not in car.policy.inactive} <= met


def test_a_sample_can_be_done_by_the_vehicle(car):
    runner = OracleRunner(car)
    results = [runner.run(case) for case in CASES[::23]]
    assert [result.problem for result in results if not result.right] == []


@pytest.mark.parametrize("file", case_files(LIBRARY), ids=lambda file: file.relative_to(LIBRARY).as_posix())
def test_the_record_speaks_about_the_cases_as_they_are(file):
    record = json.loads((LIBRARY / "VERDICTS.json").read_text(encoding="utf-8"))
    entry = record["files"][file.relative_to(LIBRARY).as_posix()]
    assert entry["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest(), (
        "after a change of the library, run `codriver verify --oracle --record hmi/cases/library/VERDICTS.json`"
    )
    assert entry["verified"] == entry["cases"]
    assert entry["failed"] == {}


def test_held_out_cases_are_a_blind_suite_of_their_own():
    develop, held_out = load_suites([])
    assert (develop.name, develop.blind) == (DEVELOP, False)
    assert (held_out.name, held_out.blind) == (HELD_OUT, True)
    assert len(develop.cases) + len(held_out.cases) == len(CASES)
    (asked_for,) = load_suites([], HELD_OUT)
    assert not asked_for.blind


def test_the_library_has_few_near_duplicates():
    known, doubles = Known(), []
    for case in CASES:
        if case.split == DEVELOP and case.kind is not CaseKind.RULE:
            if known.has(case):
                doubles.append(case.id)
            known.add(case)
    assert len(doubles) < len(CASES) // 20
