"""Puts the app together: API, page, and the live state."""

from __future__ import annotations

from flask_openapi3.openapi import OpenAPI

from codriver.web.access import Access
from codriver.web.app import API, make_app
from hmi.session import Session
from hmi.web import pages
from hmi.web.api import conversation, history, live, signals, simulation, voice
from hmi.web.events import EventHub
from hmi.web.parts import Parts, install, parts


def create_app(session: Session, access: Access | None = None, *, speaker: str = "driver") -> OpenAPI:
    """The app for one vehicle. Close `hub_of(app)` before the session is closed."""
    app = make_app(
        __name__,
        "Say what the car should do, read and write its signals, and follow what happens.",
        access or Access(),
        public=frozenset({"pages.dashboard"}),
        before_body=voice.allow_recordings,
    )
    install(app, Parts(session, EventHub(session.vehicle), speaker))
    voice.install(app)
    app.register_blueprint(pages.pages)
    for module in (conversation, signals, live, simulation, history, voice):
        app.register_api(module.api, url_prefix=API)
    return app


def hub_of(app: OpenAPI) -> EventHub:
    """The event hub of an app made by `create_app`."""
    with app.app_context():
        return parts().hub
