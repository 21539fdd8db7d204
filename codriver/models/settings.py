"""The settings of the model store. Its folder is the variable CODRIVER_MODELS, see `codriver.models.store`."""

from __future__ import annotations

from typing import Any

from codriver.settings import Setting

MANIFESTS = Setting(
    "models.manifests", [], "manifests of models of your own; a later entry replaces an earlier one"
)
TIMEOUT = Setting(
    "models.timeout", 120.0, "seconds without a single byte after which a download is given up", minimum=0.1
)

SETTINGS: list[Setting[Any]] = [MANIFESTS, TIMEOUT]
