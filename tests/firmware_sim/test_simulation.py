"""The simulation as a whole: staging, reset, determinism, ranges, real time."""

import threading
from pathlib import Path

import can
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sim_rig import DATABASE, Rig

from codriver.clock import RealClock, VirtualClock
from codriver.errors import InputError, NotFoundError, ResourceError
from codriver.simulation import Fault, start_simulation
from firmware_sim.simulation import VehicleSimulation, start

COMMANDS = {
    signal.name.removesuffix("_Cmd"): signal
    for message in DATABASE.messages
    if "_Command_" in message.name
    for signal in message.signals
    if signal.name.endswith("_Cmd")
}
STATUSES = {
    signal.name: signal
    for message in DATABASE.messages
    if "_Status_" in message.name
    for signal in message.signals
    if signal.name not in ("AliveCounter", "Checksum")
}


def test_it_is_registered_under_the_entry_point():
    simulation = start_simulation("can", virtual_time=True)
    try:
        assert isinstance(simulation.clock, VirtualClock)
        assert simulation.database.name == "codriver.dbc" and simulation.database.is_file()
        assert simulation.bus["interface"] == "virtual"
    finally:
        simulation.close()


def test_every_start_has_a_channel_of_its_own():
    first, second = start(virtual_time=True), start(virtual_time=True)
    assert first.bus != second.bus
    first.close()
    second.close()


def test_start_values_are_those_of_the_database(rig):
    for name, signal in STATUSES.items():
        raw = signal.raw_initial or 0
        if name != "CabinTemperature":
            assert rig.values[name] == signal.raw_to_scaled(raw), name


def test_staged_values_are_on_the_bus_before_stage_returns(rig):
    rig.frames.clear()
    rig.stage(
        VehicleSpeed=88.8, RainIntensity=30, WindowPosRow2DriverSide=40, MediaSource="USB", OutsideTemperature=-7
    )
    assert [rig.values[name] for name in ("RainIntensity", "WindowPosRow2DriverSide", "MediaSource")] == [
        30,
        40,
        "USB",
    ]
    assert rig.values["VehicleSpeed"] == pytest.approx(88.8)
    assert rig.values["OutsideTemperature"] == pytest.approx(-7)
    assert len(rig.frames) == 4


def test_a_staged_actuator_jumps_stays_and_forgets_its_movement(rig):
    rig.command(WindowPosRow1DriverSide=100)
    rig.wait(1)
    rig.stage(WindowPosRow1DriverSide=10)
    assert (rig.values["WindowPosRow1DriverSide"], rig.values["WindowPosRow1DriverSide_Motion"]) == (10, "IDLE")
    rig.wait(5)
    assert rig.values["WindowPosRow1DriverSide"] == 10


@pytest.mark.parametrize(
    ("values", "error", "problem"),
    [
        ({"Warp": 9}, NotFoundError, "no status signal 'Warp'"),
        ({"VehicleSpeed_Cmd": 9}, NotFoundError, "no status signal"),
        ({"VehicleSpeed": 401}, InputError, "VehicleSpeed cannot be 401; it goes from 0 to 400"),
        ({"SunroofPos": -101}, InputError, "SunroofPos cannot be -101"),
        ({"PowerState": "SLEEP"}, InputError, "PowerState cannot be 'SLEEP'"),
    ],
)
def test_what_cannot_be_staged_is_named_and_nothing_is_staged(rig, values, error, problem):
    with pytest.raises(error, match=problem):
        rig.simulation.stage({"RainIntensity": 50, **values})
    rig.wait(1.1)
    assert rig.values["RainIntensity"] == 0


def test_reset_brings_back_the_factory_state_and_sends_it_at_once(rig):
    factory = {name: rig.values[name] for name in STATUSES}
    rig.simulation.inject(Fault("stuck", "DomeLight"))
    rig.stage(VehicleSpeed=50, PowerState="ON", TrunkRearPos=30, LightSwitch="BEAM", CabinTemperature=30)
    rig.command(
        WindowPosRow1DriverSide=100, HornIsActive=1, MediaAction="SKIP_FORWARD", MirrorIsFoldedDriverSide=1
    )
    rig.wait(0.7)
    rig.simulation.reset()
    rig.read()
    assert {name: rig.values[name] for name in STATUSES} == pytest.approx(factory)
    assert list(rig.simulation.faults()) == []
    rig.wait(8)
    drifting = {"CabinTemperature"}
    assert {name for name in STATUSES if rig.values[name] != factory[name]} <= drifting
    assert rig.reason(DomeLight=1) == "NONE"
    assert rig.values["DomeLight"] == 1


def test_reset_sends_only_what_changed(rig):
    rig.stage(DomeLight=1)
    rig.frames.clear()
    rig.simulation.reset()
    rig.read()
    assert [name for _, name, _ in rig.frames] == ["LIGHTS_Status_Interior"]


def test_reset_after_a_silent_node_sends_everything(rig):
    rig.simulation.inject(Fault("silent", "DOORS"))
    rig.wait(5)
    rig.frames.clear()
    rig.simulation.reset()
    rig.read()
    assert {name for _, name, _ in rig.frames} == {m.name for m in DATABASE.messages if "_Status_" in m.name}


def test_after_reset_nodes_have_forgotten_what_they_heard(rig):
    rig.stage(VehicleSpeed=90, PowerState="OFF")
    rig.simulation.reset()
    assert rig.reason(DoorIsOpenRow1DriverSide=1) == "NONE"
    assert rig.reason(WindowPosRow1DriverSide=100) == "NONE"


def record(actions):
    """The frames of a fresh simulation that is given `actions` (name, raw) with pauses between."""
    simulation = start(virtual_time=True)
    bus = can.Bus(receive_own_messages=False, **simulation.bus)
    rig = Rig(simulation, bus)
    try:
        rig.wait(0.3)
        for name, raw, pause in actions:
            rig.command(**{name: COMMANDS[name].conversion.raw_to_scaled(raw, decode_choices=False)})
            rig.wait(pause)
        rig.wait(1)
        return rig.frames
    finally:
        simulation.close()
        bus.shutdown()


ACTIONS = st.lists(
    st.sampled_from(sorted(COMMANDS)).flatmap(
        lambda name: st.tuples(
            st.just(name),
            st.integers(0, (1 << COMMANDS[name].length) - 2),
            st.sampled_from([0.0, 0.013, 0.4, 2.5]),
        )
    ),
    max_size=12,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(ACTIONS)
def test_the_same_commands_give_the_same_frames_and_no_value_leaves_its_range(actions):
    frames = record(actions)
    assert frames == record(actions)
    for _, name, data in frames:
        if "_Status_" in name:
            message = DATABASE.get_message_by_name(name)
            for field, value in message.decode(data, decode_choices=False).items():
                signal = message.get_signal_by_name(field)
                assert signal.minimum - 1e-6 <= value <= signal.maximum + 1e-6, field


def test_closing_twice_is_fine_and_ends_the_frames(rig):
    rig.simulation.close()
    rig.simulation.close()
    rig.read()
    rig.frames.clear()
    rig.simulation.clock.advance(3)
    rig.read()
    assert rig.frames == []


def test_a_channel_that_does_not_exist_is_one_sentence():
    with pytest.raises(ResourceError, match="The CAN channel nonsense x9 cannot be opened"):
        VehicleSimulation(RealClock(), {"interface": "nonsense", "channel": "x9"})


def next_frame(bus, name, until):
    """The first frame of the message `name` whose decoded fields satisfy `until`; fails when none comes."""
    for _ in range(2000):
        frame = bus.recv(2)
        assert frame is not None, f"no frame of {name} came"
        message = DATABASE.get_message_by_frame_id(frame.arbitration_id)
        if message.name == name and until(fields := message.decode(bytes(frame.data))):
            return fields
    raise AssertionError(f"{name} never came as expected")


def test_in_real_time_it_answers_and_stages_from_any_thread():
    simulation = start(virtual_time=False)
    bus = can.Bus(receive_own_messages=False, **simulation.bus)
    helper = Rig.__new__(Rig)
    helper.counters, helper.sequence = {}, 0
    try:
        bus.send(helper.frame(DATABASE.get_message_by_name("LIGHTS_Command_Interior"), {"DomeLight_Cmd": 1}))
        ack = next_frame(bus, "LIGHTS_Ack", lambda fields: True)
        assert (str(ack["AckLIGHTS_Result"]), ack["AckLIGHTS_Sequence"]) == ("ACCEPTED", 1)
        next_frame(bus, "LIGHTS_Status_Interior", lambda fields: fields["DomeLight"] == 1)
        workers = [
            threading.Thread(target=simulation.stage, args=({"VehicleSpeed": float(speed)},))
            for speed in range(10, 18)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        simulation.stage({"VehicleSpeed": 42})
        next_frame(bus, "GATEWAY_Status_Driving", lambda fields: fields["VehicleSpeed"] == pytest.approx(42))
        simulation.inject(Fault("stuck", "DomeLight"))
        simulation.reset()
        assert list(simulation.faults()) == []
        next_frame(bus, "GATEWAY_Status_Driving", lambda fields: fields["VehicleSpeed"] == 0)
    finally:
        simulation.close()
        bus.shutdown()
    with pytest.raises(ResourceError, match="The simulation has stopped"):
        simulation.stage({"VehicleSpeed": 1})


def test_no_module_of_the_simulation_knows_the_head_unit():
    root = Path(__file__).parents[2] / "firmware_sim"
    for file in root.rglob("*.py"):
        text = file.read_text()
        assert "import hmi" not in text and "from hmi" not in text, file
