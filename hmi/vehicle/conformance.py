"""What every vehicle must do, as a set of checks that anybody can run against a vehicle of their own.

Derive a class from `VehicleConformance`, give it `open_subject`, and let pytest collect it; or, without pytest,
give the same function to `run_checks`. docs/vehicles.md shows both.

A `Subject` says what can be tried on the vehicle at hand. Checks that it gives nothing for are skipped, so that a
read-only vehicle is measured by what it promises and no more.
"""

from __future__ import annotations

import threading
import unittest
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from codriver.clock import Clock, VirtualClock
from codriver.errors import InputError, NotFoundError
from hmi.catalogue.catalogue import Catalogue
from hmi.catalogue.signal import SignalValue, Value
from hmi.vehicle.base import Progress, Vehicle, WriteOutcome, WriteResult

T = TypeVar("T")

_UNKNOWN_PATH = "Vehicle.Conformance.NoSuchSignal"
_THREADS = 4
_JOIN = 120.0
"""Seconds of real time after which a thread counts as hanging."""


@dataclass(frozen=True)
class FaultCase:
    """Something that goes wrong, and how a write of `change` must then end."""

    name: str
    change: SignalValue
    outcomes: Collection[WriteOutcome]
    begin: Callable[[], None]
    end: Callable[[], None] | None = None
    """Repairs it; afterwards `change` must be possible. None: it cannot be repaired."""


@dataclass(frozen=True)
class Subject:
    """A fresh vehicle and what can be tried on it."""

    vehicle: Vehicle
    clock: Clock
    """The clock that the vehicle waits by; on a `VirtualClock` the checks that need threads are skipped."""
    catalogue: Catalogue
    changes: Sequence[SignalValue] = ()
    """Possible changes, one for each signal, none of which is so already."""
    slow: tuple[SignalValue, SignalValue] | None = None
    """Two values of one signal; to the first, and from there to the second, takes a second or more."""
    refused: Sequence[SignalValue] = ()
    """Changes of writable signals that this vehicle refuses as it is now."""
    unwritable: Sequence[SignalValue] = ()
    """Changes of signals that this vehicle cannot write at all."""
    faults: Sequence[FaultCase] = ()
    resolution: float = 0.5
    """How far a proved number may be from the wanted one, in the signal's unit."""
    longest: float = 90.0
    """Seconds of the vehicle's clock after which any write has ended."""
    cleanup: Callable[[], None] = field(default=lambda: None)
    """Releases what is around the vehicle, after the vehicle has been closed."""


class VehicleConformance:
    """The checks. Each opens a vehicle of its own and closes it."""

    def open_subject(self) -> Subject:
        """A fresh vehicle; give this in your class."""
        raise NotImplementedError(f"{type(self).__name__} needs a method open_subject() that returns a Subject.")

    # Reading

    def test_every_value_of_the_state_fits_its_signal(self) -> None:
        """`state` holds catalogue signals with values that they can have, and `read` says the same."""
        with self._opened() as subject:
            state = subject.vehicle.state()
            _require(bool(state), "state() is empty: nothing of this vehicle can be seen")
            for path, value in state.items():
                _require(path in subject.catalogue, f"state() has {path}, which is not in the catalogue")
                fitted = subject.catalogue[path].check(value)
                _require(type(fitted) is type(value), f"{path} has the value {value!r} of the wrong type")
                read = subject.vehicle.read(path)
                _require(read == value, f"{path} is {value!r} in state() and {read!r} in read()")

    def test_every_signal_of_the_catalogue_can_be_asked_for(self) -> None:
        """`read` gives a fitting value or None for each."""
        with self._opened() as subject:
            for signal in subject.catalogue.signals():
                value = subject.vehicle.read(signal.path)
                _require(value is None or signal.check(value) == value, f"{signal.path} reads {value!r}")

    def test_an_unknown_path_is_not_found(self) -> None:
        """`read` raises `NotFoundError` for what the catalogue does not have."""
        with self._opened() as subject:
            _require_raises(
                NotFoundError, lambda: subject.vehicle.read(_UNKNOWN_PATH), "read() of an unknown path"
            )

    def test_the_state_is_a_snapshot(self) -> None:
        """What `state` returned does not change afterwards."""
        with self._opened() as subject:
            change = _some(subject.changes, "no changes")[0]
            before = subject.vehicle.state()
            copy = dict(before)
            subject.vehicle.write([change])
            _require(dict(before) == copy, "a state() that was given away has changed")

    # Writing

    def test_every_change_is_proved(self) -> None:
        """Each is written alone, proved, and read back."""
        with self._opened() as subject:
            for change in _some(subject.changes, "no changes"):
                (result,) = subject.vehicle.write([change])
                _require_proved(result, change, subject)
                read = subject.vehicle.read(change.path)
                _require(
                    _near(read, change.value, subject.resolution), f"{change.path} reads {read!r} after {result}"
                )

    def test_changes_together_come_back_in_their_order(self) -> None:
        """One result for each change, in the order given, whatever is quickest."""
        with self._opened() as subject:
            changes = list(reversed(_some(subject.changes, "no changes")))
            results = subject.vehicle.write(changes)
            _require([result.wanted for result in results] == changes, "the results are not in the order given")
            for result, change in zip(results, changes, strict=True):
                _require_proved(result, change, subject)

    def test_what_is_so_already_is_proved_again(self) -> None:
        """Writing the same value twice is no error."""
        with self._opened() as subject:
            change = _some(subject.changes, "no changes")[0]
            subject.vehicle.write([change])
            (again,) = subject.vehicle.write([change])
            _require_proved(again, change, subject)

    def test_nothing_to_write_is_nothing_done(self) -> None:
        """An empty list gives an empty list."""
        with self._opened() as subject:
            _require(subject.vehicle.write([]) == [], "write([]) is not []")

    def test_what_cannot_be_written_is_an_input_error_and_nothing_moves(self) -> None:
        """`InputError`, and a possible change next to it is not made either."""
        with self._opened() as subject:
            for foreign in _some(subject.unwritable, "nothing that cannot be written"):
                _require_raises(InputError, lambda: subject.vehicle.write([foreign]), f"write of {foreign.path}")  # noqa: B023
                for change in subject.changes[:1]:
                    before = subject.vehicle.read(change.path)
                    both = [change, foreign]
                    _require_raises(InputError, lambda: subject.vehicle.write(both), f"write of {foreign.path}")  # noqa: B023
                    after = subject.vehicle.read(change.path)
                    _require(before == after, f"{change.path} moved although {foreign.path} cannot be written")

    def test_a_refusal_has_a_reason_and_changes_nothing(self) -> None:
        """The outcome is REFUSED, with a clause for the driver."""
        with self._opened() as subject:
            for change in _some(subject.refused, "nothing that it refuses"):
                before = subject.vehicle.read(change.path)
                (result,) = subject.vehicle.write([change])
                _require_failed(result, change, {WriteOutcome.REFUSED}, subject)
                _require(subject.vehicle.read(change.path) == before, f"{change.path} changed although refused")

    def test_a_slow_change_tells_how_far_it_is(self) -> None:
        """`on_progress` is called on the calling thread with values on the way."""
        with self._opened() as subject:
            target, _ = _some_slow(subject)
            seen: list[tuple[Progress, int]] = []
            (result,) = subject.vehicle.write([target], lambda news: seen.append((news, threading.get_ident())))
            _require_proved(result, target, subject)
            _require(bool(seen), f"on_progress was never called while {target.path} moved")
            for news, thread in seen:
                _require(news.wanted == target, f"progress of {news.wanted} came for {target}")
                _require(thread == threading.get_ident(), "on_progress was called on another thread")
                target.signal.check(news.actual)

    def test_a_newer_write_takes_over(self) -> None:
        """The older one ends SUPERSEDED, the newer one is proved."""
        with self._opened() as subject:
            first, second = _some_slow(subject)
            newer: list[WriteResult] = []

            def change_mind(news: Progress) -> None:
                if not newer:
                    newer.extend(subject.vehicle.write([second]))

            (older,) = subject.vehicle.write([first], change_mind)
            _require(bool(newer), f"on_progress was never called while {first.path} moved")
            _require_failed(older, first, {WriteOutcome.SUPERSEDED}, subject)
            _require_proved(newer[0], second, subject)

    def test_of_two_values_for_one_signal_the_last_one_counts(self) -> None:
        """In one write the first of them is superseded."""
        with self._opened() as subject:
            first, second = _some_slow(subject)
            older, newer = subject.vehicle.write([first, second])
            _require_failed(older, first, {WriteOutcome.SUPERSEDED}, subject)
            _require_proved(newer, second, subject)

    # Watching

    def test_watchers_hear_of_changes_until_they_stop(self) -> None:
        """Each hears the new value; one that has stopped hears nothing; one that fails disturbs nobody."""
        with self._opened() as subject:
            change = _some(subject.changes, "no changes")[0]
            heard: dict[str, Value] = {}
            heard_late: dict[str, Value] = {}

            def fail(values: Mapping[str, Value]) -> None:
                raise ValueError("a watcher that fails, as part of the check")

            stop_failing = subject.vehicle.watch(fail)
            stop = subject.vehicle.watch(heard.update)
            stop_late = subject.vehicle.watch(heard_late.update)
            stop_late()
            (result,) = subject.vehicle.write([change])
            _require_proved(result, change, subject)
            subject.clock.wait(lambda: change.path in heard, 5.0)
            stop()
            stop_failing()
            stop()
            said = f"a watcher heard {heard.get(change.path)!r} of {change.path}"
            _require(_near(heard.get(change.path), change.value, subject.resolution), said)
            _require(not heard_late, "a watcher was called after it had stopped")

    # Faults

    def test_every_fault_ends_as_it_should_and_in_time(self) -> None:
        """The right outcome, a reason, an end; and once it is repaired the change is possible."""
        for name in self._fault_names():
            with self._opened() as subject:
                case = next(case for case in subject.faults if case.name == name)
                case.begin()
                (result,) = subject.vehicle.write([case.change])
                _require_failed(result, case.change, set(case.outcomes), subject, f"with {name}: ")
                if case.end is not None:
                    case.end()
                    (result,) = subject.vehicle.write([case.change])
                    _require_proved(result, case.change, subject, f"after {name}: ")

    # The end

    def test_closing_ends_what_is_under_way(self) -> None:
        """A write that waits ends at once, as SILENT."""
        with self._opened() as subject:
            target, _ = _some_slow(subject)
            (result,) = subject.vehicle.write([target], lambda news: subject.vehicle.close())
            _require_failed(result, target, {WriteOutcome.SILENT}, subject)

    def test_a_closed_vehicle_does_nothing_and_hangs_nowhere(self) -> None:
        """Closing twice is no error, and a write afterwards ends without proof."""
        with self._opened() as subject:
            subject.vehicle.close()
            subject.vehicle.close()
            for change in subject.changes[:1]:
                (result,) = subject.vehicle.write([change])
                _require(not result.proved, "a closed vehicle proved a change")

    # Threads

    def test_threads_do_not_disturb_each_other(self) -> None:
        """Several write the same signals and read at once: everyone gets an answer, and every answer is one."""
        with self._opened() as subject:
            if isinstance(subject.clock, VirtualClock):
                raise unittest.SkipTest("a virtual clock belongs to one thread")
            changes = _some(subject.changes, "no changes")
            results: list[WriteResult] = []
            mistakes: list[BaseException] = []

            def use() -> None:
                try:
                    for change in changes:
                        results.extend(subject.vehicle.write([change]))
                        subject.vehicle.state()
                except BaseException as mistake:
                    mistakes.append(mistake)
                    raise

            threads = [threading.Thread(target=use, daemon=True) for _ in range(_THREADS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(_JOIN)
            _require(not any(thread.is_alive() for thread in threads), "a write hangs")
            _require(not mistakes, f"a thread failed: {mistakes[:1]}")
            _require(len(results) == _THREADS * len(changes), "some writes gave no result")
            for result in results:
                allowed = (WriteOutcome.PROVED, WriteOutcome.SUPERSEDED)
                _require(result.outcome in allowed, f"among threads a write ended as {result}")
            for change in changes:
                (last,) = subject.vehicle.write([change])
                _require_proved(last, change, subject)

    def _fault_names(self) -> list[str]:
        with self._opened() as subject:
            return [case.name for case in _some(subject.faults, "no faults")]

    @contextmanager
    def _opened(self) -> Iterator[Subject]:
        subject = self.open_subject()
        try:
            yield subject
        finally:
            subject.vehicle.close()
            subject.cleanup()


@dataclass(frozen=True)
class CheckResult:
    """One check of `run_checks`."""

    name: str
    skipped: str = ""
    """Why it does not apply to this vehicle; empty when it was made."""
    problem: str = ""
    """What the vehicle does wrong; empty when nothing."""


def run_checks(open_subject: Callable[[], Subject]) -> list[CheckResult]:
    """Run every check without pytest. What a check cannot foresee (an exception of the vehicle) is raised."""

    class Checks(VehicleConformance):
        def open_subject(self) -> Subject:
            return open_subject()

    checks, results = Checks(), []
    for name in (name for name in vars(VehicleConformance) if name.startswith("test_")):
        try:
            getattr(checks, name)()
            results.append(CheckResult(name))
        except unittest.SkipTest as reason:
            results.append(CheckResult(name, skipped=str(reason)))
        except AssertionError as problem:
            results.append(CheckResult(name, problem=str(problem)))
    return results


def _require(condition: bool, problem: str) -> None:
    if not condition:
        raise AssertionError(problem)


def _require_raises(kind: type[Exception], action: Callable[[], object], what: str) -> None:
    try:
        action()
    except kind:
        return
    raise AssertionError(f"{what} did not raise {kind.__name__}")


def _require_proved(result: WriteResult, change: SignalValue, subject: Subject, where: str = "") -> None:
    _require(result.wanted == change, f"{where}the result of {change} is about {result.wanted}")
    _require(result.outcome is WriteOutcome.PROVED, f"{where}{change} ended as {result}")
    near = _near(result.actual, change.value, subject.resolution)
    _require(near, f"{where}{change} counts as proved, but the read-back is {result.actual!r}")
    _require(result.reason == "", f"{where}{change} is proved and has the reason {result.reason!r}")
    _require(0 <= result.elapsed <= subject.longest, f"{where}{change} took {result.elapsed:g} s")


def _require_failed(
    result: WriteResult, change: SignalValue, outcomes: Collection[WriteOutcome], subject: Subject, where: str = ""
) -> None:
    _require(result.wanted == change, f"{where}the result of {change} is about {result.wanted}")
    _require(result.outcome in outcomes, f"{where}{change} ended as {result}")
    _require(result.reason != "", f"{where}{change} ended as {result.outcome} without a reason")
    _require(0 <= result.elapsed <= subject.longest, f"{where}{change} took {result.elapsed:g} s")
    if result.actual is not None:
        change.signal.check(result.actual)


def _near(actual: Value | None, wanted: Value, resolution: float) -> bool:
    if isinstance(actual, bool | str) or isinstance(wanted, bool | str) or actual is None:
        return actual == wanted
    return abs(actual - wanted) <= resolution


def _some(given: Sequence[T], lack: str) -> Sequence[T]:
    if not given:
        raise unittest.SkipTest(f"this vehicle has {lack} to try")
    return given


def _some_slow(subject: Subject) -> tuple[SignalValue, SignalValue]:
    if subject.slow is None:
        raise unittest.SkipTest("this vehicle has nothing slow to try")
    return subject.slow
