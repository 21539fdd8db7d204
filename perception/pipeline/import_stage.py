"""Puts imported labels into the records: they win over what was found at the same place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from perception.formats.coco_import import KnownLabels
from perception.frame import Frame
from perception.masks import cover_matrix, iou_matrix
from perception.record import IMPORTED, FrameRecord, Instance

SAME_IOU = 0.5
"""From here on two masks are one object."""
INSIDE = 0.8
"""A proposal that lies in an imported object to this share is a part of it."""


@dataclass(frozen=True)
class ImportStage:
    """A `FrameStage` that adds the labels of a COCO file as known instances."""

    labels: KnownLabels
    name: str = "import"

    def fingerprint(self) -> Mapping[str, Any]:
        """The file's content counts, not its place."""
        return {"version": 1, "sha256": self.labels.sha256, "same_iou": SAME_IOU, "inside": INSIDE}

    def run(self, frame: Frame, record: FrameRecord) -> FrameRecord:
        """The record with the imported instances, and without those that show the same."""
        known = self.labels.of(frame.info.id, frame.info.width, frame.info.height)
        if not known:
            return record
        masks = [mask for _, mask in known]
        found = [instance.mask for instance in record.instances]
        same = iou_matrix(found, masks) >= SAME_IOU
        same |= cover_matrix(found, masks) >= INSIDE
        doubled = np.any(same, axis=1)
        kept = [one for one, drop in zip(record.instances, doubled, strict=True) if not drop]
        first = max((one.id for one in record.instances), default=0) + 1
        imported = [
            Instance(
                id=number, mask=mask, score=1.0, status="known", label=label, label_source=IMPORTED, objectness=1.0
            )
            for number, (label, mask) in enumerate(known, first)
        ]
        return record.with_instances((*kept, *imported))
