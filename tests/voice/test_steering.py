import pytest

from hmi.voice.steering import WakeWord, means_stop


@pytest.mark.parametrize(
    "text", ["Stop.", "stop!", "STOP", "Stop it, please.", "please stop talking", "Halt!", "Cancel that."]
)
def test_stop_is_understood(text: str) -> None:
    assert means_stop(text)


@pytest.mark.parametrize(
    "text",
    ["", "Stop the music.", "Stop cooling my seat.", "Don't stop.", "now please", "full stop", "the stop light"],
)
def test_other_sentences_with_stop_in_them_are_not_taken_for_it(text: str) -> None:
    assert not means_stop(text)


@pytest.mark.parametrize(
    ("said", "request_"),
    [
        ("Hey codriver, open my window.", "open my window."),
        ("Hey co-driver open my window", "open my window"),
        ("Hey, code driver. Open my window.", "Open my window."),
        ("Hey codriver", ""),
        ("open my window", None),
        ("they drive over there", None),
        ("", None),
    ],
)
def test_a_request_begins_with_the_wake_word(said: str, request_: str | None) -> None:
    assert WakeWord("hey codriver").request(said) == request_


def test_without_a_wake_word_everything_is_a_request() -> None:
    assert WakeWord("").request("open my window") == "open my window"
