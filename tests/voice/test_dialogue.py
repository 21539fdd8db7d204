import pytest
from voice_kit import ScriptedEars, recording, repairer

from codriver.settings import Settings
from hmi.assistant.answer import Outcome
from hmi.session import Session, open_session
from hmi.voice.dialogue import Dialogue, Turn

WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
DRIVER = (1, "driver")


@pytest.fixture(scope="module")
def opened():
    with open_session(Settings(), virtual_time=True) as session:
        yield session


@pytest.fixture
def session(opened: Session) -> Session:
    opened.reset()
    return opened


def dialogue(session: Session, *script: str, wake_word: str = "", **ears) -> Dialogue:
    return Dialogue(session.assistant, ScriptedEars(script, **ears), repairer(), wake_word)


def say(talk: Dialogue, count: int):
    return [talk.turn(recording(number), DRIVER) for number in range(count)]


def test_a_sentence_moves_the_car(session: Session) -> None:
    (heard,) = say(dialogue(session, "Open my window halfway."), 1)
    assert heard.turn is Turn.ANSWERED
    assert heard.answer is not None
    assert [(c.path, c.value) for c in heard.answer.applied] == [(WINDOW, 50)]
    assert not heard.repaired
    assert set(heard.latency_ms) == {"hear", "repair", "understand", "plan", "act"}


def test_a_repair_is_shown(session: Session) -> None:
    (heard,) = say(dialogue(session, "open the widow halfway"), 1)
    assert heard.repaired
    assert heard.transcript == "open the widow halfway"
    assert heard.text == "Open the window halfway."
    document = heard.as_json()
    assert document["transcript"] == "open the widow halfway"
    assert document["repaired"] is True
    assert document["text"] == "Open the window halfway."
    assert document["applied"] == [{"signal": WINDOW, "value": 50}]


def test_without_words_nothing_happens(session: Session) -> None:
    for heard in say(dialogue(session, "", " ... "), 2):
        assert heard.turn is Turn.NOTHING
        assert heard.answer is None


def test_a_choice_is_asked_for_and_answered(session: Session) -> None:
    fits = {"Stop longing.": -2.0, "Stop honking.": -3.0, "Stop locking.": -3.2}
    talk = dialogue(session, "stop longing", "the first one", fits=fits)
    asked, chosen = say(talk, 2)
    assert asked.turn is Turn.WHICH
    assert asked.reply == 'Did you say "Stop honking" or "Stop locking"?'
    assert asked.answer is None
    assert chosen.text == "Stop honking."
    assert chosen.answer is not None


def test_another_request_drops_the_choice(session: Session) -> None:
    fits = {"Stop longing.": -2.0, "Stop honking.": -3.0, "Stop locking.": -3.2}
    talk = dialogue(session, "stop longing", "Open my window.", "the first one", fits=fits)
    _, other, late = say(talk, 3)
    assert other.answer is not None
    assert other.answer.applied[0].path == WINDOW
    assert late.text != "Stop honking."


def test_stop_cancels_what_waits_for_a_yes(session: Session) -> None:
    session.stage({"Vehicle.Body.Raindetection.Intensity": 40})
    talk = dialogue(session, "Open my window.", "Stop!", "Yes.")
    asked = talk.turn(recording(0), DRIVER)
    assert asked.answer is not None
    assert asked.answer.outcome is Outcome.NEEDS_CONFIRMATION
    assert talk.open_question
    stopped = talk.turn(recording(1), DRIVER)
    assert stopped.turn is Turn.STOPPED
    assert not talk.open_question
    late = talk.turn(recording(2), DRIVER)
    assert late.answer is not None
    assert not late.answer.applied


def test_stop_before_anything_was_said_is_no_error(session: Session) -> None:
    talk = Dialogue(session.assistant, ScriptedEars(["Stop."]), conversation="never used")
    (heard,) = say(talk, 1)
    assert heard.turn is Turn.STOPPED


def test_the_wake_word_is_needed_and_cut_off(session: Session) -> None:
    talk = dialogue(session, "Open my window.", "Hey codriver, open my window.", wake_word="hey codriver")
    ignored, heard = say(talk, 2)
    assert ignored.turn is Turn.NOT_ADDRESSED
    assert ignored.answer is None
    assert heard.text == "open my window."
    assert heard.answer is not None
    assert heard.answer.applied


def test_stop_needs_no_wake_word(session: Session) -> None:
    talk = dialogue(session, "Stop.", "Hey codriver, stop.", wake_word="hey codriver")
    assert [heard.turn for heard in say(talk, 2)] == [Turn.STOPPED, Turn.STOPPED]


def test_an_answer_to_a_question_needs_no_wake_word(session: Session) -> None:
    fits = {
        "hey codriver, stop longing": -2.0,
        "hey codriver, Stop honking.": -3.0,
        "hey codriver, Stop locking.": -3.1,
    }
    fits["hey codriver, Stop longing."] = -2.0
    talk = dialogue(session, "hey codriver, stop longing", "the second one", wake_word="hey codriver", fits=fits)
    asked, chosen = say(talk, 2)
    assert asked.turn is Turn.WHICH
    assert chosen.turn is Turn.ANSWERED
    assert chosen.text == "Stop locking."


def test_the_wake_word_alone_is_answered(session: Session) -> None:
    (heard,) = say(dialogue(session, "Hey codriver!", wake_word="hey codriver"), 1)
    assert heard.reply == "Yes?"


def test_a_misheard_stop_is_obeyed(session: Session) -> None:
    talk = dialogue(session, "Snow,", fits={"Snow,": -2.6, "Stop.": -7.2, "stop": -5.9})
    (heard,) = say(talk, 1)
    assert heard.turn is Turn.STOPPED
    assert heard.transcript == "Snow,"
    assert heard.text == "Stop."
    assert heard.repaired


@pytest.mark.parametrize(("said", "stop"), [("Mute.", -13.0), ("Open my window.", -2.0)])
def test_another_word_is_no_stop(session: Session, said: str, stop: float) -> None:
    (heard,) = say(dialogue(session, said, fits={said: -1.0, "Stop.": stop}), 1)
    assert heard.turn is Turn.ANSWERED
    assert not heard.repaired
