"""The token for a cookie, so that the page can work without keeping the token itself."""

from __future__ import annotations

from flask import Response, make_response

from codriver.web.access import COOKIE, UnauthorizedError, current_access
from codriver.web.blueprint import make_blueprint
from codriver.web.problems import problem_responses
from codriver.web.schemas import LoginBody

api = make_blueprint("login", "For the page.")


@api.post("/login", responses={204: None, **problem_responses(415)})
def login(body: LoginBody) -> Response:
    """Trade the token for a login cookie

    For browsers; other callers send `Authorization: Bearer` with each request.
    """
    access = current_access()
    if access.token and not access.is_token(body.token):
        raise UnauthorizedError("This is not the server's token; it is the value of the setting web.token.")
    response = make_response("", 204)
    if access.token:
        response.set_cookie(COOKIE, access.cookie, httponly=True, samesite="Strict", path="/")
    return response
