"""An error is one sentence with one mark at its end."""

import pytest

from codriver.errors import ended


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        ("there is no such signal; did you mean Level?", "there is no such signal; did you mean Level?"),
        ("there is no such signal", "there is no such signal."),
        ("there is no such signal.", "there is no such signal."),
        ("it stops here ", "it stops here."),
    ],
)
def test_a_full_stop_ends_what_is_not_ended_yet(problem, sentence):
    assert ended(problem) == sentence
