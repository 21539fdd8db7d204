"""The types of devices that rig.yaml knows: their keys, and which signals fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hmi.catalogue.signal import Signal


@dataclass(frozen=True, slots=True)
class Role:
    """What a signal must be to take this place."""

    needs: str
    fits: Callable[[Signal], bool]


@dataclass(frozen=True, slots=True)
class Option:
    """A key that is a number, a choice, true or false, a text or a list of levels."""

    help: str
    default: float | bool | str | None = None
    minimum: float = 0.0
    maximum: float = 0.0
    above: bool = False
    """The minimum itself is not allowed."""
    choices: tuple[str, ...] = ()
    of: type = float


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of device."""

    name: str
    summary: str
    signals: Mapping[str, Role]
    outputs: Mapping[str, str] = field(default_factory=dict)
    """Key of an output pin → where it goes."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Key of an input pin → where it comes from."""
    options: Mapping[str, Option] = field(default_factory=dict)
    required: Mapping[str, str] = field(default_factory=dict)
    """Key → why a device of this type cannot do without it."""
    drives: bool = True
    moves: bool = False
    """It takes time from one value to another."""

    @property
    def called(self) -> str:
        """Its name with an article, for messages."""
        return f"{'an' if self.name in ('adc', 'led', 'rgb_led') else 'a'} {self.name}"


def _is_number(signal: Signal) -> bool:
    return signal.datatype not in ("boolean", "string") and not signal.allowed


_SWITCHED = Role("one that is true or false", lambda signal: signal.datatype == "boolean")
_NUMBER = Role("one that is a number", _is_number)
_COLOUR = Role("a colour", lambda signal: signal.datatype == "string" and not signal.allowed)
_SWITCHED_OR_NUMBER = Role(
    "one that is true or false or a number", lambda signal: signal.datatype == "boolean" or _is_number(signal)
)
_NUMBER_OR_WORD = Role(
    "one that is a number or one of a list of words", lambda signal: _is_number(signal) or bool(signal.allowed)
)

_INVERTED = Option("on is the low level of the pin", default=False)
_SAFE = Option("what it is in the safe state", default="off", choices=("off", "on"))
_ALWAYS_OFF = Option("it is off in the safe state", default="off", choices=("off",))
_SWITCHES = Option("how the switches are wired", default="to ground", choices=("to ground", "to 3.3 V"))
_TRAVEL = Option("seconds from one end to the other", minimum=0, maximum=120, above=True)
_CLOSED = Option("value of the signal at the closed end", minimum=-1e6, maximum=1e6)
_OPEN = Option("value of the signal at the open end", minimum=-1e6, maximum=1e6)
_LOWEST = Option("percent of pulse at which it just runs", default=0.0, maximum=100)
_HIGHEST = Option("percent of pulse that it may have at most", default=100.0, maximum=100)


def _frequency(default: float) -> Option:
    return Option("pulses per second", default=default, minimum=1, maximum=10_000)


_SIGNAL = "a device without a signal could not be spoken to"
_PIN = "without a pin it could not be reached"
_FEEDBACK = {"feedback_pin": "contact that closes when the device is really on"}
_ONE_PIN = {"signal": _SIGNAL, "pin": _PIN}

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "motor",
            "a motor behind a bridge with two inputs, between two end switches",
            {"signal": _SWITCHED_OR_NUMBER},
            {"open_pin": "bridge input that opens", "close_pin": "bridge input that closes"},
            {
                "open_switch": "end switch at the open end",
                "closed_switch": "end switch at the closed end",
                "stall_pin": "stall or overcurrent output of the bridge",
            },
            {
                "travel_time": _TRAVEL,
                "closed_value": _CLOSED,
                "open_value": _OPEN,
                "inverted": _INVERTED,
                "safe": _ALWAYS_OFF,
                "switches": _SWITCHES,
            },
            {
                "signal": _SIGNAL,
                "open_pin": _PIN,
                "close_pin": _PIN,
                "open_switch": "a motor without both end switches would not know when to stop; add one",
                "closed_switch": "a motor without both end switches would not know when to stop; add one",
                "travel_time": "the position between the ends is worked out from it; measure it with a watch",
            },
            moves=True,
        ),
        Kind(
            "servo",
            "a hobby servo",
            {"signal": _SWITCHED_OR_NUMBER},
            {"pin": "signal wire"},
            {},
            {
                "travel_time": _TRAVEL,
                "closed_value": _CLOSED,
                "open_value": _OPEN,
                "shortest_pulse": Option("ms of the pulse at the closed end", 1.0, 0.3, 3.0),
                "longest_pulse": Option("ms of the pulse at the open end", 2.0, 0.3, 3.0),
                "reversed": Option("the closed end has the longest pulse", default=False),
                "rest": Option("what it does between movements", "release", choices=("release", "hold")),
                "frequency": Option("pulses per second", 50.0, 40, 330),
                "inverted": _INVERTED,
                "safe": _ALWAYS_OFF,
            },
            {**_ONE_PIN, "travel_time": "the servo is led from end to end in this time; 1 to 5 suits a window"},
            moves=True,
        ),
        Kind(
            "fan",
            "a fan behind a transistor",
            {"signal": _NUMBER_OR_WORD},
            {"pin": "transistor of the fan"},
            {},
            {
                "frequency": _frequency(100.0),
                "lowest": _LOWEST,
                "highest": _HIGHEST,
                "levels": Option("percent of pulse for each word", of=dict),
                "inverted": _INVERTED,
                "safe": _SAFE,
            },
            _ONE_PIN,
        ),
        Kind(
            "pwm",
            "anything that a pulse width sets: a volume, a pump, a wiper",
            {"signal": _NUMBER_OR_WORD},
            {"pin": "control input"},
            {},
            {
                "frequency": _frequency(1000.0),
                "lowest": _LOWEST,
                "highest": _HIGHEST,
                "levels": Option("percent of pulse for each word", of=dict),
                "inverted": _INVERTED,
                "safe": _SAFE,
            },
            _ONE_PIN,
        ),
        Kind(
            "led",
            "a light",
            {"signal": _SWITCHED, "intensity": _NUMBER},
            {"pin": "light"},
            _FEEDBACK,
            {"frequency": _frequency(200.0), "inverted": _INVERTED, "safe": _SAFE, "switches": _SWITCHES},
            _ONE_PIN,
        ),
        Kind(
            "rgb_led",
            "a coloured light",
            {"signal": _SWITCHED, "color": _COLOUR, "intensity": _NUMBER},
            {"red": "red light", "green": "green light", "blue": "blue light"},
            {},
            {"frequency": _frequency(200.0), "inverted": _INVERTED, "safe": _SAFE},
            {"signal": _SIGNAL, "color": _SIGNAL, "red": _PIN, "green": _PIN, "blue": _PIN},
        ),
        Kind(
            "buzzer",
            "a horn; a passive one needs a frequency",
            {"signal": _SWITCHED},
            {"pin": "buzzer"},
            {},
            {
                "frequency": Option("tone in Hz", minimum=20, maximum=10_000),
                "inverted": _INVERTED,
                "safe": _ALWAYS_OFF,
            },
            _ONE_PIN,
        ),
        Kind(
            "relay",
            "a relay or any other thing that is on or off",
            {"signal": _SWITCHED},
            {"pin": "relay input"},
            _FEEDBACK,
            {"inverted": _INVERTED, "safe": _SAFE, "switches": _SWITCHES},
            _ONE_PIN,
        ),
        Kind(
            "switch",
            "a contact that is only read",
            {"signal": _SWITCHED},
            {},
            {"pin": "contact"},
            {"switches": _SWITCHES, "inverted": Option("a closed contact means false", default=False)},
            _ONE_PIN,
            drives=False,
        ),
        Kind(
            "ds18b20",
            "a temperature sensor on the 1-wire bus",
            {"signal": _NUMBER},
            options={
                "id": Option("its number on the bus, such as 28-0316a2795eff", of=str),
                "bus_pin": Option("GPIO number of the bus", 4, 2, 27, of=int),
                "folder": Option("where the kernel shows the bus", "/sys/bus/w1/devices", of=str),
                "offset": Option("degrees to add", 0.0, -50, 50),
            },
            required={"signal": _SIGNAL, "id": "every sensor on the bus has one; look into /sys/bus/w1/devices"},
            drives=False,
        ),
        Kind(
            "adc",
            "an analogue sensor on an MCP3008",
            {"signal": _NUMBER},
            options={
                "channel": Option("input of the MCP3008", minimum=0, maximum=7, of=int),
                "at_0_volts": Option("value of the signal at 0 V", minimum=-1e6, maximum=1e6),
                "per_volt": Option("change of the signal for one volt more", minimum=-1e6, maximum=1e6),
                "reference": Option("volts at full scale", 3.3, 1, 5.5),
            },
            required={
                "signal": _SIGNAL,
                "channel": "it says which of the eight inputs to read",
                "at_0_volts": "it turns volts into the signal's unit (a TMP36 has -50)",
                "per_volt": "it turns volts into the signal's unit (a TMP36 has 100)",
            },
            drives=False,
        ),
    )
}
"""Every type by its name in rig.yaml."""


def describe() -> str:
    """Every type and its keys as text in Markdown."""
    return "\n\n".join(_describe(kind) for kind in KINDS.values())


def _describe(kind: Kind) -> str:
    lines = [f"`{kind.name}`: {kind.summary}.", "", "| key | meaning |", "|---|---|"]
    rows = {key: f"signal, {role.needs}" for key, role in kind.signals.items()}
    rows |= {key: f"pin, {goes_to}" for key, goes_to in {**kind.outputs, **kind.inputs}.items()}
    rows |= {key: _describe_option(option) for key, option in kind.options.items()}
    for key, meaning in rows.items():
        lines.append(f"| {f'**{key}**' if key in kind.required else key} | {meaning} |")
    return "\n".join(lines)


def _describe_option(option: Option) -> str:
    text = option.help
    if option.choices:
        text += f" ({' or '.join(option.choices)})"
    elif option.of is dict:
        text += ", one per line"
    elif option.of is not str and not isinstance(option.default, bool) and option.maximum < 1e6:
        text += f" ({'above ' if option.above else ''}{option.minimum:g} to {option.maximum:g})"
    if option.default is None:
        return text
    default = str(option.default).lower() if isinstance(option.default, bool) else option.default
    return f"{text}; {f'{default:g}' if isinstance(default, float) else default} if not given"
