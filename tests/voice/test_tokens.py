from hmi.voice.bpe import encode
from hmi.voice.hearing import spoken_words

LETTERS = {byte: chr(byte) for byte in range(33, 127)} | {32: "_"}
WORDS = ["_", *[chr(c) for c in range(33, 127)], "op", "en", "open", "_w", "in", "_win", "dow", "_window"]
VOCABULARY = {token: number for number, token in enumerate(dict.fromkeys(WORDS))}


def tokens(text: str) -> list[str]:
    names = {number: token for token, number in VOCABULARY.items()}
    return [names[number] for number in encode(text, VOCABULARY, LETTERS)]


def test_the_earliest_merge_goes_first() -> None:
    assert tokens("open") == ["open"]
    assert tokens(" win") == ["_win"]


def test_words_are_not_merged_with_each_other() -> None:
    assert tokens("open open") == ["open", "_", "open"]


def test_what_has_no_merge_stays_letters() -> None:
    assert tokens("xyz!") == ["x", "y", "z", "!"]


def test_nothing_has_no_tokens() -> None:
    assert tokens("") == []


def test_a_transcript_that_goes_in_circles_is_no_sentence() -> None:
    assert spoken_words("Reading light, light, light, light, light") == ""
    assert spoken_words("Heating, low beam, low beam, low beam, low beam") == ""
    assert spoken_words("No, no, no, close it! (wind blowing)") == "No, no, no, close it!"
    assert spoken_words("one hundred and one point one") == "one hundred and one point one"
