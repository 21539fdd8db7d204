"""A window on GPIO travels, ends and jams; every outcome in virtual time."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rig_kit import OTHER_WINDOW, WINDOW, Bench, devices, window, wish, write_file

from codriver.simulation import Fault
from hmi.vehicle.base import WriteOutcome

OPEN_PIN, CLOSE_PIN, STALL_PIN = 17, 27, 16
SHADE = "Vehicle.Cabin.RearShade.Position"
HOOD = "Vehicle.Body.Hood.IsOpen"
SUNROOF = "Vehicle.Cabin.Sunroof.Position"


@pytest.fixture
def stalling(bench_of):
    """The same window with a bridge that tells when the motor stalls."""
    return bench_of(devices(**{"driver window": window(stall_pin=STALL_PIN)}))


def break_down(bench, kind, share=0.0):
    bench.place(share)
    bench.plant.inject(Fault(kind, "driver window"))
    bench.clock.advance(0.2)


def position(bench):
    return bench.plant.position("driver window")


def off(bench):
    return bench.level(OPEN_PIN) == 0.0 and bench.level(CLOSE_PIN) == 0.0


def test_it_begins_where_its_end_switch_says(bench):
    assert bench.vehicle.read(WINDOW) == 0
    bench.place(1.0)
    assert bench.vehicle.read(WINDOW) == 100


def test_between_the_ends_nobody_knows_where_a_hand_has_put_it(bench):
    bench.place(0.4)
    assert bench.vehicle.read(WINDOW) is None
    assert WINDOW not in bench.vehicle.state()


@pytest.mark.parametrize(
    ("start", "goal", "seconds"), [(0.0, 100, 4.0), (1.0, 0, 4.0), (0.0, 30, 1.2), (1.0, 75, 1.0)]
)
def test_it_travels_and_ends(bench, start, goal, seconds):
    bench.place(start)
    seen = []
    result = bench.write(WINDOW, goal, on_progress=lambda news: seen.append(news.actual))
    assert result.proved and result.actual == goal
    assert result.elapsed == pytest.approx(seconds, abs=0.05)
    assert position(bench) == pytest.approx(goal / 100, abs=0.01)
    assert len(seen) >= 8 and seen == sorted(seen, reverse=start == 1.0)
    assert off(bench)


def test_from_an_unknown_place_it_opens_first_and_never_pinches(bench):
    bench.place(0.4)
    closing = []
    bench.factory.listen(
        lambda pin, level: closing.append(position(bench)) if pin == CLOSE_PIN and level else None
    )
    result = bench.write(WINDOW, 20)
    assert result.proved and position(bench) == pytest.approx(0.2, abs=0.01)
    assert closing == [pytest.approx(1.0, abs=0.001)]


def test_an_end_is_reached_from_anywhere_without_a_detour(bench):
    bench.place(0.4)
    result = bench.write(WINDOW, 0)
    assert result.proved and result.elapsed == pytest.approx(1.6, abs=0.05)


def test_it_changes_direction_only_after_a_pause(bench):
    levels = []
    bench.factory.listen(lambda pin, level: levels.append((bench.clock.now(), pin, level)))
    bench.write(WINDOW, 100, on_progress=lambda news: news.actual < 30 or bench.write(WINDOW, 0))
    opened_until = next(when for when, pin, level in levels if (pin, level) == (OPEN_PIN, 0.0))
    closing_from = next(when for when, pin, level in levels if (pin, level) == (CLOSE_PIN, 1.0))
    assert closing_from - opened_until >= 0.1 - 1e-9


def test_a_drift_is_put_right_at_the_end(bench):
    # The simulated motor is quicker than rig.yaml says, so 95 % is beyond the end.
    bench.plant._motors["driver window"]._part = _quicker(bench.plant._motors["driver window"]._part)
    result = bench.write(WINDOW, 95)
    assert result.proved and position(bench) == pytest.approx(0.95, abs=0.02)
    assert off(bench)


def _quicker(part):
    return dataclasses.replace(part, travel_time=part.travel_time * 0.9)


@pytest.mark.parametrize(
    ("kind", "start", "goal", "reason", "reading"),
    [
        ("stuck", 0.0, 100, "it does not react", None),
        ("fuse", 1.0, 50, "it does not react", None),
        ("stuck", 0.5, 0, "it did not reach its end switch", None),
        ("open switch stuck open", 0.0, 100, "it did not reach its end switch", None),
        ("closed switch stuck open", 1.0, 0, "it did not reach its end switch", None),
        ("open switch stuck closed", 0.5, 0, "it does not react", None),
        ("closed switch stuck closed", 0.0, 100, "it does not react", None),
        ("pinch", 1.0, 0, "it did not reach its end switch", None),
        ("swapped", 0.5, 100, "it runs the wrong way; its two wires are swapped", 0),
    ],
)
def test_what_goes_wrong_ends_blocked_with_the_motor_off(bench, kind, start, goal, reason, reading):
    break_down(bench, kind, start)
    result = bench.write(WINDOW, goal)
    assert result.outcome is WriteOutcome.BLOCKED
    assert result.reason == reason
    assert result.actual == reading
    assert result.elapsed <= 4 * 1.25 + 0.6
    assert off(bench)


def test_a_stuck_switch_is_not_taken_for_an_arrival(bench):
    break_down(bench, "open switch stuck closed", 1.0)
    assert bench.write(WINDOW, 0).reason == "it does not react"
    result = bench.write(WINDOW, 100)
    assert result.outcome is WriteOutcome.BLOCKED and result.reason == "its end switch seems to be stuck"
    bench.plant.clear()
    assert bench.write(WINDOW, 0).proved


def test_two_closed_switches_are_refused(bench):
    break_down(bench, "open switch stuck closed", 0.0)
    result = bench.write(WINDOW, 50)
    assert result.outcome is WriteOutcome.REFUSED
    assert result.reason == "both its end switches are closed, so one of them is stuck"
    assert bench.vehicle.read(WINDOW) is None
    assert off(bench)


def test_something_in_the_way_of_a_closing_window_makes_it_open_again(stalling):
    break_down(stalling, "pinch", 1.0)
    result = stalling.write(WINDOW, 0)
    assert result.outcome is WriteOutcome.BLOCKED and result.reason == "something is in the way"
    assert position(stalling) == pytest.approx(0.7, abs=0.01)
    assert stalling.vehicle.read(WINDOW) == pytest.approx(70, abs=5)
    assert off(stalling)
    stalling.plant.clear()
    assert stalling.write(WINDOW, 0).proved


@pytest.mark.parametrize(("start", "goal"), [(0.0, 100), (1.0, 0)])
def test_a_stalling_motor_is_stopped_at_once(stalling, start, goal):
    break_down(stalling, "stuck", start)
    result = stalling.write(WINDOW, goal)
    assert result.outcome is WriteOutcome.BLOCKED and result.reason == "it is stuck"
    assert result.actual == start * 100
    assert result.elapsed < 0.3
    assert off(stalling)


def test_a_window_that_jams_on_the_way_up_is_blocked_there(stalling):
    stalling.clock.call_later(2.0, lambda: stalling.plant.inject(Fault("stuck", "driver window")))
    result = stalling.write(WINDOW, 100)
    assert result.outcome is WriteOutcome.BLOCKED and result.reason == "it is stuck"
    assert result.actual == pytest.approx(50, abs=5)


def test_swapped_wires_are_named(bench):
    bench.place(0.02)
    bench.plant.inject(Fault("swapped", "driver window"))
    result = bench.write(WINDOW, 100)
    assert result.reason == "it runs the wrong way; its two wires are swapped"
    assert off(bench)


def test_a_motor_is_never_told_both_ways_at_once_nor_into_a_closed_switch(bench):
    bank = bench.pins.bank
    bench.place(0.5)
    bank.drive({OPEN_PIN: 1.0, CLOSE_PIN: 1.0}, 1000, bank.report().epoch)
    assert off(bench)
    bench.place(1.0)
    bank.drive({OPEN_PIN: 1.0}, 1001, bank.report().epoch)
    assert off(bench)


def test_the_owner_of_the_pins_stops_a_motor_that_nobody_stops(bench):
    bank = bench.pins.bank
    break_down(bench, "open switch stuck open", 0.0)
    bank.drive({OPEN_PIN: 1.0}, 1000, bank.report().epoch)
    for _ in range(4):
        bench.clock.advance(1.0)
        bank.drive({OPEN_PIN: 1.0}, 1000, bank.report().epoch)
    assert not off(bench)
    bench.clock.advance(4 * 1.5 + 1.0 - 4.0)
    assert off(bench)


def test_the_owner_of_the_pins_stops_at_the_end_without_being_told(bench):
    bank = bench.pins.bank
    bench.vehicle._pins = _Deaf(bench.pins)
    bank.drive({OPEN_PIN: 1.0}, 1000, bank.report().epoch)
    bench.clock.advance(3.9)
    assert not off(bench)
    bench.clock.advance(0.2)
    assert off(bench) and position(bench) == 1.0


class _Deaf:
    """Lets only signs of life through."""

    def __init__(self, pins):
        self.beat, self.close = pins.beat, pins.close

    def drive(self, levels, sequence, epoch):
        pass


def test_silence_stops_the_motor_and_leaves_its_place_unknown(bench):
    beat = bench.pins.beat
    bench.clock.call_later(1.0, lambda: setattr(bench.pins, "beat", lambda: None))
    result = bench.write(WINDOW, 100)
    assert result.outcome is WriteOutcome.SILENT and result.reason == "the program gave no sign of life"
    assert result.elapsed <= 1.0 + 0.7
    assert off(bench)
    assert bench.vehicle.read(WINDOW) is None
    bench.pins.beat = beat
    assert bench.write(WINDOW, 0).proved


def test_limits_and_other_scales(bench_of):
    bench = bench_of(
        devices(
            roof=window(signal=SUNROOF, closed_value=0, open_value=80),
            hood=window(signal=HOOD, open_pin=22, close_pin=23, open_switch=24, closed_switch=25),
            shade=window(signal=SHADE, open_pin=12, close_pin=13, open_switch=19, closed_switch=20, inverted=True),
        )
    )
    beyond = bench.write(SUNROOF, 100)
    assert beyond.outcome is WriteOutcome.REFUSED and beyond.reason == "this rig reaches only 0 to 80 %"
    assert bench.write(SUNROOF, 40).proved and bench.plant.position("roof") == pytest.approx(0.5, abs=0.01)
    assert bench.vehicle.read(HOOD) is False
    assert bench.write(HOOD, True).proved and bench.plant.position("hood") == 1.0
    assert bench.write(SHADE, 100).proved and bench.level(12) == bench.level(13) == 1.0


def test_two_windows_travel_together(bench_of):
    second = window(
        signal=OTHER_WINDOW, open_pin=22, close_pin=23, open_switch=24, closed_switch=25, travel_time=2
    )
    bench = bench_of(devices(**{"driver window": window(), "passenger window": second}))
    results = bench.vehicle.write([wish(WINDOW, 100), wish(OTHER_WINDOW, 100)])
    assert [result.proved for result in results] == [True, True]
    assert results[1].elapsed < results[0].elapsed < 4.1


@settings(max_examples=40, deadline=None)
@given(
    start=st.sampled_from([0.0, 0.3, 1.0]),
    goals=st.lists(st.integers(0, 100), min_size=1, max_size=5),
    fault=st.sampled_from(
        [None, "stuck", "fuse", "pinch", "swapped", "open switch stuck open", "closed switch stuck open"]
    ),
    after=st.floats(0, 5),
    stall=st.booleans(),
)
def test_a_proof_is_never_a_lie_and_the_motor_is_always_off_afterwards(
    tmp_path_factory, start, goals, fault, after, stall
):
    entry = window(stall_pin=STALL_PIN if stall else None)
    bench = Bench(write_file(tmp_path_factory.mktemp("rig"), devices(**{"driver window": entry})))
    bench.place(start)
    if fault is not None:
        bench.clock.call_later(after, lambda: bench.plant.inject(Fault(fault, "driver window")))
    for goal in goals:
        result = bench.write(WINDOW, goal)
        # Without a stall contact, a jam between the ends cannot be seen before the next end.
        blind = fault in ("stuck", "fuse", "pinch", "swapped") and not (stall and fault == "stuck")
        if result.proved and (goal in (0, 100) or not blind):
            assert position(bench) == pytest.approx(goal / 100, abs=0.03)
        assert off(bench)
    bench.close()
