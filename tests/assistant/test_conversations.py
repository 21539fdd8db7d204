"""Several sentences: questions that are open, confirmation, choices, undo and corrections."""

from __future__ import annotations

import threading

import pytest
from assistant_fakes import (
    CATALOGUE,
    DRIVER_WINDOW,
    PASSENGER_WINDOW,
    RAIN,
    SHADE,
    SPEED,
    SUNROOF,
    TRUNK,
    TRUNK_LOCK,
    VOLUME,
    Act,
    Talk,
    more,
    pairs,
    put,
    read,
)

from codriver.errors import InputError, NotFoundError
from hmi.assistant.answer import Outcome
from hmi.assistant.conversation import QUESTION_LIFETIME, Conversations
from hmi.requests import Option, Question
from hmi.vehicle.base import WriteOutcome


@pytest.fixture
def talk() -> Talk:
    return Talk()


@pytest.fixture
def asked(talk) -> Talk:
    """A conversation in which a rule has asked whether to open the window in the rain."""
    talk.stage(**{RAIN: 30})
    answer = talk.say("open my window", put(DRIVER_WINDOW, 100))
    assert answer.outcome is Outcome.NEEDS_CONFIRMATION
    return talk


WHICH_SHADE = Question(
    "Which shade?",
    (
        Option("the sunroof shade", (put(SHADE, 100),), memory="sunroof"),
        Option("the rear shade", (put("Vehicle.Cabin.RearShade.Position", 100),)),
    ),
)


class TestConfirmation:
    def test_a_rule_asks_with_its_reason_and_nothing_moves(self, talk):
        talk.stage(**{RAIN: 30})
        answer = talk.say("open my window", put(DRIVER_WINDOW, 100))
        assert (answer.outcome, answer.rules, answer.applied) == (
            Outcome.NEEDS_CONFIRMATION,
            ("opening-in-rain",),
            (),
        )
        assert pairs(answer.requested) == [(DRIVER_WINDOW, 100)]
        assert answer.reply == "It is raining. Shall I open the driver's window?"
        assert talk.vehicle.written == []
        assert talk.assistant.conversation("c").open_question == answer.reply

    def test_yes_does_it(self, asked):
        answer = asked.say("yes")
        assert answer.outcome is Outcome.DONE
        assert pairs(answer.requested) == pairs(answer.applied) == [(DRIVER_WINDOW, 100)]
        assert asked.recogniser.contexts[-1].awaiting_confirmation

    def test_no_leaves_it(self, asked):
        answer = asked.say("no")
        assert (answer.outcome, answer.reply) == (Outcome.NOTHING_TO_DO, "OK, I'll leave it.")
        assert asked.say("yes").outcome is Outcome.NOTHING_TO_DO
        assert asked.vehicle.written == []

    def test_another_command_drops_the_question(self, asked):
        asked.say("louder", put(VOLUME, 50))
        assert asked.say("yes").outcome is Outcome.NOTHING_TO_DO
        assert asked.vehicle.values[DRIVER_WINDOW] == 0

    def test_words_not_understood_keep_it_open_and_ask_again(self, asked):
        answer = asked.say("hmm what")
        assert answer.outcome is Outcome.NEEDS_CLARIFICATION
        assert answer.reply.endswith("Shall I open the driver's window?")
        assert asked.say("yes").outcome is Outcome.DONE

    def test_it_lapses(self, asked):
        asked.time += QUESTION_LIFETIME + 1
        assert asked.say("yes").outcome is Outcome.NOTHING_TO_DO
        assert asked.vehicle.written == []

    def test_yes_overrules_a_rule_that_asks_for_safety(self, talk):
        talk.stage(**{SPEED: 20.0, TRUNK_LOCK: True})
        assert talk.say("unlock the trunk", put(TRUNK_LOCK, False)).outcome is Outcome.NEEDS_CONFIRMATION
        assert talk.say("yes").outcome is Outcome.DONE

    def test_the_state_at_the_time_of_the_yes_counts(self, asked):
        asked.stage(**{DRIVER_WINDOW: 100})
        answer = asked.say("yes")
        assert (answer.outcome, asked.vehicle.written) == (Outcome.NOTHING_TO_DO, [])

    def test_a_rule_that_asks_anew_is_asked_too(self, asked):
        asked.stage(**{"Vehicle.Cabin.HVAC.IsAirConditioningActive": True})
        answer = asked.say("yes")
        assert answer.outcome is Outcome.NEEDS_CONFIRMATION
        assert "air conditioning is on" in answer.reply
        assert asked.say("yes").outcome is Outcome.DONE

    def test_what_was_asked_about_is_what_is_done(self, talk):
        talk.stage(**{RAIN: 30, DRIVER_WINDOW: 20})
        asked = talk.say("open it more", more(DRIVER_WINDOW))
        assert pairs(asked.requested) == [(DRIVER_WINDOW, 45)]
        talk.stage(**{DRIVER_WINDOW: 30})
        assert pairs(talk.say("yes").applied) == [(DRIVER_WINDOW, 45)]

    def test_by_the_interface(self, asked):
        assert asked.assistant.confirm("c", True).outcome is Outcome.DONE
        assert asked.assistant.confirm("c", True).outcome is Outcome.NOTHING_TO_DO
        with pytest.raises(NotFoundError, match="no conversation 'z'"):
            asked.assistant.confirm("z", True)

    def test_a_refusing_rule_that_applies_by_then_refuses(self, talk):
        talk.stage(**{RAIN: 30})
        talk.say("hood and window", put("Vehicle.Body.Hood.IsOpen", True), put(DRIVER_WINDOW, 100))
        talk.stage(**{SPEED: 30.0})
        answer = talk.say("yes")
        assert pairs(answer.applied) == [(DRIVER_WINDOW, 100)]
        assert answer.outcome is Outcome.DONE
        assert "I can't open the hood" in answer.reply


class TestChoice:
    def test_the_question_names_the_options(self, talk):
        answer = talk.say("open the shade", act=Act.CLARIFY, question=WHICH_SHADE)
        assert (answer.outcome, answer.requested) == (Outcome.NEEDS_CLARIFICATION, ())
        assert answer.options == ("the sunroof shade", "the rear shade")
        assert answer.reply == "Which shade? The sunroof shade or the rear shade?"

    def test_an_option_is_done_and_remembered(self, talk):
        talk.say("open the shade", act=Act.CLARIFY, question=WHICH_SHADE)
        answer = talk.say("the first", act=Act.CHOOSE, choice=0)
        assert pairs(answer.applied) == [(SHADE, 100)]
        assert talk.recogniser.contexts[-1].question is WHICH_SHADE
        talk.say("and now")
        assert talk.recogniser.contexts[-1].memory == "sunroof"
        assert talk.recogniser.contexts[-1].question is None

    @pytest.mark.parametrize("answer", [{"act": Act.CHOOSE, "choice": 2}, {"act": Act.CONFIRM}])
    def test_an_answer_that_picks_none_asks_again(self, talk, answer):
        talk.say("open the shade", act=Act.CLARIFY, question=WHICH_SHADE)
        again = talk.say("whichever", **answer)
        assert again.outcome is Outcome.NEEDS_CLARIFICATION
        assert again.reply == "Please pick one of the 2 options: the sunroof shade or the rear shade."
        assert again.options == ("the sunroof shade", "the rear shade")

    def test_by_the_interface(self, talk):
        talk.stage(**{"Vehicle.Cabin.RearShade.Position": 0})
        talk.say("open the shade", act=Act.CLARIFY, question=WHICH_SHADE)
        with pytest.raises(InputError, match="choose from 0 to 1"):
            talk.assistant.choose("c", 2)
        assert pairs(talk.assistant.choose("c", 1).applied) == [("Vehicle.Cabin.RearShade.Position", 100)]
        assert talk.assistant.choose("c", 1).outcome is Outcome.NOTHING_TO_DO

    def test_another_command_drops_it(self, talk):
        talk.say("open the shade", act=Act.CLARIFY, question=WHICH_SHADE)
        talk.say("louder", put(VOLUME, 50))
        assert talk.say("the first", act=Act.CHOOSE, choice=0).outcome is Outcome.NOTHING_TO_DO


class TestUndo:
    def test_several_undos_go_further_back(self, talk):
        talk.stage(**{VOLUME: 30})
        talk.say("louder", put(VOLUME, 50))
        talk.say("window", put(DRIVER_WINDOW, 100))
        answer = talk.say("undo")
        assert (pairs(answer.requested), pairs(answer.applied)) == ([(DRIVER_WINDOW, 0)], [(DRIVER_WINDOW, 0)])
        assert answer.reply == "I've put that back: the driver's window is closed."
        assert pairs(talk.say("undo").applied) == [(VOLUME, 30)]
        last = talk.say("undo")
        assert (last.outcome, last.reply) == (Outcome.NOTHING_TO_DO, "There is nothing to undo.")

    def test_turns_that_change_nothing_are_not_undone(self, talk):
        talk.say("window", put(DRIVER_WINDOW, 100))
        talk.say("is it", read(DRIVER_WINDOW, 100))
        talk.say("window again", put(DRIVER_WINDOW, 100))
        talk.say("gibberish")
        assert pairs(talk.say("undo").applied) == [(DRIVER_WINDOW, 0)]

    def test_companions_go_back_too_in_reverse_order(self, talk):
        talk.stage(**{SHADE: 0})
        talk.say("sunroof", put(SUNROOF, 100))
        assert talk.vehicle.values[SHADE] == 100
        talk.vehicle.written.clear()
        answer = talk.say("undo")
        assert answer.outcome is Outcome.DONE
        assert talk.vehicle.written == [[(SUNROOF, 0)], [(SHADE, 0)]]

    def test_rules_apply_to_undo(self, talk):
        talk.stage(**{TRUNK: 100})
        talk.say("close the trunk", put(TRUNK, 0))
        talk.stage(**{SPEED: 40.0})
        assert talk.say("undo").outcome is Outcome.REFUSED
        talk.stage(**{SPEED: 0.0})
        assert pairs(talk.say("undo").applied) == [(TRUNK, 100)]

    def test_an_undo_that_a_rule_asks_about(self, talk):
        talk.stage(**{DRIVER_WINDOW: 100})
        talk.say("close it", put(DRIVER_WINDOW, 0))
        talk.stage(**{RAIN: 30})
        answer = talk.say("undo")
        assert answer.reply == "It is raining. Shall I take back the last change and open the driver's window?"
        assert pairs(talk.say("yes").applied) == [(DRIVER_WINDOW, 100)]
        assert talk.say("undo").outcome is Outcome.NOTHING_TO_DO

    def test_a_window_that_stopped_half_way_is_put_back(self, talk):
        talk.stage(**{DRIVER_WINDOW: 100})
        talk.vehicle.misbehave[DRIVER_WINDOW] = (WriteOutcome.BLOCKED, 40, "something is in the way")
        assert talk.say("close it", put(DRIVER_WINDOW, 0)).outcome is Outcome.FAILED
        talk.vehicle.misbehave.clear()
        assert pairs(talk.say("undo").applied) == [(DRIVER_WINDOW, 100)]


class TestCorrection:
    def test_the_other_one_takes_the_first_back(self, talk):
        talk.say("open my window", put(DRIVER_WINDOW, 100))
        answer = talk.say("no, the other one", put(PASSENGER_WINDOW, 100), replaces_last=True)
        assert dict(pairs(answer.requested)) == {DRIVER_WINDOW: 0, PASSENGER_WINDOW: 100}
        assert dict(pairs(answer.applied)) == {DRIVER_WINDOW: 0, PASSENGER_WINDOW: 100}
        assert answer.reply == "Driver's window is closed and the passenger's window is open."

    def test_the_correction_and_what_it_corrects_are_undone_as_one(self, talk):
        talk.say("open my window", put(DRIVER_WINDOW, 100))
        talk.say("no, the other one", put(PASSENGER_WINDOW, 100), replaces_last=True)
        answer = talk.say("undo")
        assert pairs(answer.applied) == [(PASSENGER_WINDOW, 0)]
        assert talk.say("undo").outcome is Outcome.NOTHING_TO_DO

    def test_another_value_for_the_same_signal_is_only_that(self, talk):
        talk.say("80 percent", put(DRIVER_WINDOW, 80))
        answer = talk.say("no, 40", put(DRIVER_WINDOW, 40), replaces_last=True)
        assert pairs(answer.requested) == [(DRIVER_WINDOW, 40)]
        assert pairs(talk.say("undo").applied) == [(DRIVER_WINDOW, 0)]

    def test_relative_corrections_count_from_before_the_mistake(self, talk):
        talk.stage(**{VOLUME: 30})
        talk.say("a bit louder", put(VOLUME, 35))
        assert pairs(talk.say("no, louder", more(VOLUME), replaces_last=True).applied) == [(VOLUME, 40)]

    def test_a_correction_after_an_open_question_takes_nothing_older_back(self, talk):
        talk.say("louder", put(VOLUME, 50))
        talk.stage(**{RAIN: 30})
        talk.say("open my window", put(DRIVER_WINDOW, 100))
        talk.stage(**{RAIN: 0})
        answer = talk.say("no, the other one", put(PASSENGER_WINDOW, 100), replaces_last=True)
        assert pairs(answer.requested) == [(PASSENGER_WINDOW, 100)]
        assert talk.vehicle.values[VOLUME] == 50

    def test_companions_of_the_mistake_go_back_too(self, talk):
        talk.stage(**{TRUNK_LOCK: True})
        talk.say("open the trunk", put(TRUNK, 100))
        talk.say("no, my window", put(DRIVER_WINDOW, 100), replaces_last=True)
        assert talk.vehicle.values[TRUNK] == 0
        assert talk.vehicle.values[TRUNK_LOCK] is True


class TestBookkeeping:
    def test_memory_is_that_of_the_last_sentence_that_had_one(self, talk):
        talk.say("one", put(VOLUME, 10), memory="m1")
        talk.say("two", put(VOLUME, 20))
        talk.say("three")
        assert [context.memory for context in talk.recogniser.contexts] == [None, "m1", "m1"]

    def test_the_speaker_reaches_recogniser_and_rules(self, talk):
        talk.stage(**{"Vehicle.Cabin.IsWindowChildLockEngaged": True})
        rear = "Vehicle.Cabin.Door.Row2.DriverSide.Window.Position"
        assert talk.say("open", put(rear, 100), speaker=(2, "driver")).outcome is Outcome.REFUSED
        assert talk.recogniser.contexts[-1].speaker == (2, "driver")
        assert talk.say("open", put(rear, 100)).outcome is Outcome.DONE

    def test_conversations_are_apart(self, talk):
        talk.say("one", put(VOLUME, 10), memory="m", conversation="a")
        assert talk.say("undo", conversation="b").outcome is Outcome.NOTHING_TO_DO
        assert [turn.text for turn in talk.assistant.conversation("a").turns] == ["one"]
        talk.assistant.forget("a")
        with pytest.raises(NotFoundError):
            talk.assistant.conversation("a")

    def test_without_an_id_a_new_conversation_begins(self, talk):
        first, second = (talk.say("x", put(VOLUME, 10), conversation="") for _ in range(2))
        assert first.conversation and second.conversation and first.conversation != second.conversation
        assert talk.assistant.conversation(first.conversation).turns[0] is first

    def test_history_is_told_as_json(self, talk):
        talk.say("one", put(VOLUME, 10))
        history = talk.assistant.conversation("c").as_json()
        assert (history["id"], history["question"]) == ("c", "")
        assert history["turns"][0]["applied"] == [{"signal": VOLUME, "value": 10}]

    def test_the_longest_unused_conversation_is_forgotten(self):
        kept = Conversations(limit=2)
        for name in ("a", "b", "a", "c"):
            kept.open(name)
        assert kept.ids() == ("a", "c")

    def test_threads_of_one_conversation_take_turns(self, talk):
        talk.stage(**{VOLUME: 0})
        talk.say("louder", more(VOLUME))
        workers = [threading.Thread(target=talk.say, args=("louder",)) for _ in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert talk.vehicle.values[VOLUME] == 90
        assert len(talk.assistant.conversation("c").turns) == 9

    def test_every_path_used_here_is_in_the_catalogue(self):
        assert all(path in CATALOGUE for path in (SUNROOF, SHADE, TRUNK, TRUNK_LOCK, VOLUME, SPEED, RAIN))
