import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voice_kit import families, grammar, repairer

from hmi.requests import Act, Context
from hmi.understanding.grammar.text import words_of
from hmi.voice.meaning import NEGATIONS
from hmi.voice.vocabulary import vocabulary_of

REPAIRED = [
    ("plus all the windows", "Close all the windows."),
    ("pop the sunroof into the bent position please", "Pop the sunroof into the vent position please."),
    ("turn on the seed heating", "Turn on the seat heating."),
    ("rear wiper un", "Rear wiper on."),
    ("close all the widows", "Close all the windows."),
    ("wipe your speed medium", "Wiper speed medium."),
    ("switch the rear defreaser on", "Switch the rear defroster on."),
]


@pytest.mark.parametrize(("heard", "meant"), REPAIRED)
def test_misheard_words_are_repaired(heard: str, meant: str) -> None:
    repair = repairer().repair(heard, Context())
    assert repair.changed
    assert grammar().interpret(repair.text, Context()).requests == grammar().interpret(meant, Context()).requests


@pytest.mark.parametrize("heard", ["heat, my seat,", "Ventilate, my seat."])
def test_a_breath_is_no_border_between_two_wishes(heard: str) -> None:
    repair = repairer().repair(heard, Context())
    joined = heard.replace(",", "")
    assert repair.changed
    assert grammar().interpret(repair.text, Context()).requests == grammar().interpret(joined, Context()).requests


@pytest.mark.parametrize(
    "heard",
    [
        "Open the window, turn on the radio.",
        "Passenger, backrest, 45 degrees, please.",
        "Open the windows, but not mine.",
        "Lights off, wipers on.",
    ],
)
def test_commas_that_are_borders_stay(heard: str) -> None:
    assert repairer().repair(heard, Context()).text == heard


@pytest.mark.parametrize(
    "heard",
    [
        "don't plus the windows",
        "do not open the widow",
        "never unlock the doars",
        "open the widows but not the rear ones",
    ],
)
def test_a_negation_is_never_repaired_away(heard: str) -> None:
    repair = repairer().repair(heard, Context())
    kept = [word for word in words_of(heard) if word in NEGATIONS]
    for text in (repair.text, *repair.choices):
        assert [word for word in words_of(text) if word in NEGATIONS] == kept


@pytest.mark.parametrize(
    "heard",
    [
        "what is the capital of France",
        "the weather is nice over there",
        "you",
        "la la la",
        "",
        "order a large pizza",
    ],
)
def test_what_is_not_about_the_car_stays(heard: str) -> None:
    repair = repairer().repair(heard, Context())
    assert not repair.changed
    assert not repair.choices


def test_the_engines_other_transcripts_are_tried() -> None:
    repair = repairer().repair("newt", Context(), lambda: ["Newt.", "Mute."], lambda texts: [-1.0] * len(texts))
    assert repair.text == "Mute."


def test_what_fits_the_recording_is_taken() -> None:
    heard = "stop longing"
    fits = {"Stop longing.": -2.0, "Stop honking.": -3.0, "Stop locking.": -9.0}
    repair = repairer().repair(heard, Context(), fit=lambda texts: [fits.get(text, -50.0) for text in texts])
    assert repair.text == "Stop honking."


def test_what_does_not_fit_the_recording_at_all_is_not_taken() -> None:
    repair = repairer().repair("stop longing", Context(), fit=lambda texts: [-1.0] + [-60.0] * (len(texts) - 1))
    assert not repair.changed
    assert not repair.choices


def test_two_that_fit_equally_are_a_question() -> None:
    fits = {"Stop longing.": -2.0, "Stop honking.": -3.0, "Stop locking.": -3.2}
    repair = repairer().repair(
        "stop longing", Context(), fit=lambda texts: [fits.get(text, -50.0) for text in texts]
    )
    assert not repair.changed
    assert repair.choices == ("Stop honking.", "Stop locking.")


_WORDS = st.sampled_from([
    "open", "close", "the", "windows", "window", "my", "all", "driver's", "seat", "heating", "off", "on", "turn",
    "set", "fan", "to", "level", "two", "widow", "plus", "seed", "don't", "not", "never", "lights", "mirror", "un",
])  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(_WORDS, min_size=1, max_size=6).map(" ".join))
def test_repairs_keep_their_promises(heard: str) -> None:
    repair = repairer().repair(heard, Context())
    meant = grammar().interpret(heard, Context())
    if meant.act not in (Act.UNKNOWN, Act.CLARIFY):
        assert repair.text == heard
        assert not repair.choices
    for text in (repair.text, *repair.choices):
        if text == heard:
            continue
        assert grammar().interpret(text, Context()).act is Act.REQUEST
        assert sorted(w for w in words_of(text) if w in NEGATIONS) == sorted(
            w for w in words_of(heard) if w in NEGATIONS
        )


def test_the_vocabulary_is_that_of_the_car() -> None:
    phrases = set(vocabulary_of(families()).phrases)
    assert {"window", "seat heating", "defroster", "close", "halfway"} <= phrases
    assert not phrases & {"dont", "not", "never"}
