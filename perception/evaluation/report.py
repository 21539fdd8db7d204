"""Everything that `codriver evaluate` measures, as one object, as JSON and as a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from codriver.errors import InputError
from perception.evaluation.amodal import Amodal, Shapes, measure_amodal
from perception.evaluation.annotations import Comparison
from perception.evaluation.coco_metrics import PrecisionRecall, precision_recall
from perception.evaluation.discovery import Discovery, Recall, measure_discovery
from perception.evaluation.groups import Grouping, measure_grouping
from perception.evaluation.identity import Identity, measure_identity

Row = Sequence[str]


@dataclass(frozen=True)
class Report:
    """What was measured over the images that predictions and truth share."""

    images: int
    without_truth: tuple[str, ...]
    without_prediction: tuple[str, ...]
    classes: tuple[str, ...]
    limit: int
    masks: PrecisionRecall
    """Whatever the masks are called."""
    masks_by_class: Mapping[str, PrecisionRecall]
    discovery: Discovery
    grouping: Grouping
    identity: Identity
    amodal: Amodal | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; what could not be measured is null."""
        document: dict[str, Any] = _plain(asdict(self))
        return document


def evaluate(comparison: Comparison, classes: Sequence[str], limit: int, *, amodal: bool = False) -> Report:
    """Measure all over the truth's `classes` (none: all) with at most `limit` annotations per frame.

    Raises `InputError` for a class that the truth does not have, or for `amodal` without a truth of it.
    """
    known = comparison.truth.classes
    for label in classes:
        if label not in known:
            raise InputError(
                f"{comparison.truth.origin} has no class {label!r}; it has {', '.join(known) or 'none'}."
            )
    chosen = tuple(classes) or known
    if amodal and all(one.amodal is None for pair in comparison.pairs for one in pair.truth.annotations):
        raise InputError(f"{comparison.truth.origin} has no amodal masks; --amodal needs them to compare with.")
    return Report(
        len(comparison.pairs),
        comparison.without_truth,
        comparison.without_prediction,
        chosen,
        limit,
        precision_recall(comparison, None, chosen, limit),
        {label: precision_recall(comparison, label, chosen, limit) for label in chosen},
        measure_discovery(comparison, chosen, limit),
        measure_grouping(comparison, chosen),
        measure_identity(comparison),
        measure_amodal(comparison, chosen) if amodal else None,
    )


def lines(report: Report) -> list[str]:
    """The report for a person."""
    told = [f"{report.images} images, at most {report.limit} annotations each"]
    if report.without_prediction:
        told.append(f"{len(report.without_prediction)} images of the truth have no prediction and do not count")
    if report.without_truth:
        told.append(f"{len(report.without_truth)} predicted images have no truth and do not count")
    told += ["", *_masks(report), "", *_discovery(report.discovery), "", *_grouping(report.grouping)]
    told += _identity(report.identity)
    if report.amodal is not None:
        told += ["", *_amodal(report.amodal)]
    return told


def _masks(report: Report) -> list[str]:
    head = ("masks", "objects", "AP", "AP50", "AP75", "AR")
    rows = [("any class", report.masks), *report.masks_by_class.items()]
    return table([head, *((name, str(m.truths), *map(_figure, (m.ap, m.ap50, m.ap75, m.ar))) for name, m in rows)])


def _discovery(found: Discovery) -> list[str]:
    head = ("recall", "objects", "IoU 0.5", "IoU 0.75", "as unknown", "together", "best IoU")

    def row(name: str, recall: Recall) -> Row:
        figures = (recall.at_50, recall.at_75, recall.unknown_at_50, recall.together_at_50, recall.best_iou)
        return (name, str(recall.truths), *map(_figure, figures))

    rows = [row(name, recall) for name, recall in found.by_class.items()]
    return [
        *table([head, row("all", found.overall), *rows]),
        f"{found.annotations_per_frame:.1f} annotations per frame; {_percent(found.unknown_on_stuff)} of "
        f"{found.unknown} unknown masks lie mostly on stuff",
    ]


def _grouping(grouping: Grouping) -> list[str]:
    if not grouping.objects:
        return ["clusters: nothing to compare (no unknown object of the truth is in a cluster)"]
    return [
        f"clusters: {grouping.objects} objects in {grouping.clusters} clusters; NMI {_figure(grouping.nmi)}, "
        f"adjusted {_figure(grouping.ami)}, purity {_figure(grouping.purity)} (one single cluster: "
        f"{_figure(grouping.single_cluster_purity)}), {_percent(grouping.grouped)} with others"
    ]


def _identity(identity: Identity) -> list[str]:
    if math.isnan(identity.idf1):
        return []
    return [
        f"tracks: {identity.tracks} with {identity.truths} objects; IDF1 {_figure(identity.idf1)}, "
        f"{_percent(identity.id_recall)} found under their track's name "
        f"({_percent(identity.kept)} of those found), {identity.switches} switches"
    ]


def _amodal(amodal: Amodal) -> list[str]:
    head = ("completed", "objects", "full IoU", "hidden IoU", "visible as it is")

    def row(name: str, shapes: Shapes) -> Row:
        return (
            name,
            str(shapes.objects),
            *map(_figure, (shapes.full_iou, shapes.hidden_iou, shapes.visible_full_iou)),
        )

    rows = [head, row("all occluded", amodal.occluded)]
    for group in (amodal.by_method, amodal.by_class, amodal.by_rate, amodal.by_extent):
        rows += [row(name, shapes) for name, shapes in group.items()]
    order, whole = amodal.order, amodal.unoccluded
    told = [*table(rows)]
    if amodal.not_found:
        told.append(f"{amodal.not_found} of them were not found")
    told.append(
        f"order: {_percent(order.right)} of {order.pairs} pairs right, {_percent(order.reversed)} reversed, "
        f"{_percent(order.missing)} missing; {order.false_pairs} pairs that are none"
    )
    told.append(
        f"unoccluded: {whole.objects} objects lose {_figure(whole.mean_loss)} on average, "
        f"{_figure(whole.worst_loss)} at worst; {_percent(whole.losing)} lose more than 0.01"
    )
    return told


def table(rows: Sequence[Row]) -> list[str]:
    """Lines with aligned columns: the first to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


def _figure(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def _percent(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.0%}"


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 6)
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
