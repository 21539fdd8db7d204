"""A dataset with what a person decided about it: what every export is made from."""

from __future__ import annotations

from collections.abc import Iterator

from perception.dataset.dataset import Dataset
from perception.dataset.decision_log import read_decisions
from perception.dataset.decisions import settle
from perception.record import FrameRecord


def settled_records(dataset: Dataset) -> Iterator[FrameRecord]:
    """All records in the source's order, as the person wants them; see `perception.dataset.decisions.settle`."""
    return settle(dataset.records(), read_decisions(dataset.storage))
