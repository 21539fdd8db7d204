"""An MCP3008 on the mock SPI pins, bit by bit."""

from __future__ import annotations

from gpiozero.pins.mock import MockFactory, MockSPIDevice

_CLOCK, _MOSI, _MISO, _SELECT = 11, 10, 9, 8
_BITS = 10
_COMMAND_BITS = 4
"""After the start bit: single-ended or not, and three bits of the channel."""


class Mcp3008(MockSPIDevice):  # type: ignore[misc]
    """Eight inputs against 3.3 V."""

    def __init__(self, factory: MockFactory, reference: float = 3.3) -> None:
        super().__init__(_CLOCK, _MOSI, _MISO, _SELECT, pin_factory=factory)
        self.volts = [0.0] * 8
        self._reference = reference
        self._command: list[int] | None = None

    def on_start(self) -> None:
        """The chip has been selected: wait for a start bit."""
        super().on_start()
        self._command = None

    def on_bit(self) -> None:
        """Take one bit of the command; when it is complete, line up the answer behind one empty bit."""
        bit = int(self.rx_buf[-1])
        if self._command is None:
            if bit:
                self._command = []
            return
        if len(self._command) == _COMMAND_BITS:
            return
        self._command.append(bit)
        if len(self._command) == _COMMAND_BITS:
            _, *channel = self._command
            volts = self.volts[channel[0] << 2 | channel[1] << 1 | channel[2]]
            full = (1 << _BITS) - 1
            self.tx_word(min(full, max(0, round(volts / self._reference * full))), _BITS + 2)
