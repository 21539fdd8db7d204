"""Every fault does what it says, ends with `clear`, and is refused where it cannot act."""

from itertools import pairwise

import pytest
from sim_rig import DATABASE, crc8

from codriver.errors import InputError, NotFoundError
from codriver.simulation import FAULT_KINDS, Fault

WINDOW = "WindowPosRow1DriverSide"
MOTION = f"{WINDOW}_Motion"


def inject(rig, kind, target, *parameter):
    fault = Fault(kind, target, *parameter)
    rig.simulation.inject(fault)
    return fault


def intact(name, data):
    frame_id = DATABASE.get_message_by_name(name).frame_id
    return data[7] == crc8(frame_id.to_bytes(2, "big") + data[:7])


def node_frames(rig, node):
    return [(at, name, data) for at, name, data in rig.frames if name.startswith(f"{node}_")]


def test_a_silent_node_neither_sends_nor_listens_and_comes_back(rig):
    inject(rig, "silent", "DOORS")
    assert rig.command(WindowPosRow1DriverSide=50) == []
    rig.wait(3)
    assert node_frames(rig, "DOORS") == []
    assert node_frames(rig, "BODY") != []
    rig.simulation.clear()
    rig.wait(1)
    assert node_frames(rig, "DOORS") != []
    assert rig.values[WINDOW] == 0
    assert rig.reason(WindowPosRow1DriverSide=50) == "NONE"


def test_a_silent_node_is_deaf_to_other_nodes_until_it_comes_back(rig):
    inject(rig, "silent", "DOORS")
    rig.stage(VehicleSpeed=80)
    rig.simulation.clear()
    rig.wait(0.6)
    assert rig.reason(DoorIsOpenRow1DriverSide=1) == "MOVING"


def test_nodes_know_only_what_they_hear(rig):
    inject(rig, "silent", "GATEWAY")
    rig.stage(VehicleSpeed=80)
    rig.wait(2)
    assert rig.reason(DoorIsOpenRow1DriverSide=1) == "NONE"
    rig.simulation.reset()
    inject(rig, "corrupted", "GATEWAY", 1.0)
    rig.stage(VehicleSpeed=80)
    rig.wait(2)
    assert rig.reason(TrunkRearPos=100) == "NONE"


def test_a_stuck_motor_takes_the_command_and_stalls(rig):
    inject(rig, "stuck", WINDOW)
    assert rig.reason(WindowPosRow1DriverSide=50) == "NONE"
    rig.wait(2)
    assert (rig.values[WINDOW], rig.values[MOTION]) == (0, "STALLED")
    rig.simulation.clear()
    assert rig.reason(WindowPosRow1DriverSide=50) == "NONE"
    rig.wait(3)
    assert (rig.values[WINDOW], rig.values[MOTION]) == (50, "IDLE")


def test_a_motor_that_gets_stuck_on_the_way_stops_there(rig):
    rig.command(WindowPosRow1DriverSide=100)
    rig.wait(2)
    inject(rig, "stuck", WINDOW)
    rig.wait(3)
    assert 40 <= rig.values[WINDOW] <= 50
    assert rig.values[MOTION] == "STALLED"


@pytest.mark.parametrize(
    ("name", "value"),
    [("DomeLight", 1), ("DoorIsOpenRow1DriverSide", 1), ("WindowChildLock", 1), ("MirrorIsFoldedDriverSide", 1)],
)
def test_a_stuck_switch_or_latch_takes_the_command_and_stays(rig, name, value):
    inject(rig, "stuck", name)
    assert rig.reason(**{name: value}) == "NONE"
    rig.wait(3)
    assert rig.values[name] == 0


@pytest.mark.parametrize(
    ("name", "start", "goal", "contact"),
    [(WINDOW, 100, 0, 50), ("SunroofPos", 80, 0, 40), ("TrunkRearPos", 100, 0, 50), ("SunroofPos", -100, 0, -50)],
)
def test_a_pinch_stops_and_reverses_a_closing_movement(rig, name, start, goal, contact):
    rig.stage(**{name: start})
    rig.wait(0.05)
    inject(rig, "pinch", name)
    assert rig.reason(**{name: goal}) == "NONE"
    assert rig.values[f"{name}_Motion"] == "CLOSING"
    message = next(m.name for m in DATABASE.messages if any(s.name == name for s in m.signals))
    rig.wait(8)
    seen = [DATABASE.decode_message(message, data)[name] for _, data in rig.of(message)]
    assert min(abs(value) for value in seen) == pytest.approx(abs(contact), abs=1)
    assert rig.values[f"{name}_Motion"] == "PINCHED"
    assert rig.values[name] == pytest.approx(contact + (20 if contact > 0 else -20), abs=1)


def test_opening_is_not_pinched_and_closing_works_again_after_clear(rig):
    inject(rig, "pinch", WINDOW)
    rig.command(WindowPosRow1DriverSide=100)
    rig.wait(5)
    assert (rig.values[WINDOW], rig.values[MOTION]) == (100, "IDLE")
    rig.command(WindowPosRow1DriverSide=0)
    rig.wait(1)
    rig.simulation.clear()
    rig.wait(4)
    assert (rig.values[WINDOW], rig.values[MOTION]) == (0, "IDLE")


def test_a_pinch_injected_on_the_way_is_met(rig):
    rig.stage(WindowPosRow1DriverSide=100)
    rig.command(WindowPosRow1DriverSide=0)
    rig.wait(2)
    inject(rig, "pinch", WINDOW)
    rig.wait(5)
    assert rig.values[MOTION] == "PINCHED"
    assert 40 <= rig.values[WINDOW] <= 55


def test_while_it_backs_off_a_window_refuses_to_close(rig):
    rig.stage(WindowPosRow1DriverSide=100)
    inject(rig, "pinch", WINDOW)
    rig.command(WindowPosRow1DriverSide=0)
    rig.wait(2.5)
    assert rig.values[MOTION] == "PINCHED"
    assert rig.reason(WindowPosRow1DriverSide=0) == "OBSTRUCTED"
    rig.wait(2)
    assert rig.values[WINDOW] == pytest.approx(70, abs=1)
    assert rig.reason(WindowPosRow1DriverSide=0) == "NONE"


@pytest.mark.parametrize(
    ("name", "before", "dark"),
    [("DomeLight", 1, 0), ("SeatHeatRow1DriverSide", 67, 0), ("ClimateFanRow1Driver", 80, 0)],
)
def test_a_blown_fuse_darkens_and_refuses(rig, name, before, dark):
    rig.command(**{name: before})
    inject(rig, "fuse", name)
    rig.wait(0.1)
    assert rig.values[name] == dark
    assert rig.reason(**{name: before}) == "FUSE_BLOWN"
    rig.simulation.clear()
    assert rig.reason(**{name: before}) == "NONE"


def test_a_blown_fuse_stops_a_window_on_the_way_and_leaves_latches_as_they_are(rig):
    rig.stage(DoorIsLockedRow1DriverSide=1)
    inject(rig, "fuse", "DoorIsLockedRow1DriverSide")
    rig.command(WindowPosRow1DriverSide=100)
    rig.wait(2)
    inject(rig, "fuse", WINDOW)
    rig.wait(4)
    assert 40 <= rig.values[WINDOW] <= 50
    assert (rig.values[MOTION], rig.values["DoorIsLockedRow1DriverSide"]) == ("NO_POWER", 1)


@pytest.mark.parametrize(("kind", "name"), [("fuse", "WiperModeFront"), ("stuck", "WiperModeFront")])
def test_a_broken_wiper_does_not_wipe(rig, kind, name):
    rig.command(WiperModeFront="FAST")
    inject(rig, kind, name)
    rig.wait(0.1)
    assert rig.values["WiperIsWipingFront"] == 0
    rig.simulation.clear()
    rig.wait(0.1)
    assert rig.values["WiperIsWipingFront"] == 1


def test_lost_frames_leave_gaps_in_the_counters(rig):
    inject(rig, "lost", "LIGHTS", 0.5)
    rig.wait(30)
    got = len(node_frames(rig, "LIGHTS"))
    healthy = 30 / 0.5 * 7
    assert 0.35 * healthy < got < 0.65 * healthy
    counters = [data[6] & 0xF for _, data in rig.of("LIGHTS_Status_Exterior")]
    assert any((later - earlier) % 16 > 1 for earlier, later in pairwise(counters))
    assert all(intact(name, data) for _, name, data in rig.frames)


def test_lost_at_one_means_nothing_comes_through_but_commands_work(rig):
    inject(rig, "lost", "LIGHTS")
    assert rig.command(DomeLight=1) == []
    rig.wait(2)
    assert node_frames(rig, "LIGHTS") == []
    rig.simulation.clear()
    rig.wait(1)
    assert rig.values["DomeLight"] == 1


def test_delayed_frames_come_late_in_their_order(rig):
    rig.wait(0.05)
    inject(rig, "delayed", "LIGHTS", 0.8)
    begin = rig.simulation.clock.now()
    rig.frames.clear()
    rig.command(DomeLight=1)
    rig.wait(2)
    acks = [at for at, name, _ in rig.frames if name == "LIGHTS_Ack"]
    assert acks == [pytest.approx(begin + 0.8)]
    assert rig.values["DomeLight"] == 1
    counters = [data[6] & 0xF for _, data in rig.of("LIGHTS_Status_Interior")]
    assert all((later - earlier) % 16 == 1 for earlier, later in pairwise(counters))


def test_frames_held_back_are_dropped_by_reset(rig):
    inject(rig, "delayed", "LIGHTS", 0.8)
    rig.command(DomeLight=1)
    rig.simulation.reset()
    rig.wait(2)
    assert rig.values["DomeLight"] == 0


def test_corrupted_frames_fail_their_checksum(rig):
    inject(rig, "corrupted", "LIGHTS", 0.5)
    rig.wait(20)
    frames = node_frames(rig, "LIGHTS")
    bad = [name for _, name, data in frames if not intact(name, data)]
    assert 0.3 * len(frames) < len(bad) < 0.7 * len(frames)
    others = [(name, data) for _, name, data in rig.frames if not name.startswith("LIGHTS_")]
    assert all(intact(name, data) for name, data in others)


def test_faults_are_listed_replaced_and_cleared(rig):
    first, second = inject(rig, "stuck", WINDOW), inject(rig, "lost", "DOORS", 0.2)
    third = inject(rig, "lost", "DOORS", 0.4)
    assert list(rig.simulation.faults()) == [first, third]
    assert second not in rig.simulation.faults()
    rig.simulation.clear()
    assert list(rig.simulation.faults()) == []


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (Fault("rust", "DOORS"), "There is no fault 'rust'; the kinds are silent"),
        (Fault("silent", WINDOW), "silent hits a node, not 'WindowPosRow1DriverSide'; use DOORS, BODY"),
        (Fault("stuck", "DOORS"), "stuck hits an actuator.*no 'DOORS'"),
        (Fault("fuse", "VehicleSpeed"), "no 'VehicleSpeed'"),
        (Fault("pinch", "DomeLight"), "DomeLight cannot pinch anything; these can: WindowPosRow1DriverSide"),
    ],
)
def test_faults_that_cannot_act_are_not_found(rig, fault, problem):
    with pytest.raises(NotFoundError, match=problem):
        rig.simulation.inject(fault)
    assert list(rig.simulation.faults()) == []


@pytest.mark.parametrize(
    "fault",
    [Fault("lost", "DOORS", 1.1), Fault("corrupted", "DOORS", -0.1), Fault("delayed", "DOORS", float("nan"))],
)
def test_parameters_out_of_range_are_refused(rig, fault):
    with pytest.raises(InputError, match=f"{fault.kind} takes a parameter from 0"):
        rig.simulation.inject(fault)


def test_every_kind_of_the_contract_can_be_injected(rig):
    for kind in FAULT_KINDS:
        inject(rig, kind, "DOORS" if kind in ("silent", "lost", "delayed", "corrupted") else WINDOW, 0.5)
    assert len(rig.simulation.faults()) == len(FAULT_KINDS)
