"""Proposes names for clusters from their galleries."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from codriver.errors import CodriverError
from perception.dataset.clusters import Cluster
from perception.discovery.crops import crop
from perception.frame import Frame, RGBImage
from perception.masks import Mask
from perception.models.roles import Namer

logger = logging.getLogger(__name__)

_SHOWN = 8


def name_clusters(
    clusters: Sequence[Cluster],
    namer: Namer,
    crops_of: Callable[[Cluster], Sequence[RGBImage]],
    confidence: float,
    progress: Callable[[int, int], None],
) -> list[Cluster]:
    """The clusters with the namer's best name where it is at least as sure as `confidence`.

    The others stay unnamed, and so do single members: one picture is no evidence of a kind. A namer that fails
    stops naming, not the run.
    """
    named = list(clusters)
    asked = [i for i, cluster in enumerate(clusters) if cluster.size > 1]
    for done, i in enumerate(asked, start=1):
        try:
            proposals = namer.name_crops(crops_of(clusters[i]))
        except CodriverError as error:
            logger.warning("%s The clusters from here on stay unnamed.", error)
            break
        if proposals and proposals[0].confidence >= confidence:
            best = proposals[0]
            named[i] = replace(
                clusters[i], label=best.label, confidence=round(best.confidence, 4), label_source=namer.name
            )
        progress(done, len(asked))
    return named


class GalleryCrops:
    """Pictures of a cluster's representatives."""

    def __init__(self, load: Callable[[str], Frame], masks: dict[tuple[str, int], Mask]) -> None:
        """`masks` by frame id and instance id."""
        self._load = load
        self._masks = masks
        self._last: dict[str, Frame] = {}

    def __call__(self, cluster: Cluster) -> list[RGBImage]:
        """One picture for each of the first representatives, with their surroundings greyed out."""
        return [
            crop(self._frame(frame).image, self._masks[frame, instance], isolated=True)
            for frame, instance in cluster.representatives[:_SHOWN]
        ]

    def _frame(self, name: str) -> Frame:
        if name not in self._last:
            if len(self._last) >= 2 * _SHOWN:
                self._last.clear()
            self._last[name] = self._load(name)
        return self._last[name]
