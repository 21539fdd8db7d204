"""The whole loop on scripted parts, in one thread: every job runs the moment it is handed over."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from typing import Any

import numpy as np
import pytest
from voice_kit import ScriptedEars, ScriptedVoice, recording, repairer

from codriver.errors import ResourceError
from codriver.settings import Settings
from hmi.session import Session, open_session
from hmi.voice.detector import FRAME
from hmi.voice.dialogue import Dialogue, Heard, Turn
from hmi.voice.hearing import Impatience, never
from hmi.voice.listening import Listening
from hmi.voice.segmenter import Segmenter

WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"


class AtOnce(Executor):
    """Runs every job in the caller's thread."""

    def submit(self, job: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        future: Future = Future()
        try:
            future.set_result(job(*args, **kwargs))
        except ResourceError as error:
            future.set_exception(error)
        return future


class Loud:
    """Takes every frame that is not zero for speech."""

    def speech(self, frame: np.ndarray) -> float:
        return float(frame.any())

    def reset(self) -> None:
        pass


class Paper:
    def __init__(self) -> None:
        self.partials: list[str] = []
        self.turns: list[Heard] = []

    def partial(self, text: str) -> None:
        self.partials.append(text)

    def heard(self, heard: Heard) -> None:
        self.turns.append(heard)


def spoken(number: int, frames: int = 40) -> list[np.ndarray]:
    """A sentence and the silence after it."""
    return [np.full(FRAME, number / 1000, np.float32)] * frames + [np.zeros(FRAME, np.float32)] * 30


@pytest.fixture(scope="module")
def opened():
    with open_session(Settings(), virtual_time=True) as session:
        yield session


@pytest.fixture
def session(opened: Session) -> Session:
    opened.reset()
    return opened


class Desk:
    def __init__(self, session: Session, script: list[str], barge_in: bool = True) -> None:
        self.voice, self.paper = ScriptedVoice(), Paper()
        # Number 0 is silence, so that the sentences of a script count from 1.
        talk = Dialogue(session.assistant, ScriptedEars(["", *script]), repairer())
        self.listening = Listening(
            talk,
            Loud(),
            Segmenter(0.6),
            self.voice,
            self.paper,
            barge_in=barge_in,
            executors=(AtOnce(), AtOnce(), AtOnce()),
        )


def test_sentences_are_done_one_after_the_other(session: Session) -> None:
    desk = Desk(session, ["Open my window.", "Close it."])
    desk.listening.run(spoken(1) + spoken(2))
    assert [heard.text for heard in desk.paper.turns] == ["Open my window.", "Close it."]
    assert [heard.turn for heard in desk.paper.turns] == [Turn.ANSWERED, Turn.ANSWERED]
    assert desk.voice.said == [heard.reply for heard in desk.paper.turns]


def test_what_was_said_so_far_is_shown(session: Session) -> None:
    desk = Desk(session, ["Open my window."])
    desk.listening.run(spoken(1, frames=80))
    assert len(desk.paper.partials) >= 2
    assert set(desk.paper.partials) == {"Open my window."}


def test_speech_stops_the_reply(session: Session) -> None:
    desk = Desk(session, ["Open my window.", "Stop."])
    desk.listening.run(spoken(1) + spoken(2))
    assert desk.voice.stops >= 1
    assert not desk.voice.speaking
    assert desk.paper.turns[-1].turn is Turn.STOPPED


def test_without_barge_in_speech_during_the_reply_is_not_heard(session: Session) -> None:
    desk = Desk(session, ["Open my window.", "Close it."], barge_in=False)
    desk.listening.run(spoken(1) + spoken(2))
    assert [heard.text for heard in desk.paper.turns] == ["Open my window."]


def test_without_barge_in_a_stop_is_heard_all_the_same(session: Session) -> None:
    desk = Desk(session, ["Open my window.", "Stop."], barge_in=False)
    desk.listening.run(spoken(1) + spoken(2))
    assert [heard.turn for heard in desk.paper.turns] == [Turn.ANSWERED, Turn.STOPPED]
    assert not desk.voice.speaking


@pytest.mark.parametrize("words", ["Stop!", "Stop the window, please.", "Halt."])
def test_a_spoken_stop_halts_the_window_on_its_way(words: str) -> None:
    with open_session(Settings()) as moving:
        voice, paper = ScriptedVoice(), Paper()
        talk = Dialogue(moving.assistant, ScriptedEars(["", "Open my window.", words]), repairer())

        def until_it_moves():
            yield from spoken(1)
            while not moving.vehicle.read(WINDOW):
                time.sleep(0.01)
            yield from spoken(2)

        Listening(talk, Loud(), Segmenter(0.6), voice, paper).run(until_it_moves())
        stopped = next(heard for heard in paper.turns if heard.turn is Turn.STOPPED)
        position = moving.vehicle.read(WINDOW)
        assert 0 < position < 100
        assert stopped.answer is not None
        assert [change.value for change in stopped.answer.applied] == [position]
        assert "stopped" in stopped.reply.lower()
        time.sleep(0.3)
        assert moving.vehicle.read(WINDOW) == position


def test_what_was_heard_before_a_stop_is_not_begun_after_it(session: Session) -> None:
    talk = Dialogue(session.assistant, ScriptedEars(["Open my window.", "Stop."]), repairer())
    early = talk.hear(recording(0))
    assert talk.turn(recording(1), (1, "driver")).turn is Turn.STOPPED
    late = talk.understand(early, recording(0), (1, "driver"))
    assert late.turn is Turn.STOPPED
    assert late.answer is None
    assert session.vehicle.read(WINDOW) == 0


def test_the_loop_ends_with_the_microphone(session: Session) -> None:
    def unplugged():
        yield from spoken(1)
        raise ResourceError("The microphone gives no more sound.")

    desk = Desk(session, ["Open my window."])
    with pytest.raises(ResourceError, match="no more sound"):
        desk.listening.run(unplugged())
    assert len(desk.paper.turns) == 1
    assert not desk.voice.speaking


def test_a_failing_engine_ends_the_loop_with_its_error(session: Session) -> None:
    desk = Desk(session, ["Open my window."])

    def broken(samples: np.ndarray, given_up: Impatience = never) -> str:
        raise ResourceError("The speech model is gone.")

    desk.listening._dialogue._ears.hear = broken  # type: ignore[method-assign]
    with pytest.raises(ResourceError, match="speech model is gone"):
        desk.listening.run(spoken(1))


class Slow(ScriptedEars):
    """Ears that take their time over everything that somebody waits for."""

    def __init__(self) -> None:
        super().__init__(["", "Open my window."])
        self.given_up = 0
        self.asked = threading.Event()

    def hear(self, samples: np.ndarray, given_up: Impatience = never) -> str:
        final = not samples[-1]  # only the final transcript has the silence at the end
        if final:
            return super().hear(samples)
        self.asked.set()
        for _ in range(2000):
            if given_up():
                self.given_up += 1
                return "half of it"
            time.sleep(0.005)
        return "never"


def test_a_partial_transcript_makes_way_for_the_final_one(session: Session) -> None:
    ears, paper = Slow(), Paper()
    talk = Dialogue(session.assistant, ears)
    listening = Listening(talk, Loud(), Segmenter(0.6), ScriptedVoice(), paper)
    frames = spoken(1, frames=80)

    def microphone() -> Iterator[np.ndarray]:
        for number, frame in enumerate(frames):
            if number == 80:  # the sentence is over while the partial transcript is being made
                assert ears.asked.wait(5)
            yield frame

    listening.run(microphone())
    assert ears.given_up == 1
    assert paper.partials == []
    assert [heard.text for heard in paper.turns] == ["Open my window."]
