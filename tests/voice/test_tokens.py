from hypothesis import given
from hypothesis import strategies as st

from hmi.voice.bpe import encode
from hmi.voice.hearing import spoken_words
from hmi.voice.whisper import repeated

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


def test_tokens_that_go_in_circles_are_noticed_early() -> None:
    said = [7, 8, 9, 10, 11, 12]
    assert repeated([1, *said, *said]) == 0
    assert repeated([1, *said, *said, *said]) == 12
    assert repeated([4, 5, 4, 5, 4, 5]) == 0  # "no, no, no"
    assert repeated([4, 5, 4, 5, 4, 5, 4, 5]) == 6
    assert repeated([5, 5, 5, 5]) == 3
    assert repeated(list(range(60))) == 0
    assert repeated([]) == 0


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20), st.integers(4, 6))
def test_what_is_cut_off_was_there_before(said: list[int], times: int) -> None:
    tokens = said * times
    again = repeated(tokens)
    assert 0 < again < len(tokens)
    # The rest has a period of a third or a quarter of it at most, so going on from what is kept gives it back.
    (period,) = [again // n for n in (2, 3) if again % n == 0 and _goes_on(tokens, again, again // n)][:1]
    assert period >= 1


def _goes_on(tokens: list[int], again: int, period: int) -> bool:
    return all(tokens[i] == tokens[i - period] for i in range(len(tokens) - again, len(tokens)))
