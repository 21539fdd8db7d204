"""Endpoints with strict structured output: what such a service refuses is never sent to it."""

from __future__ import annotations

import json

import pytest
from llm_car import TEMPERATURE, WINDOW, recogniser
from llm_endpoint import completion, send

from codriver.settings import load_settings
from hmi.requests import Act, Context
from hmi.understanding.llm.answer import answer_schema, choice_schema
from hmi.understanding.llm.model import open_model
from hmi.understanding.llm.portable import portable

_ALLOWED = {
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "anyOf",
    "maxItems",
    "minItems",
}


def complaint(schema, root=True) -> str:
    """What a strict service says to a schema; empty when it takes it."""
    if root and schema.get("type") != "object":
        return "the root must be an object"
    if set(schema) - _ALLOWED:
        return f"{set(schema) - _ALLOWED} is not permitted"
    if "anyOf" not in schema and "type" not in schema:
        return "schema must have a 'type' key"
    if schema.get("type") == "array" and "items" not in schema:
        return "array schema missing items"
    parts = [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])]
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False or set(schema["required"]) != set(schema["properties"]):
            return "additionalProperties must be false and every property required"
        parts += schema["properties"].values()
    return next((said for part in parts if (said := complaint(part, root=False))), "")


def strict(answer):
    """An endpoint that gives `answer` where the schema is one that a strict service takes."""

    def reply(handler, body):
        wrong = complaint(body["response_format"]["json_schema"]["schema"])
        if wrong:
            send(handler, json.dumps({"error": {"message": f"Invalid schema: {wrong}"}}).encode(), 400)
        else:
            send(handler, completion(json.dumps(answer)))

    return reply


def model_at(endpoint, style):
    return open_model(load_settings({"llm.url": endpoint.url, "llm.style": style}, environ={}, files=[]))


def test_a_remote_model_that_chooses_is_asked_for_an_object(endpoint):
    endpoint.reply = strict({"choice": 2})
    plain = recogniser(None).interpret("it's stuffy in here", Context())
    model = model_at(endpoint, "choose")
    meant = recogniser(model).interpret("it's stuffy in here", Context())
    model.close()
    labels = [option.label for option in plain.question.options]
    assert [option.label for option in meant.question.options] == [labels[1], labels[0], *labels[2:]]
    assert '{"choice"' in endpoint.seen[0]["messages"][0]["content"]


@pytest.mark.parametrize("said", ["what a lovely zebra", "zebra close my window zebra"])
def test_a_remote_model_that_finds_the_changes_is_asked_with_a_strict_schema(endpoint, said):
    endpoint.reply = strict({"act": "ask", "changes": [], "reads": [], "say": "Which zebra?"})
    model = model_at(endpoint, "free")
    meant = recogniser(model).interpret(said, Context())
    model.close()
    assert meant.act is Act.CLARIFY
    assert meant.question.text == "Which zebra?"


@pytest.mark.parametrize(
    "schema",
    [
        choice_schema(3),
        answer_schema({}, []),
        answer_schema({WINDOW: [0, 100], TEMPERATURE: [21.0, 22]}, [WINDOW]),
    ],
)
def test_what_is_portable_is_taken(schema):
    assert complaint(portable(schema)) == ""


def test_a_bare_number_is_not_portable_and_names_are_kept():
    assert complaint(choice_schema(3, bare=True)) != ""
    with pytest.raises(ValueError, match="object"):
        portable(choice_schema(3, bare=True))
    named = {"type": "object", "properties": {"maxLength": {"type": "string", "maxLength": 3}}}
    assert portable(named)["properties"] == {"maxLength": {"type": "string"}}
