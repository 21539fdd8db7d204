"""Puts the app together: API, pages, and what every request and response passes through."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from codriver import __version__
from hmi.session import Session
from hmi.web import pages, problems
from hmi.web.access import SAFE_METHODS, Access, UnauthorizedError
from hmi.web.api import conversation, history, live, login, signals, simulation, voice
from hmi.web.events import EventHub
from hmi.web.parts import Parts, install, parts

API = "/api/v1"
MAX_BODY = 64 * 1024
"""Bytes of a request body."""

_PUBLIC = frozenset({"static", "pages.dashboard", "pages.favicon", "login.login"})
"""Endpoints that need no token: the page that asks for it, what that page loads, and where the token goes."""

_CSP = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=()",
}


def create_app(session: Session, access: Access | None = None, *, speaker: str = "driver") -> OpenAPI:
    """The app for one vehicle. Close `hub_of(app)` before the session is closed."""
    app = OpenAPI(
        __name__,
        info=Info(
            title="codriver",
            version=__version__,
            description="Say what the car should do, read and write its signals, and follow what happens.",
        ),
        doc_ui=False,
        security_schemes={"token": {"type": "http", "scheme": "bearer"}},
        validation_error_status=400,
        validation_error_model=problems.Problem,
        validation_error_callback=problems.from_validation,
    )
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it, the protocol does not
    install(app, Parts(session, EventHub(session.vehicle), access or Access(), speaker))
    voice.install(app)
    problems.install(app)
    app.before_request(_check_entry)
    app.before_request(_check_body)
    app.after_request(_add_headers)
    app.register_blueprint(pages.pages)
    for module in (conversation, signals, live, simulation, history, login, voice):
        app.register_api(module.api, url_prefix=API)
    app.add_url_rule(f"{API}/openapi.json", "openapi_document", lambda: jsonify(document_of(app)))
    return app


def document_of(app: OpenAPI) -> dict[str, Any]:
    """The OpenAPI document; the library joins the lines of a docstring with HTML, which is not meant here."""
    document: dict[str, Any] = app.api_doc
    for operations in document["paths"].values():
        for operation in operations.values():
            text = operation.get("description", "").replace("<br/>", " ").strip()
            operation.pop("description", None)
            if text:
                operation["description"] = text
    return document


def hub_of(app: OpenAPI) -> EventHub:
    """The event hub of an app made by `create_app`."""
    with app.app_context():
        return parts().hub


def _check_entry() -> None:
    """Host name, token and origin, for every request, also one for a path that there is not."""
    access = parts().access
    access.check_host(request)
    if request.endpoint not in _PUBLIC and not access.granted(request):
        raise UnauthorizedError(
            "This server needs its token: send 'Authorization: Bearer …', or open the page and enter it there."
        )
    if request.method not in SAFE_METHODS:
        access.check_origin(request)


def _check_body() -> None:
    """A change must come as one JSON object. A form of another site cannot send this type (CSRF)."""
    if request.routing_exception is not None or request.method in SAFE_METHODS or request.method == "DELETE":
        return
    voice.allow_recordings()
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send the body as JSON, with 'Content-Type: application/json'.")
    if not isinstance(request.get_json(), dict):
        raise BadRequest("The body must be a JSON object.")


def _add_headers(response: Response) -> Response:
    policy = _CSP
    if request.endpoint == "pages.docs":
        # Swagger UI sets style attributes in the markup that it writes.
        policy = {**_CSP, "style-src": "'self' 'unsafe-inline'"}
    response.headers["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in policy.items())
    response.headers.update(_HEADERS)
    if request.endpoint != "static" and request.endpoint != "pages.swagger_file":
        response.headers["Cache-Control"] = "no-store"
    return response
