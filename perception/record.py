"""What is known of a frame's objects: the record that stages hand on, and that the log keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from perception.frame import FrameInfo
from perception.masks import Mask
from perception.vectors import InstanceVectors

Status = Literal["known", "unknown"]


@dataclass(frozen=True)
class Completion:
    """One proposal for an instance's whole shape."""

    method: str
    """"learned", "prior", "inpaint", "video", the name of an external model, or "visible" (nothing is hidden)."""
    mask: Mask
    """The amodal mask: visible and hidden pixels."""
    confidence: float
    """0..1: the method's own estimate of the IoU of the hidden part."""


@dataclass(frozen=True)
class Occlusion:
    """How an instance is hidden, and what it looks like whole."""

    rate: float
    """Hidden share of the amodal mask, 0..1."""
    occluded_by: tuple[int, ...] = ()
    """Ids (in this frame) of the instances directly in front of it."""
    order_confidence: tuple[float, ...] = ()
    """0.5..1 for each of `occluded_by`."""
    depth_order: int = 0
    """0 for the nearest; an occluder has a smaller number than what it hides."""
    cut_by_frame: bool = False
    """The border of the image hides a part."""
    completions: tuple[Completion, ...] = ()
    """Best first; the first one is the amodal mask. Empty: not completed."""

    @property
    def amodal(self) -> Mask | None:
        """The chosen amodal mask."""
        return self.completions[0].mask if self.completions else None


IMPORTED = "import"
"""`Instance.label_source` of existing labels."""


@dataclass(frozen=True)
class Instance:
    """One object of a frame."""

    id: int
    """Unique in the frame, from 1; it stays the same when later stages run again."""
    mask: Mask
    """The visible mask."""
    score: float
    """0..1: how sure it is that this is an object with this mask; annotations are ranked by it."""
    status: Status
    label: str = ""
    """The class; "" while unnamed."""
    label_source: str = ""
    """Who named it: a model's name, "import", "cluster", "person"; "" while unnamed."""
    objectness: float = 0.0
    """0..1: thing (1) or stuff (0)."""
    predicted_iou: float = 0.0
    """0..1, the segmenter's own estimate."""
    stability: float = 0.0
    """0..1: IoU of the masks at a lower and a higher threshold."""
    track_id: int | None = None
    """The same object in other frames of the sequence."""
    cluster_id: int | None = None
    occlusion: Occlusion | None = None


@dataclass(frozen=True)
class FrameRecord:
    """A frame and its instances, ordered by id."""

    frame: FrameInfo
    instances: tuple[Instance, ...] = ()
    failure: str = ""
    """Why the frame could not be worked on, one sentence; apart from "nothing was found"."""
    timings_s: Mapping[str, float] = field(default_factory=dict)
    """Seconds by step; not part of the record's identity."""
    vectors: Mapping[str, InstanceVectors] = field(default_factory=dict, compare=False, repr=False)
    """By name ("appearance", "segmenter"): what stages computed for the instances. The log keeps them beside the
    record, and reads them only when they are asked for."""

    def with_instances(self, instances: tuple[Instance, ...]) -> FrameRecord:
        """The same frame with other instances."""
        return replace(self, instances=instances)

    def instance(self, instance_id: int) -> Instance:
        """The instance with this id. Raises `KeyError`."""
        for instance in self.instances:
            if instance.id == instance_id:
                return instance
        raise KeyError(instance_id)


def record_to_json(record: FrameRecord) -> dict[str, Any]:
    """As plain JSON values; `record_from_json` gives the same record back, timings included and
    vectors left out."""
    info = record.frame
    return {
        "frame": {
            "id": info.id,
            "source": info.source,
            "width": info.width,
            "height": info.height,
            "sha256": info.sha256,
            "sequence": info.sequence,
            "index": info.index,
        },
        "failure": record.failure,
        "timings_s": dict(record.timings_s),
        "instances": [_instance_to_json(instance) for instance in record.instances],
    }


def record_from_json(document: Mapping[str, Any]) -> FrameRecord:
    """The record that `record_to_json` wrote. Raises `KeyError`, `TypeError` or `ValueError` for anything else."""
    info = FrameInfo(**document["frame"])
    instances = tuple(_instance_from_json(one, info) for one in document["instances"])
    return FrameRecord(info, instances, document["failure"], document["timings_s"])


_PLAIN = (
    "id",
    "score",
    "status",
    "label",
    "label_source",
    "objectness",
    "predicted_iou",
    "stability",
    "track_id",
    "cluster_id",
)


def _instance_to_json(instance: Instance) -> dict[str, Any]:
    document = {name: getattr(instance, name) for name in _PLAIN}
    document["mask"] = instance.mask.counts
    if instance.occlusion is not None:
        hidden = instance.occlusion
        document["occlusion"] = {
            "rate": hidden.rate,
            "occluded_by": list(hidden.occluded_by),
            "order_confidence": list(hidden.order_confidence),
            "depth_order": hidden.depth_order,
            "cut_by_frame": hidden.cut_by_frame,
            "completions": [
                {"method": one.method, "mask": one.mask.counts, "confidence": one.confidence}
                for one in hidden.completions
            ],
        }
    return document


def _instance_from_json(document: Mapping[str, Any], info: FrameInfo) -> Instance:
    def mask(counts: str) -> Mask:
        return Mask(info.height, info.width, counts)

    occlusion = None
    if "occlusion" in document:
        hidden = document["occlusion"]
        occlusion = Occlusion(
            rate=hidden["rate"],
            occluded_by=tuple(hidden["occluded_by"]),
            order_confidence=tuple(hidden["order_confidence"]),
            depth_order=hidden["depth_order"],
            cut_by_frame=hidden["cut_by_frame"],
            completions=tuple(
                Completion(one["method"], mask(one["mask"]), one["confidence"]) for one in hidden["completions"]
            ),
        )
    return Instance(mask=mask(document["mask"]), occlusion=occlusion, **{name: document[name] for name in _PLAIN})
