"""Live state: server-sent events."""

from __future__ import annotations

from flask import Response, request

from codriver.web.blueprint import make_blueprint
from codriver.web.problems import problem_responses
from hmi.web.parts import parts

api = make_blueprint("live", "What happens, while it happens.")

_STREAM = {
    "description": "A `state` event with all values, then `change` events with those that changed (null: no "
    "trustworthy value any more), `turn` events with answers and `faults` events of the simulation.",
    "content": {"text/event-stream": {"schema": {"type": "string"}}},
}


@api.get("/events", responses={200: _STREAM, **problem_responses(503)})
def events() -> Response:
    """Follow the vehicle

    Server-sent events. A client that reconnects gets the whole state again, so it cannot miss anything. The number
    of streams is limited; 503 beyond.
    """
    if request.method == "HEAD":
        return Response(mimetype="text/event-stream")
    stream = parts().hub.open()
    gone = request.environ.get("waitress.client_disconnected")
    if callable(gone):
        stream.gone = gone
    response = Response(stream, mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    return response
