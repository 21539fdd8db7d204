"""Stages values and faults in a simulation that runs in another process, over the same CAN channel."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import can

from codriver.clock import Clock, RealClock
from codriver.errors import InputError, NotFoundError, ResourceError
from codriver.simulation import FAULT_KINDS, Fault
from firmware_sim.codec import CHECKSUM_BYTE, DBC_FILE, BusLayout, MessageLayout, guarded, intact, load_layout
from firmware_sim.control import NODE_TARGET
from firmware_sim.faults import NODE_KINDS
from firmware_sim.reasons import Reason
from firmware_sim.simulation import open_bus

_ATTEMPTS = 3
_PATIENCE = 0.5
"""Seconds to wait for the answer to one control frame."""
_STALE_FRAMES = 100_000
"""At most so many frames that piled up unread are thrown away before a question."""


class RemoteSimulation:
    """A `codriver.simulation.Simulation` whose ECUs run elsewhere (`codriver sim`); always in real time.

    Safe to call from several threads. Closing it leaves the other process running.
    """

    def __init__(self, bus: Mapping[str, object]) -> None:
        """Join `bus` (keyword arguments of `can.Bus`). Raises `ResourceError` when it cannot be opened."""
        self.clock: Clock = RealClock()
        self.database: Path = DBC_FILE
        self.bus = dict(bus)
        self._layout: BusLayout = load_layout()
        self._ack = self._layout.messages["SIM_Ack"]
        only_answers = [{"can_id": self._ack.id, "can_mask": 0x7FF, "extended": False}]
        self._endpoint = open_bus({**self.bus, "can_filters": only_answers})
        self._lock = threading.Lock()
        self._counter = 0
        self._acting: list[Fault] = []

    def stage(self, values: Mapping[str, float | str]) -> None:
        """Put physical values (by DBC status signal name) into the vehicle; its frames follow at once.

        Raises `NotFoundError` for an unknown name, `InputError` for a value outside the signal's range, and
        `ResourceError` when no simulation answers.
        """
        raws = [(name, self._layout.status_signal(name).raw(value)) for name, value in values.items()]
        for name, raw in raws:
            message_id, start = self._place(name)
            fields = {"SimStage_MessageId": message_id, "SimStage_StartBit": start, "SimStage_Raw": raw}
            reason = self._ask("SIM_Control_Stage", fields)
            if reason is not Reason.NONE:
                raise InputError(f"The simulation does not take {name} = {values[name]!r} ({reason.name}).")

    def inject(self, fault: Fault) -> None:
        """Let `fault` act until `clear`.

        Raises `NotFoundError` for an unknown kind or target, `InputError` for a parameter out of range and
        `ResourceError` when no simulation answers.
        """
        if fault.kind not in FAULT_KINDS:
            raise NotFoundError(f"There is no fault {fault.kind!r}; the kinds are {', '.join(FAULT_KINDS)}.")
        message_id, start = self._fault_place(fault)
        parameter = self._layout.signals["SimFault_Parameter"]
        fields = {
            "SimFault_Action": self._layout.signals["SimFault_Action"].raw(fault.kind.upper()),
            "SimFault_MessageId": message_id,
            "SimFault_StartBit": start,
            "SimFault_Parameter": parameter.raw(fault.parameter),
        }
        reason = self._ask("SIM_Control_Fault", fields)
        if reason is Reason.OUT_OF_RANGE:
            raise InputError(f"The simulation does not take {fault.parameter:g} as the parameter of {fault.kind}.")
        if reason is not Reason.NONE:
            raise NotFoundError(f"{fault.target} is nothing that the fault {fault.kind!r} can hit.")
        self._acting = [
            other for other in self._acting if (other.kind, other.target) != (fault.kind, fault.target)
        ]
        self._acting.append(fault)

    def clear(self) -> None:
        """End every fault. Raises `ResourceError` when no simulation answers."""
        self._order("CLEAR")

    def reset(self) -> None:
        """Back to the factory state. Raises `ResourceError` when no simulation answers."""
        self._order("RESET")

    def faults(self) -> Sequence[Fault]:
        """The faults that were injected from here and act now."""
        return tuple(self._acting)

    def close(self) -> None:
        """Leave the bus; the simulation goes on."""
        self.clock.close()
        self._endpoint.shutdown()

    def _order(self, action: str) -> None:
        self._ask("SIM_Control_Fault", {"SimFault_Action": self._layout.signals["SimFault_Action"].raw(action)})
        self._acting = []

    def _place(self, name: str) -> tuple[int, int]:
        signal = self._layout.status_signal(name)
        return self._layout.messages[signal.message].id, signal.start

    def _fault_place(self, fault: Fault) -> tuple[int, int]:
        if fault.kind not in NODE_KINDS:
            return self._place(fault.target)
        ids = [message.id for message in self._layout.statuses() if message.node == fault.target]
        if not ids:
            nodes = ", ".join(self._layout.nodes())
            raise NotFoundError(f"{fault.kind} hits a node, not {fault.target!r}; use {nodes}.")
        return ids[0], NODE_TARGET

    def _ask(self, name: str, fields: Mapping[str, int]) -> Reason:
        """Send one control frame until it is answered. Raises `ResourceError` when it is not."""
        message = self._layout.messages[name]
        payload = sum(raw << self._layout.signals[field].start for field, raw in fields.items())
        with self._lock:
            self._drop_stale()
            for _ in range(_ATTEMPTS):
                self._counter = (self._counter + 1) & 0xF
                reason = self._exchange(message, guarded(message.id, payload, self._counter))
                if reason is not None and reason is not Reason.BAD_CHECKSUM:
                    return reason
        raise ResourceError(
            f"No simulation answers on {self.bus.get('interface')} {self.bus.get('channel')}; "
            f"start one there with `codriver sim`."
        )

    def _exchange(self, message: MessageLayout, data: bytes) -> Reason | None:
        deadline = self.clock.now() + _PATIENCE
        try:
            self._endpoint.send(can.Message(arbitration_id=message.id, data=data, is_extended_id=False))
        except can.CanError as error:
            raise ResourceError(f"The CAN channel {self.bus.get('channel')} does not work ({error}).") from None
        while (left := deadline - self.clock.now()) > 0:
            frame = self._receive(left)
            reason = None if frame is None else self._answer(frame, message)
            if reason is not None:
                return reason
        return None

    def _receive(self, timeout: float) -> can.Message | None:
        try:
            return self._endpoint.recv(timeout)
        except can.CanError:
            # On UDP anybody can send what is no CAN frame; that the bus is gone shows when nothing answers.
            return None

    def _answer(self, frame: can.Message, message: MessageLayout) -> Reason | None:
        """The reason in `frame` when it answers the control frame sent last."""
        if frame.arbitration_id != self._ack.id or not intact(self._ack.id, frame.data):
            return None
        payload = int.from_bytes(frame.data[:CHECKSUM_BYTE], "little")
        fields = {signal.name: payload >> signal.start & signal.all_ones for signal in self._ack.signals}
        if (fields["AckSIM_MessageId"], fields["AckSIM_Sequence"]) != (message.id, self._counter):
            return None
        return Reason(fields["AckSIM_Reason"])

    def _drop_stale(self) -> None:
        for _ in range(_STALE_FRAMES):
            if self._receive(0) is None:
                return
