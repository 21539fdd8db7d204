"""Virtual time jumps from event to event; real time runs the same events on its own thread."""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codriver.clock import RealClock, Timer, VirtualClock

PATIENCE = 10.0
"""Seconds after which a real-time test counts as failed; none of them waits that long when all is well."""


def test_events_run_in_the_order_of_their_times_then_of_their_scheduling() -> None:
    clock, seen = VirtualClock(), list[tuple[str, float]]()
    for name, delay in (("late", 2.0), ("first", 1.0), ("second", 1.0)):
        clock.call_later(delay, lambda name=name: seen.append((name, clock.now())))  # type: ignore[misc]
    clock.advance(5)
    assert seen == [("first", 1.0), ("second", 1.0), ("late", 2.0)]
    assert clock.now() == 5


@given(st.lists(st.floats(-1, 50), max_size=30), st.floats(0, 50))
def test_exactly_the_events_that_are_due_run_and_in_order(delays: list[float], seconds: float) -> None:
    clock, seen = VirtualClock(), list[float]()
    for delay in delays:
        clock.call_later(delay, lambda: seen.append(clock.now()))
    clock.advance(seconds)
    assert seen == sorted(max(0.0, delay) for delay in delays if delay <= seconds)
    assert clock.now() == seconds


def test_nothing_runs_while_nobody_waits() -> None:
    clock, seen = VirtualClock(start=7.0), list[int]()
    clock.call_later(0, lambda: seen.append(1))
    assert (seen, clock.now()) == ([], 7.0)
    assert clock.wait(lambda: True, 1)
    assert (seen, clock.now()) == ([], 7.0), "a condition that holds needs no time"


def test_waiting_ends_with_the_event_that_makes_the_condition_true() -> None:
    clock, seen = VirtualClock(), list[int]()
    for number in (1, 2, 3):
        clock.call_later(number, lambda number=number: seen.append(number))  # type: ignore[misc]
    assert clock.wait(lambda: 2 in seen, 10)
    assert (seen, clock.now()) == ([1, 2], 2.0)


def test_waiting_in_vain_takes_the_whole_timeout() -> None:
    clock = VirtualClock()
    clock.call_later(1, lambda: None)
    assert not clock.wait(lambda: False, 4)
    assert clock.now() == 4


def test_an_event_at_the_deadline_still_counts() -> None:
    clock, seen = VirtualClock(), list[int]()
    clock.call_later(4, lambda: seen.append(1))
    assert clock.wait(lambda: bool(seen), 4)


def test_a_condition_of_time_alone_holds_at_the_deadline() -> None:
    clock = VirtualClock()
    assert clock.wait(lambda: clock.now() >= 3, 3)


def test_a_cancelled_timer_stays_silent() -> None:
    clock, seen = VirtualClock(), list[str]()
    timers = [clock.call_later(1, lambda name=name: seen.append(name)) for name in ("a", "b", "c")]  # type: ignore[misc]
    timers[1].cancel()
    clock.advance(2)
    timers[0].cancel()
    assert seen == ["a", "c"]


def test_an_event_may_cancel_and_schedule_others() -> None:
    clock, seen = VirtualClock(), list[float]()
    doomed = clock.call_later(2, lambda: seen.append(-1.0))

    def tick() -> None:
        seen.append(clock.now())
        doomed.cancel()
        if len(seen) < 3:
            clock.call_later(1, tick)

    clock.call_later(1, tick)
    clock.advance(10)
    assert seen == [1.0, 2.0, 3.0]


def test_an_event_may_wait_itself() -> None:
    clock, seen = VirtualClock(), list[str]()
    clock.call_later(1, lambda: seen.append(f"outer {clock.wait(lambda: 'inner' in seen, 5)}"))
    clock.call_later(2, lambda: seen.append("inner"))
    clock.advance(3)
    assert seen == ["inner", "outer True"]
    assert clock.now() == 3


def test_pollers_run_in_order_before_every_check_until_removed() -> None:
    clock, seen = VirtualClock(), list[str]()
    remove_first = clock.add_poller(lambda: seen.append("first"))
    clock.add_poller(lambda: seen.append("second"))
    assert clock.wait(lambda: len(seen) >= 2, 0)
    assert seen == ["first", "second"]
    remove_first()
    seen.clear()
    clock.call_later(1, lambda: seen.append("event"))
    clock.advance(1)
    assert seen == ["second", "event", "second"]


def test_closing_forgets_what_is_pending() -> None:
    clock, seen = VirtualClock(), list[int]()
    clock.call_later(1, lambda: seen.append(1))
    clock.close()
    clock.advance(5)
    assert seen == []


def test_timers_compare_by_time_and_order_only() -> None:
    assert Timer(1.0, 2, lambda: None) < Timer(2.0, 1, lambda: None)
    assert Timer(1.0, 1, lambda: None) < Timer(1.0, 2, print)


@pytest.fixture
def real() -> Iterator[RealClock]:
    clock = RealClock()
    yield clock
    clock.close()


def test_real_events_run_in_order_on_the_thread_of_the_clock(real: RealClock) -> None:
    seen: list[tuple[str, str]] = []
    timers = {
        name: real.call_later(delay, lambda name=name: seen.append((name, threading.current_thread().name)))  # type: ignore[misc]
        for name, delay in (("later", 0.02), ("now", 0.0), ("soon", 0.01))
    }
    assert real.wait(lambda: len(seen) == 3, PATIENCE)
    # A busy computer may pause between the calls for longer than their delays differ; the due time is what counts.
    by_due = sorted(timers, key=lambda name: timers[name].due)
    assert seen == [(name, "codriver-clock") for name in by_due]


def test_a_real_event_never_comes_early(real: RealClock) -> None:
    ran: list[float] = []
    timer = real.call_later(0.02, lambda: ran.append(real.now()))
    assert real.wait(lambda: bool(ran), PATIENCE)
    assert ran[0] >= timer.due


def test_an_event_wakes_a_waiter_without_being_asked_to(real: RealClock) -> None:
    seen: list[str] = []
    waiting = threading.Event()

    def condition() -> bool:
        waiting.set()
        return "event" in seen

    def event() -> None:
        waiting.wait(PATIENCE)
        seen.append("event")

    real.call_later(0, event)
    real.call_later(PATIENCE / 2, lambda: seen.append("much later"))
    assert real.wait(condition, PATIENCE)
    assert seen == ["event"], "the waiter slept until its timeout"


def test_notify_wakes_a_waiter_from_another_thread(real: RealClock) -> None:
    seen: list[int] = []
    waiting = threading.Event()

    def condition() -> bool:
        waiting.set()
        return bool(seen)

    def other() -> None:
        waiting.wait(PATIENCE)
        seen.append(1)
        real.notify()

    thread = threading.Thread(target=other)
    thread.start()
    assert real.wait(condition, PATIENCE)
    thread.join()


def test_a_real_wait_in_vain_gives_up(real: RealClock) -> None:
    assert not real.wait(lambda: False, 0.01)


def test_a_cancelled_real_timer_stays_silent(real: RealClock) -> None:
    seen: list[str] = []
    real.call_later(0.01, lambda: seen.append("cancelled")).cancel()
    real.call_later(0.02, lambda: seen.append("kept"))
    assert real.wait(lambda: bool(seen), PATIENCE)
    assert seen == ["kept"]


def test_an_earlier_timer_overtakes_one_that_is_waited_for(real: RealClock) -> None:
    seen: list[str] = []
    real.call_later(PATIENCE * 2, lambda: seen.append("far"))
    real.call_later(0, lambda: seen.append("near"))
    assert real.wait(lambda: bool(seen), PATIENCE)
    assert seen == ["near"]


def test_closing_ends_waits_and_drops_what_is_pending() -> None:
    clock, seen = RealClock(), list[int]()
    clock.call_later(PATIENCE * 2, lambda: seen.append(1))
    waiting = threading.Event()
    results: list[bool] = []

    def condition() -> bool:
        waiting.set()
        return False

    thread = threading.Thread(target=lambda: results.append(clock.wait(condition, PATIENCE * 2)))
    thread.start()
    assert waiting.wait(PATIENCE)
    clock.close()
    thread.join(PATIENCE)
    assert (results, seen) == ([False], [])
    clock.call_later(0, lambda: seen.append(2))
    assert not clock.wait(lambda: bool(seen), PATIENCE), "a closed clock does not wait, and runs nothing"


def test_an_event_may_close_the_clock() -> None:
    clock, closed = RealClock(), threading.Event()

    def stop() -> None:
        clock.close()
        closed.set()

    clock.call_later(0, stop)
    assert closed.wait(PATIENCE)


def test_a_condition_may_take_a_lock_whose_holder_schedules_something():
    """Checked under the clock's own lock, the two threads would wait for each other for ever."""
    clock, lock, turns = RealClock(), threading.Lock(), []

    def beat() -> None:
        with lock:
            turns.append(1)
            clock.call_later(0.0, beat)

    def enough() -> bool:
        with lock:
            return len(turns) >= 300

    clock.call_later(0.0, beat)
    waiter = threading.Thread(target=clock.wait, args=(enough, 20.0), daemon=True)
    waiter.start()
    waiter.join(timeout=20.0)
    assert not waiter.is_alive()
    clock.close()
    assert len(turns) >= 300
