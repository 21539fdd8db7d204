"""Every error of the server as an RFC 9457 problem document, `application/problem+json`."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.exceptions import HTTPException, InternalServerError

from codriver.errors import CodriverError
from codriver.web.access import UnauthorizedError

PROBLEM_TYPE = "application/problem+json"
_LOG = logging.getLogger(__name__)


class Problem(BaseModel):
    """An error: what went wrong, in one sentence."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="A name for this kind of error.")
    title: str = Field(description="What the kind of error is called.")
    status: int = Field(description="The HTTP status.", ge=400, le=599)
    detail: str = Field(description="What is wrong with this request and what would help.")
    instance: str = Field(default="", description="The path of the request.")


def problem(
    status: int, title: str, detail: str, *, kind: str = "about:blank", extra: Mapping[str, Any] | None = None
) -> Response:
    """Build the response; `extra` are extension members of the document."""
    document = {"type": kind, "title": title, "status": status, "detail": detail, "instance": request.path}
    return Response(json.dumps({**document, **(extra or {})}), status, content_type=PROBLEM_TYPE)


def problem_responses(*statuses: int) -> dict[str | int | HTTPStatus, Any]:
    """The entries of an OpenAPI `responses` object for these error statuses."""
    content = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def from_codriver_error(error: CodriverError) -> Response:
    """One of our own errors, with its own status and title."""
    kind = "urn:codriver:" + error.title.lower().replace(" ", "-")
    response = problem(error.http_status, error.title, str(error), kind=kind)
    if isinstance(error, UnauthorizedError):
        response.headers["WWW-Authenticate"] = 'Bearer realm="codriver"'
    if error.http_status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "2"
    return response


def from_http_exception(error: HTTPException) -> Response:
    """One of Flask's own errors (404, 405, 413 …), keeping its headers."""
    if error.response is not None and isinstance(error.response, Response):
        return error.response
    response = problem(error.code or 500, error.name, error.description or error.name)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers.add(name, value)
    return response


def from_validation(error: ValidationError) -> Response:
    """A body or query that does not fit its schema; the sentence is about the first misfit, `errors` lists all."""
    misfits = [
        {"field": ".".join(map(str, item["loc"])) or "body", "problem": item["msg"]}
        for item in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    first = misfits[0]
    return problem(
        400,
        "Invalid input",
        f"{first['field']}: {first['problem']}.",
        kind="urn:codriver:invalid-input",
        extra={"errors": misfits[:20]},
    )


def from_bug(error: InternalServerError) -> Response:
    """Something that should not happen: the log has the traceback, the caller gets no details."""
    _LOG.error("%s %s failed", request.method, request.path, exc_info=error.original_exception)
    return problem(500, "Internal error", "This is a bug of the server; its log has the details.")


def install(app: Flask) -> None:
    """Answer every error of `app` with a problem document."""
    app.register_error_handler(CodriverError, from_codriver_error)
    app.register_error_handler(HTTPException, from_http_exception)
    app.register_error_handler(InternalServerError, from_bug)
