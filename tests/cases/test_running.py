"""Cases on the real system: the grammar, the planner, the simulated bus; and with perfect understanding."""

from dataclasses import replace

import pytest
from case_samples import AC, DOOR, HER_WINDOW, MOVING, MUTED, MY_WINDOW, SPEED, VOLUME, one_turn

from codriver.simulation import Fault
from hmi.assistant.answer import Outcome
from hmi.cases.case import Case, CaseKind, Turn
from hmi.cases.judge import Verdict
from hmi.cases.oracle import OracleRunner
from hmi.cases.run import CaseRunner
from hmi.requests import Act, Interpretation

DEFROSTER = "Vehicle.Cabin.HVAC.IsFrontDefrosterActive"
REAR_DEFROSTER = "Vehicle.Cabin.HVAC.IsRearDefrosterActive"


class Says:
    """A recogniser that gives the same interpretation to every sentence."""

    name = "says"

    def __init__(self, interpretation):
        self.interpretation = interpretation

    def interpret(self, text, context):
        return self.interpretation


def dialogue(*turns, kind=CaseKind.FOLLOW_UP, state=None):
    return Case("talk", kind, turns, state or {})


def test_a_dialogue_is_one_conversation_on_one_vehicle(car):
    case = dialogue(Turn("louder", ({VOLUME: 40},)), Turn("a bit more", ({VOLUME: 45},)), state={VOLUME: 30})
    result = CaseRunner(car).run(case)
    assert result.right, result.problem
    assert car.vehicle.read(VOLUME) == 45


def test_every_case_gets_a_fresh_vehicle(car):
    runner = CaseRunner(car)
    assert runner.run(one_turn("volume to ninety", wanted=({VOLUME: 90},))).right
    after = runner.run(one_turn("louder", wanted=({VOLUME: 40},)))
    assert after.right, after.problem


def test_state_of_a_later_turn_is_staged_before_it(car):
    case = dialogue(
        Turn("open my window", ({MY_WINDOW: 100},)), Turn("louder", ({VOLUME: 70},), state={VOLUME: 60})
    )
    result = CaseRunner(car).run(case)
    assert result.right, result.problem


def test_the_worst_turn_decides_and_is_told(car):
    case = dialogue(Turn("open my window", ({MY_WINDOW: 20},)), Turn("close it", ({MY_WINDOW: 0},)))
    result = CaseRunner(car).run(case)
    assert [turn.verdict for turn in result.turns] == [Verdict.WRONG, Verdict.RIGHT]
    assert result.verdict is Verdict.WRONG
    assert 'wrong actuation at "open my window"' in result.problem


def test_a_rule_that_refuses_is_traced(car):
    case = one_turn("open my door", wanted=({DOOR: True},), state={SPEED: 50.0, MOVING: True})
    result = CaseRunner(car).run(case)
    assert result.right
    assert result.rules == ("closed-while-moving",)
    assert result.turns[0].answer.outcome is Outcome.REFUSED


def test_a_state_that_cannot_be_staged_is_told(car):
    case = one_turn(wanted=({MY_WINDOW: 1},), state={"Vehicle.Nowhere": 1})
    result = CaseRunner(car).run(case)
    assert not result.right
    assert "its state cannot be staged: The vehicle has no signal 'Vehicle.Nowhere'" in result.problem


def test_a_correction_may_take_back_what_a_rule_added(car):
    case = dialogue(
        Turn("turn on the front defroster", ({DEFROSTER: True},)),
        Turn("no, the rear one", ({REAR_DEFROSTER: True, DEFROSTER: False},)),
        kind=CaseKind.CORRECTION,
    )
    result = CaseRunner(car).run(case)
    assert AC in result.turns[0].companions
    assert AC in {target.path for target in result.turns[1].answer.requested}
    assert result.right, result.problem


def test_the_oracle_understands_everything(car):
    case = dialogue(
        Turn("blorp", ({MY_WINDOW: 33, VOLUME: 12},)),
        Turn("is it blorped", reads=(MY_WINDOW,), outcomes=(Outcome.ANSWERED,)),
        Turn("unblorp", outcomes=(Outcome.REFUSED,)),
        Turn("hm", outcomes=(Outcome.NOTHING_TO_DO,)),
        Turn("blorp off", ({MY_WINDOW: 0},)),
    )
    result = OracleRunner(car).run(case)
    assert result.right, result.problem
    assert car.vehicle.read(MY_WINDOW) == 0


def test_the_oracle_says_yes_where_a_rule_asks_and_looks_at_the_vehicle(car):
    case = one_turn("x", wanted=({MY_WINDOW: 60},), state={AC: True})
    result = OracleRunner(car).run(case)
    assert result.right, result.problem
    assert "windows-open-with-air-conditioning" in result.rules
    assert car.vehicle.read(MY_WINDOW) == 60


def test_the_oracle_tries_every_alternative(car, monkeypatch):
    said = []
    ask = car.assistant.ask
    monkeypatch.setattr(car.assistant, "ask", lambda *given: said.append(answer := ask(*given)) or answer)
    case = one_turn("x", wanted=({MY_WINDOW: 50}, {HER_WINDOW: 50}, {MUTED: True}))
    assert OracleRunner(car).run(case).right
    assert [answer.requested[0].path for answer in said] == [MY_WINDOW, HER_WINDOW, MUTED]


@pytest.mark.parametrize("fault", ["silent", "stuck"])
def test_the_oracle_reports_what_the_vehicle_does_not_do(car, monkeypatch, fault):
    stage = car.stage

    def stage_and_break(values):
        stage(values)
        car.vehicle.inject(Fault(kind=fault, target=MY_WINDOW))

    monkeypatch.setattr(car, "stage", stage_and_break)
    result = OracleRunner(car).run(one_turn("x", wanted=({MY_WINDOW: 50},)))
    assert result.verdict is Verdict.UNPROVED
    assert "not proved" in result.problem
    assert result.unproved


def test_readings_and_moves_of_a_wrong_recogniser_are_caught(car):
    car.assistant.recogniser = Says(Interpretation(Act.HELP, understood_by="says"))
    runner = CaseRunner(car)
    quiet = one_turn("x", CaseKind.UNRELATED, outcomes=(Outcome.REFUSED,))
    assert runner.run(quiet).verdict is Verdict.OUTCOME
    asks = one_turn("x", CaseKind.QUESTION, reads=(SPEED,), outcomes=(Outcome.ANSWERED,))
    assert runner.run(asks).verdict is Verdict.MISSED
    assert runner.run(replace(quiet, turns=(Turn("x", ({AC: True},)),))).verdict is Verdict.MISSED
