"""rig.yaml: every mistake is one sentence that names file, device, key, problem and remedy."""

import pytest
from rig_kit import (
    AMBIENT,
    BELT,
    CATALOGUE,
    DOME,
    EXAMPLE,
    FAN,
    HORN,
    INSIDE,
    OUTSIDE,
    READING,
    SPEED,
    VOLUME,
    WINDOW,
    WIPER,
    devices,
    window,
    write_file,
)

from codriver.errors import FileFormatError
from hmi.vehicle.gpio.rigfile import load_rig
from hmi.vehicle.gpio.wiring import Report, Wiring

LED = {"type": "led", "signal": DOME, "pin": 22}
FAN_ENTRY = {"type": "fan", "signal": FAN, "pin": 18}
ADC = {"type": "adc", "signal": OUTSIDE, "channel": 0, "at_0_volts": -50, "per_volt": 100}
PROBE = {"type": "ds18b20", "signal": INSIDE, "id": "28-0316a2795eff"}


def load(folder, document):
    return load_rig(write_file(folder, document), CATALOGUE)


def test_the_example_rig_is_good_and_has_every_type():
    rig = load_rig(EXAMPLE, CATALOGUE)
    kinds = {device.kind.name for device in rig.devices}
    assert kinds == {
        "motor", "servo", "fan", "pwm", "led", "rgb_led", "buzzer", "relay", "switch", "ds18b20", "adc",
    }  # fmt: skip
    assert rig.assumed == {SPEED: 0.0, "Vehicle.IsMoving": False}


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (
            devices(a=LED, b=FAN_ENTRY | {"pin": 22}),
            r"b: pin: GPIO22 is used by 'a' \(pin\) already; give each its own",
        ),
        (devices(a=window(close_pin=17)), r"a: close_pin: GPIO17 is used by 'a' \(open_pin\) already"),
        (devices(a=LED | {"pin": 40}), "a: pin: there is no pin 40; use a GPIO number from 2 to 27"),
        (devices(a=LED | {"pin": -1}), "a: pin: there is no pin -1"),
        (devices(a=LED | {"pin": True}), "a: pin: there is no pin True"),
        (devices(a=LED | {"pin": "left"}), "a: pin: there is no pin 'left'"),
        (devices(a=LED | {"pin": 22.0}), "a: pin: there is no pin 22.0"),
        (devices(a=LED | {"pin": 0}), "a: pin: GPIO0 belongs to the EEPROM of add-on boards"),
        (devices(a=LED | {"type": "laser"}), "a: the type is 'laser'; use one of motor, servo, fan"),
        (devices(a={"signal": DOME}), "a: the type is missing; use one of"),
        (devices(a=["led"]), "a: a device is a list of keys such as 'type: led'"),
        (
            devices(a=window(open_switch=None)),
            "a: the key 'open_switch' is missing: a motor without both end switches",
        ),
        (devices(a=window(closed_switch=None)), "a: the key 'closed_switch' is missing: a motor without both end"),
        (devices(a=window(travel_time=None)), "a: the key 'travel_time' is missing: the position between"),
        (
            devices(a=window(travel_time=0)),
            "a: travel_time: 0 is not possible; use a number above 0 and at most 120",
        ),
        (devices(a=window(travel_time=-2)), "a: travel_time: -2 is not possible"),
        (devices(a=window(travel_time="4 s")), "a: travel_time: it is a number, not '4 s'"),
        (devices(a=window(travel_time=float("nan"))), "a: travel_time: it is a number, not nan"),
        (devices(a=window(safe="on")), "a: safe: 'on' is not possible; use off"),
        (devices(a=window(open_value=120)), "a: open_value: .*Window.Position goes from 0 to 100, not to 120"),
        (devices(a=window(open_value=0)), "a: .* has no two ends; give closed_value and open_value that differ"),
        (
            devices(a=LED | {"signal": "Vehicle.Flux"}),
            "a: signal: there is no signal 'Vehicle.Flux'; `codriver signals`",
        ),
        (devices(a=LED | {"signal": 7}), "a: signal: there is no signal 7"),
        (devices(a={"pin": 5, "type": "led"}), "a: the key 'signal' is missing: a device without a signal"),
        (
            devices(a=FAN_ENTRY | {"signal": SPEED}),
            "a: signal: Vehicle.Speed is a sensor and cannot be moved by a fan",
        ),
        (
            devices(a=LED | {"signal": FAN}),
            "a: signal: .*FanSpeed is a number, but an led needs one that is true or f",
        ),
        (
            devices(a=FAN_ENTRY | {"signal": DOME}),
            "a: signal: .* is true or false, but a fan needs one that is a number",
        ),
        (
            devices(a=LED, b=LED | {"pin": 23}),
            "b: signal: .*IsDomeOn belongs to 'a' already; a signal has one device",
        ),
        (devices(a=LED | {"colour": "red"}), "a: an led has no key 'colour'; it takes"),
        (devices(a=FAN_ENTRY | {"frequency": 0}), "a: frequency: 0 is not possible; use a number from 1 to 10000"),
        (devices(a=FAN_ENTRY | {"frequency": 25000}), "a: frequency: 25000 is not possible"),
        (devices(a=FAN_ENTRY | {"lowest": 60, "highest": 50}), "a: lowest: 60 must be less than highest, 50"),
        (devices(a=FAN_ENTRY | {"inverted": "yes"}), "a: inverted: it is true or false, not 'yes'"),
        (
            devices(a=FAN_ENTRY | {"levels": {"LOW": 5}}),
            "a: levels: .*FanSpeed is a number and cannot have a list of lev",
        ),
        (
            devices(a={"type": "pwm", "signal": WIPER, "pin": 5}),
            "a: levels: .* is one of a list of words and needs a li",
        ),
        (
            devices(a={"type": "pwm", "signal": WIPER, "pin": 5, "levels": {"WARP": 5}}),
            "a: levels: .*Mode cannot be 'WARP'; it can be",
        ),
        (
            devices(a={"type": "pwm", "signal": WIPER, "pin": 5, "levels": {"OFF": 500}}),
            "a: levels: OFF: 500 is not possible; use a number from 0 to 100",
        ),
        (
            devices(a={"type": "servo", "signal": WINDOW, "pin": 5, "travel_time": 2, "shortest_pulse": 2.5}),
            "a: shortest_pulse: 2.5 must be less than longest_pulse, 2",
        ),
        (devices(a=ADC, b=LED | {"pin": 9}), "b: pin: GPIO9 is used by the SPI bus already"),
        (
            devices(b=LED | {"pin": 9}, a=ADC),
            "a: an adc needs GPIO9 for the SPI bus, which 'b' .pin. uses already",
        ),
        (devices(a=ADC | {"channel": 8}), "a: channel: 8 is not possible; use a number from 0 to 7"),
        (devices(a=ADC | {"channel": 1.5}), "a: channel: 1.5 is not possible; use a whole number"),
        (devices(a=PROBE, b=LED | {"pin": 4}), "b: pin: GPIO4 is used by the 1-wire bus already"),
        (devices(a=PROBE | {"id": ""}), "a: id: it is a text, not ''"),
        (
            devices(a={"type": "ds18b20", "signal": INSIDE}),
            "a: the key 'id' is missing: every sensor on the bus has one",
        ),
        (
            devices(a={"type": "switch", "signal": BELT, "pin": 3, "switches": "to 3.3 V"}),
            "a: pin: GPIO3 has a resistor to 3.3 V on the board; use another pin",
        ),
        (devices(a=LED) | {"watchdog": 0}, "watchdog: 0 is not possible; use a number from 0.1 to 5"),
        (devices(a=LED) | {"device": {}}, "there is no key 'device'; use devices, assumed and watchdog"),
        (devices(a=LED) | {"assumed": [SPEED]}, "assumed: write one 'path: value' per line"),
        (devices(a=LED) | {"assumed": {"Vehicle.Flux": 1}}, "assumed: there is no signal 'Vehicle.Flux'"),
        (devices(a=LED) | {"assumed": {SPEED: "slow"}}, "assumed: Vehicle.Speed is a number, not 'slow'"),
        (
            devices(a=LED) | {"assumed": {DOME: True}},
            "assumed: .*IsDomeOn is what 'a' reads or moves; take it out here",
        ),
        ({"devices": {}}, "a rig file needs 'devices:' with at least one device under it"),
        ({}, "a rig file needs 'devices:'"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path, document, sentence):
    with pytest.raises(FileFormatError, match=sentence) as caught:
        load(tmp_path, document)
    text = str(caught.value)
    assert text.startswith(str(tmp_path / "rig.yaml")) and "\n" not in text and text.endswith(".")


def test_broken_yaml_and_keys_given_twice_are_one_sentence(tmp_path):
    path = tmp_path / "rig.yaml"
    for text, problem in (("devices: [", "cannot be read as YAML"), ("devices: 1\ndevices: 2", "is given twice")):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(FileFormatError, match=problem):
            load_rig(path, CATALOGUE)


def test_pins_may_be_written_with_their_prefix(tmp_path):
    rig = load(tmp_path, devices(a=LED | {"pin": "GPIO22"}, b={"type": "buzzer", "signal": HORN, "pin": "gpio5"}))
    assert [dict(device.pins) for device in rig.devices] == [{"pin": 22}, {"pin": 5}]


def test_sensors_share_their_bus(tmp_path):
    second = "Vehicle.Exterior.AirTemperature"
    rig = load(tmp_path, devices(a=PROBE, b=PROBE | {"signal": second, "id": "28-000000000001"}))
    assert len(rig.devices) == 2
    both = devices(a=ADC, b=ADC | {"signal": INSIDE, "channel": 1})
    assert len(load(tmp_path, both).devices) == 2


def test_only_what_can_be_dimmed_is_pulsed(tmp_path):
    reading = {"type": "led", "signal": f"{READING}.IsLightOn", "intensity": f"{READING}.Intensity", "pin": 23}
    outputs = {output.pin: output for output in load(tmp_path, devices(a=LED, b=reading)).wiring().outputs}
    assert outputs[22].frequency == 0 and outputs[23].frequency == 200


def test_wiring_and_reports_travel_as_json(tmp_path):
    lamp = {
        "type": "rgb_led", "signal": f"{AMBIENT}.IsLightOn", "color": f"{AMBIENT}.Color",
        "red": 12, "green": 13, "blue": 19, "safe": "on",
    }  # fmt: skip
    volume = {"type": "pwm", "signal": VOLUME, "pin": 21, "inverted": True}
    wiring = load(tmp_path, devices(a=window(stall_pin=16), b=lamp, c=volume)).wiring()
    assert Wiring.from_json(wiring.as_json()) == wiring
    report = Report(3, 2, 1, {17: 0.5}, {5: True}, "it fell", True)
    assert Report.from_json(report.as_json()) == report
