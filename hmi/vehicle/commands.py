"""Commands on their way: sending, sending again, and matching the acknowledgements."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import can

from hmi.vehicle.base import WriteOutcome
from hmi.vehicle.frames import CommandEncoder, FrameCheck
from hmi.vehicle.mapping import AckLayout, Binding
from hmi.vehicle.status import StatusMessage
from hmi.vehicle.tracker import Pending, Timing

_log = logging.getLogger(__name__)

WHOLE_MESSAGE = 255
"""Start bit in an acknowledgement that is about a command message as a whole."""
_SEND_AGAIN = frozenset({"BAD_CHECKSUM", "OLD_COUNTER"})
"""Reasons that blame the transport of the command, so the same command may well be taken the next time."""

SILENT_UNANSWERED = "its control unit does not answer"
SILENT_STOPPED = "its control unit has gone silent"
DAMAGED = "its messages arrive damaged"
UNSENDABLE = "the bus does not take the command"


@dataclass(slots=True)
class Entry:
    """One wanted value in a command."""

    binding: Binding
    raw: float
    pending: Pending
    status: StatusMessage

    @property
    def unanswered(self) -> bool:
        """True while neither an acknowledgement nor anything else has decided about it."""
        return not self.pending.ended and self.pending.accepted_at is None

    @property
    def silent_at(self) -> float:
        """When the read-back counts as silent, if no trustworthy frame comes before; infinite without a cycle."""
        if self.status.layout.cycle is None:
            return float("inf")
        return max(self.status.last_valid or 0.0, self._since) + self.status.silent_after

    def due(self) -> float:
        """When `expire` is to be called next, for an entry that the ECU has accepted."""
        if self.pending.frames == 0 and self.status.layout.cycle is not None:
            return self.silent_at
        return min(self.pending.due, self.silent_at)

    def expire(self, now: float) -> None:
        """Let the entry fail if its time is up at `now`."""
        unseen = self.pending.frames == 0 and now >= self.pending.due and self.status.layout.cycle is None
        if now >= self.silent_at or unseen:
            since = max(self.status.last_valid or 0.0, self._since)
            bad = self.status.check.last_bad
            if bad is not None and bad >= since:
                self.pending.end(WriteOutcome.CORRUPTED, DAMAGED, now)
            else:
                self.pending.end(WriteOutcome.SILENT, SILENT_STOPPED, now)
        elif now >= self.due():
            self.pending.on_due(now)

    @property
    def _since(self) -> float:
        accepted = self.pending.accepted_at
        return self.pending.sent_at if accepted is None else accepted


@dataclass(slots=True)
class Command:
    """Wanted values that travel in one message."""

    encoder: CommandEncoder
    entries: Sequence[Entry]
    ack_check: FrameCheck | None
    """The check of the acknowledgements that answer it; None for an ECU without."""
    sent_at: float
    sequences: list[int] = field(default_factory=list)
    """The sequence number of every sending, the last one at the end."""
    answer_due: float = 0.0
    damaged: bool = False
    """The ECU said that the command arrived damaged or out of order."""

    @property
    def open_entries(self) -> list[Entry]:
        """The values that nothing has decided about yet."""
        return [entry for entry in self.entries if entry.unanswered]

    def due(self) -> float:
        """When `Commands.expire` has something to do for it."""
        times = [entry.due() for entry in self.entries if not entry.pending.ended and not entry.unanswered]
        if self.ack_check is not None and self.open_entries:
            times.append(self.answer_due)
        return min(times, default=float("inf"))


@dataclass(frozen=True, slots=True)
class Answer:
    """An acknowledgement frame, decoded."""

    message_id: int
    sequence: int
    start_bit: int
    accepted: bool
    reason: str


def read_answer(layout: AckLayout, data: bytes | bytearray) -> Answer:
    """Decode an acknowledgement frame that passed its check."""
    little, big = int.from_bytes(data, "little"), int.from_bytes(data, "big")
    result, reason = layout.result.bits(little, big), layout.reason.bits(little, big)
    return Answer(
        message_id=layout.message_id.bits(little, big),
        sequence=layout.sequence.bits(little, big),
        start_bit=layout.start_bit.bits(little, big),
        accepted=layout.result.choices.get(result, str(result)) in ("ACCEPTED", "0"),
        reason=layout.reason.choices.get(reason, str(reason)),
    )


class Commands:
    """All commands that are under way. Not thread-safe: its owner holds a lock."""

    def __init__(self, send: Callable[[can.Message], None], timing: Timing) -> None:
        """`send` puts a frame on the bus and raises `can.CanError` when it cannot."""
        self._send = send
        self._timing = timing
        self._open: list[Command] = []
        self._sequence = 0

    def start(self, command: Command, now: float) -> None:
        """Send `command` and follow it until `finish`."""
        self._open.append(command)
        self._transmit(command, now)

    def finish(self, command: Command) -> None:
        """Stop following `command`."""
        if command in self._open:
            self._open.remove(command)

    def on_answer(self, answer: Answer, now: float) -> None:
        """Give an acknowledgement to the commands that it answers."""
        for command in self._open:
            if command.encoder.layout.frame_id != answer.message_id:
                continue
            if not answer.accepted and answer.reason in _SEND_AGAIN:
                self._on_damaged(command, answer, now)
            elif answer.sequence in command.sequences:
                self._decide(command, answer, now)

    def expire(self, command: Command, now: float) -> None:
        """Do what is due: send again, give up waiting for an answer, or end a movement that does not move."""
        if command.ack_check is not None and now >= command.answer_due and command.open_entries:
            for entry in command.open_entries:
                entry.pending.take_evidence(now)
            if not command.open_entries:
                return
            if len(command.sequences) < len(self._timing.ack):
                self._transmit(command, now)
            else:
                self._give_up(command, now)
        for entry in command.entries:
            if not entry.pending.ended and not entry.unanswered:
                entry.expire(now)

    def _transmit(self, command: Command, now: float) -> None:
        entries = command.open_entries if command.sequences else command.entries
        self._sequence = (self._sequence + 1) & 0xFF
        command.answer_due = now + self._timing.ack[len(command.sequences)]
        command.sequences.append(self._sequence)
        raws = {}
        for entry in entries:
            place = entry.binding.command
            if place is not None and not entry.pending.ended:
                raws[place.field.name] = entry.raw
        try:
            self._send(command.encoder.encode(raws, self._sequence))
        except can.CanError as error:
            _log.warning("%s cannot be sent: %s", command.encoder.layout.name, error)
            for entry in command.entries:
                entry.pending.end(WriteOutcome.SILENT, UNSENDABLE, now)

    def _decide(self, command: Command, answer: Answer, now: float) -> None:
        for entry in command.entries:
            place = entry.binding.command
            if place is None or answer.start_bit not in (place.field.start, WHOLE_MESSAGE):
                continue
            if answer.accepted:
                entry.pending.on_accepted(entry.status.motion(entry.binding.motion), now)
            else:
                entry.pending.on_refused(answer.reason, now)

    def _on_damaged(self, command: Command, answer: Answer, now: float) -> None:
        command.damaged = True
        is_last = answer.sequence == command.sequences[-1] or answer.reason == "BAD_CHECKSUM"
        if is_last and command.open_entries and len(command.sequences) < len(self._timing.ack):
            self._transmit(command, now)

    def _give_up(self, command: Command, now: float) -> None:
        """No answer after the last sending: believe the read-back, or end it."""
        for entry in command.open_entries:
            if entry.pending.assume_accepted(now):
                continue
            checks = [entry.status.check, command.ack_check]
            bad = [c.last_bad for c in checks if c is not None and c.last_bad is not None]
            if command.damaged or any(time >= command.sent_at for time in bad):
                entry.pending.end(WriteOutcome.CORRUPTED, DAMAGED, now)
            else:
                entry.pending.end(WriteOutcome.SILENT, SILENT_UNANSWERED, now)
