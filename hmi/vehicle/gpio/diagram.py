"""The wiring of a rig as rows of a table and as a drawing (SVG) of the header with everything that goes to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from hmi.vehicle.gpio import board
from hmi.vehicle.gpio.rigfile import Device, Rig

HEADINGS = ("pin", "GPIO", "device", "key", "goes to", "safe state")


@dataclass(frozen=True, slots=True)
class Wire:
    """One wire from the header to a device."""

    position: int
    """Pin of the header, 1 to 40."""
    device: str
    key: str
    goes_to: str
    output: bool
    safe: str
    """What the pin does in the safe state; empty for an input."""

    @property
    def name(self) -> str:
        """What is on this pin of the header."""
        return board.HEADER[self.position - 1]


def wires(rig: Rig) -> list[Wire]:
    """Every wire of the rig, by header pin."""
    found = [wire for device in rig.devices for wire in _wires(device)]
    return sorted(found, key=lambda wire: (wire.position, wire.device))


def rows(rig: Rig) -> list[tuple[str, ...]]:
    """The table's rows, under `HEADINGS`."""
    return [(str(wire.position), wire.name, wire.device, wire.key, wire.goes_to, wire.safe) for wire in wires(rig)]


def _wires(device: Device) -> list[Wire]:
    found = []
    for key, goes_to in device.kind.outputs.items():
        level = "high" if device.safe != device.options.get("inverted", False) else "low"
        safe = f"{'on' if device.safe else 'off'} ({level})"
        found.append(Wire(board.POSITIONS[device.pins[key]], device.name, key, goes_to, True, safe))
    for key, goes_to in device.kind.inputs.items():
        if key in device.pins:
            other = "ground" if device.options.get("switches") == "to ground" else "3.3 V"
            position = board.POSITIONS[device.pins[key]]
            found.append(Wire(position, device.name, key, f"{goes_to}, other side to {other}", False, ""))
    if device.kind.name == "ds18b20":
        position = board.POSITIONS[int(device.options["bus_pin"])]
        goes_to = "data wire, with 4.7 kΩ to 3.3 V"
        found.append(Wire(position, device.name, "bus_pin", goes_to, False, ""))
    if device.kind.name == "adc":
        ends = {8: "CS", 9: "DOUT", 10: "DIN", 11: "CLK"}
        found += [
            Wire(board.POSITIONS[pin], device.name, "SPI", f"{end} of the MCP3008", False, "")
            for pin, end in ends.items()
        ]
    return found


# The drawing: two columns of pins in the middle, odd ones left and even ones right, as on the board.

_ROW, _TOP, _MARGIN = 26, 70, 20
_LABEL = 430
"""Width of the labels on either side."""
_PIN = 44
_WIDTH = 2 * (_MARGIN + _LABEL + _PIN) + 40
_COLOURS = {"3V3": "#c8502d", "5V": "#a11f1f", "GND": "#3d3d3d"}
_OUTPUT, _INPUT, _FREE = "#1f6f43", "#1f4f8f", "#9a9a9a"
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1b1b1b}.h{font-size:19px;font-weight:600}.s{fill:#5a5a5a}"
    ".n{font-size:11px;fill:#fff;text-anchor:middle}.e{text-anchor:end}"
)


def svg(rig: Rig, title: str) -> str:
    """The drawing as one self-contained SVG document."""
    by_position: dict[int, list[Wire]] = {}
    for wire in wires(rig):
        by_position.setdefault(wire.position, []).append(wire)
    height = _TOP + 20 * _ROW + 60
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text class="h" x="{_MARGIN}" y="32">{escape(title)}</text>',
        f'<text class="s" x="{_MARGIN}" y="52">Pin 1 is at the corner of the board, next to the card slot\'s end.'
        "</text>",
    ]
    for position in range(1, len(board.HEADER) + 1):
        parts += _draw_pin(position, by_position.get(position, []))
    parts += _legend(height - 24)
    return "\n".join([*parts, "</svg>", ""])


def _draw_pin(position: int, ending: Sequence[Wire]) -> list[str]:
    left = position % 2 == 1
    y = _TOP + (position - 1) // 2 * _ROW
    x = _MARGIN + _LABEL + 20 if left else _MARGIN + _LABEL + 20 + _PIN
    name = board.HEADER[position - 1]
    colour = _COLOURS.get(name, _FREE)
    if ending:
        colour = _OUTPUT if any(wire.output for wire in ending) else _INPUT
    middle = y + _ROW / 2
    parts = [
        f'<rect x="{x}" y="{y}" width="{_PIN}" height="{_ROW - 2}" rx="3" fill="{colour}"/>',
        f'<text class="n" x="{x + _PIN / 2:g}" y="{middle + 3:g}">{position}</text>',
    ]
    edge = x - 8 if left else x + _PIN + 8
    label = escape(f"{name}  {_label(ending)}" if not left else f"{_label(ending)}  {name}").strip()
    if ending:
        start = x if left else x + _PIN
        parts.append(f'<path d="M{start} {middle:g}H{edge}" stroke="{colour}" stroke-width="2"/>')
    kind = ("e" if left else "") + ("" if ending else " s")
    parts.append(f'<text class="{kind.strip()}" x="{edge}" y="{middle + 4:g}">{label}</text>')
    return parts


def _label(ending: Sequence[Wire]) -> str:
    if not ending:
        return ""
    names = ", ".join(dict.fromkeys(wire.device for wire in ending))
    first = ending[0]
    return f"{names}: {first.goes_to.partition(', other side')[0]}"


def _legend(y: float) -> list[str]:
    parts = []
    x = _MARGIN
    for colour, text in (
        (_OUTPUT, "output"),
        (_INPUT, "input or bus"),
        (_COLOURS["3V3"], "3.3 V"),
        (_COLOURS["5V"], "5 V"),
        (_COLOURS["GND"], "ground"),
        (_FREE, "free"),
    ):
        parts.append(f'<rect x="{x}" y="{y - 11:g}" width="14" height="14" rx="3" fill="{colour}"/>')
        parts.append(f'<text x="{x + 20}" y="{y:g}">{text}</text>')
        x += 40 + 8 * len(text)
    return parts
