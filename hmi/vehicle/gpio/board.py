"""The 40-pin header of a Raspberry Pi: which GPIO number is where, and which are spoken for."""

from __future__ import annotations

from collections.abc import Mapping

HEADER: tuple[str, ...] = (
    "3V3", "5V", "GPIO2", "5V", "GPIO3", "GND", "GPIO4", "GPIO14", "GND", "GPIO15",
    "GPIO17", "GPIO18", "GPIO27", "GND", "GPIO22", "GPIO23", "3V3", "GPIO24", "GPIO10", "GND",
    "GPIO9", "GPIO25", "GPIO11", "GPIO8", "GND", "GPIO7", "GPIO0", "GPIO1", "GPIO5", "GND",
    "GPIO6", "GPIO12", "GPIO13", "GND", "GPIO19", "GPIO16", "GPIO26", "GPIO20", "GND", "GPIO21",
)  # fmt: skip
"""What is on pin 1, 2, … 40 of the header."""

POSITIONS: Mapping[int, int] = {
    int(name.removeprefix("GPIO")): number for number, name in enumerate(HEADER, 1) if name.startswith("GPIO")
}
"""GPIO number → pin of the header."""

EEPROM = frozenset({0, 1})
"""Only for the EEPROM of an add-on board; the firmware drives them at boot."""
FIXED_PULL_UP = frozenset({2, 3})
"""These have resistors to 3.3 V on the board, so no switch to 3.3 V can be read there."""
SPI = frozenset({7, 8, 9, 10, 11})
"""Both chip selects, MISO, MOSI and clock: what the SPI driver takes, though an ADC is wired to chip select 0."""
USABLE: tuple[int, ...] = tuple(sorted(set(POSITIONS) - EEPROM))
