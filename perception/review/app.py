"""Puts the review's app together: the page, the API, and one dataset behind them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, make_response, render_template, request
from flask_openapi3.openapi import OpenAPI

from codriver.web.access import Access, current_access
from codriver.web.app import API, make_app
from codriver.web.pages import ask_for_token
from perception.dataset.dataset import Dataset
from perception.dataset.decision_log import DecisionLog
from perception.review import api
from perception.review.board import Board
from perception.review.gallery import Gallery
from perception.review.parts import Parts, install
from perception.review.pictures import Pictures

_pages = Blueprint("pages", __name__)


def create_app(
    dataset: Dataset, log: DecisionLog, export: Callable[[], tuple[str, int]], access: Access, *, who: str
) -> OpenAPI:
    """The app that reviews `dataset`; decisions are kept in `log` under the name `who`."""
    app = make_app(__name__, "Review a labelled dataset.", access, public=frozenset({"pages.review"}))
    board = Board(dataset, log, who)
    install(app, Parts(board, Gallery(board), Pictures(dataset), export))
    app.register_blueprint(_pages)
    app.register_api(api.api, url_prefix=API)
    return app


@_pages.get("/")
def review() -> Response:
    """The review page, or the page that asks for the token."""
    if not current_access().granted(request):
        return ask_for_token()
    return make_response(render_template("review.html"))
