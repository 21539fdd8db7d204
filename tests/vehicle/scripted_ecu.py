"""A small scripted ECU with a bus of its own, written against cantools and apart from the code under test."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import can
import cantools
from cantools.database import Database

from codriver.clock import VirtualClock
from hmi.catalogue.catalogue import Catalogue
from hmi.catalogue.signal import Signal, SignalValue
from hmi.vehicle.base import WriteResult
from hmi.vehicle.can import CanVehicle

DBC = """VERSION ""
NS_ :
BS_:
BU_: BOX PLAIN HMI

BO_ 512 BOX_Status_Main: 8 BOX
 SG_ Window : 0|8@1+ (1,0) [0|100] "%" HMI
 SG_ Window_Motion : 8|3@1+ (1,0) [0|5] "" HMI
 SG_ Light : 11|2@1+ (1,0) [0|1] "" HMI
 SG_ Mode : 13|3@1+ (1,0) [0|2] "" HMI
 SG_ Temperature : 16|8@1+ (0.5,0) [16|30] "degC" HMI
 SG_ Speed : 24|12@1+ (0.1,0) [0|400] "km/h" HMI
 SG_ AliveCounter : 48|4@1+ (1,0) [0|15] "" HMI
 SG_ Checksum : 56|8@1+ (1,0) [0|255] "" HMI

BO_ 513 BOX_Status_Colour: 8 BOX
 SG_ Colour : 0|25@1+ (1,0) [0|16777215] "" HMI
 SG_ AliveCounter : 48|4@1+ (1,0) [0|15] "" HMI
 SG_ Checksum : 56|8@1+ (1,0) [0|255] "" HMI

BO_ 256 BOX_Command_Main: 8 HMI
 SG_ Window_Cmd : 0|8@1+ (1,0) [0|100] "%" BOX
 SG_ Light_Cmd : 8|2@1+ (1,0) [0|1] "" BOX
 SG_ Mode_Cmd : 10|3@1+ (1,0) [0|2] "" BOX
 SG_ Temperature_Cmd : 16|8@1+ (0.5,0) [16|30] "degC" BOX
 SG_ Sequence : 40|8@1+ (1,0) [0|255] "" BOX
 SG_ AliveCounter : 48|4@1+ (1,0) [0|15] "" BOX
 SG_ Checksum : 56|8@1+ (1,0) [0|255] "" BOX

BO_ 257 BOX_Command_Colour: 8 HMI
 SG_ Colour_Cmd : 0|25@1+ (1,0) [0|16777215] "" BOX
 SG_ Sequence : 40|8@1+ (1,0) [0|255] "" BOX
 SG_ AliveCounter : 48|4@1+ (1,0) [0|15] "" BOX
 SG_ Checksum : 56|8@1+ (1,0) [0|255] "" BOX

BO_ 384 BOX_Ack: 8 BOX
 SG_ AckBOX_MessageId : 0|16@1+ (1,0) [0|65535] "" HMI
 SG_ AckBOX_Sequence : 16|8@1+ (1,0) [0|255] "" HMI
 SG_ AckBOX_StartBit : 24|8@1+ (1,0) [0|255] "" HMI
 SG_ AckBOX_Result : 32|2@1+ (1,0) [0|1] "" HMI
 SG_ AckBOX_Reason : 34|5@1+ (1,0) [0|11] "" HMI
 SG_ AliveCounter : 48|4@1+ (1,0) [0|15] "" HMI
 SG_ Checksum : 56|8@1+ (1,0) [0|255] "" HMI

BO_ 768 PLAIN_Status: 4 PLAIN
 SG_ PlainLamp : 7|1@0+ (1,0) [0|1] "" HMI
 SG_ PlainLevel : 6|7@0+ (1,0) [0|100] "%" HMI
 SG_ PlainAngle : 15|12@0- (0.1,0) [-180|180] "deg" HMI

BO_ 769 PLAIN_Command: 4 HMI
 SG_ PlainLampSet : 7|1@0+ (1,0) [0|1] "" PLAIN
 SG_ PlainLevelSet : 6|7@0+ (1,0) [0|127] "%" PLAIN

BO_ 770 PLAIN_Event: 1 PLAIN
 SG_ PlainEvent : 0|8@1+ (1,0) [0|255] "" HMI

BA_DEF_ BO_ "GenMsgCycleTime" INT 0 65535;
BA_DEF_DEF_ "GenMsgCycleTime" 0;
BA_ "GenMsgCycleTime" BO_ 512 100;
BA_ "GenMsgCycleTime" BO_ 513 200;
BA_ "GenMsgCycleTime" BO_ 768 100;
VAL_ 512 Window_Motion 0 "IDLE" 1 "OPENING" 2 "CLOSING" 3 "PINCHED" 4 "STALLED" 5 "NO_POWER" 7 "SNA" ;
VAL_ 512 Mode 0 "OFF" 1 "SLOW" 2 "FAST" 7 "SNA" ;
VAL_ 256 Mode_Cmd 0 "OFF" 1 "SLOW" 2 "FAST" 7 "NoRequest" ;
VAL_ 513 Colour 33554431 "SNA" ;
VAL_ 257 Colour_Cmd 33554431 "NoRequest" ;
VAL_ 384 AckBOX_Result 0 "ACCEPTED" 1 "REFUSED" ;
VAL_ 384 AckBOX_Reason 0 "NONE" 1 "OUT_OF_RANGE" 3 "CHILD_LOCK" 8 "FUSE_BLOWN" 9 "BAD_CHECKSUM" 11 "ODD" ;
"""


def _extras(status: str, command: str = "", *, boolean: bool = False) -> dict:
    reading = {"mapping": [{"from": 0, "to": False}, {"from": 1, "to": True}]}
    writing = {"mapping": [{"from": False, "to": 0}, {"from": True, "to": 1}]}
    extras = {"dbc2vss": {"signal": status} | ({"transform": reading} if boolean else {})}
    if command:
        extras["vss2dbc"] = {"signal": command} | ({"transform": writing} if boolean else {})
    return extras


WINDOW = Signal("Vehicle.Window", "actuator", "uint8", "percent", 0, 100, extras=_extras("Window", "Window_Cmd"))
LIGHT = Signal("Vehicle.Light", "actuator", "boolean", extras=_extras("Light", "Light_Cmd", boolean=True))
MODE = Signal(
    "Vehicle.Mode", "actuator", "string", allowed=("OFF", "SLOW", "FAST"), extras=_extras("Mode", "Mode_Cmd")
)
TEMPERATURE = Signal(
    "Vehicle.Temperature", "actuator", "float", "celsius", 10, 40, extras=_extras("Temperature", "Temperature_Cmd")
)
COLOUR = Signal("Vehicle.Colour", "actuator", "string", extras=_extras("Colour", "Colour_Cmd"))
SPEED = Signal("Vehicle.Speed", "sensor", "float", "km/h", extras=_extras("Speed"))
MOVING = Signal(
    "Vehicle.IsAjar",
    "sensor",
    "boolean",
    extras={"dbc2vss": {"signal": "Light", "transform": {"mapping": [{"from": 1, "to": True}]}}},
)
LAMP = Signal("Vehicle.Plain.Lamp", "actuator", "boolean", extras=_extras("PlainLamp", "PlainLampSet"))
LEVEL = Signal(
    "Vehicle.Plain.Level", "actuator", "uint8", "percent", 0, 100, extras=_extras("PlainLevel", "PlainLevelSet")
)
ANGLE = Signal("Vehicle.Plain.Angle", "sensor", "float", "degrees", -180, 180, extras=_extras("PlainAngle"))
EVENT = Signal("Vehicle.Plain.Event", "sensor", "uint8", extras=_extras("PlainEvent"))
DOORS = Signal("Vehicle.DoorCount", "attribute", "uint8", default=4)
ABSENT = Signal("Vehicle.Absent", "actuator", "boolean", extras=_extras("NotThere", "NotThere_Cmd", boolean=True))
BLIND = Signal("Vehicle.Blind", "actuator", "boolean", extras={"vss2dbc": {"signal": "Light_Cmd"}})

SIGNALS = [WINDOW, LIGHT, MODE, TEMPERATURE, COLOUR, SPEED, MOVING]
SIGNALS += [LAMP, LEVEL, ANGLE, EVENT, DOORS, ABSENT, BLIND]
CATALOGUE = Catalogue(SIGNALS)
DATABASE: Database = cantools.database.load_string(DBC, "dbc")

_channels = itertools.count()


def crc(frame_id: int, payload: bytes) -> int:
    """CRC-8 SAE J1850, bit by bit."""
    register = 0xFF
    for byte in frame_id.to_bytes(2, "big") + payload:
        register ^= byte
        for _ in range(8):
            register = (register << 1 ^ 0x1D) & 0xFF if register & 0x80 else register << 1 & 0xFF
    return register ^ 0xFF


class Ecu:
    """Node BOX: obeys at once, or as the script's hooks say."""

    def __init__(self, clock: VirtualClock, bus: can.BusABC) -> None:
        self.clock, self.bus = clock, bus
        self.values = {"Window": 0, "Window_Motion": 0, "Light": 0, "Mode": 0, "Temperature": 20.0, "Speed": 0}
        self.colour = 0
        self.commands: list[dict[str, float]] = []
        """Every command with a right checksum, as physical numbers, requested or not."""
        self.raw_commands: list[can.Message] = []
        self.counters = {512: 0, 513: 0, 384: 0}
        self.count_by = 1
        self.acks = True
        self.sends_status = True
        self.spoil: Callable[[int], bool] = lambda frame_id: False
        """True for a frame that is to get flipped bits."""
        self.deaf_for = 0
        """This many commands are lost before they arrive."""
        self.refuse: dict[str, int] = {}
        """Command signal → reason number."""
        self.obeys: Callable[[str, float], None] = self.take
        clock.add_poller(self.poll)
        clock.call_later(0.0, self.cycle)

    def take(self, name: str, value: float) -> None:
        """Do what is asked at once."""
        if name == "Colour":
            self.colour = int(value)
        else:
            self.values[name] = value

    def cycle(self) -> None:
        """Send the status messages every 100 ms."""
        self.send_status()
        self.clock.call_later(0.1, self.cycle)

    def send_status(self) -> None:
        """Both status messages, now."""
        if self.sends_status:
            self._send(512, dict(self.values))
            self._send(513, {"Colour": self.colour})

    def poll(self) -> None:
        """Take the commands that have arrived."""
        while (message := self.bus.recv(0)) is not None:
            if message.arbitration_id not in (256, 257):
                continue
            self.raw_commands.append(message)
            if self.deaf_for > 0:
                self.deaf_for -= 1
                continue
            self._obey(message)

    def _obey(self, message: can.Message) -> None:
        assert message.data[7] == crc(message.arbitration_id, bytes(message.data[:7])), (
            "a command's checksum is wrong"
        )
        layout = DATABASE.get_message_by_frame_id(message.arbitration_id)
        values = layout.decode(bytes(message.data), decode_choices=False)
        self.commands.append(values)
        changed = False
        for signal in layout.signals:
            if not signal.name.endswith("_Cmd"):
                continue
            free = (1 << signal.length) - 1
            if values[signal.name] == free * signal.conversion.scale:
                continue
            reason = self.refuse.get(signal.name, 0)
            if self.acks:
                self.ack(message.arbitration_id, int(values["Sequence"]), signal.start, reason)
            if not reason:
                self.obeys(signal.name.removesuffix("_Cmd"), values[signal.name])
                changed = True
        if changed:
            self.send_status()

    def ack(self, message_id: int, sequence: int, start_bit: int, reason: int = 0) -> None:
        """Answer a command; reason 0 accepts."""
        parts = {"MessageId": message_id, "Sequence": sequence, "StartBit": start_bit}
        parts |= {"Result": 1 if reason else 0, "Reason": reason}
        self._send(384, {f"AckBOX_{part}": number for part, number in parts.items()})

    def _send(self, frame_id: int, values: dict[str, float]) -> None:
        values = values | {"AliveCounter": self.counters[frame_id], "Checksum": 0}
        self.counters[frame_id] = (self.counters[frame_id] + self.count_by) % 16
        data = bytearray(DATABASE.encode_message(frame_id, values, strict=False))
        data[7] = crc(frame_id, bytes(data[:7]))
        if self.spoil(frame_id):
            data[0] ^= 0x10
        self.bus.send(can.Message(arbitration_id=frame_id, data=data, is_extended_id=False))

    def move(self, name: str, value: float, step: float = 5, stop_at: float | None = None, jam: int = 3) -> None:
        """Travel by `step` every 100 ms; at `stop_at` report the motion `jam` (3 is PINCHED) and stay there."""
        at = self.values[name]
        if at == stop_at:
            self.values["Window_Motion"] = jam
            return
        if at == value:
            self.values["Window_Motion"] = 0
            return
        self.values["Window_Motion"] = 1 if value > at else 2
        self.values[name] = min(value, at + step) if value > at else max(value, at - step)
        self.clock.call_later(0.1, lambda: self.move(name, value, step, stop_at, jam))


class PlainEcu:
    """Node PLAIN: no acknowledgement, no checksum, no "no request"; obeys at once or not at all."""

    def __init__(self, clock: VirtualClock, bus: can.BusABC) -> None:
        self.clock, self.bus = clock, bus
        self.values = {"PlainLamp": 0, "PlainLevel": 10, "PlainAngle": -12.5}
        self.commands: list[dict[str, float]] = []
        self.obeys = True
        self.travels = False
        clock.add_poller(self.poll)
        clock.call_later(0.0, self.cycle)

    def cycle(self) -> None:
        """Send the status every 100 ms."""
        data = DATABASE.encode_message("PLAIN_Status", self.values)
        self.bus.send(can.Message(arbitration_id=768, data=data, is_extended_id=False))
        self.clock.call_later(0.1, self.cycle)

    def poll(self) -> None:
        """Take the commands that have arrived."""
        while (message := self.bus.recv(0)) is not None:
            if message.arbitration_id != 769:
                continue
            values = DATABASE.decode_message(769, bytes(message.data))
            self.commands.append(values)
            if self.obeys:
                self.values["PlainLamp"] = values["PlainLampSet"]
                self.values["PlainLevel"] = values["PlainLevelSet"]


def fresh_channel() -> str:
    """A virtual channel that nobody else uses."""
    return f"scripted-{next(_channels)}"


class Rig:
    """A vehicle and its two scripted ECUs on one virtual bus."""

    def __init__(self) -> None:
        channel = fresh_channel()
        self.channel = channel
        self.clock = VirtualClock()
        self.buses = [can.Bus(interface="virtual", channel=channel) for _ in range(2)]
        self.ecu = Ecu(self.clock, self.buses[0])
        self.plain = PlainEcu(self.clock, self.buses[1])
        self.vehicle = CanVehicle(CATALOGUE, DATABASE, can.Bus(interface="virtual", channel=channel), self.clock)
        self.clock.advance(0.5)

    def close(self) -> None:
        """Leave the bus."""
        self.vehicle.close()
        for bus in self.buses:
            bus.shutdown()


def write(rig: Rig, *pairs: tuple[Signal, object], **options: object) -> list[WriteResult]:
    """What comes of writing values to signals."""
    return rig.vehicle.write([SignalValue(signal, value) for signal, value in pairs], **options)


def write_one(rig: Rig, signal: Signal, value: object, **options: object) -> WriteResult:
    """What comes of writing one value."""
    (result,) = write(rig, (signal, value), **options)
    return result
