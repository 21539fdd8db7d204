"""The stage that groups unknown instances over the whole dataset and proposes names for the groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from perception.dataset.clusters import Cluster
from perception.discovery.embed_stage import APPEARANCE_VECTORS
from perception.discovery.grouping.clustering import group
from perception.discovery.grouping.collecting import Members, collect
from perception.discovery.grouping.mixing import mix
from perception.discovery.grouping.ranking import clusters_of, one_group_for_each_track, ranked
from perception.discovery.naming import GalleryCrops, name_clusters
from perception.discovery.pooling import SEGMENTER_VECTORS
from perception.frame import Frame
from perception.masks import Mask
from perception.models.roles import Namer
from perception.record import FrameRecord, Instance

WEIGHTS = {SEGMENTER_VECTORS: 1.0, APPEARANCE_VECTORS: 0.8}
"""How much each kind of vector counts (measured in docs/grouping.md)."""

Progress = Callable[[int, int], None]


class ClusterStage:
    """Groups and names; every unknown instance with vectors gets a `cluster_id`."""

    def __init__(self, namer: Namer | None = None, *, confidence: float = 0.5, seed: int = 0) -> None:
        """`confidence`: names below it are not proposed."""
        self._namer, self._confidence, self._seed = namer, confidence, seed

    @property
    def name(self) -> str:
        """ "cluster\""""
        return "cluster"

    def fingerprint(self) -> Mapping[str, Any]:
        """Seed, weights, namer, the version of the code."""
        namer = None if self._namer is None else [self._namer.name, dict(self._namer.files_sha256())]
        return {
            "version": 3,
            "seed": self._seed,
            "weights": WEIGHTS,
            "namer": namer,
            "confidence": self._confidence,
        }

    def run(
        self, records: Sequence[FrameRecord], load: Callable[[str], Frame], progress: Progress
    ) -> Iterable[FrameRecord | Cluster]:
        """All clusters, then the records of which an instance's cluster or name has changed."""
        members = collect(records, tuple(WEIGHTS), progress)
        clusters: list[Cluster] = []
        cluster_of: dict[tuple[str, int], int] = {}
        if len(members):
            vectors = mix([(rows, WEIGHTS[name]) for name, rows in members.spaces.items()], self._seed)
            groups = one_group_for_each_track(group(vectors, self._seed), members)
            clusters, ids = clusters_of(vectors, groups, members)
            cluster_of = dict(zip(zip(members.frames, members.ids, strict=True), ids.tolist(), strict=True))
            clusters = self._named(clusters, records, members, load, progress)
        yield from clusters
        yield from _changed(records, cluster_of, {one.id: one for one in clusters})

    def _named(
        self,
        clusters: list[Cluster],
        records: Sequence[FrameRecord],
        members: Members,
        load: Callable[[str], Frame],
        progress: Progress,
    ) -> list[Cluster]:
        if self._namer is None:
            return clusters
        shown = {pair for cluster in clusters if cluster.size > 1 for pair in cluster.representatives}
        crops = GalleryCrops(load, dict(_masks(records, shown)))
        return ranked(name_clusters(clusters, self._namer, crops, self._confidence, progress))


def _masks(records: Sequence[FrameRecord], wanted: set[tuple[str, int]]) -> Iterator[tuple[tuple[str, int], Mask]]:
    for record in records:
        for one in record.instances:
            if (record.frame.id, one.id) in wanted:
                yield (record.frame.id, one.id), one.mask


def _changed(
    records: Sequence[FrameRecord], cluster_of: Mapping[tuple[str, int], int], clusters: Mapping[int, Cluster]
) -> Iterator[FrameRecord]:
    for record in records:
        instances = tuple(
            _placed(one, clusters.get(cluster_of.get((record.frame.id, one.id), 0))) for one in record.instances
        )
        if instances != record.instances:
            yield record.with_instances(instances)


def _placed(one: Instance, cluster: Cluster | None) -> Instance:
    """The instance in its cluster; what somebody else named keeps its name."""
    if cluster is None:
        return replace(one, cluster_id=None) if one.status == "unknown" else one
    mine = not one.label_source or one.label_source.startswith("cluster")
    if not mine:
        return replace(one, cluster_id=cluster.id)
    source = f"cluster:{cluster.label_source}" if cluster.label else ""
    return replace(one, cluster_id=cluster.id, label=cluster.label, label_source=source)
