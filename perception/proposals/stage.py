"""The stage that finds a frame's objects."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from perception.discovery.known import KnownOptions, explain
from perception.frame import Frame, RGBImage
from perception.models.bounded import bounded
from perception.models.roles import Detections, Detector, Segmenter
from perception.proposals.enlarge import enlarged
from perception.proposals.head import ObjectnessHead
from perception.proposals.propose import ProposalOptions, propose
from perception.record import FrameRecord, Instance

VERSION = 3
"""Raised when the same models and options give other results."""


@dataclass(frozen=True)
class ProposeStage:
    """`pipeline.stage.FrameStage`: segments a frame's things and says which of them are known."""

    segmenter: Segmenter
    head: ObjectnessHead
    detector: Detector | None = None
    proposals: ProposalOptions = field(default_factory=ProposalOptions)
    known: KnownOptions = field(default_factory=KnownOptions)

    @property
    def name(self) -> str:
        """Unique in a pipeline."""
        return "propose"

    def fingerprint(self) -> Mapping[str, Any]:
        """Models with hashes, options and version."""
        models = {self.segmenter.name: dict(self.segmenter.files_sha256())}
        if self.detector is not None:
            models[self.detector.name] = dict(self.detector.files_sha256())
        return {
            "version": VERSION,
            "models": models,
            "head": self.head.sha256,
            "mask_score": asdict(self.head.score),
            "proposals": asdict(self.proposals),
            "known": asdict(self.known),
        }

    def run(self, frame: Frame, record: FrameRecord) -> FrameRecord:
        """The record with the frame's instances in place of what it had, best first, ids from 1."""
        clock = _Clock(dict(record.timings_s))
        image = bounded(frame.image)
        detections = self._detect(image)
        clock.lap("detect")
        embedding = self.segmenter.embed(image)
        clock.lap("encode")
        outlook = self.head.outlook(embedding.features)
        score = self.head.score
        found = propose(self.segmenter, embedding, outlook, detections.boxes, score, self._options)
        clock.lap("decode")
        instances: list[Instance] = []
        if found is not None:
            height, width = frame.image.shape[:2]
            for row, (sureness, label) in enumerate(explain(found.chances(score), found.hint, detections)):
                mask = enlarged(found.logits[row], height, width)
                if mask.area:
                    instances.append(
                        Instance(
                            id=0,
                            mask=mask,
                            score=round(sureness, 6),
                            status="known" if label else "unknown",
                            label=label,
                            label_source=self.detector.name if label and self.detector else "",
                            objectness=round(float(found.objectness[row]), 6),
                            predicted_iou=round(float(found.predicted_iou[row]), 6),
                            stability=round(float(found.stability[row]), 6),
                        )
                    )
        instances.sort(key=lambda one: -one.score)
        clock.lap("enlarge")
        numbered = tuple(replace(one, id=i) for i, one in enumerate(instances, 1))
        return replace(record.with_instances(numbered), timings_s=clock.timings)

    @property
    def _options(self) -> ProposalOptions:
        if self.detector is None:
            return self.proposals
        return replace(self.proposals, least_chance=self.proposals.least_chance_beside)

    def _detect(self, image: RGBImage) -> Detections:
        if self.detector is None:
            return Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), ())
        return self.known.usable(self.detector.detect(image))


class _Clock:
    def __init__(self, timings: dict[str, float]) -> None:
        self.timings = timings
        self._last = time.perf_counter()

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self.timings[step] = round(now - self._last, 4)
        self._last = now
