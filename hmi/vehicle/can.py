"""A vehicle on a CAN bus: reads status messages, sends command messages, and proves each write by its read-back.

What the bus carries comes from a CAN database and from the `dbc2vss` and `vss2dbc` keys of the catalogue. A car
with the signals `Checksum`, `AliveCounter`, `Sequence` and a message `<NODE>_Ack` is checked by them; a car
without is taken as it is, and the read-back alone decides.

A number that the bus cannot hold exactly (21.3 degC in steps of 0.5) is written as, and compared with, the nearest
value that it can hold; `WriteResult.actual` tells which.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import can
from cantools.database import Database

from codriver.clock import Clock, VirtualClock
from codriver.errors import InputError
from hmi.catalogue.catalogue import Catalogue
from hmi.catalogue.signal import SignalValue, Value
from hmi.vehicle.base import Progress, State, WriteOutcome, WriteResult
from hmi.vehicle.commands import Command, Commands, Entry, read_answer
from hmi.vehicle.dbc import EXTENDED, Layout, layouts, load_database
from hmi.vehicle.frames import CommandEncoder, FrameCheck
from hmi.vehicle.link import Link
from hmi.vehicle.mapping import AckLayout, Binding, VehicleMap, build_map
from hmi.vehicle.status import StatusMessage
from hmi.vehicle.tracker import Expectation, Pending, Timing
from hmi.vehicle.transform import CannotHold

_log = logging.getLogger(__name__)

Watcher = Callable[[Mapping[str, Value]], None]

_ROUNDING = 1e-6
"""Seconds by which a clock may stop waiting before the time, because floating point times are rounded."""
_RECEIVE_TIMEOUT = 0.2
"""Seconds between two looks at whether the reader thread should stop."""
_DISCONNECTED = "the connection to the vehicle is closed"
_TAKEN_OVER = "a newer wish took over"
_UNTRUSTED = frozenset({WriteOutcome.SILENT, WriteOutcome.CORRUPTED})
"""After a write that ended so, the reading from before it may be wrong, and must not answer a question."""


class CanVehicle:
    """One vehicle on one bus; implements `hmi.vehicle.base.Vehicle`.

    With a real clock a thread of its own reads the bus; with a `VirtualClock` the bus is read whenever the clock
    turns or somebody asks, and everything must be called from one thread.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        database: Database | Path,
        bus: can.BusABC,
        clock: Clock,
        timing: Timing = Timing(),  # noqa: B008 - immutable
        open_again: Callable[[], can.BusABC] | None = None,
    ) -> None:
        """Start reading `bus`, which this vehicle owns from now on; `open_again` joins it anew when it is lost.

        Raises `ResourceError` or `FileFormatError` for a database that is missing, broken or maps nothing.
        """
        self.clock = clock
        self._catalogue = catalogue
        self._link = Link(bus, open_again, clock.now)
        self._timing = timing
        loaded = load_database(database) if isinstance(database, Path) else database
        self._map: VehicleMap = build_map(catalogue.signals(), layouts(loaded))
        self._lock = threading.RLock()
        self._values: dict[str, Value] = {}
        self._facts = {
            signal.path: signal.default
            for signal in catalogue.signals()
            if signal.type == "attribute" and signal.default is not None and signal.path not in self._map.bindings
        }
        self._commands = Commands(self._link.send, timing)
        self._latest: dict[str, Pending] = {}
        self._watchers: tuple[Watcher, ...] = ()
        self._stop = threading.Event()
        self._build_messages()
        self._reader: threading.Thread | None = None
        self._remove_poller: Callable[[], None] | None = None
        if isinstance(clock, VirtualClock):
            self._remove_poller = clock.add_poller(self.poll)
        else:
            self._reader = threading.Thread(target=self._read_bus, name="codriver-can", daemon=True)
            self._reader.start()

    def _build_messages(self) -> None:
        by_message: dict[int, list[Binding]] = {}
        known: dict[int, Layout] = {}
        for binding in self._map.bindings.values():
            if binding.status is not None:
                layout = binding.status.message
                known[layout.key] = layout
                by_message.setdefault(layout.key, []).append(binding)
        self._messages = {key: StatusMessage(known[key], by_message[key], self._timing) for key in known}
        self._status_of = {b.path: self._messages[key] for key, bound in by_message.items() for b in bound}
        self._acks: dict[int, tuple[AckLayout, FrameCheck]] = {
            ack.message.key: (ack, FrameCheck(ack.message, self._timing.stale_least)) for ack in self._map.acks
        }
        self._encoders: dict[int, CommandEncoder] = {}

    @property
    def bus_problem(self) -> str:
        """What is wrong with the bus at present, as a clause; empty when nothing is."""
        return self._link.problem

    @property
    def bindings(self) -> Mapping[str, Binding]:
        """Every signal that this vehicle's bus carries, by VSS path."""
        return self._map.bindings

    def read(self, path: str) -> Value | None:
        """The last trustworthy value; None when there is none, or it is stale, or the bus does not carry it.

        An attribute (a fact such as the number of doors) that is not on the bus is what the catalogue declares.
        Raises `NotFoundError` for a path that is not in the catalogue.
        """
        status = self._status_of.get(path)
        if status is None:
            return self._facts.get(self._catalogue[path].path)
        self._drain_if_virtual()
        return None if status.stale(self.clock.now()) else self._values.get(path)

    def state(self) -> State:
        """A snapshot of every signal that has a trustworthy value."""
        self._drain_if_virtual()
        with self._lock:
            now = self.clock.now()
            if not any(message.stale(now) for message in self._messages.values()):
                return self._facts | self._values
            fresh = {path: v for path, v in self._values.items() if not self._status_of[path].stale(now)}
            return self._facts | fresh

    def write(
        self, changes: Sequence[SignalValue], on_progress: Callable[[Progress], None] | None = None
    ) -> list[WriteResult]:
        """Command all `changes` together and wait until each is proved or has failed, in the order given.

        `on_progress` is called on the calling thread. Raises `InputError` for a signal that cannot be commanded on
        this bus, or not be read back; then nothing is sent.
        """
        bindings = [self._writable(change) for change in changes]
        self._drain_if_virtual()
        with self._lock:
            entries = [self._entry(change, binding) for change, binding in zip(changes, bindings, strict=True)]
            commands = self._start(entries)
        self.clock.notify()
        try:
            self._follow(entries, commands, on_progress)
        finally:
            with self._lock:
                self._forget(entries, commands)
        return [entry.pending.result() for entry in entries]

    def watch(self, on_change: Watcher) -> Callable[[], None]:
        """Call `on_change({path: value, …})` on the receiving thread for every real change.

        Returns a function that ends the watching. A watcher that raises is logged and dropped.
        """
        with self._lock:
            self._watchers = (*self._watchers, on_change)

        def stop() -> None:
            with self._lock:
                self._watchers = tuple(other for other in self._watchers if other is not on_change)

        return stop

    def wait_until_seen(self, timeout: float) -> bool:
        """Let up to `timeout` seconds pass until every cyclic message has come once; True when all have."""
        cyclic = [message for message in self._messages.values() if message.layout.cycle is not None]
        return self.clock.wait(lambda: all(message.last_valid is not None for message in cyclic), timeout)

    def poll(self) -> None:
        """Take every frame that is waiting on the bus; for clocks on which no thread may block."""
        while not self._stop.is_set():
            message = self._link.recv(0)
            if message is None:
                return
            self._receive(message)

    def close(self) -> None:
        """End every write that is under way, leave the bus and stop the reader thread."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._link.stop()
        if self._remove_poller is not None:
            self._remove_poller()
        with self._lock:
            self._end_all(list(self._latest.values()))
        self.clock.notify()
        if self._reader is not None and self._reader is not threading.current_thread():
            self._reader.join(timeout=5)
        self._link.close()

    # Writing

    def _writable(self, change: SignalValue) -> Binding:
        binding = self._map.bindings.get(change.path)
        if binding is not None and binding.writable:
            return binding
        if binding is None:
            raise InputError(f"{change.path} is not on this vehicle's bus; map it in an overlay of the catalogue.")
        if not change.signal.writable:
            raise InputError(f"{change.path} is a {change.signal.type}, which can only be read.")
        missing = "vss2dbc" if binding.command is None else "dbc2vss"
        raise InputError(f"{change.path} cannot be written: its '{missing}' key names no signal of the DBC.")

    def _entry(self, change: SignalValue, binding: Binding) -> Entry:
        command, status = binding.command, binding.status
        assert command is not None and status is not None  # noqa: S101 - `_writable` has seen to it
        now, message = self.clock.now(), self._status_of[change.path]
        refusal, raw = "", 0.0
        try:
            raw = command.codec.encode(change.value)
        except CannotHold as error:
            refusal = str(error)
        held = None if refusal else command.codec.expected(raw)
        tolerance = max(command.codec.step, status.codec.step) / 2
        patience = self._timing.stall if tolerance else self._timing.switch
        expectation = Expectation(
            target=change,
            value=change.value if held is None else held,
            tolerance=tolerance,
            needs_ack=self._map.ack_for(command.message) is not None,
            patience=max(patience, 3 * (status.message.cycle or 0.0)),
        )
        before = None if message.stale(now) else self._values.get(change.path), message.motion(binding.motion)
        pending = Pending(expectation, before, now, self._timing)
        if refusal:
            pending.end(WriteOutcome.REFUSED, refusal, now)
        return Entry(binding, raw, pending, message)

    def _start(self, entries: Sequence[Entry]) -> list[Command]:
        """Supersede older writes to the same signals and send one frame for each command message."""
        now = self.clock.now()
        groups: dict[int, list[Entry]] = {}
        for entry in entries:
            if entry.pending.ended:
                continue
            path = entry.binding.path
            for other, _, older in entry.status.waiting:
                # The same wish once more takes nothing away from the first: one read-back proves both.
                if other == path and older.expectation.value != entry.pending.expectation.value:
                    older.end(WriteOutcome.SUPERSEDED, _TAKEN_OVER, now)
            self._latest[path] = entry.pending
            entry.status.waiting.append((path, entry.binding.motion, entry.pending))
            assert entry.binding.command is not None  # noqa: S101 - `_writable` has seen to it
            groups.setdefault(entry.binding.command.message.key, []).append(entry)
        commands = []
        for group in groups.values():
            current = [entry for entry in group if not entry.pending.ended]
            encoder = self._encoder(current[0])
            ack = self._map.ack_for(encoder.layout)
            check = None if ack is None else self._acks[ack.message.key][1]
            command = Command(encoder, current, check, now)
            commands.append(command)
            self._commands.start(command, now)
        return commands

    def _encoder(self, entry: Entry) -> CommandEncoder:
        assert entry.binding.command is not None  # noqa: S101 - `_writable` has seen to it
        layout = entry.binding.command.message
        if layout.key not in self._encoders:
            commanded = self._map.on_command(layout)
            self._encoders[layout.key] = CommandEncoder(
                layout, lambda name: self._current_raw(commanded.get(name))
            )
        return self._encoders[layout.key]

    def _current_raw(self, binding: Binding | None) -> float | None:
        """What to command so that nothing changes: the wish under way, else the reading."""
        if binding is None or binding.command is None:
            return None
        under_way = self._latest.get(binding.path)
        value = self._values.get(binding.path) if under_way is None else under_way.expectation.target.value
        try:
            return None if value is None else binding.command.codec.encode(value)
        except CannotHold:
            return None

    def _follow(
        self, entries: Sequence[Entry], commands: Sequence[Command], on_progress: Callable[[Progress], None] | None
    ) -> None:
        """Wait, and do what is due, until every entry has ended."""
        pendings = [entry.pending for entry in entries]

        def something_to_do() -> bool:
            told = on_progress is not None and any(p.progress is not None for p in pendings)
            return told or all(p.ended for p in pendings)

        while True:
            with self._lock:
                now = self.clock.now()
                for command in commands:
                    self._commands.expire(command, now + _ROUNDING)
                due = min((command.due() for command in commands), default=now)
            if on_progress is not None:
                self._report(pendings, on_progress)
            if all(pending.ended for pending in pendings):
                return
            wake = self.clock.wait(something_to_do, max(0.0, due - now))
            if not wake and self.clock.now() < due - _ROUNDING:
                # Only a clock that was closed gives up waiting early.
                with self._lock:
                    self._end_all(pendings)

    def _report(self, pendings: Sequence[Pending], on_progress: Callable[[Progress], None]) -> None:
        news = []
        with self._lock:
            for pending in pendings:
                if pending.progress is not None and not pending.ended:
                    news.append(Progress(pending.expectation.target, pending.progress))
                pending.progress = None
        for progress in news:
            on_progress(progress)

    def _forget(self, entries: Sequence[Entry], commands: Sequence[Command]) -> None:
        self._end_all([entry.pending for entry in entries])
        for command in commands:
            self._commands.finish(command)
        for entry in entries:
            if entry.pending.outcome in _UNTRUSTED:
                entry.status.distrust()
            entry.status.waiting = [item for item in entry.status.waiting if item[2] is not entry.pending]
            if self._latest.get(entry.binding.path) is entry.pending:
                del self._latest[entry.binding.path]

    def _end_all(self, pendings: Sequence[Pending]) -> None:
        now = self.clock.now()
        for pending in pendings:
            pending.end(WriteOutcome.SILENT, _DISCONNECTED, now)

    # Reading

    def _drain_if_virtual(self) -> None:
        if self._remove_poller is not None:
            self.poll()

    def _read_bus(self) -> None:
        while not self._stop.is_set():
            message = self._link.recv(_RECEIVE_TIMEOUT)
            if message is not None:
                self._receive(message)

    def _receive(self, message: can.Message) -> None:
        if message.is_error_frame or message.is_remote_frame:
            return
        key = message.arbitration_id | EXTENDED if message.is_extended_id else message.arbitration_id
        status = self._messages.get(key)
        changes: Mapping[str, Value] | None = None
        with self._lock:
            now = self.clock.now()
            wake = False
            if status is not None:
                changes = status.receive(message.data, now, self._values)
                wake = bool(changes or status.waiting)
                if changes is not None and status.waiting:
                    status.tell_waiting(self._values, now)
            ack = self._acks.get(key)
            if ack is not None:
                self._receive_ack(ack, message.data, now)
                wake = True
        if changes and self._watchers:
            self._tell_watchers(changes)
        if wake:
            self.clock.notify()

    def _receive_ack(self, ack: tuple[AckLayout, FrameCheck], data: bytearray, now: float) -> None:
        layout, check = ack
        if check.accept(data, int.from_bytes(data, "little"), int.from_bytes(data, "big"), now):
            self._commands.on_answer(read_answer(layout, data), now)

    def _tell_watchers(self, changes: Mapping[str, Value]) -> None:
        for watcher in self._watchers:
            try:
                watcher(changes)
            except Exception:  # noqa: BLE001 - a watcher's mistake must not end the reception for all
                _log.exception("a watcher of the vehicle failed and is dropped")
                with self._lock:
                    self._watchers = tuple(other for other in self._watchers if other is not watcher)
