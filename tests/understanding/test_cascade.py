"""Both levels as one: the grammar first, and follow-ups across them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "llm"))

from llm_car import FACTORY, FAMILIES, TEMPERATURE, Script, grammar, recogniser, says, targets

from codriver.settings import load_settings
from hmi.requests import Act, Context
from hmi.session import open_session
from hmi.understanding.cascade import Cascade, exchanges_of

BRIGHTNESS = "Vehicle.Cabin.Infotainment.HMI.Brightness"


def cascade(model=None, state=None) -> Cascade:
    return Cascade(grammar(), recogniser(model, state), FAMILIES)


class Talk:
    """A conversation with a cascade: memory and state carried from sentence to sentence."""

    def __init__(self, model=None) -> None:
        self.state = dict(FACTORY)
        self.memory = None
        self.question = None
        self.levels = cascade(model, self.state)

    def say(self, text: str):
        meant = self.levels.interpret(text, Context(memory=self.memory, question=self.question))
        requests, memory = meant.requests, meant.memory
        if meant.act is Act.CHOOSE:
            option = self.question.options[meant.choice]
            requests, memory = option.requests, option.memory
        self.memory = memory if memory is not None else self.memory
        self.question = meant.question
        self.by = meant.understood_by
        moved = targets(meant, self.state) if not requests else _moved(requests, self.state)
        self.state.update(moved)
        return moved


def _moved(requests, state):
    from hmi.planning.resolve import resolve

    return {target.path: target.value for target in resolve(requests, state, FAMILIES).requested}


def test_the_grammar_answers_what_it_reads_whole_and_no_model_is_asked():
    model = Script(lambda _: pytest.fail("asked"))
    talk = Talk(model)
    assert talk.say("set my temperature to 24") == {TEMPERATURE: 24}
    assert talk.by == "grammar"


def test_the_other_level_answers_the_rest():
    talk = Talk()
    assert talk.say("I'm freezing") == {TEMPERATURE: 23.0}
    assert talk.by == "llm"


@pytest.mark.parametrize("said", ["we're all freezing", "the glass is all foggin' up on the windscreen"])
def test_spoken_forms_reach_both_levels(said):
    assert Talk().say(said)


def test_the_grammar_follows_up_on_a_need():
    talk = Talk()
    talk.say("I'm freezing")
    assert talk.say("a bit more") == {TEMPERATURE: 24.0}
    assert talk.say("and the passenger too")
    assert talk.by == "grammar"


def test_the_grammar_follows_up_on_a_model():
    talk = Talk(Script(lambda _: says("change", {BRIGHTNESS: 50})))
    assert talk.say("zebra make the screen zebra darker zebra") == {BRIGHTNESS: 50}
    assert talk.by == "llm"
    assert talk.say("a bit more") == {BRIGHTNESS: 40}


def test_a_model_follows_up_on_the_grammar_and_is_told_of_it():
    model = Script(lambda _: says("change", {TEMPERATURE: 22.0}))
    talk = Talk(model)
    talk.say("set my temperature to 24")
    assert talk.say("hmm zebra make it 22 again zebra") == {TEMPERATURE: 22.0}
    assert "set my temperature to 24" in model.asked[0][-1]["content"]


def test_an_option_of_a_question_is_remembered_like_a_request():
    talk = Talk()
    assert talk.say("it's stuffy in here") == {}
    fan = "Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed"
    assert talk.say("turn the fan up" if talk.question is None else "the second one") == {fan: 60}
    assert talk.say("a bit more") == {fan: 80}


def test_the_exchanges_are_kept_and_limited():
    talk = Talk()
    for _ in range(9):
        talk.say("warmer please")
    kept = exchanges_of(talk.memory)
    assert 0 < len(kept) < 9
    assert kept[-1].done == "turn the driver's temperature up"


def test_a_session_uses_both_levels_and_a_setting_leaves_one_out():
    with open_session(load_settings({}, environ={}, files=[]), virtual_time=True) as session:
        assert session.assistant.ask("I'm freezing").understood_by == "llm"
    only = load_settings({"understanding.llm": "false"}, environ={}, files=[])
    with open_session(only, virtual_time=True) as session:
        answer = session.assistant.ask("I'm freezing")
        assert (answer.understood_by, answer.applied) == ("grammar", ())


def test_starting_up_imports_no_model_library():
    import subprocess

    code = (
        "import sys; from codriver.settings import Settings; from hmi.session import open_session\n"
        "with open_session(Settings(), virtual_time=True) as s:\n"
        "    s.assistant.ask('open my window'); s.assistant.ask('I am freezing')\n"
        "sys.exit(bool({'openai', 'xllamacpp', 'codriver.models'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("first", "by", "light"),
    [
        ("turn on my reading light", "grammar", "Vehicle.Cabin.Light.Spotlight.Row1.DriverSide.IsLightOn"),
        ("it is pitch dark back here", "llm", "Vehicle.Cabin.Light.IsDomeOn"),
    ],
)
def test_now_dark_again_there_takes_back_what_either_level_lit(first, by, light):
    with open_session(load_settings({}, environ={}, files=[]), virtual_time=True) as session:
        lit = session.assistant.ask(first, "talk")
        assert (lit.understood_by, session.vehicle.state()[light]) == (by, True)
        session.assistant.ask("now dark again there", "talk")
        assert session.vehicle.state()[light] is False
