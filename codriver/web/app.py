"""A Flask app with what every server here has: who may enter, problem documents, security headers, docs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, Response, current_app, jsonify, request
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from codriver import __version__
from codriver.web import login, pages, problems
from codriver.web.access import SAFE_METHODS, Access, UnauthorizedError, install

API = "/api/v1"
MAX_BODY = 64 * 1024
"""Bytes of a request body."""

_PUBLIC = frozenset({"static", "shared.static", "shared.favicon", "login.login"})
"""Endpoints that need no token: what the page that asks for it loads, and where the token goes."""

_LASTING = frozenset({"static", "shared.static", "shared.swagger_file"})
"""Endpoints that browsers may keep; of all others only those that say so themselves."""

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
_KEY = "codriver_entry"


@dataclass(frozen=True)
class _Entry:
    access: Access
    public: frozenset[str]
    before_body: Callable[[], None]


def make_app(
    name: str,
    description: str,
    access: Access,
    *,
    public: frozenset[str] = frozenset(),
    before_body: Callable[[], None] = lambda: None,
) -> OpenAPI:
    """An app for the package `name` (its `static` and `templates` folders) that serves login and documentation.

    `public` are further endpoints that need no token. `before_body` is called before the body of a change is
    read, and may set `request.max_content_length`.
    """
    app = OpenAPI(
        name,
        info=Info(title="codriver", version=__version__, description=description),
        doc_ui=False,
        security_schemes={"token": {"type": "http", "scheme": "bearer"}},
        validation_error_status=400,
        validation_error_model=problems.Problem,
        validation_error_callback=problems.from_validation,
    )
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it, the protocol does not
    app.extensions[_KEY] = _Entry(access, _PUBLIC | public, before_body)
    install(app, access)
    problems.install(app)
    app.before_request(_check_entry)
    app.before_request(_check_body)
    app.after_request(_add_headers)
    app.register_blueprint(pages.shared)
    app.register_api(login.api, url_prefix=API)
    app.add_url_rule(f"{API}/openapi.json", "openapi_document", lambda: jsonify(document_of(app)))
    return app


def document_of(app: Flask) -> dict[str, Any]:
    """The OpenAPI document; the library joins the lines of a docstring with HTML, which is not meant here."""
    document: dict[str, Any] = cast(OpenAPI, app).api_doc
    for operations in document["paths"].values():
        for operation in operations.values():
            text = operation.get("description", "").replace("<br/>", " ").strip()
            operation.pop("description", None)
            if text:
                operation["description"] = text
    return document


def _check_entry() -> None:
    """Host name, token and origin, for every request, also one for a path that there is not."""
    entry = cast(_Entry, current_app.extensions[_KEY])
    entry.access.check_host(request)
    if request.endpoint not in entry.public and not entry.access.granted(request):
        raise UnauthorizedError(
            "This server needs its token: send 'Authorization: Bearer …', or open the page and enter it there."
        )
    if request.method not in SAFE_METHODS:
        entry.access.check_origin(request)


def _check_body() -> None:
    """A change must come as one JSON object. A form of another site cannot send this type (CSRF)."""
    if request.routing_exception is not None or request.method in SAFE_METHODS or request.method == "DELETE":
        return
    cast(_Entry, current_app.extensions[_KEY]).before_body()
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send the body as JSON, with 'Content-Type: application/json'.")
    if not isinstance(request.get_json(), dict):
        raise BadRequest("The body must be a JSON object.")


def _add_headers(response: Response) -> Response:
    policy = _CSP
    if request.endpoint == "shared.docs":
        # Swagger UI sets style attributes in the markup that it writes.
        policy = {**_CSP, "style-src": "'self' 'unsafe-inline'"}
    response.headers["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in policy.items())
    response.headers.update(_HEADERS)
    if request.endpoint not in _LASTING:
        response.headers.setdefault("Cache-Control", "no-store")
    return response
