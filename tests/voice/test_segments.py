import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hmi.voice.detector import FRAME, FRAME_SECONDS
from hmi.voice.segmenter import Edge, Segmenter, Stretch


def frames(*chances: float) -> list[tuple[np.ndarray, float]]:
    return [(np.full(FRAME, number, np.float32), chance) for number, chance in enumerate(chances)]


def run(segmenter: Segmenter, *chances: float) -> list[Stretch]:
    return [s for frame, chance in frames(*chances) if (s := segmenter.feed(frame, chance))]


def edges(stretches: list[Stretch]) -> list[Edge]:
    return [s.edge for s in stretches if s.edge is not Edge.GOES_ON]


def test_a_sentence_begins_pauses_and_ends() -> None:
    found = run(Segmenter(0.6), *[0.0] * 20, *[0.9] * 30, *[0.0] * 30)
    assert edges(found) == [Edge.BEGAN, Edge.PAUSED, Edge.ENDED]


def test_the_transcript_of_the_pause_is_that_of_the_end() -> None:
    found = run(Segmenter(0.6), *[0.0] * 20, *[0.9] * 30, *[0.0] * 30)
    paused, ended = (s for s in found if s.edge in (Edge.PAUSED, Edge.ENDED))
    assert np.array_equal(paused.samples, ended.samples)


def test_soft_beginnings_are_kept() -> None:
    ended = run(Segmenter(0.6), *[0.0] * 40, *[0.9] * 30, *[0.0] * 30)[-1]
    assert ended.samples[0] <= 40 - 0.3 / FRAME_SECONDS
    assert ended.samples[-1] > 70


def test_a_short_pause_does_not_cut_a_sentence() -> None:
    found = run(Segmenter(0.6), *[0.9] * 20, *[0.0] * 12, *[0.9] * 20, *[0.0] * 30)
    assert edges(found) == [Edge.BEGAN, Edge.PAUSED, Edge.PAUSED, Edge.ENDED]


def test_a_click_is_not_speech() -> None:
    assert run(Segmenter(), *[0.0] * 10, 0.9, 0.9, *[0.0] * 30) == []


def test_endless_speech_is_cut() -> None:
    found = run(Segmenter(), *[0.9] * 600)
    assert edges(found)[:2] == [Edge.BEGAN, Edge.ENDED]
    ended = next(s for s in found if s.edge is Edge.ENDED)
    assert ended.seconds == pytest.approx(15, abs=0.1)


@given(st.lists(st.floats(0, 1), max_size=300))
def test_beginnings_and_ends_take_turns(chances: list[float]) -> None:
    segmenter = Segmenter()
    speaking = False
    for stretch in run(segmenter, *chances):
        if stretch.edge is Edge.BEGAN:
            assert not speaking
            speaking = True
        else:
            assert speaking
            speaking = stretch.edge is not Edge.ENDED
    assert segmenter.speaking is speaking
