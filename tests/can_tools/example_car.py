"""The car of the worked example in docs/can.md, taken from the page itself, with a scripted body controller."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import can
import cantools

from codriver.clock import VirtualClock

PAGE = Path(__file__).parents[2] / "docs" / "can.md"
_FILES = {"coupe.dbc": "dbc", "coupe.json": "json", "codriver.toml": "toml"}
_channels = itertools.count()


def write_files(folder: Path) -> None:
    """Write the example's files, as a reader of the page would."""
    page = PAGE.read_text(encoding="utf-8")
    for name, language in _FILES.items():
        (block,) = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
        (folder / name).write_text(block, encoding="utf-8")


def sentences() -> list[str]:
    """What the page says can be asked."""
    return re.findall(r'codriver ask "(.*?)"', PAGE.read_text(encoding="utf-8"))


def fresh_channel() -> str:
    """A virtual channel that nobody else uses."""
    return f"example-{next(_channels)}"


class Body:
    """BODY and DASH: obey at once, tell their state by their cycles."""

    def __init__(self, clock: VirtualClock, channel: str, dbc: Path) -> None:
        self.clock, self.channel = clock, channel
        self.database = cantools.database.load_file(dbc)
        self.bus = can.Bus(interface="virtual", channel=channel)
        self.state = {"WinShutFL": 100.0, "LockFL": 0, "WiperState": 0}
        self.mph = 62.0
        self.wishes: list[dict[str, float]] = []
        self._remove = clock.add_poller(self.poll)
        clock.call_later(0.0, self.cycle)

    def cycle(self) -> None:
        self.tell()
        self.clock.call_later(0.1, self.cycle)

    def tell(self) -> None:
        self._send("BodyState", self.state)
        self._send("DashState", {"DashSpeed": self.mph})

    def poll(self) -> None:
        while (message := self.bus.recv(0)) is not None:
            layout = self.database.get_message_by_frame_id(message.arbitration_id)
            wish = layout.decode(bytes(message.data), decode_choices=False)
            self.wishes.append(wish)
            if wish["WinShutFLWish"] <= 100:
                self.state["WinShutFL"] = wish["WinShutFLWish"]
            if wish["LockFLWish"] != 3:
                self.state["LockFL"] = wish["LockFLWish"]
            if wish["WiperWish"] != 7:
                self.state["WiperState"] = wish["WiperWish"]

    def close(self) -> None:
        self._remove()
        self.bus.shutdown()

    def _send(self, name: str, values: dict[str, float]) -> None:
        layout = self.database.get_message_by_name(name)
        data = layout.encode(values)
        self.bus.send(can.Message(arbitration_id=layout.frame_id, data=data, is_extended_id=False))
