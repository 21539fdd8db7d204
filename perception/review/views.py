"""What the API tells of a board, as plain values that fit the schemas."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from perception.dataset.decisions import CHOICE_NONE, CHOICE_VISIBLE, Decision
from perception.record import Instance, Occlusion
from perception.review.board import STATES, Board
from perception.review.gallery import Gallery, Group
from perception.review.pictures import outline_of

_PAST = {
    "rename": "named",
    "accept": "accepted",
    "reject": "rejected",
    "reopen": "reopened",
    "merge": "merged",
}


def progress(board: Board, gallery: Gallery) -> dict[str, Any]:
    """As `schemas.Progress`."""
    last = board.last()
    groups = gallery.groups()
    used = {board.labels[one] for one in set(board.label.tolist())} - {""}
    return {
        "name": board.dataset.storage.url.rstrip("/").rsplit("/", 1)[-1],
        "frames": len(board.dataset),
        "segments": len(board.table),
        "settled": int((board.state > 0).sum()),
        "rejected": int((board.state == STATES.index("rejected")).sum()),
        "clusters": len(groups),
        "open_clusters": sum(one.state == "open" for one in groups),
        "stale": board.stale,
        "undo": summary(last) if last else "",
        "labels": sorted(used),
        "revision": board.revision,
    }


def summary(decision: Decision) -> str:
    """A decision in a few words: "named 12 segments “cone”"."""
    count = sum(len(members) for members in decision.members.values())
    things = f"{count:,} segment{'' if count == 1 else 's'}"
    if decision.kind == "completion":
        choices = {CHOICE_VISIBLE: "nothing is hidden", CHOICE_NONE: "no proposal is right"}
        return f"whole shape: {choices.get(decision.choice, f'proposal {decision.choice + 1}')}"
    if decision.kind == "split":
        return f"split off {things} into a cluster of their own"
    return f"{_PAST[decision.kind]} {things}" + (f" “{decision.label}”" if decision.label else "")


def segment(board: Board, row: int) -> dict[str, Any]:
    """As `schemas.Segment`."""
    table = board.table
    area = int(table.area[row])
    return {
        "id": row,
        "frame": int(table.frame[row]),
        "frame_id": board.dataset.frame_ids[table.frame[row]],
        "label": board.labels[board.label[row]],
        "source": board.source(row),
        "status": table.status(row),
        "state": STATES[board.state[row]],
        "single": bool(board.single[row]),
        "cluster": int(board.group[row]),
        "score": float(table.score[row]),
        "area": area,
        "box": table.box[row].tolist(),
        "thumb": f"/api/v1/segments/{row}/thumb?v={board.dataset.identity[:12]}-{area}",
    }


def cluster(board: Board, gallery: Gallery, group: Group, samples: int) -> dict[str, Any]:
    """As `schemas.Cluster`."""
    shown = [segment(board, row) for row in gallery.samples(group.id, samples)] if samples else []
    return {**asdict(group), "state": group.state, "samples": shown}


def frame(board: Board, gallery: Gallery, position: int) -> dict[str, Any]:
    """As `schemas.FrameView`. Raises `NotFoundError` or `FileFormatError`."""
    record = board.dataset[position]
    rows = board.rows_of_frame(position).tolist()
    row_of = {int(board.table.id[row]): row for row in rows}
    shapes = [_shape(board, row_of[one.id], one, row_of) for one in record.instances]
    return {
        "frame": position,
        "frame_id": record.frame.id,
        "frames": len(board.dataset),
        "width": record.frame.width,
        "height": record.frame.height,
        "failure": record.failure,
        "image": f"/api/v1/frames/{position}/image?v={record.frame.sha256[:16]}",
        "shapes": shapes,
        "progress": progress(board, gallery),
    }


def _shape(board: Board, row: int, instance: Instance, row_of: dict[int, int]) -> dict[str, Any]:
    occlusion = instance.occlusion or Occlusion(rate=0.0)
    return {
        **segment(board, row),
        "path": outline_of(instance.mask),
        "rate": occlusion.rate if instance.occlusion else None,
        "occluded_by": [row_of[one] for one in occlusion.occluded_by if one in row_of],
        "depth": occlusion.depth_order,
        "cut_by_frame": occlusion.cut_by_frame,
        "candidates": [
            {"method": one.method, "confidence": one.confidence, "path": outline_of(one.mask)}
            for one in occlusion.completions
        ],
        "choice": board.verdict(row).choice,
    }
