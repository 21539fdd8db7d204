"""A value that exists fits its signal: nothing else can be constructed."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codriver.errors import InputError
from hmi.catalogue.catalogue import default_catalogue
from hmi.catalogue.signal import Signal, SignalValue

SIGNALS = default_catalogue().signals()
NUMBERS = [signal for signal in SIGNALS if signal.datatype not in {"boolean", "string"}]
INTEGERS = [signal for signal in NUMBERS if "int" in signal.datatype]
BOUNDED = [signal for signal in NUMBERS if all(map(math.isfinite, signal.bounds()))]
CHOICES = [signal for signal in SIGNALS if signal.allowed]
PERCENT = Signal("A.B", "actuator", "uint8", unit="percent", maximum=100)
DEGREES = Signal("A.B", "actuator", "float", minimum=16, maximum=30)

anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-300, 300),
    st.floats(),
    st.floats(-120, 120),
    st.text(max_size=12),
    st.sampled_from([value for signal in CHOICES for value in signal.allowed]),
    st.lists(st.integers(), max_size=2),
    st.just(10**400),
    st.just(-(10**400)),
)


@given(st.sampled_from(SIGNALS), anything)
def test_what_can_be_constructed_fits(signal: Signal, value: Any) -> None:
    try:
        held = SignalValue(signal, value).value
    except InputError as error:
        assert signal.path in str(error)
        return
    assert held == value
    if signal.datatype == "boolean":
        assert type(held) is bool
    elif signal.datatype == "string":
        assert type(held) is str
        assert not signal.allowed or held in signal.allowed
    else:
        assert type(held) is (int if "int" in signal.datatype else float)
        low, high = signal.bounds()
        assert low <= held <= high
        assert math.isfinite(held)


@given(st.sampled_from(BOUNDED), st.data())
def test_all_within_the_range_fits(signal: Signal, data: st.DataObject) -> None:
    low, high = signal.bounds()
    if signal in INTEGERS:
        value: float = data.draw(st.integers(math.ceil(low), math.floor(high)))
    else:
        value = data.draw(st.floats(low, high))
    assert SignalValue(signal, value).as_json() == {"signal": signal.path, "value": value}


@given(st.sampled_from(BOUNDED), st.floats(min_value=1e-3, max_value=1e12), st.booleans())
def test_nothing_beyond_the_range_fits(signal: Signal, distance: float, above: bool) -> None:
    low, high = signal.bounds()
    with pytest.raises(InputError, match="it goes from"):
        SignalValue(signal, high + distance if above else low - distance)


@given(st.sampled_from(INTEGERS), st.integers(-100, 100), st.floats(0.01, 0.99))
def test_no_fraction_fits_a_whole_number(signal: Signal, whole: int, fraction: float) -> None:
    with pytest.raises(InputError):
        SignalValue(signal, whole + fraction)


@given(st.sampled_from(CHOICES), st.text())
def test_no_text_outside_the_list_fits(signal: Signal, text: str) -> None:
    if text in signal.allowed:
        return
    with pytest.raises(InputError, match="it can be"):
        SignalValue(signal, text)


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.path)
def test_types_are_never_mixed(signal: Signal) -> None:
    wrong: dict[str, list[object]] = {"boolean": [0, 1, "true", None], "string": [0, True, None, b"OFF"]}
    for value in wrong.get(signal.datatype, [True, "20", None, math.nan, math.inf, [1]]):
        with pytest.raises(InputError):
            SignalValue(signal, value)  # type: ignore[arg-type]


def test_numbers_take_the_type_of_their_signal() -> None:
    whole, fraction = Signal("A.Whole", "actuator", "uint8"), Signal("A.Fraction", "actuator", "float")
    assert repr(SignalValue(whole, 5.0).value) == "5"
    assert repr(SignalValue(fraction, 5).value) == "5.0"


@pytest.mark.parametrize(
    ("signal", "value", "message"),
    [
        (PERCENT, 101, "A.B cannot be 101 percent; it goes from 0 to 100 percent."),
        (DEGREES, 35, "A.B cannot be 35; it goes from 16 to 30."),
        (Signal("A.B", "actuator", "int8"), 2.5, "A.B is a whole number, not 2.5."),
        (Signal("A.B", "actuator", "float"), 10**400, "A.B cannot be a number of that size."),
        (Signal("A.B", "actuator", "uint8", allowed=(1, 2)), 3, "A.B cannot be 3; it can be 1, 2."),
        (Signal("A.B", "actuator", "boolean"), 1, "A.B is true or false, not 1."),
        (Signal("A.B", "actuator", "string", allowed=("X", "Y")), "Z", "A.B cannot be 'Z'; it can be X, Y."),
    ],
)
def test_the_refusal_says_what_would_fit(signal: Signal, value: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        SignalValue(signal, value)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("type_", "datatype", "writable"),
    [
        ("actuator", "float", True),
        ("sensor", "float", False),
        ("attribute", "float", False),
        ("actuator", "float[]", False),
        ("actuator", "Types.Point", False),
    ],
)
def test_only_scalar_actuators_are_writable(type_: Any, datatype: str, writable: bool) -> None:
    assert Signal("A.B", type_, datatype).writable is writable
