"""`codriver can check`: what a DBC serves, what not and why, and what is on the bus."""

import json

import can
import pytest
from click.testing import CliRunner

from codriver.cli import root
from codriver.errors import FileFormatError, InputError, NotFoundError, ResourceError
from codriver.settings import load_settings
from hmi.catalogue.catalogue import Catalogue, default_catalogue
from hmi.catalogue.signal import Signal
from hmi.vehicle.dbc import layouts, load_database, load_databases
from hmi.vehicle.frames import checksum
from hmi.vehicle.open import bus_arguments, bus_database
from hmi.vehicle.serving import served_signals
from hmi.vehicle.traffic import Traffic

DBC = """VERSION ""
BU_: CAR HMI
BO_ 256 State: 8 CAR
 SG_ Level : 0|8@1+ (1,0) [0|100] "%" HMI
 SG_ Share : 8|8@1+ (0.01,0) [0|1] "" HMI
 SG_ Fahrenheit : 16|8@1+ (1,0) [0|250] "degF" HMI
 SG_ Mode : 24|3@1+ (1,0) [0|3] "" HMI
 SG_ Seat : 32|8@1+ (1,0) [0|40] "%" HMI
 SG_ Counter : 40|4@1+ (1,0) [0|15] "" HMI
BO_ 257 Wish: 8 HMI
 SG_ Level_Cmd : 0|8@1+ (1,0) [0|50] "%" CAR
 SG_ Seat_Cmd : 8|8@1+ (1,0) [0|40] "%" CAR
 SG_ WishCRC : 56|8@1+ (1,0) [0|255] "" CAR
BO_ 258 Event: 2 CAR
 SG_ Counter : 0|4@1+ (1,0) [0|15] "" HMI
 SG_ EventCRC : 8|8@1+ (1,0) [0|255] "" HMI
BO_ 259 Switched: 2 CAR
 SG_ Switch M : 0|2@1+ (1,0) [0|3] "" HMI
 SG_ Part_Cmd m1 : 8|8@1+ (1,0) [0|255] "" HMI
BO_ 260 Guarded: 8 CAR
 SG_ Lamp : 0|1@1+ (1,0) [0|1] "" HMI
 SG_ AliveCounter : 48|4@1+ (1,0) [0|15] "" HMI
 SG_ Checksum : 56|8@1+ (1,0) [0|255] "" HMI
BA_DEF_ BO_ "GenMsgCycleTime" INT 0 65535;
BA_DEF_DEF_ "GenMsgCycleTime" 0;
BA_ "GenMsgCycleTime" BO_ 256 100;
BA_ "GenMsgCycleTime" BO_ 260 100;
VAL_ 256 Mode 0 "OFF" 1 "ON" 2 "BOOST" ;
"""


@pytest.fixture
def messages(tmp_path):
    path = tmp_path / "car.dbc"
    path.write_text(DBC)
    return layouts(load_database(path))


def percent(**extras):
    return Signal("Vehicle.It", "actuator", "uint8", "percent", 0, 100, extras=extras)


def check(signal, messages, usual=None):
    (served,) = served_signals(Catalogue([signal]), messages, usual)
    return served


def read(name, **transform):
    return {"signal": name} | ({"transform": transform} if transform else {})


def test_the_default_vehicle_is_served_without_a_problem():
    messages = layouts(bus_database(load_settings({}, environ={}, files=[])))
    served = served_signals(default_catalogue(), messages)
    assert [each.signal.path for each in served if each.problems] == []
    assert sum(each.writes for each in served) > 100
    assert all(each.writes or not each.signal.writable or not each.mapped for each in served)


def test_read_and_write_are_told_apart(messages):
    both = check(percent(dbc2vss=read("Level"), vss2dbc=read("Seat_Cmd")), messages)
    assert (both.mapped, both.reads, both.writes) == (True, True, True)
    only_read = check(percent(dbc2vss=read("Level")), messages)
    assert (only_read.mapped, only_read.reads, only_read.writes) == (True, True, False)
    unmapped = check(percent(), messages)
    assert (unmapped.mapped, unmapped.reads, unmapped.writes) == (False, False, False)
    assert not unmapped.problems and not unmapped.notes


@pytest.mark.parametrize(
    ("signal", "problem"),
    [
        (percent(dbc2vss=read("Levl")), "The DBC has no signal Levl; did you mean Level"),
        (percent(dbc2vss=read("Qqqqqq")), "The DBC has no signal Qqqqqq; no other one is named like it."),
        (percent(vss2dbc=read("Level_Cmd")), "cannot be written, because without 'dbc2vss'"),
        (percent(dbc2vss=read("Share")), "Share goes from 0 to 1 percent, the signal from 0 to 100: the scale"),
        (percent(dbc2vss=read("Level", math="x*x")), "the formula 'x*x' cannot be used"),
        (percent(dbc2vss={"signal": 7}), "'dbc2vss' needs a 'signal'"),
        (percent(dbc2vss={"signal": "Level", "interval_ms": -1}), "'interval_ms' of 'dbc2vss' is -1"),
        (percent(dbc2vss={"signal": "Level", "interval_ms": "fast"}), "'interval_ms' of 'dbc2vss' is 'fast'"),
        (percent(dbc2vss={"signal": "Level", "on_change": 1}), "'on_change' of 'dbc2vss' is 1"),
        (percent(dbc2vss=read("Level"), vss2dbc=read("Level_Cmd")), "Wish has WishCRC, which codriver cannot"),
        (
            percent(dbc2vss=read("Level"), vss2dbc=read("Part_Cmd")),
            "cannot be commanded, because Part_Cmd is mult",
        ),
        (
            Signal("Vehicle.It", "sensor", "float", "celsius", extras={"dbc2vss": read("Fahrenheit")}),
            "Fahrenheit is in degF and the signal in celsius; add a 'math' transform",
        ),
    ],
)
def test_what_is_in_the_way_is_named(messages, signal, problem):
    assert any(problem in found for found in check(signal, messages).problems)


@pytest.mark.parametrize(
    ("signal", "note"),
    [
        (percent(dbc2vss=read("Level"), vss2dbc=read("Level_Cmd")), "what lies outside is refused"),
        (percent(dbc2vss=read("Counter")), "Several messages have a signal Counter (State, Event)"),
        (percent(dbc2vss=read("EventCRC")), "Event has no cycle time"),
        (percent(dbc2vss=read("EventCRC")), "EventCRC of Event is not checked"),
        (
            Signal(
                "Vehicle.It", "actuator", "string", allowed=("OFF", "ON", "AUTO"), extras={"dbc2vss": read("Mode")}
            ),
            "No value of Mode means AUTO, so that is never read",
        ),
        (
            Signal("Vehicle.It", "actuator", "string", allowed=("OFF", "ON"), extras={"dbc2vss": read("Mode")}),
            "Mode has BOOST, which the signal cannot be",
        ),
        (
            Signal("Vehicle.It", "sensor", "uint8", "percent", extras={"vss2dbc": read("Level_Cmd")}),
            "It is a sensor, so its 'vss2dbc' key is not used",
        ),
    ],
)
def test_limits_that_may_be_meant_are_notes(messages, signal, note):
    assert any(note in found for found in check(signal, messages).notes)


def test_a_transform_mends_scale_and_unit(messages):
    share = check(percent(dbc2vss=read("Share", math="x*100")), messages)
    assert share.reads and not share.problems
    degrees = Signal(
        "Vehicle.It", "sensor", "float", "celsius", extras={"dbc2vss": read("Fahrenheit", math="(x-32)/1.8")}
    )
    assert not check(degrees, messages).problems


def test_a_long_name_chooses_the_message(messages):
    served = check(percent(dbc2vss=read("Event.Counter")), messages)
    assert served.message is not None and served.message.name == "Event"
    assert not any("Several messages" in note for note in served.notes)


def test_mappings_of_the_simulated_vehicle_are_no_promise_for_another_car(messages):
    usual = Catalogue([percent(dbc2vss=read("WindowPosRow1DriverSide"))])
    inherited = check(percent(dbc2vss=read("WindowPosRow1DriverSide")), messages, usual)
    assert (inherited.mapped, inherited.problems) == (False, [])
    usual = Catalogue([percent(dbc2vss=read("Level"))])
    by_chance = check(percent(dbc2vss=read("Level")), messages, usual)
    assert by_chance.reads
    assert any("mapped as in the simulated vehicle" in note for note in by_chance.notes)


def guarded(number, *, counter, spoil=0):
    data = bytearray(8)
    data[6] = counter
    data[7] = checksum(260, data[:7]) ^ spoil
    return can.Message(arbitration_id=260, data=data, is_extended_id=False)


def plain(frame_id, length, extended=False):
    return can.Message(arbitration_id=frame_id, data=bytes(length), is_extended_id=extended)


def test_good_traffic_has_no_problem(messages):
    traffic = Traffic(messages, {256, 260})
    for tick in range(20):
        traffic.take(plain(256, 8), tick * 0.1)
        traffic.take(guarded(tick, counter=tick % 16), tick * 0.1)
    assert traffic.problems() == []
    state, lamp = traffic.seen()
    assert (state.layout.name, state.count, round(state.period, 3)) == ("State", 20, 0.1)
    assert lamp.as_json() == {
        "id": 260,
        "extended": False,
        "message": "Guarded",
        "frames": 20,
        "period_ms": 100.0,
        "cycle_ms": 100.0,
        "problems": [],
    }


def test_bad_traffic_is_told(messages):
    traffic = Traffic(messages, {256, 258, 260})
    for tick in range(10):
        traffic.take(guarded(tick, counter=3 if tick < 5 else tick, spoil=tick == 9), tick * 0.2)
    traffic.take(plain(258, 1), 0.0)
    traffic.take(plain(0x7E8, 8), 0.0)
    traffic.take(plain(256, 8, extended=True), 0.0)
    traffic.take(can.Message(is_error_frame=True), 0.0)
    assert traffic.problems() == [
        "Event: 1 of 1 frames are not 2 bytes long.",
        "Guarded: 1 of 10 checksums are wrong, the alive counter stands still in 4 of 10 frames, "
        "it comes every 200 ms instead of every 100 ms.",
        "Not seen, though the DBC gives a cycle: State.",
        "1 error frames came; check termination and bitrate.",
    ]
    unknown = [(seen.frame_id, seen.extended) for seen in traffic.seen() if seen.layout is None]
    assert unknown == [(0x7E8, False), (256, True)]


def test_a_quiet_bus_is_told(messages):
    assert "Nothing came on the bus; check its wiring" in Traffic(messages).problems()[0]


def run(*arguments):
    return CliRunner().invoke(root, ["can", "check", *arguments])


def test_the_command_tells_what_the_example_serves(folder):
    result = run("--seconds", "0")
    assert result.exit_code == 0
    assert "4 of 196 signals are served: 3 can be read and written, 1 only read" in result.output
    assert result.output.endswith("0 problems.\n")


def test_a_signal_that_the_dbc_lacks_is_one_sentence(folder):
    result = run("--seconds", "0", "Row1.DriverSide.IsOpen")
    assert result.exit_code == 1
    assert result.output.splitlines()[-2:] == [
        "1 problem:",
        "  Vehicle.Cabin.Door.Row1.DriverSide.IsOpen: No overlay maps it to a signal of the DBC.",
    ]


def test_a_mapping_to_nothing_is_a_problem(folder):
    (folder / "coupe.json").write_text((folder / "coupe.json").read_text().replace('"WinShutFL"', '"WinShotFL"'))
    result = run("--seconds", "0", "--json")
    assert result.exit_code == 1
    (problem,) = json.loads(result.output)["problems"]
    assert problem == (
        "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position: The DBC has no signal WinShotFL; "
        "did you mean WinShutFL or WinShutFLWish?"
    )


def test_files_named_by_options_are_checked(folder, tmp_path):
    other = tmp_path / "other.dbc"
    other.write_text(DBC)
    overlay = tmp_path / "other.json"
    # The older spelling of the key, laid over the default vehicle's newer one.
    overlay.write_text('{"Vehicle.Speed": {"dbc": {"signal": "Level"}}}')
    result = run("--dbc", "other.dbc", "--overlay", "other.json", "--seconds", "0", "Vehicle.Speed")
    assert result.exit_code == 1
    assert "Vehicle.Speed: Level is in % and the signal in km/h" in result.output


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (["Nonsense"], NotFoundError, "No signal of the vehicle matches 'Nonsense'"),
        (["--dbc", "none.dbc"], ResourceError, "There is no CAN database at none.dbc"),
        (["--dbc", "codriver.toml"], FileFormatError, "cannot be read as a CAN database"),
        (["--overlay", "none.json"], None, "none.json"),
        (["--option", "fast"], InputError, "vehicle.can-options has 'fast'; write NAME=VALUE"),
        (["--interface", "pigeon"], ResourceError, "of the interface 'pigeon' cannot be opened"),
    ],
)
def test_bad_input_is_one_sentence(folder, arguments, error, sentence):
    result = run(*arguments)
    assert isinstance(result.exception, error or Exception)
    assert sentence in str(result.exception) and "\n" not in str(result.exception)


def test_traffic_is_watched_where_a_bus_is_named(body, folder, monkeypatch):
    with can.Bus(interface="virtual", channel=body.channel) as stranger:
        real_bus = can.Bus

        def join(**options):
            bus = real_bus(**options)
            # The car talks as soon as the check listens, so that a moment of it is enough.
            for _ in range(3):
                body.tell()
            stranger.send(plain(0x7E8, 8))
            return bus

        monkeypatch.setattr("hmi.vehicle.open.can.Bus", join)
        result = run("--seconds", "0.05", "--json")
    document = json.loads(result.output)
    assert [(seen["message"], seen["frames"]) for seen in document["traffic"]] == [
        ("BodyState", 3),
        ("DashState", 3),
        (None, 1),
    ]
    assert result.exit_code == 0


def test_the_options_of_an_interface_are_passed_on():
    def arguments(*options, interface="pcan"):
        flags = {"vehicle.interface": interface, "vehicle.channel": "X1", "vehicle.can-options": options}
        return bus_arguments(load_settings(flags, environ={}, files=[]))

    assert arguments("bitrate=500000", "app-name=me") == {
        "interface": "pcan",
        "channel": "X1",
        "bitrate": "500000",
        "app_name": "me",
    }
    assert arguments(interface="udp_multicast") == {
        "interface": "udp_multicast",
        "channel": "X1",
        "hop_limit": 0,
        "fd": False,
    }
    assert can.util.load_config(config=arguments("bitrate=500000", "fd=true"))["bitrate"] == 500000
    assert arguments("hop_limit=1", interface="udp_multicast")["hop_limit"] == "1"
    for bad in ("bitrate", "=5", "bitrate=", "a b=5"):
        with pytest.raises(InputError, match="write NAME=VALUE"):
            arguments(bad)
    with pytest.raises(InputError, match=r"cannot hold the channel; set vehicle\.channel"):
        arguments("channel=can1")


def test_several_dbc_files_make_one_bus(tmp_path):
    first, second = tmp_path / "a.dbc", tmp_path / "b.dbc"
    first.write_text('VERSION ""\nBU_: A\nBO_ 1 One: 1 A\n SG_ X : 0|8@1+ (1,0) [0|0] "" A\n')
    second.write_text('VERSION ""\nBU_: B\nBO_ 1 One: 1 A\n SG_ X : 0|8@1+ (1,0) [0|0] "" A\nBO_ 2 Two: 1 B\n')
    assert [message.name for message in layouts(load_databases([first, second]))] == ["One", "Two"]
    settings = load_settings({"vehicle.dbc": (str(first), str(second))}, environ={}, files=[])
    assert len(bus_database(settings).messages) == 2
    second.write_text('VERSION ""\nBU_: B\nBO_ 1 Other: 1 B\n')
    with pytest.raises(FileFormatError, match=r"calls the message 0x1 One and .* calls it Other"):
        load_databases([first, second])
