"""The settings of the HMI."""

from __future__ import annotations

from typing import Any

from codriver.settings import Setting

VSS = Setting("catalogue.vss", "", "VSS JSON export of the car; empty: the default vehicle")
OVERLAYS = Setting("catalogue.overlays", [], "overlay files merged over the VSS export, in this order")

VEHICLE = Setting("vehicle.kind", "simulated", "what the sentences move", choices=("simulated", "can", "replay"))
CAN_INTERFACE = Setting("vehicle.interface", "socketcan", "python-can interface of a real CAN bus")
CAN_CHANNEL = Setting("vehicle.channel", "vcan0", "python-can channel of a real CAN bus")
CAN_OPTIONS = Setting("vehicle.can-options", [], "further settings of the interface, as bitrate=500000 or fd=true")
CAN_DATABASE = Setting("vehicle.dbc", [], "DBC files of the bus; none: the simulated vehicle's own")
CAN_STAGING = Setting(
    "vehicle.stage-over-bus", False, "the bus is that of `codriver sim`: let scenes and faults be staged over it"
)
RECORDING = Setting("vehicle.recording", "", "recording that the vehicle of the kind replay plays")
REPLAY_SPEED = Setting(
    "vehicle.replay-speed", 1.0, "how fast it is played; 1 is as it was recorded", minimum=0.01, maximum=1000
)

SPEAKER = Setting(
    "assistant.speaker",
    "driver",
    "where the speaker sits when the request does not say",
    choices=("driver", "passenger", "rear driver side", "rear passenger side"),
)

RULES_FILE = Setting("planning.rules", "", "YAML file with rules of your own")
RULES_OFF = Setting("planning.disabled", [], "ids of rules to switch off")
RULES_OFF_SAFETY = Setting("planning.allow-disabling-safety", False, "let planning.disabled name safety rules too")

WEB_HOST = Setting("web.host", "127.0.0.1", "address that the page and the API listen on")
WEB_PORT = Setting("web.port", 8080, "port that the page and the API listen on", minimum=0, maximum=65535)
WEB_TOKEN = Setting("web.token", "", "token that callers must send; needed beyond loopback", secret=True)

SETTINGS: list[Setting[Any]] = [value for value in list(globals().values()) if isinstance(value, Setting)]
