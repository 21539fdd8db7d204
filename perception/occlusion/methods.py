"""The methods that codriver completes shapes with."""

from __future__ import annotations

from perception.models.sessions import Runtime
from perception.occlusion.learned import Learned
from perception.occlusion.network import Network
from perception.occlusion.prior import Prior
from perception.occlusion.shapes import Shapes
from perception.occlusion.task import Method

SEES_PIXELS = frozenset({"inpaint", "onnx", "http"})
"""Methods that need the frame's picture, and not just its masks."""


def shipped_methods(runtime: Runtime, own: Shapes | None = None, network: Network | None = None) -> list[Method]:
    """Those that need nothing but the package; `own` are whole shapes of the data set, `network` an opened one."""
    prior = Prior(own)
    return [Learned(network or Network(runtime=runtime), prior), prior]
