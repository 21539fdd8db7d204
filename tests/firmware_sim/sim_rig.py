"""A tester on the simulation's bus. It uses cantools, so it checks the ECUs' own codec independently."""

from dataclasses import dataclass, field

import can
import cantools

from firmware_sim.codec import DBC_FILE

DATABASE = cantools.database.load_file(DBC_FILE, strict=True)


def crc8(data):
    """CRC-8 SAE J1850, bit by bit as the standard writes it."""
    state = 0xFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = ((state << 1) ^ 0x1D) & 0xFF if state & 0x80 else state << 1
    return state ^ 0xFF


@dataclass
class Ack:
    signal: str | None
    """The command signal it is about, None for the whole message."""
    result: str
    reason: str
    sequence: int


@dataclass
class Rig:
    simulation: object
    bus: can.BusABC
    frames: list = field(default_factory=list)
    """(time, message name, data) of every frame seen."""
    values: dict = field(default_factory=dict)
    acks: list = field(default_factory=list)
    sequence: int = 0
    counters: dict = field(default_factory=dict)

    def __post_init__(self):
        self.simulation.clock.add_poller(self.read)

    def wait(self, seconds):
        self.simulation.clock.advance(seconds)
        self.read()

    def read(self):
        while (frame := self.bus.recv(0)) is not None:
            message = DATABASE.get_message_by_frame_id(frame.arbitration_id)
            self.frames.append((self.simulation.clock.now(), message.name, bytes(frame.data)))
            fields = message.decode(bytes(frame.data), decode_choices=True)
            if message.name.endswith("_Ack"):
                self._take_ack(message, fields)
            else:
                self.values.update({name: self._plain(value) for name, value in fields.items()})

    def _plain(self, value):
        return value.name if hasattr(value, "name") else value

    def _take_ack(self, message, fields):
        node = message.name.removesuffix("_Ack")
        field = {name.removeprefix(f"Ack{node}_"): self._plain(value) for name, value in fields.items()}
        about = DATABASE.get_message_by_frame_id(field["MessageId"])
        starts = {signal.start: signal.name for signal in about.signals}
        name = None if field["StartBit"] == 255 else starts[field["StartBit"]]
        self.acks.append(Ack(name, field["Result"], field["Reason"], field["Sequence"]))

    def command(self, corrupt=False, counter=None, **values):
        """Send one frame per command message; `WindowPosRow1DriverSide=50` asks for that. Returns the acks."""
        by_message = {}
        for name, value in values.items():
            message = next(m for m in DATABASE.messages if any(s.name == f"{name}_Cmd" for s in m.signals))
            by_message.setdefault(message.name, {})[f"{name}_Cmd"] = value
        self.acks.clear()
        for name, wanted in by_message.items():
            self.bus.send(self.frame(DATABASE.get_message_by_name(name), wanted, corrupt, counter))
        self.simulation.clock.advance(0)
        self.read()
        return self.acks

    def frame(self, message, wanted, corrupt=False, counter=None):
        raw = {signal.name: (1 << signal.length) - 1 for signal in message.signals}
        for name, value in wanted.items():
            raw[name] = message.get_signal_by_name(name).scaled_to_raw(value)
        if counter is None:
            self.counters[message.name] = (self.counters.get(message.name, -1) + 1) % 16
            counter = self.counters[message.name]
        self.sequence = (self.sequence + 1) % 256
        raw.update(Sequence=self.sequence, AliveCounter=counter, Checksum=0)
        data = bytearray(message.encode(raw, scaling=False, strict=False))
        data[7] = crc8(message.frame_id.to_bytes(2, "big") + data[:7])
        if corrupt:
            data[0] ^= 0x10
        return can.Message(arbitration_id=message.frame_id, data=data, is_extended_id=False)

    def reason(self, **values):
        """The reason with which one command is refused, "NONE" when it is accepted."""
        acks = self.command(**values)
        assert len(acks) == 1, acks
        assert acks[0].result == ("ACCEPTED" if acks[0].reason == "NONE" else "REFUSED")
        return acks[0].reason

    def stage(self, **values):
        self.simulation.stage(values)
        self.read()

    def of(self, name):
        """(time, data) of the frames of one message."""
        return [(at, data) for at, other, data in self.frames if other == name]
