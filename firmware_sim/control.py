"""SIM: lets another process stage values and faults over the bus, for which a real car has no messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from codriver.errors import InputError, NotFoundError
from codriver.simulation import Fault
from firmware_sim.codec import COUNTER_BYTE, MessageLayout, intact
from firmware_sim.dispatch import WHOLE_MESSAGE, Dispatcher
from firmware_sim.network import Network
from firmware_sim.reasons import Reason

NODE_TARGET = 63
"""Start bit that names the sender of the message instead of one of its signals."""

NODE = "SIM"


class Stageable(Protocol):
    """What the control node does its work on."""

    def stage_raw(self, raws: Mapping[str, int]) -> None:
        """Put raw values into the vehicle."""

    def inject(self, fault: Fault) -> None:
        """Let a fault act."""

    def clear(self) -> None:
        """End every fault."""

    def reset(self) -> None:
        """Back to the factory state."""


class ControlNode:
    """Obeys `SIM_Control_Stage` and `SIM_Control_Fault`; the alive counter stands for the sequence number."""

    def __init__(self, vehicle: Stageable, network: Network) -> None:
        self._vehicle = vehicle
        self._network = network
        layout = network.layout
        self._stage = layout.messages["SIM_Control_Stage"]
        self._fault = layout.messages["SIM_Control_Fault"]
        self._statuses = {message.id: message for message in layout.statuses()}
        self._actions = {raw: text for text, raw in layout.signals["SimFault_Action"].choices.items()}

    def join(self, dispatcher: Dispatcher) -> None:
        """Take the control frames from `dispatcher`."""
        dispatcher.add(self._stage.id, self._on_stage)
        dispatcher.add(self._fault.id, self._on_fault)

    def _on_stage(self, data: bytes) -> None:
        fields = self._fields(self._stage, data)
        if fields is None:
            return
        signal = self._signal(fields["SimStage_MessageId"], fields["SimStage_StartBit"])
        reason = Reason.NOT_AVAILABLE
        if signal is not None:
            layout, raw = self._network.layout.signals[signal], fields["SimStage_Raw"]
            reason = Reason.NONE if layout.raw_minimum <= raw <= layout.raw_maximum else Reason.OUT_OF_RANGE
            if reason is Reason.NONE:
                self._vehicle.stage_raw({signal: raw})
        self._answer(self._stage, data, reason)

    def _on_fault(self, data: bytes) -> None:
        fields = self._fields(self._fault, data)
        if fields is None:
            return
        action = self._actions.get(fields["SimFault_Action"], "")
        reason = Reason.NONE
        if action == "CLEAR":
            self._vehicle.clear()
        elif action == "RESET":
            self._vehicle.reset()
        else:
            message_id, start = fields["SimFault_MessageId"], fields["SimFault_StartBit"]
            target = self._node(message_id) if start == NODE_TARGET else self._signal(message_id, start)
            parameter = self._network.layout.signals["SimFault_Parameter"].physical(fields["SimFault_Parameter"])
            try:
                self._vehicle.inject(Fault(action.lower(), target or "", parameter))
            except NotFoundError:
                reason = Reason.NOT_AVAILABLE
            except InputError:
                reason = Reason.OUT_OF_RANGE
        self._answer(self._fault, data, reason)

    def _fields(self, message: MessageLayout, data: bytes) -> dict[str, int] | None:
        if not intact(message.id, data):
            self._answer(message, data, Reason.BAD_CHECKSUM)
            return None
        payload = int.from_bytes(data, "little")
        return {signal.name: payload >> signal.start & signal.all_ones for signal in message.signals}

    def _signal(self, message_id: int, start: int) -> str | None:
        message = self._statuses.get(message_id)
        names = [signal.name for signal in message.signals if signal.start == start] if message else []
        return names[0] if names else None

    def _node(self, message_id: int) -> str | None:
        message = self._statuses.get(message_id)
        return message.node if message else None

    def _answer(self, message: MessageLayout, data: bytes, reason: Reason) -> None:
        sequence = data[COUNTER_BYTE] & 0xF if len(data) > COUNTER_BYTE else 0
        self._network.acknowledge(NODE, message.id, sequence, [(WHOLE_MESSAGE, reason)])
        self._network.flush()
