"""What the API does when it is used as meant."""

from __future__ import annotations

import pytest
from web_fakes import CATALOGUE, RAIN, SPEED, WINDOW, MemorySession

from hmi.commands.run import TO_TRY
from hmi.web.app import create_app, hub_of
from hmi.web.pages import DIALS, EXAMPLES

ASK = "/api/v1/ask"


def ask(client, text, **more):
    answer = client.post(ASK, json={"text": text, **more})
    assert answer.status_code == 200
    return answer.json


def test_ask_answers_with_the_contract_and_moves_the_car(client, session):
    answer = ask(client, "open the driver's window halfway", conversation="a")
    assert answer["outcome"] == "done"
    assert answer["applied"] == [{"signal": WINDOW, "value": 50}]
    assert answer["understood_by"] == "grammar"
    assert set(answer["latency_ms"]) == {"understand", "plan", "act"}
    assert answer["conversation"] == "a"
    assert session.vehicle.read(WINDOW) == 50


def test_without_a_conversation_each_sentence_begins_one(client):
    first, second = ask(client, "hello"), ask(client, "hello")
    assert first["conversation"] != second["conversation"]


def test_the_speaker_says_whose_window(client, session):
    answer = ask(client, "open my window", speaker="rear passenger side")
    assert answer["applied"][0]["signal"] == "Vehicle.Cabin.Door.Row2.PassengerSide.Window.Position"


def test_the_default_speaker_is_the_setting(session):
    app = create_app(session, speaker="passenger")
    answer = ask(app.test_client(), "open my window")
    assert answer["applied"][0]["signal"] == "Vehicle.Cabin.Door.Row1.PassengerSide.Window.Position"
    hub_of(app).close()


def test_a_question_is_confirmed_by_the_api(client, session):
    session.stage({RAIN: 80})
    asked = ask(client, "open all windows", conversation="a")
    assert asked["outcome"] == "needs_confirmation"
    assert session.vehicle.read(WINDOW) == 0
    answer = client.post("/api/v1/confirm", json={"conversation": "a", "yes": True}).json
    assert answer["outcome"] == "done"
    assert session.vehicle.read(WINDOW) == 100


def test_no_leaves_everything_as_it_is(client, session):
    session.stage({RAIN: 80})
    ask(client, "open all windows", conversation="a")
    client.post("/api/v1/confirm", json={"conversation": "a", "yes": False})
    assert session.vehicle.read(WINDOW) == 0


def test_an_option_is_chosen_by_its_index(client, session):
    asked = ask(client, "turn on the light", conversation="a")
    assert asked["outcome"] == "needs_clarification"
    index = asked["options"].index("the dome light")
    answer = client.post("/api/v1/choose", json={"conversation": "a", "option": index}).json
    assert answer["applied"] == [{"signal": "Vehicle.Cabin.Light.IsDomeOn", "value": True}]


def test_the_history_is_kept_listed_and_forgotten(client):
    ask(client, "hello", conversation="a")
    ask(client, "open my window", conversation="a")
    assert client.get("/api/v1/conversations").json == {"conversations": ["a"]}
    turns = client.get("/api/v1/conversations/a").json["turns"]
    assert [turn["text"] for turn in turns] == ["hello", "open my window"]
    assert client.delete("/api/v1/conversations/a").status_code == 204
    assert client.get("/api/v1/conversations/a").status_code == 404


def test_signals_are_listed_and_filtered(client):
    every = client.get("/api/v1/signals").json["signals"]
    assert [signal["path"] for signal in every] == list(CATALOGUE)
    doors = client.get("/api/v1/signals?prefix=Vehicle.Cabin.Door&type=actuator").json["signals"]
    assert doors
    assert all(signal["path"].startswith("Vehicle.Cabin.Door") and signal["writable"] for signal in doors)


def test_a_signal_is_read_with_its_meaning(client, session):
    session.stage({SPEED: 42.5})
    signal = client.get(f"/api/v1/signals/{SPEED}").json
    assert (signal["value"], signal["unit"], signal["type"], signal["writable"]) == (42.5, "km/h", "sensor", False)


def test_a_signal_without_a_trustworthy_value_is_null(client, session):
    session.vehicle.lose(SPEED)
    assert client.get(f"/api/v1/signals/{SPEED}").json["value"] is None


def test_a_write_is_carried_out_and_can_be_taken_back_in_words(client, session):
    answer = client.put(f"/api/v1/signals/{WINDOW}", json={"value": 30, "conversation": "a"})
    assert answer.status_code == 200
    assert answer.json["applied"] == [{"signal": WINDOW, "value": 30}]
    assert session.vehicle.read(WINDOW) == 30
    ask(client, "undo that", conversation="a")
    assert session.vehicle.read(WINDOW) == 0


def test_a_rule_asks_before_a_write_like_before_a_sentence(client, session):
    session.stage({RAIN: 80})
    answer = client.put(f"/api/v1/signals/{WINDOW}", json={"value": 100})
    assert answer.status_code == 202
    assert answer.json["outcome"] == "needs_confirmation"
    assert session.vehicle.read(WINDOW) == 0
    client.post("/api/v1/confirm", json={"conversation": answer.json["conversation"], "yes": True})
    assert session.vehicle.read(WINDOW) == 100


def test_a_rule_refuses_a_write_like_a_sentence(client, session):
    session.stage({SPEED: 80.0, "Vehicle.IsMoving": True})
    trunk = "Vehicle.Body.Trunk.Rear.Position"
    answer = client.put(f"/api/v1/signals/{trunk}", json={"value": 100})
    assert answer.status_code == 409
    assert answer.json["answer"]["rules"]
    assert session.vehicle.read(trunk) == 0


def test_a_write_that_the_vehicle_does_not_prove_is_a_conflict(client, session):
    session.vehicle.stuck.add(WINDOW)
    answer = client.put(f"/api/v1/signals/{WINDOW}", json={"value": 100})
    assert answer.status_code == 409
    assert answer.json["answer"]["outcome"] == "failed"


def test_rules_are_listed(client, session):
    rules = client.get("/api/v1/rules").json["rules"]
    assert [rule["id"] for rule in rules] == [rule.id for rule in session.policy.rules]
    assert any(rule["safety"] for rule in rules)


def test_the_scene_is_staged_whatever_the_rules_say(client, session):
    answer = client.put("/api/v1/simulation", json={"values": {SPEED: 130, RAIN: 40}})
    assert answer.status_code == 200
    assert answer.json["values"][SPEED] == 130
    assert session.vehicle.read(RAIN) == 40


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"values": {SPEED: 50, "Vehicle.Nothing": 1}}, 404),
        ({"values": {SPEED: 50, RAIN: 400}}, 400),
        ({"values": {SPEED: 50}, "faults": [{"kind": "boredom", "target": "DOORS"}]}, 400),
        ({"values": {SPEED: 50}, "faults": [{"kind": "lost", "target": "DOORS", "parameter": 2}]}, 400),
    ],
)
def test_a_scene_with_a_mistake_changes_nothing(client, session, body, status):
    assert client.put("/api/v1/simulation", json=body).status_code == status
    assert session.vehicle.read(SPEED) == 0


def test_faults_are_replaced_and_ended(client):
    silent = {"kind": "silent", "target": "DOORS", "parameter": 1.0}
    lost = {"kind": "lost", "target": "SEATS", "parameter": 0.5}
    assert client.put("/api/v1/simulation", json={"faults": [silent]}).json["faults"] == [silent]
    assert client.put("/api/v1/simulation", json={"faults": [silent, lost]}).json["faults"] == [silent, lost]
    assert client.put("/api/v1/simulation", json={"values": {SPEED: 1}}).json["faults"] == [silent, lost]
    assert client.put("/api/v1/simulation", json={"faults": []}).json["faults"] == []


def test_a_fault_on_an_unknown_target_leaves_the_faults_as_they_were(client):
    silent = {"kind": "silent", "target": "DOORS", "parameter": 1.0}
    client.put("/api/v1/simulation", json={"faults": [silent]})
    answer = client.put("/api/v1/simulation", json={"faults": [{"kind": "silent", "target": "NOBODY"}]})
    assert answer.status_code == 404
    assert client.get("/api/v1/simulation").json["faults"] == [silent]


def test_the_faults_to_choose_from_are_those_of_the_bus(client):
    scene = client.get("/api/v1/simulation").json
    assert set(scene["fault_kinds"]) == set(scene["fault_targets"])
    assert "DOORS" in scene["fault_targets"]["silent"]
    assert "HMI" not in scene["fault_targets"]["silent"]
    assert "WindowPosRow1DriverSide" in scene["fault_targets"]["pinch"]
    assert set(scene["fault_targets"]["pinch"]) < set(scene["fault_targets"]["stuck"])


def test_reset_brings_everything_back(client, session):
    client.put(
        "/api/v1/simulation", json={"values": {WINDOW: 80}, "faults": [{"kind": "silent", "target": "DOORS"}]}
    )
    assert client.post("/api/v1/simulation/reset", json={}).json["faults"] == []
    assert session.vehicle.read(WINDOW) == 0


def test_a_real_vehicle_has_no_scene():
    app = create_app(MemorySession(simulated=False))
    client = app.test_client()
    assert client.get("/api/v1/simulation").status_code == 404
    assert client.put("/api/v1/simulation", json={"values": {SPEED: 1}}).status_code == 404
    assert b'id="scene"' not in client.get("/").data
    hub_of(app).close()


def test_turns_and_faults_are_told_to_open_pages(app, client):
    stream = hub_of(app).open()
    next(stream)
    ask(client, "hello", conversation="a")
    client.put("/api/v1/simulation", json={"faults": []})
    chunk = next(stream)
    assert b"event: turn" in chunk
    assert b"event: faults" in chunk


@pytest.mark.parametrize("sentence", [*EXAMPLES, *TO_TRY])
def test_every_sentence_to_try_is_understood(client, sentence):
    answer = ask(client, sentence)
    assert answer["understood_by"] == "grammar"
    assert answer["outcome"] in ("done", "answered", "nothing_to_do")


def test_every_dial_of_the_scene_is_a_sensor_within_its_range():
    for path, _, low, high, _, _ in DIALS:
        signal = CATALOGUE[path]
        assert signal.type == "sensor"
        signal.check(float(low) if signal.datatype == "float" else low)
        signal.check(float(high) if signal.datatype == "float" else high)
