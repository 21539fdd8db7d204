"""Reads `bus.yaml` and lays its things out as CAN messages: names, ids, bit positions, start values.

Status messages: payload in bits 0..47, `AliveCounter` in bits 48..51, `Checksum` in bits 56..63. Command
messages: payload in bits 0..39, `Sequence` in bits 40..47, counter and checksum as above. All bits are Intel
(little endian).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from codriver.errors import FileFormatError

TABLE_FILE = Path(__file__).resolve().parents[1] / "data" / "bus.yaml"

STATUS_BITS = 48
COMMAND_BITS = 40
NAME_LIMIT = 32
TESTER = "HMI"
SIMULATOR = "SIM"


@dataclass(frozen=True, slots=True)
class Kind:
    """How a physical value lies in bits; `values` names the raw values 0, 1, …"""

    bits: int
    minimum: float = 0.0
    maximum: float = 0.0
    factor: float = 1.0
    offset: float = 0.0
    unit: str = ""
    boolean: bool = False
    colour: bool = False
    values: tuple[str, ...] = ()

    def raw(self, value: float | str) -> int:
        """The raw value of a physical value or of one of the named values."""
        if isinstance(value, str):
            return self.values.index(value)
        return round((value - self.offset) / self.factor)


@dataclass(frozen=True, slots=True)
class BusSignal:
    """One signal at its place in a message."""

    name: str
    start: int
    kind: Kind
    empty: str = ""
    """Meaning of the all-ones value: "SNA" (not available), "NoRequest", or nothing."""
    initial: int | None = None
    """Raw start value."""
    path: str = ""
    """The VSS leaf, without the root."""
    command: str = ""
    """Name of the signal that commands this one."""


@dataclass(frozen=True, slots=True)
class BusMessage:
    """One CAN message with its signals; `cycle` in ms, 0 = event driven, and `fast` while something moves."""

    name: str
    id: int
    sender: str
    receivers: tuple[str, ...]
    signals: tuple[BusSignal, ...]
    cycle: int = 0
    fast: int = 0


@dataclass(frozen=True, slots=True)
class Bus:
    """The whole table, laid out."""

    nodes: Mapping[str, str]
    """Name → comment."""
    messages: Sequence[BusMessage] = field(default_factory=tuple)


def load_bus(file: Path = TABLE_FILE) -> Bus:
    """Lay out the table in `file`.

    Raises `FileFormatError` when a topic does not fit its frame, a kind has no free value or a name repeats.
    """
    table = yaml.safe_load(file.read_text(encoding="utf-8"))
    layout = _Layout(table)
    nodes = {name: str(entry["comment"]) for name, entry in table["nodes"].items()}
    nodes[TESTER] = "The head unit: understands the driver and commands the other nodes"
    nodes[SIMULATOR] = "The simulation's own control, absent from a real car"
    messages = [message for name in table["nodes"] for message in layout.node(name)]
    messages += layout.control()
    _check_unique(messages)
    return Bus(nodes, tuple(messages))


class _Layout:
    """Expands places and packs bits."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._table = table
        self._kinds = {name: _kind(entry) for name, entry in table["kinds"].items()}
        self._places: Mapping[str, Sequence[str]] = table["places"]

    def node(self, name: str) -> Iterator[BusMessage]:
        entry = self._table["nodes"][name]
        for topic in entry["topics"]:
            for index, place in enumerate(self._places[topic["each"]] if "each" in topic else [""]):
                yield from self._topic(name, entry, topic, (index, place))
        if "ack" in entry:
            yield self._ack(name, entry["ack"])

    def _topic(
        self, node: str, entry: Mapping[str, Any], topic: Mapping[str, Any], at: tuple[int, str]
    ) -> Iterator[BusMessage]:
        number, title = topic["number"] + at[0], _name(topic["name"], at[1])
        status: list[BusSignal] = []
        command: list[BusSignal] = []
        for thing in topic["things"]:
            places = self._places[thing["at"]] if "at" in thing else [at[1]]
            for place in places:
                self._thing(thing, place, status, command)
        status_name, command_name = f"{node}_Status_{title}", f"{node}_Command_{title}"
        signals = _guarded(status_name, status, STATUS_BITS)
        beat = topic["cycle"], topic.get("fast", 0)
        yield BusMessage(status_name, entry["status"] + number, node, (TESTER,), signals, *beat)
        if command:
            sequence = BusSignal("Sequence", COMMAND_BITS, Kind(8, maximum=255))
            signals = _guarded(command_name, command, COMMAND_BITS, sequence)
            yield BusMessage(command_name, entry["command"] + number, TESTER, (node,), signals)

    def _thing(
        self, thing: Mapping[str, Any], place: str, status: list[BusSignal], command: list[BusSignal]
    ) -> None:
        kind, name = self._kinds[thing["kind"]], _name(thing["name"], place)
        initial = thing.get("initial_at", {}).get(
            place, thing.get("initial", kind.values[0] if kind.values else 0.0)
        )
        order = "" if thing.get("sensor") else f"{name}_Cmd"
        path = thing.get("path", "").replace("{}", place)
        status.append(BusSignal(name, _end(status), kind, "SNA", kind.raw(initial), path, order))
        if thing.get("motion"):
            status.append(BusSignal(f"{name}_Motion", _end(status), self._kinds["motion"], "SNA", 0))
        if order:
            no_request = (1 << kind.bits) - 1
            command.append(BusSignal(order, _end(command), kind, "NoRequest", no_request))

    def _ack(self, node: str, frame_id: int) -> BusMessage:
        words = self._table["ack"]
        signals = [
            BusSignal(f"Ack{node}_MessageId", 0, Kind(16, maximum=0x7FF)),
            BusSignal(f"Ack{node}_Sequence", 16, Kind(8, maximum=255)),
            BusSignal(f"Ack{node}_StartBit", 24, Kind(8, maximum=255)),
            BusSignal(f"Ack{node}_Result", 32, Kind(4, maximum=15, values=tuple(words["results"]))),
            BusSignal(f"Ack{node}_Reason", 36, Kind(8, maximum=255, values=tuple(words["reasons"]))),
        ]
        name = f"{node}_Ack"
        return BusMessage(name, frame_id, node, (TESTER,), _guarded(name, signals, STATUS_BITS))

    def control(self) -> list[BusMessage]:
        entry = self._table["control"]
        actions = Kind(4, maximum=15, values=tuple(word.upper() for word in entry["fault_actions"]))
        stage = [
            BusSignal("SimStage_MessageId", 0, Kind(11, maximum=0x7FF)),
            BusSignal("SimStage_StartBit", 11, Kind(6, maximum=63)),
            BusSignal("SimStage_Raw", 17, Kind(31, maximum=2**31 - 1)),
        ]
        fault = [
            BusSignal("SimFault_Action", 0, actions),
            BusSignal("SimFault_MessageId", 4, Kind(11, maximum=0x7FF)),
            BusSignal("SimFault_StartBit", 15, Kind(6, maximum=63)),
            BusSignal("SimFault_Parameter", 21, Kind(16, maximum=65.535, factor=0.001)),
        ]
        return [
            _control("SIM_Control_Stage", entry["id_stage"], stage),
            _control("SIM_Control_Fault", entry["id_fault"], fault),
            self._ack(SIMULATOR, entry["id_ack"]),
        ]


def _control(name: str, frame_id: int, signals: list[BusSignal]) -> BusMessage:
    # The raw value of the widest signal leaves no full byte for a sequence number: the alive counter stands in.
    return BusMessage(name, frame_id, TESTER, (SIMULATOR,), _guarded(name, signals, STATUS_BITS))


def _kind(entry: Mapping[str, Any]) -> Kind:
    fields = dict(entry)
    values = tuple(fields.pop("values", ()))
    if fields.get("boolean"):
        fields["maximum"] = 1
    elif values:
        fields["maximum"] = len(values) - 1
    kind = Kind(values=values, **fields)
    if kind.raw(kind.maximum) >= (1 << kind.bits) - 1:
        raise FileFormatError(f"{TABLE_FILE.name}: {entry} leaves no free all-ones value; use more bits.")
    return kind


def _name(pattern: str, place: str) -> str:
    return pattern.replace("{}", place.replace(".", "").replace("Wheel", ""))


def _end(signals: Sequence[BusSignal]) -> int:
    return signals[-1].start + signals[-1].kind.bits if signals else 0


def _guarded(
    message: str, payload: Sequence[BusSignal], limit: int, sequence: BusSignal | None = None
) -> tuple[BusSignal, ...]:
    """The payload plus the signals that every frame carries."""
    if _end(payload) > limit:
        raise FileFormatError(
            f"{TABLE_FILE.name}: {message} needs {_end(payload)} bits, {limit} are free; split it."
        )
    alive, checksum = Kind(4, maximum=15), Kind(8, maximum=255)
    guard = (BusSignal("AliveCounter", 48, alive), BusSignal("Checksum", 56, checksum))
    return (*payload, *((sequence,) if sequence else ()), *guard)


def _check_unique(messages: Sequence[BusMessage]) -> None:
    seen: set[object] = set()
    shared = {"AliveCounter", "Checksum", "Sequence"}
    for message in messages:
        names = [signal.name for signal in message.signals if signal.name not in shared]
        for key in (message.id, message.name, *names):
            if key in seen:
                raise FileFormatError(f"{TABLE_FILE.name}: {key} is used twice ({message.name}); rename one.")
            seen.add(key)
