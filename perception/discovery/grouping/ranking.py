"""From groups to clusters: which is decided first, and which members show what it is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from perception.dataset.clusters import WORTH_UNNAMED, Cluster
from perception.discovery.grouping.clustering import Groups, centres_of
from perception.discovery.grouping.collecting import Members
from perception.models.roles import FloatArray

GALLERY = 12
"""Representatives of a cluster."""

_STUFF_LIKE = 0.5


def one_group_for_each_track(groups: Groups, members: Members) -> Groups:
    """All members of a track in the group that most of them are in (of equal ones the lowest number)."""
    of_track: dict[tuple[str, int], list[int]] = defaultdict(list)
    for i, track in enumerate(members.tracks):
        if track is not None:
            of_track[track].append(i)
    result = groups.copy()
    for places in of_track.values():
        votes = Counter(int(groups[i]) for i in places if groups[i] >= 0)
        if votes:
            result[places] = min(votes, key=lambda number: (-votes[number], number))
    return result


def clusters_of(vectors: FloatArray, groups: Groups, members: Members) -> tuple[list[Cluster], Groups]:
    """The clusters in the order in which to decide them while none has a name, and each member's cluster id.

    First come those whose decision labels most things; what looks like stuff and then single members come last.
    Ids are these ranks, from 1. A member of no group is a cluster of its own.
    """
    filled = groups.copy()
    alone = np.flatnonzero(groups < 0)
    filled[alone] = groups.max(initial=-1) + 1 + np.arange(len(alone))
    numbers, position = np.unique(filled, return_inverse=True)
    sizes = np.bincount(position, minlength=len(numbers))
    objectness = np.array(members.objectness)
    told = bool((objectness > 0).any())
    mean = np.bincount(position, weights=objectness, minlength=len(numbers)) / np.maximum(sizes, 1)
    stuff = 1 - mean if told else np.zeros(len(numbers))
    worth = sizes * (1 - stuff)
    order = np.lexsort((numbers, -worth, stuff > _STUFF_LIKE, sizes == 1))
    rank = np.empty(len(numbers), np.int64)
    rank[order] = np.arange(len(numbers))
    galleries = _galleries(vectors, filled, numbers, members)
    clusters = [
        Cluster(
            id=place + 1,
            size=int(sizes[n]),
            rank=place,
            stuff=round(float(stuff[n]), 4),
            representatives=galleries[n],
        )
        for place, n in enumerate(order)
    ]
    return clusters, rank[position] + 1


def ranked(clusters: Sequence[Cluster]) -> list[Cluster]:
    """The clusters with new ranks, now that some have names: those without one are worth half as much."""

    def place(one: Cluster) -> tuple[bool, bool, float, int]:
        worth = one.size * (1 - one.stuff) * (1 if one.label else WORTH_UNNAMED)
        return one.size == 1, one.stuff > _STUFF_LIKE, -worth, one.id

    return [replace(one, rank=rank) for rank, one in enumerate(sorted(clusters, key=place))]


def _galleries(
    vectors: FloatArray, groups: Groups, numbers: Groups, members: Members
) -> list[tuple[tuple[str, int], ...]]:
    """The members nearest to their group's centre; first at most one of each frame and track, then others."""
    centres, _ = centres_of(vectors, groups, numbers)
    position = np.searchsorted(numbers, groups)
    nearness = np.einsum("ij,ij->i", vectors, centres[position])
    order = np.lexsort((np.arange(len(groups)), -nearness, position))
    starts = np.searchsorted(position[order], np.arange(len(numbers) + 1))
    return [_varied(order[a:b].tolist(), members) for a, b in pairwise(starts)]


def _varied(nearest: Sequence[int], members: Members) -> tuple[tuple[str, int], ...]:
    seen: set[object] = set()
    first: list[int] = []
    rest: list[int] = []
    for i in nearest:
        marks = {members.frames[i], members.tracks[i]} - {None}
        (rest if marks & seen else first).append(i)
        seen |= marks
        if len(first) == GALLERY:
            break
    return tuple((members.frames[i], members.ids[i]) for i in [*first, *rest][:GALLERY])
