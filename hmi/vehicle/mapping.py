"""Which DBC signal carries which VSS signal: the overlay's `dbc2vss` and `vss2dbc` keys laid over a database."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from codriver.errors import FileFormatError
from hmi.catalogue.signal import Signal
from hmi.vehicle.dbc import Field, Layout
from hmi.vehicle.transform import Codec, build_codec

_log = logging.getLogger(__name__)

MOTION_SUFFIX = "_Motion"
"""A position signal "X" may have a motion signal "X_Motion" that tells why it does not move."""
_ACK_PARTS = ("MessageId", "Sequence", "StartBit", "Result", "Reason")


@dataclass(frozen=True, slots=True)
class Place:
    """A VSS signal's place on the bus, in one direction."""

    message: Layout
    field: Field
    codec: Codec


@dataclass(frozen=True, slots=True)
class Binding:
    """One VSS signal and where it is read and commanded."""

    signal: Signal
    status: Place | None
    command: Place | None
    motion: Field | None = None
    """The signal "X_Motion" in the status message, which tells why the actuator does not move."""

    @property
    def path(self) -> str:
        """The signal's VSS path."""
        return self.signal.path

    @property
    def writable(self) -> bool:
        """True when it can be commanded and the result can be read back."""
        return self.signal.writable and self.command is not None and self.status is not None

    @property
    def numeric(self) -> bool:
        """True when it has values between its values, so that a change may take a while."""
        return self.status is not None and self.status.codec.step > 0


@dataclass(frozen=True, slots=True)
class AckLayout:
    """The acknowledgement message of one ECU."""

    message: Layout
    message_id: Field
    sequence: Field
    start_bit: Field
    result: Field
    reason: Field

    def answers(self, command: Layout) -> bool:
        """True when the ECU that sends this acknowledgement is the one that receives `command`."""
        node = self.message.name.removesuffix("_Ack")
        if command.name.startswith(f"{node}_"):
            return True
        return bool(command.receivers.intersection(self.message.senders))


@dataclass(frozen=True)
class VehicleMap:
    """Everything that is read from and sent to one bus."""

    bindings: Mapping[str, Binding]
    """By VSS path; only signals that the database really has."""
    acks: tuple[AckLayout, ...]

    def ack_for(self, command: Layout) -> AckLayout | None:
        """The acknowledgement that answers `command`, None for an ECU that sends none."""
        return next((ack for ack in self.acks if ack.answers(command)), None)

    def on_command(self, command: Layout) -> dict[str, Binding]:
        """The bindings that are commanded by `command`, by DBC signal name."""
        return {
            binding.command.field.name: binding
            for binding in self.bindings.values()
            if binding.command is not None and binding.command.message is command
        }


def build_map(signals: Iterable[Signal], messages: Iterable[Layout]) -> VehicleMap:
    """Lay the overlay keys of `signals` over the `messages` of a database.

    A signal that the overlay names and the database lacks is left out and logged: one overlay may serve several
    variants of a car. Raises `FileFormatError` for a transform that cannot be used, and when nothing is mapped.
    """
    known = list(messages)
    index = index_signals(known)
    bindings: dict[str, Binding] = {}
    for signal in signals:
        binding = _bind(signal, index)
        if binding is not None:
            bindings[signal.path] = binding
    if not bindings:
        raise FileFormatError(
            "None of the database's signals is mapped to a VSS signal; "
            "add an overlay with 'dbc2vss' and 'vss2dbc' keys for this DBC (setting catalogue.overlays)."
        )
    return VehicleMap(bindings, tuple(ack for ack in map(_ack, known) if ack is not None))


def index_signals(messages: Iterable[Layout]) -> dict[str, tuple[Layout, Field]]:
    """Every signal of the database by its name and by "Message.Signal".

    Of several signals with one name, the first in the database has it; the others have only the long one.
    """
    index: dict[str, tuple[Layout, Field]] = {}
    for message in messages:
        for name, field in message.fields.items():
            index.setdefault(name, (message, field))
            index.setdefault(f"{message.name}.{name}", (message, field))
    return index


def declared(signal: Signal, *, reading: bool) -> Any:
    """What the overlay says about one direction: DBC → VSS (`reading`) or VSS → DBC; None when it says nothing."""
    if not reading:
        return signal.extras.get("vss2dbc")
    # "dbc" is the older spelling in the same convention. Where both stand, it comes from an overlay that was laid
    # over the default vehicle, which knows only the newer one.
    return signal.extras.get("dbc") or signal.extras.get("dbc2vss")


def _bind(signal: Signal, index: Mapping[str, tuple[Layout, Field]]) -> Binding | None:
    status = place_of(signal, index, reading=True)
    command = place_of(signal, index, reading=False)
    if command is not None and command.field.multiplexer is not None:
        _log.warning("%s cannot be commanded: %s is multiplexed", signal.path, command.field.name)
        command = None
    if status is None and command is None:
        return None
    motion = status.message.fields.get(status.field.name + MOTION_SUFFIX) if status else None
    return Binding(signal, status, command, motion)


def place_of(signal: Signal, index: Mapping[str, tuple[Layout, Field]], *, reading: bool) -> Place | None:
    """Where `signal` is read or commanded; None when no overlay says so, or the database has no such signal.

    Raises `FileFormatError` for keys of the overlay that cannot be used.
    """
    keys = declared(signal, reading=reading)
    if keys is None:
        return None
    _check_keys(signal, keys, "dbc2vss" if reading else "vss2dbc")
    found = index.get(keys["signal"])
    if found is None:
        _log.info("%s is left out: the DBC has no signal %s", signal.path, keys["signal"])
        return None
    message, field = found
    return Place(message, field, build_codec(signal, field, keys.get("transform"), reading=reading))


def _check_keys(signal: Signal, keys: object, name: str) -> None:
    if not isinstance(keys, Mapping) or not isinstance(keys.get("signal"), str):
        raise FileFormatError(f"{signal.path}: '{name}' needs a 'signal' with a DBC signal's name.")
    # Both tell a databroker how often it is told. Here every frame counts, but a mistake is named all the same.
    interval, on_change = keys.get("interval_ms", 0), keys.get("on_change", False)
    if isinstance(interval, bool) or not isinstance(interval, int | float) or not 0 <= interval < math.inf:
        raise FileFormatError(
            f"{signal.path}: 'interval_ms' of '{name}' is {interval!r}; it is milliseconds, >= 0."
        )
    if not isinstance(on_change, bool):
        raise FileFormatError(f"{signal.path}: 'on_change' of '{name}' is {on_change!r}; it is true or false.")


def _ack(message: Layout) -> AckLayout | None:
    """`message` as an acknowledgement, None when it is something else."""
    if not message.name.endswith("_Ack"):
        return None
    found = {
        part: field
        for part in _ACK_PARTS
        for name, field in message.fields.items()
        if name.endswith(f"_{part}") or name == part
    }
    if len(found) < len(_ACK_PARTS):
        return None
    return AckLayout(message, *(found[part] for part in _ACK_PARTS))
