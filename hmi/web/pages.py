"""The page for people. Everything it loads comes from this server."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request

from codriver.web.access import current_access
from codriver.web.pages import ask_for_token
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
    if not current_access().granted(request):
        return ask_for_token()
    here = parts()
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
