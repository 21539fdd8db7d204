"""From a frame off the bus to the ECU that it is for: checksum, alive counter, values, acknowledgements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from firmware_sim.codec import COUNTER_BYTE, SEQUENCE_BYTE, MessageLayout, SignalLayout, intact
from firmware_sim.ecu import Ecu
from firmware_sim.network import Network
from firmware_sim.reasons import Reason

WHOLE_MESSAGE = 255
"""Start bit in an ack that is not about a single signal."""

COUNTER_MEMORY = 1.0
"""Seconds after which a repeated alive counter is a new sender's and not a repeated frame."""

_COMMAND_MASK = (1 << 40) - 1


@dataclass(slots=True)
class _Inbox:
    """One command message of one ECU."""

    layout: MessageLayout
    ecu: Ecu
    things: Mapping[str, SignalLayout]
    """Status signal name → command signal."""
    counter: int = -1
    received: float = 0.0


class Dispatcher:
    """Hands command frames to the ECUs and sends their answers."""

    def __init__(self, network: Network, ecus: Iterable[Ecu]) -> None:
        self._network = network
        self._ecus = {ecu.node: ecu for ecu in ecus}
        self._inboxes = {
            message.id: self._inbox(message)
            for message in network.layout.messages.values()
            if "_Command_" in message.name
        }
        self._others: dict[int, Callable[[bytes], None]] = {}

    def add(self, frame_id: int, handler: Callable[[bytes], None]) -> None:
        """Hand frames with `frame_id` to `handler`."""
        self._others[frame_id] = handler

    def receive(self, frame_id: int, data: bytes) -> None:
        """Take one frame off the bus; frames for nobody here are ignored."""
        inbox = self._inboxes.get(frame_id)
        if inbox is not None:
            faults = self._network.faults.get(inbox.ecu.node)
            if faults is None or not faults.silent:
                self._obey(inbox, data)
                self._network.flush()
        elif frame_id in self._others:
            self._others[frame_id](data)

    def reset(self) -> None:
        """Forget the counters of the senders."""
        for inbox in self._inboxes.values():
            inbox.counter = -1

    def _inbox(self, message: MessageLayout) -> _Inbox:
        ecu = self._ecus[message.name.partition("_")[0]]
        things = {signal.name.removesuffix("_Cmd"): signal for signal in message.signals}
        missing = things.keys() - ecu.actuators.keys()
        if missing:
            raise KeyError(f"{ecu.node} has no actuator for {', '.join(sorted(missing))}")
        return _Inbox(message, ecu, things)

    def _obey(self, inbox: _Inbox, data: bytes) -> None:
        node, frame_id = inbox.ecu.node, inbox.layout.id
        sequence = data[SEQUENCE_BYTE] if len(data) > SEQUENCE_BYTE else 0
        reason = self._distrust(inbox, data)
        if reason is not Reason.NONE:
            self._network.acknowledge(node, frame_id, sequence, [(WHOLE_MESSAGE, reason)])
            return
        payload = int.from_bytes(data, "little") & _COMMAND_MASK
        requested = {}
        for name, signal in inbox.things.items():
            raw = payload >> signal.start & signal.all_ones
            if raw != signal.all_ones:
                requested[name] = raw
        reasons = inbox.ecu.command(requested)
        starts = [inbox.things[name].start for name in requested]
        self._network.acknowledge(node, frame_id, sequence, zip(starts, reasons, strict=True))

    def _distrust(self, inbox: _Inbox, data: bytes) -> Reason:
        if not intact(inbox.layout.id, data):
            return Reason.BAD_CHECKSUM
        counter, now = data[COUNTER_BYTE] & 0xF, self._network.clock.now()
        if counter == inbox.counter and now - inbox.received <= COUNTER_MEMORY:
            return Reason.OLD_COUNTER
        inbox.counter, inbox.received = counter, now
        return Reason.NONE
