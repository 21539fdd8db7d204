"""The pages that every server has: login and API documentation, and the files that pages share."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Response, make_response, render_template, send_from_directory

shared = Blueprint(
    "shared", __name__, static_folder="static", static_url_path="/shared", template_folder="templates"
)


def ask_for_token() -> Response:
    """The page that asks for the token, for somebody who came without it."""
    return make_response(render_template("login.html"), 401)


@shared.get("/favicon.ico")
def favicon() -> Response:
    """The icon, for browsers that ask for it by this name."""
    return shared.send_static_file("icon.svg")


@shared.get("/docs")
def docs() -> Response:
    """The API documentation as a page."""
    return make_response(render_template("docs.html"))


@shared.get("/docs/swagger/<path:name>")
def swagger_file(name: str) -> Response:
    """A file of Swagger UI, out of the installed package."""
    folder = Path(str(files("flask_openapi3_swagger"))) / "templates" / "swagger"
    return send_from_directory(folder, name)
