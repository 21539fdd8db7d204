"""The owner of the pins: drives outputs, reads switches, keeps interlocks, and falls into the safe state in time.

There is one `PinBank` for a rig, in the guardian process or, with mock pins, in the program itself. It trusts
nobody: a motor stops at its end switch without being told, both directions are never on together, no motor runs
longer than it may, and when no `beat` has come for the watchdog's time every output goes to its safe state.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from codriver.clock import Clock, Timer
from codriver.errors import ResourceError
from hmi.vehicle.gpio.wiring import Input, Interlock, Output, Report, Wiring

if TYPE_CHECKING:
    from gpiozero.pins import Factory

_log = logging.getLogger(__name__)

Listener = Callable[[Report], None]

_CHECKS_PER_WATCHDOG = 5
_ANSWER_EVERY = 0.4
"""Seconds between two reports that only answer a sign of life."""
SILENT = "the program gave no sign of life"


class PinBank:
    """Owns every pin of one rig. Safe to call from several threads; reports are given outside of its lock."""

    def __init__(self, wiring: Wiring, factory: Factory, clock: Clock, listener: Listener) -> None:
        """Claim the pins, with every output in its safe state from the first moment.

        The watchdog runs on `clock` from the first `beat`. Raises `ResourceError` for a pin that cannot be had.
        """
        self._wiring = wiring
        self._clock = clock
        self._listener = listener
        self._lock = threading.RLock()
        self._number = self._sequence = self._epoch = 0
        self._tripped = ""
        self._last_beat: float | None = None
        self._last_answer = clock.now()
        self._closed = False
        self._watch: Timer | None = None
        self._running: dict[int, Timer] = {}
        self._outputs: dict[int, Any] = {}
        self._inputs: dict[int, Any] = {}
        self._specs = {output.pin: output for output in wiring.outputs}
        self._claim(factory)
        for pin in self._inputs:
            self._listen(pin)

    def report(self) -> Report:
        """What the pins show now."""
        with self._lock:
            self._number += 1
            return Report(
                self._number,
                self._sequence,
                self._epoch,
                {pin: float(device.value) for pin, device in self._outputs.items()},
                {pin: bool(device.is_active) for pin, device in self._inputs.items()},
                self._tripped,
            )

    def drive(self, levels: Mapping[int, float], sequence: int, epoch: int) -> None:
        """Set outputs. A command of an earlier `epoch` is not done: its sender knew nothing of the fall."""
        with self._lock:
            if self._closed:
                return
            self._sequence = max(self._sequence, sequence)
            if epoch == self._epoch:
                self._tripped = ""
                self._set({pin: level for pin, level in levels.items() if pin in self._outputs})
        self._tell()

    def beat(self) -> None:
        """The program is alive. Some beats are answered with a report, so that it knows the same of us."""
        with self._lock:
            if self._closed:
                return
            now = self._clock.now()
            if self._last_beat is None:
                self._check_later()
            self._last_beat = now
            answer = now - self._last_answer >= _ANSWER_EVERY
            if answer:
                self._last_answer = now
        if answer:
            self._tell()

    def trip(self, reason: str) -> None:
        """Put every output into its safe state until the next command of the new epoch."""
        with self._lock:
            if self._closed:
                return
            self._epoch += 1
            self._tripped = reason
            self._make_safe()
        self._tell()

    def close(self, *, release: bool = True) -> None:
        """Put every output into its safe state; with `release` give the pins back, else keep them there."""
        with self._lock:
            if self._closed:
                return
            self._make_safe()
            self._closed = True
            if self._watch is not None:
                self._watch.cancel()
            for device in self._inputs.values():
                device.when_activated = device.when_deactivated = None
            if release:
                for device in (*self._outputs.values(), *self._inputs.values()):
                    device.close()

    # Claiming

    def _claim(self, factory: Factory) -> None:
        from gpiozero.exc import GPIOZeroError

        pin = -1
        try:
            for output in self._wiring.outputs:
                pin = output.pin
                self._outputs[pin] = _claim_output(output, factory)
            for switch in self._wiring.inputs:
                pin = switch.pin
                self._inputs[pin] = _claim_input(switch, factory)
        except (GPIOZeroError, OSError, RuntimeError, ValueError, AttributeError) as error:
            self._release()
            cause = " ".join(str(error).split()).rstrip(".") or type(error).__name__
            raise ResourceError(
                f"GPIO{pin} cannot be used ({cause}); free it or correct rig.yaml, and check that the pin factory "
                f"fits this computer."
            ) from None

    def _release(self) -> None:
        for device in (*self._outputs.values(), *self._inputs.values()):
            device.close()

    def _listen(self, pin: int) -> None:
        self._inputs[pin].when_activated = lambda: self._on_switch(pin, True)
        self._inputs[pin].when_deactivated = lambda: self._on_switch(pin, False)

    # The pins

    def _set(self, levels: Mapping[int, float]) -> None:
        wanted = dict(levels)
        for lock in self._wiring.interlocks:
            self._restrain(lock, wanted)
        # Off before on, so that the two halves of a bridge never overlap.
        for pin, level in sorted(wanted.items(), key=lambda item: item[1]):
            self._put(pin, level)

    def _restrain(self, lock: Interlock, wanted: dict[int, float]) -> None:
        """Take out of `wanted` what this motor must not do."""
        opens = wanted.get(lock.open_pin, self._level(lock.open_pin)) > 0
        closes = wanted.get(lock.close_pin, self._level(lock.close_pin)) > 0
        if opens and (closes or self._inputs[lock.open_switch].is_active):
            wanted[lock.open_pin] = 0.0
        if closes and (opens or self._inputs[lock.closed_switch].is_active):
            wanted[lock.close_pin] = 0.0

    def _level(self, pin: int) -> float:
        return float(self._outputs[pin].value)

    def _put(self, pin: int, level: float) -> None:
        device, spec = self._outputs[pin], self._specs[pin]
        device.value = min(1.0, max(0.0, level)) if spec.frequency else bool(level)
        longest = next(
            (lock.longest for lock in self._wiring.interlocks if pin in (lock.open_pin, lock.close_pin)), None
        )
        if longest is None:
            return
        if level > 0:
            # Being told again does not make the time start anew.
            if pin not in self._running:
                self._running[pin] = self._clock.call_later(longest, lambda: self._stop([pin]))
        elif pin in self._running:
            self._running.pop(pin).cancel()

    def _stop(self, pins: list[int]) -> None:
        with self._lock:
            if self._closed:
                return
            for pin in pins:
                self._put(pin, 0.0)
        self._tell()

    def _on_switch(self, pin: int, active: bool) -> None:
        with self._lock:
            if self._closed:
                return
            for lock in self._wiring.interlocks:
                if not active:
                    continue
                if pin == lock.open_switch and self._level(lock.open_pin) > 0:
                    self._put(lock.open_pin, 0.0)
                if pin == lock.closed_switch and self._level(lock.close_pin) > 0:
                    self._put(lock.close_pin, 0.0)
                if pin == lock.stall_pin:
                    self._put(lock.open_pin, 0.0)
                    self._put(lock.close_pin, 0.0)
        self._tell()

    def _make_safe(self) -> None:
        for timer in self._running.values():
            timer.cancel()
        self._running.clear()
        for pin, spec in sorted(self._specs.items(), key=lambda item: item[1].safe):
            try:
                self._outputs[pin].value = float(spec.safe) if spec.frequency else spec.safe
            except Exception:  # noqa: BLE001 - a pin that fails, for whatever reason, must not keep the others on
                _log.exception("GPIO%d cannot be put into its safe state", pin)

    def _tell(self) -> None:
        self._listener(self.report())

    # The watchdog

    def _check_later(self) -> None:
        self._watch = self._clock.call_later(self._wiring.watchdog / _CHECKS_PER_WATCHDOG, self._check)

    def _check(self) -> None:
        late = False
        with self._lock:
            if self._closed or self._last_beat is None:
                return
            late = self._clock.now() - self._last_beat > self._wiring.watchdog and not self._tripped
            self._check_later()
        if late:
            self.trip(SILENT)


def _claim_output(output: Output, factory: Factory) -> Any:
    from gpiozero import DigitalOutputDevice, PWMOutputDevice

    if output.frequency:
        return PWMOutputDevice(
            output.pin,
            active_high=not output.inverted,
            initial_value=float(output.safe),
            frequency=output.frequency,
            pin_factory=factory,
        )
    return DigitalOutputDevice(
        output.pin, active_high=not output.inverted, initial_value=output.safe, pin_factory=factory
    )


def _claim_input(switch: Input, factory: Factory) -> Any:
    from gpiozero import DigitalInputDevice

    return DigitalInputDevice(switch.pin, pull_up=switch.to_ground, pin_factory=factory)
