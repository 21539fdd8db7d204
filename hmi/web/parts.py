"""What the handlers share: the session and the event hub, kept in the app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import Flask, current_app

from hmi.web.events import EventHub

if TYPE_CHECKING:
    from hmi.session import Session

_KEY = "codriver"


@dataclass(frozen=True)
class Parts:
    """Everything a handler works with."""

    session: Session
    hub: EventHub
    speaker: str
    """Where the speaker sits when the request does not say; one of the setting's choices."""


def install(app: Flask, parts: Parts) -> None:
    """Put `parts` into `app`."""
    app.extensions[_KEY] = parts


def parts() -> Parts:
    """The parts of the app that handles the current request."""
    return cast(Parts, current_app.extensions[_KEY])
