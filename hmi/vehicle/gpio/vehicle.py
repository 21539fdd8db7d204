"""The rig as a vehicle: reads, writes with proof, and watches like any other."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from codriver.clock import Clock, VirtualClock
from codriver.errors import InputError
from hmi.catalogue.catalogue import Catalogue
from hmi.catalogue.signal import SignalValue, Value
from hmi.vehicle.base import Progress, State, WriteOutcome, WriteResult
from hmi.vehicle.gpio.desk import ANSWER, Desk, Station, Wish
from hmi.vehicle.gpio.level import LevelStation
from hmi.vehicle.gpio.motor import MotorStation
from hmi.vehicle.gpio.ports import Pins
from hmi.vehicle.gpio.rigfile import Device, Rig
from hmi.vehicle.gpio.sensors import ContactStation, Sensor
from hmi.vehicle.gpio.servo import ServoStation
from hmi.vehicle.gpio.systemd import SystemdWatchdog
from hmi.vehicle.gpio.wiring import Report

_log = logging.getLogger(__name__)

Watcher = Callable[[Mapping[str, Value]], None]

_BEAT = 0.04
_LATE = 2.0
"""Seconds without any report after which the pins count as silent."""
_LIMIT = 400.0
"""No write takes longer than this, whatever happens; the slowest motor's attempts take less."""
_SENSE_EVERY = 1.0
_NO_ANSWER = "the rig does not answer"
_DISCONNECTED = "the connection to the rig is closed"
_TAKEN_OVER = "a newer wish took over"


@dataclass(frozen=True, slots=True)
class Fitting:
    """What carries one signal on a rig; a `hmi.vehicle.base.Carrier`."""

    device: Device
    writable: bool
    status: None = None


class GpioVehicle:
    """One rig; implements `hmi.vehicle.base.Vehicle` and, for its devices, `hmi.vehicle.gpio.desk.Desk`.

    On a `VirtualClock` everything must be called from one thread; else it is safe to call from several.
    """

    def __init__(
        self, catalogue: Catalogue, rig: Rig, pins: Pins, clock: Clock, sensors: Sequence[Sensor] = ()
    ) -> None:
        """Take over `pins` and `sensors`, which this vehicle owns from now on."""
        self.clock = clock
        self.rig = rig
        self._catalogue = catalogue
        self._pins = pins
        self._sensors = sensors
        self._lock = threading.RLock()
        self._depth = 0
        self._report = self._next_report = Report()
        self._reported_at = clock.now()
        self._sequence = 0
        self._closed = False
        self._stop = threading.Event()
        self._watchers: tuple[Watcher, ...] = ()
        self._latest: dict[str, Wish] = {}
        self._measured: dict[str, Value | None] = {}
        self._told: dict[str, Value] = {}
        self._stations: list[Station] = []
        pins.listen(self._on_report)
        self._stations = [_station(device, self, self._report) for device in rig.devices if _has_station(device)]
        self._station_of = {path: station for station in self._stations for path in station.paths}
        self._writable = {
            signal.path for device in rig.devices if device.kind.drives for signal in device.signals.values()
        }
        self._told = dict(self._known())
        self._systemd = SystemdWatchdog()
        self._systemd.ready()
        self._beat()
        self._start_sensing()

    @property
    def bindings(self) -> Mapping[str, Fitting]:
        """Every signal that the rig carries, by VSS path."""
        return {
            signal.path: Fitting(device, signal.path in self._writable)
            for device in self.rig.devices
            for signal in device.signals.values()
        }

    # The protocol

    def read(self, path: str) -> Value | None:
        """The last trustworthy value; None when there is none, or the pins are silent, or the rig has none.

        Raises `NotFoundError` for a path that is not in the catalogue.
        """
        signal = self._catalogue[path]
        with self._lock:
            value = self._known().get(signal.path)
        return signal.default if value is None and signal.type == "attribute" else value

    def state(self) -> State:
        """A snapshot of every signal that has a trustworthy value."""
        facts = {
            signal.path: signal.default
            for signal in self._catalogue.signals()
            if signal.type == "attribute" and signal.default is not None
        }
        with self._lock:
            return facts | self._known()

    def write(
        self, changes: Sequence[SignalValue], on_progress: Callable[[Progress], None] | None = None
    ) -> list[WriteResult]:
        """Command all `changes` together and wait until each is proved or has failed, in the order given.

        `on_progress` is called on the calling thread. Raises `InputError` for a signal that no device of the rig
        moves; then nothing is moved.
        """
        for change in changes:
            self._check_writable(change)
        with self._turn():
            wishes = [self._begin(change) for change in changes]
        try:
            self._follow(wishes, on_progress)
        finally:
            with self._lock:
                self._forget(wishes)
        return [wish.result() for wish in wishes]

    def watch(self, on_change: Watcher) -> Callable[[], None]:
        """Call `on_change({path: value, …})` for every real change, on the thread where it comes up.

        Returns a function that ends the watching. A watcher that raises is logged and dropped.
        """
        with self._lock:
            self._watchers = (*self._watchers, on_change)

        def stop() -> None:
            with self._lock:
                self._watchers = tuple(other for other in self._watchers if other is not on_change)

        return stop

    def close(self) -> None:
        """End every write that is under way, put every output into its safe state and give the pins back."""
        with self._turn():
            if self._closed:
                return
            self._closed = True
            self._end_all(_DISCONNECTED)
        self._stop.set()
        if self._sensing is not None and self._sensing is not threading.current_thread():
            self._sensing.join(timeout=5)
        self._pins.close()
        for sensor in self._sensors:
            sensor.close()
        self.clock.notify()

    # The desk of the devices

    def now(self) -> float:
        """Seconds of the vehicle's clock."""
        return self.clock.now()

    def later(self, delay: float, action: Callable[[], None]) -> None:
        """Do `action` in `delay` seconds, under the lock, unless the vehicle is closed by then."""

        def act() -> None:
            with self._turn():
                if not self._closed:
                    action()

        self.clock.call_later(delay, act)

    def drive(self, levels: Mapping[int, float]) -> int:
        """Set outputs; the report with this sequence number shows the result."""
        self._sequence += 1
        sequence = self._sequence
        self._pins.drive(levels, sequence, self._report.epoch)
        self.later(ANSWER, lambda: self._expect(sequence))
        return sequence

    @property
    def report(self) -> Report:
        """The latest report of the pins."""
        return self._report

    # Writing

    def _check_writable(self, change: SignalValue) -> None:
        if change.path in self._writable:
            return
        if not change.signal.writable:
            raise InputError(f"{change.path} is a {change.signal.type}, which can only be read.")
        if change.path in self._station_of:
            raise InputError(
                f"{change.path} has a contact on this rig that is only read; add a device that moves it."
            )
        raise InputError(
            f"This rig has no device for {change.path}; add one to {self.rig.file.name}, or wish something else."
        )

    def _begin(self, change: SignalValue) -> Wish:
        now = self.clock.now()
        wish = Wish(change, now)
        older = self._latest.get(change.path)
        if older is not None:
            older.end(WriteOutcome.SUPERSEDED, _TAKEN_OVER, self._known().get(change.path), now)
        self._latest[change.path] = wish
        if self._closed:
            wish.end(WriteOutcome.SILENT, _DISCONNECTED, None, now)
        elif self._report.lost:
            wish.end(WriteOutcome.SILENT, self._report.tripped, None, now)
        else:
            self._station_of[change.path].command(wish)
        return wish

    def _follow(self, wishes: Sequence[Wish], on_progress: Callable[[Progress], None] | None) -> None:
        end = self.clock.now() + _LIMIT

        def something_to_do() -> bool:
            told = on_progress is not None and any(wish.progress is not None for wish in wishes)
            return told or all(wish.ended for wish in wishes)

        while True:
            if on_progress is not None:
                self._tell_progress(wishes, on_progress)
            if all(wish.ended for wish in wishes):
                return
            if not self.clock.wait(something_to_do, max(0.0, end - self.clock.now())):
                # Too late, or a clock that was closed.
                with self._lock:
                    for wish in wishes:
                        wish.end(WriteOutcome.SILENT, _NO_ANSWER, None, self.clock.now())

    def _tell_progress(self, wishes: Sequence[Wish], on_progress: Callable[[Progress], None]) -> None:
        with self._lock:
            news = [
                Progress(wish.target, wish.progress)
                for wish in wishes
                if wish.progress is not None and not wish.ended
            ]
            for wish in wishes:
                wish.progress = None
        for progress in news:
            on_progress(progress)

    def _forget(self, wishes: Sequence[Wish]) -> None:
        for wish in wishes:
            # Only a caller that was interrupted leaves a wish that has not ended.
            wish.end(WriteOutcome.SILENT, _DISCONNECTED, None, self.clock.now())
            if self._latest.get(wish.target.path) is wish:
                del self._latest[wish.target.path]

    def _end_all(self, reason: str) -> None:
        for wish in list(self._latest.values()):
            wish.end(WriteOutcome.SILENT, reason, None, self.clock.now())

    # Reports

    def _on_report(self, report: Report) -> None:
        with self._turn():
            if report.number > self._next_report.number:
                self._next_report = report

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold the lock; at the end of the outermost turn look at new reports and tell what has changed.

        A command to pins in this process reports before it returns. Devices must not see that report while they
        are in the midst of the command, so it waits for the end of the turn.
        """
        changes: dict[str, Value] = {}
        with self._lock:
            self._depth += 1
            try:
                yield
                while self._depth == 1 and self._next_report is not self._report:
                    self._take(self._next_report)
            finally:
                self._depth -= 1
            if self._depth == 0:
                changes = self._changes()
            watchers = self._watchers
            outermost = self._depth == 0
        if changes:
            self._tell_watchers(watchers, changes)
        if outermost:
            self.clock.notify()

    def _take(self, report: Report) -> None:
        before, self._report = self._report, report
        self._reported_at = self.clock.now()
        if report.epoch != before.epoch:
            self._end_all(report.tripped or "the rig fell into its safe state")
            for station in self._stations:
                station.on_trip(report)
        for station in self._stations:
            station.on_report(report)

    def _expect(self, sequence: int) -> None:
        if self._report.sequence < sequence:
            self._end_all(_NO_ANSWER)

    # Values

    def _known(self) -> dict[str, Value]:
        known: dict[str, Value] = dict(self.rig.assumed)
        known.update({path: value for path, value in self._measured.items() if value is not None})
        if self._report.lost or self.clock.now() - self._reported_at > _LATE:
            return known
        for station in self._stations:
            known.update({path: value for path, value in station.values().items() if value is not None})
        return known

    def _changes(self) -> dict[str, Value]:
        if self._closed:
            return {}
        known = self._known()
        changes = {path: value for path, value in known.items() if self._told.get(path) != value}
        self._told = known
        return changes

    def _tell_watchers(self, watchers: Sequence[Watcher], changes: Mapping[str, Value]) -> None:
        for watcher in watchers:
            try:
                watcher(changes)
            except Exception:  # noqa: BLE001 - a watcher's mistake must not end the service for all
                _log.exception("a watcher of the vehicle failed and is dropped")
                with self._lock:
                    self._watchers = tuple(other for other in self._watchers if other is not watcher)

    # What goes on all the time

    def _beat(self) -> None:
        """A sign of life, given under the lock and on the clock's thread: it tells that both still work."""
        self._pins.beat()
        self._systemd.alive(self.clock.now())
        self.later(_BEAT, self._beat)

    def _start_sensing(self) -> None:
        self._sensing: threading.Thread | None = None
        if not self._sensors:
            return
        if isinstance(self.clock, VirtualClock):
            self._sense_in_turn()
            return
        # A DS18B20 takes most of a second, which would look like a program that hangs.
        self._sensing = threading.Thread(target=self._sense_always, name="codriver-sensors", daemon=True)
        self._sensing.start()

    def _sense_in_turn(self) -> None:
        self._measured = {sensor.signal.path: sensor.read() for sensor in self._sensors}
        self.later(_SENSE_EVERY, self._sense_in_turn)

    def _sense_always(self) -> None:
        while not self._stop.is_set():
            measured = {sensor.signal.path: sensor.read() for sensor in self._sensors}
            with self._turn():
                self._measured = measured
            self._stop.wait(_SENSE_EVERY)


def _has_station(device: Device) -> bool:
    return device.kind.drives or device.kind.name == "switch"


def _station(device: Device, desk: Desk, report: Report) -> Station:
    if device.kind.name == "motor":
        return MotorStation(device, desk)
    if device.kind.name == "servo":
        return ServoStation(device, desk)
    if device.kind.name == "switch":
        return ContactStation(device, report)
    return LevelStation(device, desk)
