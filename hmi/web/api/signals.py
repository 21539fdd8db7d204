"""Signals: list, read, and write by way of the same plan and rules as a sentence."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response, jsonify

from codriver.web.blueprint import make_blueprint
from codriver.web.problems import problem, problem_responses
from hmi.assistant.answer import Answer, Outcome
from hmi.catalogue.signal import Signal, SignalValue
from hmi.requests import Kind, Request
from hmi.session import SPEAKERS
from hmi.vehicle.base import State
from hmi.web.api.conversation import new_conversation_id, tell_pages
from hmi.web.parts import parts
from hmi.web.schemas import (
    AnswerDocument,
    SignalDocument,
    SignalList,
    SignalPath,
    SignalQuery,
    WriteBody,
    answer_document,
)

api = make_blueprint("signals", "What the vehicle has.")


@api.get("/signals", responses={200: SignalList})
def list_signals(query: SignalQuery) -> Response:
    """List signals with their values"""
    session = parts().session
    state = session.vehicle.state()
    found = [
        signal
        for signal in session.catalogue.signals()
        if signal.path.startswith(query.prefix) and query.type in (None, signal.type)
    ]
    return jsonify({"signals": [_document(signal, state) for signal in found]})


@api.get("/signals/<path>", responses={200: SignalDocument, **problem_responses(404)})
def read_signal(path: SignalPath) -> Response:
    """Read one signal"""
    session = parts().session
    return jsonify(_document(session.catalogue[path.path], session.vehicle.state()))


@api.put(
    "/signals/<path>",
    responses={200: AnswerDocument, 202: AnswerDocument, **problem_responses(404, 409, 415)},
)
def write_signal(path: SignalPath, body: WriteBody) -> Response | tuple[Response, int]:
    """Set one actuator, if the rules allow it

    The value goes through the same rules, proof and history as a sentence. 202: a rule asks first; answer it with
    `/confirm` and the conversation in the response. 409: a rule refused, or the vehicle did not do it.
    """
    session = parts().session
    wanted = SignalValue(session.catalogue[path.path], body.value)
    request = Request(Kind.SET, wanted.signal, wanted.value)
    conversation = body.conversation or new_conversation_id()
    text = f"{wanted.path} = {wanted.value}"
    answer = session.assistant.request([request], conversation, SPEAKERS[parts().speaker], text)
    tell_pages(answer)
    return _written(answer)


def _written(answer: Answer) -> Response | tuple[Response, int]:
    document = answer_document(answer)
    if answer.outcome in (Outcome.REFUSED, Outcome.FAILED):
        title = "Refused" if answer.outcome is Outcome.REFUSED else "Not done"
        kind = f"urn:codriver:{answer.outcome}"
        return problem(HTTPStatus.CONFLICT, title, answer.reply, kind=kind, extra={"answer": document})
    waiting = answer.outcome is Outcome.NEEDS_CONFIRMATION
    return jsonify(document), HTTPStatus.ACCEPTED if waiting else HTTPStatus.OK


def _document(signal: Signal, state: State) -> dict[str, Any]:
    return {
        "path": signal.path,
        "type": signal.type,
        "datatype": signal.datatype,
        "unit": signal.unit,
        "minimum": signal.minimum,
        "maximum": signal.maximum,
        "allowed": list(signal.allowed),
        "description": signal.description,
        "writable": signal.writable,
        "value": state.get(signal.path),
    }
