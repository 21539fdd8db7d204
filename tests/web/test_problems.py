"""Every error is a problem document with a sentence, and limits hold."""

from __future__ import annotations

import pytest
from web_fakes import SPEED, WINDOW

ASK = "/api/v1/ask"


def assert_problem(answer, status: int) -> dict:
    assert answer.status_code == status, answer.data
    assert answer.content_type == "application/problem+json"
    document = answer.json
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    assert document["type"]
    return document


def test_an_unknown_path(client):
    assert_problem(client.get("/api/v1/nowhere"), 404)
    assert_problem(client.get("/nowhere"), 404)


def test_a_method_that_a_path_has_not_names_those_it_has(client):
    answer = client.delete(ASK)
    assert_problem(answer, 405)
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("body", ["{", "", "nul", '{"text": }', "\xff\xfe", "1" * 5000])
def test_a_body_that_is_not_json(client, body):
    assert_problem(client.post(ASK, data=body.encode("latin-1"), content_type="application/json"), 400)


@pytest.mark.parametrize("body", ["[]", '"open my window"', "3", "null", "true", '"{\\"text\\": \\"hi\\"}"'])
def test_a_body_that_is_not_an_object(client, body):
    assert_problem(client.post(ASK, data=body, content_type="application/json"), 400)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": 7}, "text"),
        ({"text": ""}, "text"),
        ({"text": "  \n"}, "text"),
        ({"text": "x" * 501}, "text"),
        ({"text": "\ud800"}, "text"),
        ({"text": "hi", "speaker": "the dog"}, "speaker"),
        ({"text": "hi", "conversation": "../etc"}, "conversation"),
        ({"text": "hi", "conversation": "x" * 65}, "conversation"),
        ({"text": "hi", "tekst": "hi"}, "tekst"),
    ],
)
def test_a_body_that_does_not_fit_names_the_member(client, body, field):
    document = assert_problem(client.post(ASK, json=body), 400)
    assert document["detail"].startswith(field)
    assert field in [item["field"] for item in document["errors"]]


def test_the_longest_sentence_is_taken(client):
    assert client.post(ASK, json={"text": "x" * 500}).status_code == 200


def test_a_body_over_the_limit(client):
    assert_problem(client.post(ASK, json={"text": "x" * 70_000}), 413)


@pytest.mark.parametrize(
    "value", [101, -1, "open", True, None, 10**30, -(10**400), 1e308, float("nan"), float("inf"), [50], {"a": 1}]
)
def test_a_value_that_the_signal_cannot_take(client, session, value):
    before = session.vehicle.state()
    assert_problem(client.put(f"/api/v1/signals/{WINDOW}", json={"value": value}), 400)
    assert session.vehicle.state() == before


def test_a_sensor_cannot_be_written(client, session):
    document = assert_problem(client.put(f"/api/v1/signals/{SPEED}", json={"value": 200}), 409)
    assert document["answer"]["outcome"] == "refused"
    assert session.vehicle.read(SPEED) == 0


def test_an_unknown_signal_is_answered_with_similar_ones(client):
    document = assert_problem(client.get("/api/v1/signals/Vehicle.Sped"), 404)
    assert "Vehicle.Speed" in document["detail"]


@pytest.mark.parametrize("action", [{"yes": True}, {"option": 0}])
def test_an_unknown_conversation(client, action):
    path = "confirm" if "yes" in action else "choose"
    assert_problem(client.post(f"/api/v1/{path}", json={"conversation": "nobody", **action}), 404)
    assert_problem(client.get("/api/v1/conversations/nobody"), 404)
    assert_problem(client.delete("/api/v1/conversations/nobody"), 404)


def test_a_bug_is_logged_and_tells_the_caller_nothing(client, session, monkeypatch, caplog):
    def broken(*arguments):
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(session.assistant, "ask", broken)
    answer = client.post(ASK, json={"text": "hello"})
    assert_problem(answer, 500)
    assert b"secret" not in answer.data
    assert "the secret inside" in caplog.text
