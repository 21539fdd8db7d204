"""Conversations that are in memory, and the rules that look at every plan."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from codriver import __version__
from codriver.web.blueprint import make_blueprint
from codriver.web.problems import problem_responses
from hmi.planning.rule import Rule
from hmi.web.parts import parts
from hmi.web.schemas import (
    ConversationDocument,
    ConversationList,
    ConversationPath,
    RuleList,
    StatusDocument,
    answer_document,
)

api = make_blueprint("history", "Rules, history and status.")


@api.get("/conversations", responses={200: ConversationList})
def list_conversations() -> Response:
    """List the conversations in memory"""
    return jsonify({"conversations": list(parts().session.assistant.conversation_ids())})


@api.get("/conversations/<conversation>", responses={200: ConversationDocument, **problem_responses(404)})
def read_conversation(path: ConversationPath) -> Response:
    """Read a conversation"""
    found = parts().session.assistant.conversation(path.conversation)
    # A copy, since a turn may end meanwhile; waiting for the conversation's lock could take seconds.
    turns = [answer_document(answer) for answer in tuple(found.turns)]
    return jsonify({"id": found.id, "question": found.open_question, "turns": turns})


@api.delete("/conversations/<conversation>", responses={204: None, **problem_responses(404)})
def forget_conversation(path: ConversationPath) -> tuple[str, int]:
    """Forget a conversation"""
    assistant = parts().session.assistant
    assistant.conversation(path.conversation)
    assistant.forget(path.conversation)
    return "", 204


@api.get("/rules", responses={200: RuleList})
def list_rules() -> Response:
    """List the rules, and which of them this vehicle can apply"""
    policy = parts().session.policy
    return jsonify({"rules": [_document(rule, policy.inactive.get(rule.id, "")) for rule in policy.rules]})


@api.get("/status", responses={200: StatusDocument})
def status() -> Response:
    """Tell what runs here"""
    session = parts().session
    return jsonify(
        {"version": __version__, "signals": len(session.catalogue), "simulated": session.simulation is not None}
    )


def _document(rule: Rule, inactive: str) -> dict[str, Any]:
    return {
        "id": rule.id,
        "effect": str(rule.effect),
        "safety": rule.safety,
        "reason": rule.reason,
        "inactive": inactive,
    }
