"""The conversation: a sentence in, an answer out; questions answered; the history and the rules."""

from __future__ import annotations

import secrets

from flask import Response, jsonify

from codriver.web.blueprint import make_blueprint
from codriver.web.problems import problem_responses
from hmi.assistant.answer import Answer
from hmi.session import SPEAKERS
from hmi.web.parts import parts
from hmi.web.schemas import (
    AnswerDocument,
    AskBody,
    ChooseBody,
    ConfirmBody,
    answer_document,
)

api = make_blueprint("conversation", "Say it in words.")


def new_conversation_id() -> str:
    """An id that nobody else has."""
    return secrets.token_urlsafe(9)


def tell_pages(answer: Answer) -> None:
    """Let every open page of the conversation show the turn."""
    parts().hub.publish("turn", answer_document(answer))


def _answered(answer: Answer) -> Response:
    tell_pages(answer)
    return jsonify(answer_document(answer))


@api.post("/ask", responses={200: AnswerDocument, **problem_responses(415)})
def ask(body: AskBody) -> Response:
    """Say a sentence and get its outcome

    Answers when everything that moves has arrived or failed, which may take several seconds; `/events` tells
    meanwhile.
    """
    here = parts()
    speaker = SPEAKERS[body.speaker or here.speaker]
    return _answered(here.session.assistant.ask(body.text, body.conversation or new_conversation_id(), speaker))


@api.post("/confirm", responses={200: AnswerDocument, **problem_responses(404, 415)})
def confirm(body: ConfirmBody) -> Response:
    """Answer yes or no to the open question"""
    return _answered(parts().session.assistant.confirm(body.conversation, body.yes))


@api.post("/choose", responses={200: AnswerDocument, **problem_responses(404, 415)})
def choose(body: ChooseBody) -> Response:
    """Pick an option of the open question"""
    return _answered(parts().session.assistant.choose(body.conversation, body.option))
