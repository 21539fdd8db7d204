"""The shapes of requests and responses; the OpenAPI document is made from them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from codriver.web.schemas import Body

Label = Annotated[str, Field(max_length=100, pattern=r"^\S(.*\S)?$", description="A class.")]
Ids = Annotated[list[Annotated[int, Field(ge=-(2**31), lt=2**31)]], Field(max_length=5000)]
Found = Literal["rename", "accept", "reject", "reopen", "merge", "split"]


class DecisionBody(Body):
    """A decision about clusters as a whole, or about single segments."""

    kind: Found
    clusters: Ids = Field(default=[], description="Whole clusters; for a merge the first one stays.")
    segments: Ids = Field(default=[], description="Single segments; instead of `clusters`.")
    label: Label | None = Field(
        default=None, description="rename: the class; accept: absent for the proposed one."
    )


class CompletionBody(Body):
    """Which proposal for a segment's whole shape is right."""

    segment: int = Field(ge=0, lt=2**31)
    choice: int = Field(ge=-2, lt=100, description="Index of the proposal; -1: nothing is hidden; -2: none.")


class ClusterQuery(BaseModel):
    """A page of the gallery."""

    shown: Literal["open", "settled", "rejected", "all"] = "open"
    search: str = Field(default="", max_length=100)
    offset: int = Field(default=0, ge=0, lt=2**31)
    limit: int = Field(default=24, ge=1, le=100)
    samples: int = Field(default=6, ge=0, le=24)


class PageQuery(BaseModel):
    """A page of a list."""

    offset: int = Field(default=0, ge=0, lt=2**31)
    limit: int = Field(default=60, ge=1, le=500)


class ClusterPath(BaseModel):
    """Which cluster."""

    cluster: int = Field(ge=-(2**31), lt=2**31)


class SegmentPath(BaseModel):
    """Which segment."""

    segment: int = Field(ge=0, lt=2**31)


class FramePath(BaseModel):
    """Which frame, by its position in the dataset."""

    frame: int = Field(ge=0, lt=2**31)


class Progress(BaseModel):
    """How far the review is."""

    name: str
    frames: int
    segments: int
    settled: int = Field(description="Segments that were decided, rejected ones included.")
    rejected: int
    clusters: int
    open_clusters: int
    stale: int = Field(description="Segments in decisions that are no longer there, or have become others.")
    undo: str = Field(description="What undo would take back; empty when there is nothing.")
    labels: list[str] = Field(description="Classes in use.")
    revision: int


class Segment(BaseModel):
    """One object of a frame."""

    id: int
    frame: int
    frame_id: str
    label: str
    source: str = Field(description='Who named it: "person", a model, "import"; empty while unnamed.')
    status: Literal["known", "unknown"]
    state: Literal["open", "settled", "rejected"]
    single: bool = Field(description="Decided on its own, not with its cluster.")
    cluster: int
    score: float
    area: int
    box: list[int] = Field(description="x, y, width, height in pixels.")
    thumb: str = Field(description="Path of its picture.")


class Cluster(BaseModel):
    """One card of the gallery."""

    id: int
    name: str
    source: str
    confidence: float
    state: Literal["open", "settled", "rejected"]
    segments: int
    open: int
    settled: int
    rejected: int
    single: int
    gain: float
    samples: list[Segment]


class ClusterPage(BaseModel):
    """A page of the gallery, most gain first."""

    total: int
    clusters: list[Cluster]
    progress: Progress


class SegmentPage(BaseModel):
    """A page of a cluster's segments, the typical ones first."""

    total: int
    cluster: Cluster
    segments: list[Segment]


class Candidate(BaseModel):
    """A proposal for a whole shape."""

    method: str
    confidence: float
    path: str


class Shape(Segment):
    """A segment with its outlines, as SVG paths in pixels of the frame."""

    path: str
    rate: float | None = Field(description="Hidden share, 0..1; null when occlusion was not looked at.")
    occluded_by: list[int] = Field(description="Segments in front of it.")
    depth: int = Field(description="0 for the nearest.")
    cut_by_frame: bool
    candidates: list[Candidate]
    choice: int | None = Field(description="As in a decision; null when nobody decided.")


class FrameView(BaseModel):
    """A frame with all that is on it."""

    frame: int
    frame_id: str
    frames: int
    width: int
    height: int
    failure: str
    image: str
    shapes: list[Shape]
    progress: Progress


class Decided(BaseModel):
    """What was kept."""

    number: int
    summary: str
    cluster: int | None = Field(description="Where the segments are now, after a merge or split.")
    progress: Progress


class Exported(BaseModel):
    """What was written."""

    path: str
    annotations: int
