"""A group of alike things over the whole dataset, as the grouping stage proposes it and a person settles it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

WORTH_UNNAMED = 0.5
"""What deciding on a cluster without a proposed name is worth, next to one with a name: it must be thought of."""


@dataclass(frozen=True)
class Cluster:
    """Instances that show the same kind of thing; `Instance.cluster_id` refers to `id`."""

    id: int
    size: int
    """Number of its instances."""
    label: str = ""
    """The proposed name; "" when there is none."""
    confidence: float = 0.0
    """0..1, of `label`."""
    label_source: str = ""
    """The model that proposed `label`."""
    rank: int = 0
    """0 for the cluster that should be decided first; singletons and stuff-like clusters come last."""
    stuff: float = 0.0
    """0..1: how much it looks like stuff (road, façade) rather than things."""
    representatives: tuple[tuple[str, int], ...] = ()
    """The most typical instances first, each as frame id and instance id."""


def cluster_to_json(cluster: Cluster) -> dict[str, Any]:
    """As plain JSON values."""
    return asdict(cluster)


def cluster_from_json(document: Mapping[str, Any]) -> Cluster:
    """The cluster that `cluster_to_json` wrote. Raises `KeyError`, `TypeError` or `ValueError` otherwise."""
    pairs = tuple((str(frame), int(instance)) for frame, instance in document["representatives"])
    return Cluster(**{**document, "representatives": pairs})
