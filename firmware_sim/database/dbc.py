"""Writes the laid-out bus as a DBC file."""

from __future__ import annotations

from collections.abc import Iterator

from firmware_sim.database.table import NAME_LIMIT, Bus, BusMessage, BusSignal

_HEADER = """VERSION "codriver"

NS_ :

BS_:
"""

_DEFINITIONS = """BA_DEF_ BO_ "GenMsgCycleTime" INT 0 65535;
BA_DEF_ BO_ "GenMsgCycleTimeFast" INT 0 65535;
BA_DEF_ BO_ "GenMsgSendType" ENUM "Cyclic","Event";
BA_DEF_ SG_ "GenSigStartValue" INT 0 2147483647;
BA_DEF_ SG_ "SystemSignalLongSymbol" STRING;
BA_DEF_DEF_ "GenMsgCycleTime" 0;
BA_DEF_DEF_ "GenMsgCycleTimeFast" 0;
BA_DEF_DEF_ "GenMsgSendType" "Event";
BA_DEF_DEF_ "GenSigStartValue" 0;
BA_DEF_DEF_ "SystemSignalLongSymbol" "";
"""


def dbc_text(bus: Bus) -> str:
    """The DBC file's text; the same bus always gives the same text."""
    lines = [_HEADER, f"BU_: {' '.join(bus.nodes)}", ""]
    for message in bus.messages:
        lines += [*_message(message), ""]
    lines += [f'CM_ BU_ {node} "{comment}";' for node, comment in bus.nodes.items()]
    lines += [line for message in bus.messages for line in _comments(message)]
    lines.append(_DEFINITIONS.rstrip())
    lines += [line for message in bus.messages for line in _attributes(message)]
    lines += [line for message in bus.messages for line in _value_tables(message)]
    return "\n".join(lines) + "\n"


def _symbol(signal: BusSignal) -> str:
    # A DBC identifier has at most 32 characters; the whole name follows as SystemSignalLongSymbol. The stem is cut
    # and the ending (_Motion) kept, since it tells what the signal is.
    if len(signal.name) <= NAME_LIMIT:
        return signal.name
    stem, _, ending = signal.name.rpartition("_")
    return f"{stem[: NAME_LIMIT - len(ending) - 1]}_{ending}"


def _message(message: BusMessage) -> Iterator[str]:
    yield f"BO_ {message.id} {message.name}: 8 {message.sender}"
    receivers = ",".join(message.receivers)
    for signal in message.signals:
        kind = signal.kind
        yield (
            f" SG_ {_symbol(signal)} : {signal.start}|{kind.bits}@1+ ({kind.factor:g},{kind.offset:g})"
            f' [{_number(kind.minimum)}|{_number(kind.maximum)}] "{kind.unit}" {receivers}'
        )


def _number(value: float) -> str:
    return f"{value:.10g}"


def _comments(message: BusMessage) -> Iterator[str]:
    for signal in message.signals:
        if signal.path:
            yield f'CM_ SG_ {message.id} {_symbol(signal)} "VSS Vehicle.{signal.path}";'


def _attributes(message: BusMessage) -> Iterator[str]:
    if message.fast:
        yield f'BA_ "GenMsgCycleTimeFast" BO_ {message.id} {message.fast};'
    if message.cycle:
        yield f'BA_ "GenMsgCycleTime" BO_ {message.id} {message.cycle};'
        yield f'BA_ "GenMsgSendType" BO_ {message.id} 0;'
    for signal in message.signals:
        symbol = _symbol(signal)
        if signal.initial:
            yield f'BA_ "GenSigStartValue" SG_ {message.id} {symbol} {signal.initial};'
        if symbol != signal.name:
            yield f'BA_ "SystemSignalLongSymbol" SG_ {message.id} {symbol} "{signal.name}";'


def _value_tables(message: BusMessage) -> Iterator[str]:
    for signal in message.signals:
        named = dict(enumerate(signal.kind.values))
        if signal.empty:
            named[(1 << signal.kind.bits) - 1] = signal.empty
        if named:
            table = " ".join(f'{raw} "{text}"' for raw, text in named.items())
            yield f"VAL_ {message.id} {_symbol(signal)} {table} ;"
