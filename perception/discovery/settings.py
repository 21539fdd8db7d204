"""The settings of grouping and naming."""

from __future__ import annotations

from typing import Any

from codriver.settings import Setting

EMBEDDER = Setting(
    "perception.embedder",
    "mobilenet-v1",
    "what turns things into vectors besides the segmenter: mobilenet-v1, the folder of a CLIP or SigLIP model in "
    "ONNX, or none",
)
NAMER = Setting(
    "perception.namer",
    "mobilenet-v1",
    "who proposes names of groups: mobilenet-v1, the folder of a CLIP or SigLIP model in ONNX, vlm, or none",
)
NAMER_URL = Setting("perception.namer-url", "", "OpenAI-compatible address of the vision-language model for vlm")
NAMER_KEY = Setting("perception.namer-key", "", "key for perception.namer-url", secret=True)
NAMER_MODEL = Setting("perception.namer-model", "", "name of the model at perception.namer-url")
VOCABULARY = Setting("perception.vocabulary", "", "text file with the names that things may get, one a line")
NAME_CONFIDENCE = Setting(
    "perception.name-confidence", 0.6, "a name below this confidence is not proposed", minimum=0, maximum=1
)
SEED = Setting("perception.seed", 0, "of everything that is random in grouping", minimum=0)

SETTINGS: list[Setting[Any]] = [value for value in list(globals().values()) if isinstance(value, Setting)]
