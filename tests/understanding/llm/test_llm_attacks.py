"""Whatever a model answers, nothing moves that the sentence does not license."""

from __future__ import annotations

import random

import pytest
from llm_attacks import SENTENCES, attack, licensed
from llm_car import CATALOGUE, FACTORY, FAMILIES, Script, grammar, recogniser, says, targets
from llm_endpoint import completion, send

from hmi.requests import Act, Context
from hmi.understanding.llm.answer import AnswerError, read_answer
from hmi.understanding.llm.client import Endpoint
from hmi.understanding.llm.licence import Licensing
from hmi.understanding.llm.model import RemoteModel
from hmi.understanding.llm.proposals import NeedReader
from hmi.understanding.llm.said import Listener
from hmi.understanding.llm.verify import Ground, verify

ATTACKS = 10_000


@pytest.fixture(scope="module")
def grounds():
    """What each sentence licenses, by the product."""
    from hmi.understanding.grammar.lexicon import Lexicon
    from hmi.understanding.grammar.places import Seating
    from hmi.understanding.grammar.text import words_of
    from hmi.understanding.llm.needs import load_needs

    lexicon = Lexicon(FAMILIES)
    listener, licensing = Listener(lexicon), Licensing(lexicon, FAMILIES)
    needs = NeedReader(load_needs(), lexicon, FAMILIES)
    found = {}
    for sentence in SENTENCES:
        met = needs.read(words_of(sentence), FACTORY, Seating())
        licence = licensing.of(listener.hear(sentence), FACTORY, Seating())
        found[sentence] = Ground(licence, tuple(option for item in met for option in item.options))
    return found


def test_no_sentence_of_the_attacks_is_one_the_grammar_answers():
    for sentence in SENTENCES:
        assert grammar().interpret(sentence, Context()).act is Act.UNKNOWN, sentence


def test_ten_thousand_hostile_answers_move_nothing_that_was_not_said(grounds):
    dice = random.Random(2024)
    sentences = list(SENTENCES)
    passed = 0
    for _ in range(ATTACKS):
        sentence, text = dice.choice(sentences), attack(dice)
        try:
            answer = read_answer(text)
        except AnswerError:
            continue
        verdict = verify(answer, grounds[sentence], CATALOGUE, FAMILIES, FACTORY)
        assert not (verdict.problems and verdict.requests)
        passed += bool(verdict.requests)
        for request in verdict.requests:
            assert licensed(sentence, request.signal.path), (sentence, text)
    assert passed < ATTACKS / 100  # by chance some attack asks for what was asked for


def test_one_licensed_change_does_not_carry_others_along(grounds):
    sentence = "could you maybe close the window thingy for us"
    window = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
    ground = grounds[sentence]
    fine = verify(read_answer(says("change", {window: 0})), ground, CATALOGUE, FAMILIES, FACTORY)
    assert [request.value for request in fine.requests] == [0]
    for path, value in {"Vehicle.Body.Hood.IsOpen": True, "Vehicle.Cabin.Sunroof.Position": 0}.items():
        both = read_answer(says("change", {window: 0, path: value}))
        verdict = verify(both, ground, CATALOGUE, FAMILIES, FACTORY)
        assert verdict.requests == ()
        assert path in verdict.problems[0]
    for value in (100, 37, True):
        wrong = verify(read_answer(says("change", {window: value})), ground, CATALOGUE, FAMILIES, FACTORY)
        assert wrong.requests == ()


def test_a_value_given_twice_is_a_contradiction(grounds):
    window = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
    once = f'{{"signal":"{window}","value":0}}'
    twice = f'{{"act":"change","changes":[{once},{once}],"reads":[],"say":""}}'
    ground = grounds["could you maybe close the window thingy for us"]
    assert "twice" in verify(read_answer(twice), ground, CATALOGUE, FAMILIES, FACTORY).problems[0]


def test_hostile_answers_through_the_whole_level_move_nothing_that_was_not_said():
    dice = random.Random(7)
    level = recogniser(Script(lambda _: attack(dice)))
    for sentence in list(SENTENCES) * 20:
        meant = level.interpret(sentence, Context())
        for path in targets(meant):
            assert licensed(sentence, path), sentence
        if meant.question is not None:
            for option in meant.question.options:
                assert all(licensed(sentence, wish.signal.path) for wish in option.requests), sentence


def _garbage(handler, dice):
    send(handler, dice.randbytes(dice.randint(0, 3000)), dice.choice([200, 200, 401, 404, 500, 503]))


def _says_something_hostile(handler, dice):
    send(handler, completion(attack(dice)))


def _hangs_up(handler, dice):
    handler.connection.close()


def _floods(handler, dice):
    handler.send_response(200)
    handler.end_headers()
    for _ in range(10_000):
        handler.wfile.write(b"y" * 1000)


def test_a_hostile_endpoint_moves_nothing_and_the_driver_gets_an_answer(endpoint):
    dice = random.Random(99)
    behaviours = [_garbage, _says_something_hostile, _says_something_hostile, _hangs_up, _floods]
    endpoint.reply = lambda handler, _: dice.choice(behaviours)(handler, dice)
    for sentence in list(SENTENCES) * 12:
        # a fresh level each time: a real one leaves an endpoint alone that was down
        level = recogniser(RemoteModel(Endpoint(endpoint.url, "key", "model", timeout=5.0, retries=0)))
        meant = level.interpret(sentence, Context())
        assert isinstance(meant.act, Act)
        for path in targets(meant):
            assert licensed(sentence, path), sentence
        level.close()
