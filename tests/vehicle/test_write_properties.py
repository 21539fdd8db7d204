"""Whatever is wished and whatever the ECU does: nothing out of range goes out, and every write ends in time."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_ecu import COLOUR, DATABASE, LAMP, LEVEL, LIGHT, MODE, TEMPERATURE, WINDOW, Rig

from hmi.catalogue.signal import SignalValue
from hmi.vehicle.base import WriteOutcome
from hmi.vehicle.tracker import Timing

VALUES = {
    WINDOW: st.integers(0, 100),
    LIGHT: st.booleans(),
    MODE: st.sampled_from(MODE.allowed),
    TEMPERATURE: st.floats(10, 40),
    COLOUR: st.from_regex(r"#[0-9A-Fa-f]{6}", fullmatch=True) | st.text(max_size=8),
    LAMP: st.booleans(),
    LEVEL: st.integers(0, 100),
}
CHANGES = st.lists(
    st.sampled_from(list(VALUES)).flatmap(lambda signal: VALUES[signal].map(lambda v: SignalValue(signal, v))),
    max_size=8,
)
OBEDIENCE = st.sampled_from(["at once", "never", "slowly", "stops"])
SILENCE_AT = st.none() | st.floats(0, 3)


def script(ecu, clock, obedience, silence_at, damage, refused):
    chance = random.Random(1)
    ecu.spoil = lambda frame_id: chance.random() < damage
    ecu.refuse = refused

    def slowly(name, value):
        if name == "Window":
            ecu.move(name, value, step=3, stop_at=51 if obedience == "stops" else None)
        else:
            clock.call_later(0.4, lambda: ecu.take(name, value))

    ecu.obeys = {"at once": ecu.take, "never": lambda name, value: None}.get(obedience, slowly)
    if silence_at is not None:
        clock.call_later(silence_at, lambda: setattr(ecu, "sends_status", False))


@settings(max_examples=120, deadline=None)
@given(
    CHANGES,
    OBEDIENCE,
    SILENCE_AT,
    st.sampled_from([0.0, 0.3, 1.0]),
    st.dictionaries(st.sampled_from(["Window_Cmd", "Light_Cmd", "Mode_Cmd"]), st.sampled_from([1, 3, 8])),
    st.integers(0, 4),
)
def test_every_write_ends_within_its_limit_and_stays_in_range(
    changes, obedience, silence_at, damage, refused, deaf_for
):
    rig = Rig()
    try:
        script(rig.ecu, rig.clock, obedience, silence_at, damage, refused)
        rig.ecu.deaf_for = deaf_for
        started = rig.clock.now()
        results = rig.vehicle.write(changes)
        assert rig.clock.now() - started <= Timing().limit + 1
        assert [result.wanted for result in results] == changes
        for message in rig.ecu.raw_commands:
            assert_in_range(message)
        for command in rig.plain.commands:
            assert 0 <= command["PlainLevelSet"] <= 100
        assert_outcomes_are_true(rig, results)
    finally:
        rig.close()


def assert_in_range(message):
    layout = DATABASE.get_message_by_frame_id(message.arbitration_id)
    decoded = layout.decode(bytes(message.data), decode_choices=False, scaling=False)
    for signal in layout.signals:
        raw = decoded[signal.name]
        if signal.name.endswith("_Cmd") and raw != (1 << signal.length) - 1:
            assert signal.minimum <= raw * signal.conversion.scale <= signal.maximum


def assert_outcomes_are_true(rig, results):
    last = {result.wanted.path: result for result in results}
    for result in results:
        if result.outcome is WriteOutcome.SUPERSEDED:
            assert last[result.wanted.path] is not result
    for path, name in ((WINDOW.path, "Window"), (LIGHT.path, "Light")):
        if path in last and last[path].proved:
            assert rig.ecu.values[name] == int(last[path].wanted.value)
    for result in results:
        assert bool(result.reason) is not result.proved
