"""Push-to-talk: the page records, the server makes the transcript and passes it to the assistant."""

from __future__ import annotations

import base64
import binascii
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, cast

from flask import Flask, Response, current_app, jsonify, request
from pydantic import BaseModel, Field

from codriver.errors import InputError, NotFoundError, ResourceError
from codriver.web.blueprint import make_blueprint
from codriver.web.problems import problem_responses
from codriver.web.schemas import Body
from hmi.session import SPEAKERS
from hmi.web.api.conversation import new_conversation_id, tell_pages
from hmi.web.parts import parts
from hmi.web.schemas import AnswerDocument, ConversationId, SpeakerName, answer_document

if TYPE_CHECKING:
    from hmi.assistant.turn import Speaker
    from hmi.session import Session
    from hmi.voice.audio import Samples
    from hmi.voice.dialogue import Dialogue, Heard
    from hmi.voice.hearing import Ears
    from hmi.voice.repair import Repairer

MAX_RECORDING = 900 * 1024
"""Bytes of a request with a recording: 20 s at 16 kHz and 16 bits, in base64."""
ENDPOINTS = frozenset({"voice.hear", "voice.transcribe"})
_CONVERSATIONS = 100
_KEY = "codriver.voice"

api = make_blueprint("voice", "Say it aloud.")


class RecordingBody(Body):
    """A sentence as sound."""

    wav: str = Field(min_length=1, description="A PCM WAV file in base64, of at most 20 s.")
    conversation: ConversationId | None = Field(default=None, description="Absent: a new conversation.")
    speaker: SpeakerName | None = Field(default=None, description="Where the speaker sits; absent: the setting.")


class TranscriptBody(Body):
    """Sound so far."""

    wav: str = Field(min_length=1, description="A PCM WAV file in base64, of at most 20 s.")


class TranscriptDocument(BaseModel):
    """What was heard."""

    transcript: str


class HeardDocument(BaseModel):
    """What was heard, what it was taken for, and the answer."""

    conversation: str
    turn: str = Field(description="answered, nothing_heard, not_addressed, stopped or which_one.")
    transcript: str
    text: str = Field(description="What was understood; not the transcript when it was repaired.")
    repaired: bool
    reply: str
    options: list[str] = Field(description="With which_one: sentences to choose from.")
    answer: AnswerDocument | None


class VoiceDocument(BaseModel):
    """Whether recordings are understood here."""

    available: bool
    problem: str = Field(description="What is missing; empty when nothing is.")


class Listener:
    """The ears of the server; one recording at a time. They open with the first one, and a page sends silence."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counting = threading.Lock()
        self._requests = 0
        self._ears: Ears | None = None
        self._repairer: Repairer | None = None
        self._dialogues: OrderedDict[str, Dialogue] = OrderedDict()

    def transcript(self, samples: Samples) -> str:
        """What is said in `samples`; empty when a request came meanwhile. Raises `ResourceError`."""
        with self._lock:
            heard = self._open(parts().session).hear(samples, self._request_waits)
        return "" if self._request_waits() else heard

    def turn(self, samples: Samples, conversation: str, speaker: Speaker) -> Heard:
        """Hear and answer one recording; transcripts of unfinished ones make way. Raises `ResourceError`."""
        with self._counting:
            self._requests += 1
        try:
            return self._dialogue(conversation).turn(samples, speaker)
        finally:
            with self._counting:
                self._requests -= 1

    def _request_waits(self) -> bool:
        return self._requests > 0

    def _dialogue(self, conversation: str) -> Dialogue:
        """The spoken dialogue of a conversation. Raises `ResourceError`."""
        from hmi.voice.dialogue import Dialogue

        session = parts().session
        with self._lock:
            ears = self._open(session)
            known = self._dialogues.pop(conversation, None)
            # A person who holds a button down need not say a wake word as well.
            self._dialogues[conversation] = known or Dialogue(
                session.assistant, ears, self._repairer, "", conversation
            )
            while len(self._dialogues) > _CONVERSATIONS:
                self._dialogues.popitem(last=False)
            return self._dialogues[conversation]

    def _open(self, session: Session) -> Ears:
        if self._ears is None:
            from codriver.settings import load_settings
            from hmi.voice.open import open_ears_of, open_repairer
            from hmi.voice.settings import REPAIR

            settings = load_settings()
            self._ears = open_ears_of(settings, session.families)
            self._repairer = open_repairer(session) if settings[REPAIR] else None
        return self._ears


def install(app: Flask) -> None:
    """Give `app` its ears."""
    app.extensions[_KEY] = Listener()


def allow_recordings() -> None:
    """Let the body of a request with a recording be longer than others; to be called before it is read."""
    if request.endpoint in ENDPOINTS:
        request.max_content_length = MAX_RECORDING


def _listener() -> Listener:
    return cast(Listener, current_app.extensions[_KEY])


@api.get("/voice", responses={200: VoiceDocument})
def voice_status() -> Response:
    """Tell whether recordings are understood here"""
    problem = _problem()
    return jsonify({"available": not problem, "problem": problem})


@api.post("/voice", responses={200: HeardDocument, **problem_responses(404, 413, 415)})
def hear(body: RecordingBody) -> Response:
    """Say a sentence as a recording and get its outcome

    404: no speech model is installed. The transcript is repaired where a word was misheard; `text` is what was
    understood.
    """
    samples = _samples(body.wav)
    conversation = body.conversation or new_conversation_id()
    speaker = SPEAKERS[body.speaker or parts().speaker]
    try:
        heard = _listener().turn(samples, conversation, speaker)
    except ResourceError as error:
        raise NotFoundError(str(error)) from None
    if heard.answer is not None:
        tell_pages(heard.answer)
    return jsonify(
        {
            "conversation": conversation,
            "turn": str(heard.turn),
            "transcript": heard.transcript,
            "text": heard.text,
            "repaired": heard.repaired,
            "reply": heard.reply,
            "options": list(heard.options),
            "answer": answer_document(heard.answer) if heard.answer else None,
        }
    )


@api.post("/voice/transcript", responses={200: TranscriptDocument, **problem_responses(404, 413, 415)})
def transcribe(body: TranscriptBody) -> Response:
    """Get the transcript of a recording, without asking anything of the car"""
    samples = _samples(body.wav)
    try:
        return jsonify({"transcript": _listener().transcript(samples)})
    except ResourceError as error:
        raise NotFoundError(str(error)) from None


def _samples(encoded: str) -> Samples:
    """The sound of a body. Raises `InputError`."""
    from hmi.voice.audio import decode_wav

    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise InputError("wav is not base64; encode the bytes of the WAV file with it.") from None
    return decode_wav(data)


def _problem() -> str:
    """What is missing for understanding speech, without loading it."""
    from importlib.util import find_spec

    from codriver.settings import load_settings
    from hmi.voice.hearing import INSTALL, PACKAGES, model_folder
    from hmi.voice.settings import MODEL

    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        return f"Speech needs the package {missing[0]}; {INSTALL}."
    try:
        model_folder(load_settings()[MODEL])
    except ResourceError as error:
        return str(error)
    return ""
