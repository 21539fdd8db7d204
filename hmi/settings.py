"""The settings of the HMI."""

from __future__ import annotations

from typing import Any

from codriver.settings import Setting

VSS = Setting("catalogue.vss", "", "VSS JSON export of the car; empty: the default vehicle")
OVERLAYS = Setting("catalogue.overlays", [], "overlay files merged over the VSS export, in this order")

VEHICLE = Setting(
    "vehicle.kind", "simulated", "what the sentences move", choices=("simulated", "can", "gpio", "replay")
)
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

RIG_FILE = Setting("rig.file", "rig.yaml", "file that says which signal hangs on which pins of the rig")
RIG_PINS = Setting(
    "rig.pins", "lgpio", "gpiozero pin factory of the rig: lgpio, pigpio, native, mock or simulated"
)

SPEAKER = Setting(
    "assistant.speaker",
    "driver",
    "where the speaker sits when the request does not say",
    choices=("driver", "passenger", "rear driver side", "rear passenger side"),
)

LLM_LEVEL = Setting("understanding.llm", True, "let the language-model level read what the grammar cannot")
LLM_SAMPLES = Setting(
    "understanding.samples", 1, "answers of the model to compare for one sentence", minimum=1, maximum=9
)
LLM_URL = Setting("llm.url", "", "OpenAI-compatible address of the language model; empty: the embedded one")
LLM_KEY = Setting("llm.key", "", "key for llm.url", secret=True)
LLM_MODEL = Setting("llm.model", "", "name of the model at llm.url")
LLM_TIMEOUT = Setting("llm.timeout", 8.0, "seconds for one question, retries included", minimum=0.1, maximum=120)
LLM_RETRIES = Setting("llm.retries", 1, "further tries when llm.url fails in passing", minimum=0, maximum=5)
LLM_STYLE = Setting(
    "llm.style",
    "auto",
    "free: the model finds the changes; choose: it picks among proposals; auto: free for llm.url",
    choices=("auto", "free", "choose"),
)
LLM_EMBEDDED = Setting("llm.embedded", "smollm2-135m-instruct", "model of the store that is embedded")
LLM_THREADS = Setting(
    "llm.threads", 0, "threads of the embedded model; 0: all cores, four at most", minimum=0, maximum=256
)

RULES_FILE = Setting("planning.rules", "", "YAML file with rules of your own")
RULES_OFF = Setting("planning.disabled", [], "ids of rules to switch off")
RULES_OFF_SAFETY = Setting("planning.allow-disabling-safety", False, "let planning.disabled name safety rules too")

SETTINGS: list[Setting[Any]] = [value for value in list(globals().values()) if isinstance(value, Setting)]
