"""The REST API under /api/v1: clusters, segments, frames, and decisions about them."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from codriver.errors import InputError
from codriver.web.blueprint import make_blueprint
from codriver.web.problems import problem_responses
from codriver.web.schemas import EmptyBody
from perception.dataset.decisions import Decision
from perception.review import views
from perception.review.parts import parts
from perception.review.schemas import (
    ClusterPage,
    ClusterPath,
    ClusterQuery,
    CompletionBody,
    Decided,
    DecisionBody,
    Exported,
    FramePath,
    FrameView,
    PageQuery,
    Progress,
    SegmentPage,
    SegmentPath,
)

api = make_blueprint("review", "Look at what was found, and decide.")
_JPEG: dict[str | int, Any] = {
    200: {"description": "A JPEG.", "content": {"image/jpeg": {"schema": {"type": "string"}}}}
}


@api.get("/progress", responses={200: Progress})
def read_progress() -> Response:
    """Tell how far the review is"""
    here = parts()
    return jsonify(views.progress(here.board, here.gallery))


@api.get("/clusters", responses={200: ClusterPage})
def list_clusters(query: ClusterQuery) -> Response:
    """List clusters, those first whose decision labels most"""
    here = parts()
    with here.board.lock:
        found = here.gallery.groups(query.shown, query.search)
        page = found[query.offset : query.offset + query.limit]
        clusters = [views.cluster(here.board, here.gallery, one, query.samples) for one in page]
        return jsonify(
            {"total": len(found), "clusters": clusters, "progress": views.progress(here.board, here.gallery)}
        )


@api.get("/clusters/<cluster>/segments", responses={200: SegmentPage, **problem_responses(404)})
def list_segments(path: ClusterPath, query: PageQuery) -> Response:
    """List a cluster's segments, the typical ones first"""
    here = parts()
    with here.board.lock:
        group = here.gallery.group(path.cluster)
        rows = here.gallery.samples(path.cluster, query.offset + query.limit, with_rejected=True)[query.offset :]
        return jsonify(
            {
                "total": group.segments,
                "cluster": views.cluster(here.board, here.gallery, group, 0),
                "segments": [views.segment(here.board, row) for row in rows],
            }
        )


@api.get("/segments/<segment>/thumb", responses={**_JPEG, **problem_responses(404, 500, 503)})
def read_thumb(path: SegmentPath) -> Response:
    """Show a segment"""
    here = parts()
    here.check_segment(path.segment)
    table, ids = here.board.table, here.board.dataset.frame_ids
    frame_id, instance = ids[table.frame[path.segment]], int(table.id[path.segment])
    return _lasting(here.pictures.crop(frame_id, instance))


@api.get("/frames/<frame>", responses={200: FrameView, **problem_responses(404, 500)})
def read_frame(path: FramePath) -> Response:
    """Read a frame with all outlines"""
    here = parts()
    here.check_frame(path.frame)
    with here.board.lock:
        return jsonify(views.frame(here.board, here.gallery, path.frame))


@api.get("/frames/<frame>/image", responses={**_JPEG, **problem_responses(404, 500, 503)})
def read_image(path: FramePath) -> Response:
    """Show a frame"""
    here = parts()
    here.check_frame(path.frame)
    return _lasting(here.pictures.frame(here.board.dataset.frame_ids[path.frame]))


@api.post("/decisions", responses={200: Decided, **problem_responses(404, 413, 415, 503)})
def decide(body: DecisionBody) -> Response:
    """Decide about clusters or segments, and keep it"""
    if bool(body.clusters) == bool(body.segments):
        raise InputError("Name either clusters or segments to decide about.")
    if (body.kind == "rename") != bool(body.label) and body.kind != "accept":
        raise InputError("A name belongs to rename, which needs it, and to accept.")
    if (body.kind == "merge" and not body.clusters) or (body.kind == "split" and not body.segments):
        raise InputError("Clusters are merged, segments are split off.")
    decision = parts().board.decide(
        body.kind, clusters=body.clusters, segments=body.segments, label=body.label or ""
    )
    return _decided(decision)


@api.post("/completions", responses={200: Decided, **problem_responses(404, 413, 415, 503)})
def choose_completion(body: CompletionBody) -> Response:
    """Choose among the proposals for a segment's whole shape"""
    here = parts()
    here.check_segment(body.segment)
    table = here.board.table
    record = here.board.dataset[int(table.frame[body.segment])]
    occlusion = record.instance(int(table.id[body.segment])).occlusion
    if occlusion is None or body.choice >= len(occlusion.completions):
        count = len(occlusion.completions) if occlusion else 0
        raise InputError(f"Segment {body.segment} has {count} proposals for its whole shape; choose one of them.")
    return _decided(here.board.decide("completion", segments=[body.segment], choice=body.choice))


@api.post("/undo", responses={200: Decided, **problem_responses(413, 415, 503)})
def undo(body: EmptyBody) -> Response:
    """Take the last decision back"""
    return _decided(parts().board.undo(), prefix="undone: ")


@api.post("/export", responses={200: Exported, **problem_responses(413, 415, 503)})
def export(body: EmptyBody) -> Response:
    """Write the annotations as COCO, with everything that was decided"""
    here = parts()
    with here.exporting:
        path, count = here.export()
    return jsonify({"path": path, "annotations": count})


def _decided(decision: Decision, *, prefix: str = "") -> Response:
    here = parts()
    text = prefix + views.summary(decision)
    shown = {"number": decision.number, "summary": text, "cluster": decision.cluster}
    return jsonify({**shown, "progress": views.progress(here.board, here.gallery)})


def _lasting(jpeg: bytes) -> Response:
    """The address of a picture names its content, so it may be kept."""
    headers = {"Cache-Control": "private, max-age=604800, immutable"}
    return Response(jpeg, headers=headers, content_type="image/jpeg")
