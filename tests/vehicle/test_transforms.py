"""Between raw DBC numbers and VSS values: formulas, mapping lists, texts, colours; and what is refused."""

import cantools
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_ecu import DATABASE

from codriver.errors import FileFormatError, ResourceError
from hmi.catalogue.signal import Signal
from hmi.vehicle.dbc import layouts, load_database
from hmi.vehicle.mapping import build_map
from hmi.vehicle.transform import CannotHold, Linear, build_codec, parse_formula

FIELDS = {name: field for layout in layouts(DATABASE) for name, field in layout.fields.items()}
LEVEL = Signal("Vehicle.Level", "sensor", "float", minimum=-1000, maximum=1000)
SWITCH = Signal("Vehicle.Switch", "actuator", "boolean")
MODE = Signal("Vehicle.Mode", "actuator", "string", allowed=("OFF", "SLOW", "FAST"))


@pytest.mark.parametrize(
    ("text", "factor", "offset"),
    [
        ("x", 1, 0),
        ("x*0.5-40", 0.5, -40),
        ("-x", -1, 0),
        ("(x - 32) / 1.8", 1 / 1.8, -32 / 1.8),
        ("100 - 2*(x+1)", -2, 98),
        ("+x + x", 2, 0),
        ("x * (3 - 1) / 4", 0.5, 0),
    ],
)
def test_linear_formulas_are_read(text, factor, offset):
    formula = parse_formula(text, "here")
    assert formula.factor == pytest.approx(factor) and formula.offset == pytest.approx(offset)


@pytest.mark.parametrize(
    "text",
    [
        "x*x", "floor(x)", "x**2", "1/x", "5", "x-x", "x/0", "y", "", "x +", "__import__('os').system('true')",
        "x if x else 1", "True*x", "1e999*x", "(" * 150 + "x", "x" * 300, 3, None, "[x][0]", "x.real",
    ],
)  # fmt: skip
def test_other_formulas_are_refused_and_never_run(text):
    with pytest.raises(FileFormatError, match=r"here: the formula .* cannot be used; write a linear one"):
        parse_formula(text, "here")


@given(st.floats(-1e3, 1e3).filter(lambda f: abs(f) > 1e-3), st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_a_formula_undone_gives_the_number_back(factor, offset, x):
    there = Linear(factor, offset)
    back = there.inverse()
    assert back.factor * (there.factor * x + there.offset) + back.offset == pytest.approx(x, abs=1e-6, rel=1e-6)


@given(st.integers(0, 4000))
def test_readings_have_no_noise_of_binary_fractions(raw):
    codec = build_codec(LEVEL, FIELDS["Speed"], None, reading=True)
    value = codec.decode(raw)
    assert str(value) == f"{raw / 10:.1f}"
    assert codec.encode(value) == raw


@given(
    st.sampled_from(["Window", "Speed", "Temperature", "PlainLevel", "PlainAngle", "Colour"]),
    st.binary(min_size=8, max_size=8),
)
def test_bits_are_where_cantools_finds_them(name, data):
    layout = next(layout for layout in layouts(DATABASE) if name in layout.fields)
    data = data[: layout.length]
    message = DATABASE.get_message_by_name(layout.name)
    decoded = message.decode(data, decode_choices=False)
    field = layout.fields[name]
    raw = field.raw(int.from_bytes(data, "little"), int.from_bytes(data, "big"))
    assert raw * field.scale + field.offset == pytest.approx(decoded[name])


@given(st.floats(-50, 50, width=32))
def test_floating_point_signals_are_read_and_written(number):
    database = cantools.database.load_string(
        'VERSION ""\nBU_: A\nBO_ 1 M: 8 A\n SG_ F : 0|32@1- (1,0) [0|0] "" A\nSIG_VALTYPE_ 1 F : 1;\n', "dbc"
    )
    field = layouts(database)[0].fields["F"]
    assert field.is_float and field.free_bits is None
    assert field.raw_of_bits(field.bits_of_raw(number)) == number
    data = database.encode_message(1, {"F": number})
    assert field.raw(int.from_bytes(data, "little"), 0) == number


def test_a_formula_works_in_both_directions():
    reading = build_codec(LEVEL, FIELDS["Window"], {"math": "x*2-100"}, reading=True)
    writing = build_codec(LEVEL, FIELDS["Window"], {"math": "(x+100)/2"}, reading=False)
    assert reading.decode(25) == -50.0
    assert writing.encode(-50.0) == 25
    assert reading.step == 2


def test_a_value_outside_of_the_dbc_range_is_no_value():
    codec = build_codec(LEVEL, FIELDS["Window"], None, reading=True)
    assert codec.decode(100) == 100.0
    assert codec.decode(101) is None and codec.decode(255) is None
    with pytest.raises(CannotHold, match="this car cannot take 101"):
        codec.encode(101.0)


def test_a_value_outside_of_the_vss_range_is_no_value():
    narrow = Signal("Vehicle.Narrow", "sensor", "uint8", maximum=50)
    assert build_codec(narrow, FIELDS["Window"], None, reading=True).decode(60) is None


def test_whole_numbers_are_rounded():
    whole = Signal("Vehicle.Whole", "sensor", "int16")
    assert build_codec(whole, FIELDS["Speed"], None, reading=True).decode(996) == 100


def test_texts_of_the_dbc_serve_as_values_and_the_rest_is_none():
    codec = build_codec(MODE, FIELDS["Mode"], None, reading=True)
    assert [codec.decode(raw) for raw in range(8)] == ["OFF", "SLOW", "FAST", None, None, None, None, None]
    assert codec.encode("FAST") == 2


def test_a_mapping_may_name_texts_or_numbers_of_the_dbc():
    codec = build_codec(
        SWITCH, FIELDS["Mode"], {"mapping": [{"from": "OFF", "to": False}, {"from": 2, "to": True}]}, reading=True
    )
    assert [codec.decode(raw) for raw in (0, 1, 2)] == [False, None, True]


def test_the_first_of_several_pairs_is_written():
    codec = build_codec(
        SWITCH,
        FIELDS["Mode"],
        {"mapping": [{"from": 0, "to": False}, {"from": 2, "to": True}, {"from": 1, "to": True}]},
        reading=True,
    )
    assert codec.decode(1) is True and codec.decode(2) is True
    assert codec.encode(True) == 2


def test_a_value_without_a_pair_cannot_be_held():
    codec = build_codec(MODE, FIELDS["Mode"], {"mapping": [{"from": "SLOW", "to": 1}]}, reading=False)
    with pytest.raises(CannotHold, match="this car has no FAST"):
        codec.encode("FAST")


@pytest.mark.parametrize(
    ("transform", "problem"),
    [
        ({"mapping": []}, "'mapping' must be a list"),
        ({"mapping": {"from": 1, "to": True}}, "'mapping' must be a list"),
        ({"mapping": [{"from": 1}]}, "needs 'from' and 'to'"),
        ({"mapping": [3]}, "needs 'from' and 'to'"),
        ({"mapping": [{"from": "MEDIUM", "to": True}]}, "Mode has no text 'MEDIUM' in the DBC"),
        ({"mapping": [{"from": 9, "to": True}]}, "9 does not fit into the 3 bits of Mode"),
        ({"mapping": [{"from": -1, "to": True}]}, "-1 does not fit into the 3 bits of Mode"),
        ({"mapping": [{"from": None, "to": True}]}, "None is neither a number nor a text of Mode"),
        ({"mapping": [{"from": 1, "to": "yes"}]}, "no entry of Mode is a value of Vehicle.Switch"),
        ({"lookup": 1}, "needs a 'mapping' list or a 'math' formula"),
        ("x*2", "needs a 'mapping' list or a 'math' formula"),
    ],
)
def test_wrong_transforms_name_the_signal_and_the_problem(transform, problem):
    with pytest.raises(FileFormatError) as caught:
        build_codec(SWITCH, FIELDS["Mode"], transform, reading=True)
    assert str(caught.value).startswith("Vehicle.Switch (dbc2vss of the overlay)")
    assert problem in str(caught.value)


def test_a_text_needs_a_table():
    with pytest.raises(
        FileFormatError, match="the text Mode needs a 'mapping' list or a table of texts for Window"
    ):
        build_codec(MODE, FIELDS["Window"], None, reading=True)


def test_a_declaration_without_a_signal_name_is_refused():
    broken = Signal("Vehicle.Broken", "sensor", "boolean", extras={"dbc2vss": {"name": "Light"}})
    with pytest.raises(FileFormatError, match=r"Vehicle\.Broken: 'dbc2vss' needs a 'signal'"):
        build_map([broken], layouts(DATABASE))


def test_a_database_without_any_mapped_signal_is_refused():
    with pytest.raises(
        FileFormatError, match="None of the database's signals is mapped to a VSS signal; add an overlay"
    ):
        build_map([SWITCH], layouts(DATABASE))


def test_the_older_spelling_of_the_key_is_read():
    old = Signal("Vehicle.Old", "sensor", "boolean", extras={"dbc": {"signal": "Light"}})
    assert build_map([old], layouts(DATABASE)).bindings["Vehicle.Old"].status.field.name == "Light"


def test_a_multiplexed_signal_is_read_only_when_it_is_in_the_frame_and_never_commanded(caplog):
    database = cantools.database.load_string(
        'VERSION ""\nBU_: A\nBO_ 1 M: 2 A\n SG_ S M : 0|8@1+ (1,0) [0|0] "" A\n'
        ' SG_ One m1 : 8|8@1+ (1,0) [0|0] "" A\n SG_ Two m2 : 8|8@1+ (1,0) [0|0] "" A\n',
        "dbc",
    )
    both = {"dbc2vss": {"signal": "One"}, "vss2dbc": {"signal": "Two"}}
    found = build_map([Signal("Vehicle.One", "actuator", "uint8", extras=both)], layouts(database))
    binding = found.bindings["Vehicle.One"]
    assert binding.command is None and not binding.writable
    assert "Vehicle.One cannot be commanded: Two is multiplexed" in caplog.text
    switch, numbers = binding.status.field.multiplexer
    assert switch.name == "S" and numbers == {1}


def test_a_missing_database_is_named(tmp_path):
    with pytest.raises(ResourceError, match=r"There is no CAN database at .*car\.dbc; set vehicle\.dbc"):
        load_database(tmp_path / "car.dbc")


@pytest.mark.parametrize("content", ["this is no database", "BO_ one M: 8 A", "\x00\x01"])
def test_a_broken_database_is_named(tmp_path, content):
    path = tmp_path / "car.dbc"
    path.write_text(content)
    with pytest.raises(FileFormatError, match=r"car\.dbc cannot be read as a CAN database: "):
        load_database(path)


def test_binary_rubbish_is_no_database(tmp_path):
    path = tmp_path / "car.dbc"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(FileFormatError, match="cannot be read as a CAN database"):
        load_database(path)
