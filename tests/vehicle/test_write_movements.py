"""Movements that take their time, are blocked, or stop on the way."""

import pytest
from scripted_ecu import LIGHT, WINDOW, write, write_one

from hmi.vehicle.base import WriteOutcome


def test_a_slow_actuator_reports_progress_and_is_proved_at_the_end(rig):
    rig.ecu.obeys = lambda name, value: rig.ecu.move(name, value, step=2)
    seen = []
    result = write_one(rig, WINDOW, 60, on_progress=lambda progress: seen.append(progress.actual))
    assert result.proved and result.actual == 60
    assert 2.5 < result.elapsed < 3.5
    assert seen == sorted(seen) and len(seen) > 20
    assert all(0 < actual < 60 for actual in seen)


def test_movements_run_side_by_side(rig):
    rig.ecu.obeys = lambda name, value: (
        rig.ecu.move(name, value) if name == "Window" else rig.ecu.take(name, value)
    )
    window, light = write(rig, (WINDOW, 100), (LIGHT, True))
    assert window.proved and light.proved
    assert light.elapsed < 0.2 < 1.5 < window.elapsed


def test_an_actuator_that_never_moves_is_blocked(rig):
    rig.ecu.obeys = lambda name, value: None
    result = write_one(rig, WINDOW, 40)
    assert result.outcome is WriteOutcome.BLOCKED
    assert result.reason == "it does not react"
    assert result.actual == 0
    assert 1.0 < result.elapsed < 1.5


def test_a_switch_that_never_switches_is_blocked(rig):
    rig.ecu.obeys = lambda name, value: None
    result = write_one(rig, LIGHT, True)
    assert result.outcome is WriteOutcome.BLOCKED and result.actual is False


@pytest.mark.parametrize(
    ("jam", "reason"),
    [
        (3, "something is in the way"),
        (4, "it is stuck"),
        (5, "it lost its power"),
        (0, "it stopped on the way"),
    ],
)
def test_a_movement_that_stops_is_blocked_where_it_stands(rig, jam, reason):
    rig.ecu.obeys = lambda name, value: rig.ecu.move(name, value, stop_at=30, jam=jam)
    result = write_one(rig, WINDOW, 80)
    assert result.outcome is WriteOutcome.BLOCKED
    assert result.reason == reason
    assert result.actual == 30


def test_a_pinched_window_is_reported_where_it_came_to_rest(rig):
    rig.ecu.values["Window"] = 100
    rig.clock.advance(0.2)

    def close(name, value):
        rig.ecu.move(name, value, stop_at=40)
        rig.clock.call_later(1.3, lambda: rig.ecu.values.update(Window=45))
        rig.clock.call_later(1.4, lambda: rig.ecu.values.update(Window=50))

    rig.ecu.obeys = close
    result = write_one(rig, WINDOW, 0)
    assert result.outcome is WriteOutcome.BLOCKED and result.reason == "something is in the way"
    assert result.actual == 50


def test_the_jam_of_an_earlier_movement_does_not_count(rig):
    rig.ecu.values.update(Window=30, Window_Motion=3)
    rig.clock.advance(0.2)
    rig.ecu.obeys = lambda name, value: rig.clock.call_later(0.3, lambda: rig.ecu.move(name, value))
    assert write_one(rig, WINDOW, 60).proved
