"""Lights, relays, fans, servos and sensors of a rig, and what a sentence about a device that is not there gets."""

import pytest
from rig_kit import (
    AMBIENT,
    BEAM,
    BELT,
    CATALOGUE,
    DOME,
    FAN,
    HORN,
    INSIDE,
    OTHER_WINDOW,
    OUTSIDE,
    READING,
    SPEED,
    VOLUME,
    WINDOW,
    WIPER,
    devices,
    wish,
)  # fmt: skip

from codriver.errors import InputError, NotFoundError, ResourceError
from codriver.simulation import Fault
from firmware_sim.rig.parts import read_parts
from hmi.vehicle.base import WriteOutcome
from hmi.vehicle.gpio.sensors import Thermometer

RED, GREEN, BLUE = 13, 19, 26


@pytest.mark.parametrize(
    ("path", "value", "pin", "level"),
    [
        (DOME, True, 22, 1.0),
        (HORN, True, 20, 1.0),
        (BEAM, True, 24, 0.0),
        (FAN, 0, 18, 0.0),
        (FAN, 1, 18, 0.2575),
        (FAN, 40, 18, 0.55),
        (FAN, 100, 18, 1.0),
        (VOLUME, 33, 21, 0.33),
        (WIPER, "SLOW", 15, 0.4),
        (WIPER, "FAST", 15, 1.0),
    ],
)
def test_a_value_is_a_level_on_the_pin_and_back(example, path, value, pin, level):
    result = example.write(path, value)
    assert result.proved and result.actual == value and result.elapsed < 0.1
    assert example.level(pin) == pytest.approx(level)
    assert example.vehicle.read(path) == value


def test_everything_begins_in_its_safe_state(example):
    state = example.vehicle.state()
    assert (state[DOME], state[BEAM], state[FAN], state[VOLUME], state[WIPER]) == (False, False, 0, 0, "OFF")
    assert example.level(24) == 1.0  # off, on the inverted relay


def test_a_coloured_light_keeps_colour_and_intensity_while_it_is_off(example):
    changes = {"Color": "#FF8000", "Intensity": 50}
    for name, value in changes.items():
        assert example.write(f"{AMBIENT}.{name}", value).proved
    assert [example.level(pin) for pin in (RED, GREEN, BLUE)] == [0, 0, 0]
    assert example.write(f"{AMBIENT}.IsLightOn", True).proved
    assert [example.level(pin) for pin in (RED, GREEN, BLUE)] == pytest.approx([0.5, 0.251, 0], abs=0.001)
    assert example.write(f"{AMBIENT}.IsLightOn", False).proved
    assert example.vehicle.read(f"{AMBIENT}.Color") == "#FF8000"


def test_colours_are_told_in_capitals_and_nonsense_is_refused(example):
    assert example.write(f"{AMBIENT}.Color", "#12ab0f").actual == "#12AB0F"
    refused = example.write(f"{AMBIENT}.Color", "mauve")
    assert refused.outcome is WriteOutcome.REFUSED and refused.reason == "mauve is not a colour such as #FF8800"


def test_a_word_without_a_level_is_refused(example):
    result = example.write(WIPER, "INTERVAL")
    assert result.outcome is WriteOutcome.REFUSED and result.reason == "this rig has no level for INTERVAL"
    assert example.vehicle.read(WIPER) == "OFF"


def test_a_dimmed_light(example):
    assert example.write(f"{READING}.IsLightOn", True).proved
    assert example.write(f"{READING}.Intensity", 30).proved
    assert example.level(23) == pytest.approx(0.3)


def test_a_relay_whose_contact_does_not_close_is_blocked_and_switched_off_again(example):
    example.plant.inject(Fault("fuse", "low beam"))
    result = example.write(BEAM, True)
    assert (
        result.outcome is WriteOutcome.BLOCKED and result.reason == "it does not react" and result.actual is False
    )
    assert example.level(24) == 1.0
    example.plant.clear()
    assert example.write(BEAM, True).proved


def test_a_relay_that_falls_off_is_seen(example):
    heard = []
    assert example.write(BEAM, True).proved
    example.vehicle.watch(heard.append)
    example.plant.inject(Fault("fuse", "low beam"))
    example.clock.advance(0.1)
    assert example.vehicle.read(BEAM) is False and heard == [{BEAM: False}]


def test_a_pin_that_does_not_follow_is_blocked(example):
    example.plant.short(22, 0.0)
    result = example.write(DOME, True)
    assert result.outcome is WriteOutcome.BLOCKED and result.reason == "its pin does not follow"
    assert result.actual is False


def test_a_passive_buzzer_sounds_at_its_tone(bench_of):
    bench = bench_of(devices(horn={"type": "buzzer", "signal": HORN, "pin": 20, "frequency": 440}))
    assert bench.write(HORN, True).proved
    assert bench.factory.wire(20).frequency == 440 and bench.level(20) == 0.5


def test_a_servo_is_led_slowly_proved_by_its_pulse_and_then_left_in_peace(example):
    pulses = []
    example.factory.listen(lambda pin, level: pulses.append(level) if pin == 12 else None)
    assert example.vehicle.read(OTHER_WINDOW) is None
    first = example.write(OTHER_WINDOW, 0)
    assert first.proved and first.elapsed == pytest.approx(3.0)
    assert pulses[-1] == pytest.approx(0.05)  # 1 ms of 20 ms
    example.clock.advance(2.0)
    assert example.level(12) == 0.0
    pulses.clear()
    seen = []
    result = example.write(OTHER_WINDOW, 100, on_progress=lambda news: seen.append(news.actual))
    assert result.proved and result.elapsed == pytest.approx(3.0, abs=0.1)
    assert pulses == sorted(pulses) and len(pulses) >= 50 and pulses[-1] == pytest.approx(0.1)
    assert seen == sorted(seen) and len(seen) > 20


def test_a_servo_that_stays_under_power_and_turns_the_other_way(bench_of):
    entry = {"type": "servo", "signal": WINDOW, "pin": 12, "travel_time": 1, "reversed": True, "rest": "hold"}
    bench = bench_of(devices(a=entry))
    assert bench.write(WINDOW, 100).proved
    bench.clock.advance(5.0)
    assert bench.level(12) == pytest.approx(0.05)
    bench.plant.short(12, 0.02)
    assert bench.write(WINDOW, 50).reason == "its pin does not follow"


def test_sensors_are_read(example):
    example.plant.measure("cabin temperature", 21.437)
    example.plant.measure("outside temperature", 0.65)
    example.plant.press("driver belt", True)
    example.clock.advance(1.1)
    assert example.vehicle.read(INSIDE) == 21.4
    assert example.vehicle.read(OUTSIDE) == pytest.approx(15.0, abs=0.4)
    assert example.vehicle.read(BELT) is True
    example.plant.press("driver belt", False)
    example.clock.advance(0.1)
    assert example.vehicle.read(BELT) is False


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "72 01 : crc=57 NO\n72 01 t=21437\n",
        "72 01 : crc=57 YES\n72 01 t=85000\n",
        "YES t=",
        "YES t=9999999",
    ],
)
def test_a_damaged_measurement_is_none(example, tmp_path, text):
    file = tmp_path / "28-0316a2795eff" / "w1_slave"
    file.parent.mkdir()
    file.write_text(text, encoding="ascii")
    probe = next(device for device in example.rig.devices if device.kind.name == "ds18b20")
    assert Thermometer(probe).read() is None


def test_an_unplugged_thermometer_is_unknown_at_once(example, tmp_path):
    example.plant.measure("cabin temperature", 21.0)
    example.clock.advance(1.1)
    assert example.vehicle.read(INSIDE) == 21.0
    (tmp_path / "28-0316a2795eff" / "w1_slave").unlink()
    example.clock.advance(1.1)
    assert example.vehicle.read(INSIDE) is None


def test_what_the_rig_cannot_sense_is_assumed(example):
    assert example.vehicle.read(SPEED) == 0.0
    assert example.vehicle.read("Vehicle.Powertrain.Range") is None


def test_a_signal_without_a_device_is_an_input_error_and_nothing_moves(example):
    with pytest.raises(
        InputError, match=r"This rig has no device for Vehicle.Cabin.Sunroof.Position; add one to rig"
    ):
        example.vehicle.write([wish(DOME, True), wish("Vehicle.Cabin.Sunroof.Position", 50)])
    assert example.level(22) == 0.0
    with pytest.raises(InputError, match=r"Vehicle.Speed is a sensor, which can only be read"):
        example.write(SPEED, 10)


def test_an_actuator_with_only_a_contact_can_be_read_but_not_moved(bench_of):
    door = "Vehicle.Cabin.Door.Row1.DriverSide.IsOpen"
    bench = bench_of(devices(door={"type": "switch", "signal": door, "pin": 14, "inverted": True}))
    assert bench.vehicle.read(door) is True
    with pytest.raises(
        InputError, match="has a contact on this rig that is only read; add a device that moves it"
    ):
        bench.write(door, False)


def test_silent_pins_make_every_reading_unknown(example):
    example.pins.bank._listener = lambda report: None
    example.clock.advance(3.0)
    assert example.vehicle.read(DOME) is None and example.vehicle.read(SPEED) == 0.0
    result = example.write(DOME, True)
    assert result.outcome is WriteOutcome.SILENT and result.reason == "the rig does not answer"


def test_the_simulated_rig_names_what_it_does_not_know(example, tmp_path):
    plant = example.plant
    with pytest.raises(NotFoundError, match="There is no fault 'rust'; the kinds are stuck"):
        plant.inject(Fault("rust", "driver window"))
    with pytest.raises(NotFoundError, match="There is no motor 'rear window'; there are driver window"):
        plant.place("rear window", 0.5)
    with pytest.raises(InputError, match="between 0 and 1, not at 3"):
        plant.place("driver window", 3)
    with pytest.raises(NotFoundError, match="There is no contact 'boot'"):
        plant.press("boot", True)
    with pytest.raises(NotFoundError, match="There is no sensor 'nose'; there are cabin temperature, outside"):
        plant.measure("nose", 1)
    assert plant.faults() == ()
    broken = tmp_path / "broken.yaml"
    broken.write_text("devices: {a: {type: motor}}", encoding="utf-8")
    with pytest.raises(Exception, match=r"broken.yaml cannot be simulated: KeyError 'open_pin'"):
        read_parts(broken)


def test_every_actuator_of_the_example_is_in_its_bindings(example):
    bindings = example.vehicle.bindings
    writable = {path for path, binding in bindings.items() if binding.writable}
    assert {WINDOW, DOME, f"{AMBIENT}.Color"} <= writable
    assert {BELT, INSIDE, OUTSIDE} == set(bindings) - writable
    assert set(bindings) <= {signal.path for signal in CATALOGUE.signals()}


def test_lgpio_pins_keep_fractions_of_a_percent(monkeypatch):
    import sys
    import types

    from hmi.vehicle.gpio import factories

    sent = []
    fake = types.SimpleNamespace(tx_pwm=lambda *arguments: sent.append(arguments))
    monkeypatch.setitem(sys.modules, "lgpio", fake)

    class Pin:
        """What gpiozero's lgpio pin keeps about its pulses."""

        def __init__(self):
            self._pwm, self._number, self.written = (50, 0), 12, []
            self.factory = types.SimpleNamespace(_handle=7)

        def _set_state(self, value):
            self.written.append(value)

    factory = types.SimpleNamespace(pin_class=Pin)
    factories._use_fine_pulses(factory)
    pin = factory.pin_class()
    pin._set_state(0.0725)
    assert sent == [(7, 12, 50, pytest.approx(7.25))]
    pin._pwm = None
    pin._set_state(1)
    assert pin.written == [1]


def test_without_gpiozero_the_remedy_is_named(monkeypatch):
    import sys

    from hmi.vehicle.gpio.factories import open_factory

    monkeypatch.setitem(sys.modules, "gpiozero", None)
    with pytest.raises(ResourceError, match=r"A rig needs gpiozero; install it with pip install '\.\[rig\]'"):
        open_factory("lgpio")
