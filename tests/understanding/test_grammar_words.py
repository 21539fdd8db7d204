"""From text to words: numbers, units, punctuation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hmi.understanding.grammar.text import MAX_WORDS, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Open the driver's window", ["open", "the", "driver", "window"]),
        ("the passengers’ windows", ["the", "passengers", "windows"]),
        ("rear-view mirror", ["rear", "view", "mirror"]),
        ("turn the A/C on", ["turn", "the", "ac", "on"]),
        ("twenty-two point five degrees", ["22.5", "degrees"]),
        ("nineteen and a half", ["19.5"]),
        ("a hundred and five", ["105"]),
        ("one hundred", ["100"]),
        ("half a degree", ["0.5", "degree"]),
        ("the other one", ["the", "other", "one"]),
        ("level one", ["level", "1"]),
        ("30%", ["30", "percent"]),
        ("22,5 °C", ["22.5", "degrees", "c"]),
        ("tilt to -60", ["tilt", "to", "-60"]),
        ("volume minus five", ["volume", "-5"]),
        ("#FF00aa please", ["#ff00aa", "please"]),
        ("no... the left one", ["no", ",", "the", "left", "one"]),
        ("go all the way right down", ["go", "all", "the", "way", "all", "the", "way", "down"]),
        ("³ ② ⅷ", ["³", "②", "ⅷ"]),
        ("", []),
    ],
)
def test_words(text, words):
    assert words_of(text) == words


@given(st.text(max_size=3000))
def test_any_text_gives_few_lower_case_words(text):
    words = words_of(text)
    assert len(words) <= MAX_WORDS + 1
    assert all(word and word == word.lower() and " " not in word for word in words)


@given(
    st.lists(st.sampled_from(["right", "up", "twenty", "two", "half", "open", "a", "one", "", "in"]), max_size=70)
)
def test_plain_words_are_read_like_any_others(words):
    text = " ".join(words)
    assert words_of(text) == words_of(text + " !")
