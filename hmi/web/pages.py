"""The pages for people: dashboard, login, API documentation. Everything they load comes from this server."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Response, current_app, make_response, render_template, request, send_from_directory

from hmi.settings import SPEAKER
from hmi.web.parts import parts

pages = Blueprint("pages", __name__)

EXAMPLES = (
    "open my window halfway",
    "turn on seat heating for everyone",
    "lower the volume a bit",
    "make the ambient light blue",
    "turn on the fog lights",
    "lock all the doors",
    "how fast are we going?",
    "undo that",
)

SPEAKERS = SPEAKER.choices

ZONES = (
    (1, "DriverSide", "Driver"),
    (1, "PassengerSide", "Passenger"),
    (2, "DriverSide", "Rear left"),
    (2, "PassengerSide", "Rear right"),
)

DIALS = (
    ("Vehicle.Speed", "Speed", 0, 200, 1, "km/h"),
    ("Vehicle.Body.Raindetection.Intensity", "Rain", 0, 100, 1, "%"),
    ("Vehicle.Exterior.AirTemperature", "Outside temperature", -30, 45, 1, "°C"),
    ("Vehicle.Cabin.HVAC.AmbientAirTemperature", "Cabin temperature", -20, 60, 1, "°C"),
    ("Vehicle.Exterior.LightIntensity", "Daylight", 0, 100, 1, "%"),
)
"""(signal, label, lowest, highest, step, unit) of the sliders of the scene panel."""


@pages.get("/")
def dashboard() -> Response:
    """The dashboard, or the page that asks for the token."""
    here = parts()
    if not here.access.granted(request):
        return make_response(render_template("login.html"), 401)
    catalogue = here.session.catalogue
    return make_response(
        render_template(
            "dashboard.html",
            simulated=here.session.simulation is not None,
            zones=ZONES,
            examples=EXAMPLES,
            speakers=SPEAKERS,
            default_speaker=here.speaker,
            dials=[dial for dial in DIALS if dial[0] in catalogue],
        )
    )


@pages.get("/favicon.ico")
def favicon() -> Response:
    """The icon, for browsers that ask for it by this name."""
    return current_app.send_static_file("icon.svg")


@pages.get("/docs")
def docs() -> Response:
    """The API documentation as a page."""
    return make_response(render_template("docs.html"))


@pages.get("/docs/swagger/<path:name>")
def swagger_file(name: str) -> Response:
    """A file of Swagger UI, out of the installed package."""
    folder = Path(str(files("flask_openapi3_swagger"))) / "templates" / "swagger"
    return send_from_directory(folder, name)
