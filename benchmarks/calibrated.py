"""Frames measured with heads that were calibrated on other frames: cross-validation of `label --calibrate`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from codriver.errors import InputError
from perception.evaluation.annotations import AnnotatedImage, AnnotationSet
from perception.frame import Frame
from perception.models.roles import Segmenter
from perception.pipeline.calibration import calibrate_in
from perception.pipeline.watcher import Nobody
from perception.proposals.head import ObjectnessHead
from perception.proposals.stage import ProposeStage
from perception.record import FrameRecord


@dataclass(frozen=True)
class Calibrated:
    """A way to propose that takes a stage of its own for each frame, by the frame's id."""

    stages: Mapping[str, ProposeStage]

    def run(self, frame: Frame, record: FrameRecord) -> FrameRecord:
        return self.stages[frame.info.id].run(frame, record)


def strangers(
    images: Path, truth: AnnotationSet, folds: str, segmenter: Segmenter, head: ObjectnessHead
) -> dict[str, ObjectnessHead]:
    """For each frame a head that was calibrated on all frames but those of its fold.

    Frames that `truth` does not know have none. Raises as `parts_of` and calibration do.
    """
    names = sorted(path.name for path in images.glob("*.png") if path.name in truth.images)
    heads: dict[str, ObjectnessHead] = {}
    for left_out in parts_of(names, folds):
        labelled = [truth.images[name] for name in names if name not in left_out]
        with TemporaryDirectory() as folder:
            _write(Path(folder), images, labelled)
            fitted = ObjectnessHead.load(calibrate_in(Path(folder), segmenter, head, Nobody()))
        heads |= dict.fromkeys(left_out, fitted)
    return heads


def parts_of(names: Sequence[str], folds: str) -> list[list[str]]:
    """`names` in parts: `folds` is their number ("2": every second name), or beginnings with commas between them.

    Raises `InputError` unless there are at least two parts, none is empty, and each name is in exactly one.
    """
    if folds.isdecimal():
        if not 2 <= int(folds) <= len(names):
            raise InputError(
                f"--folds {folds} does not fit {len(names)} labelled frames; it must be from 2 to their number."
            )
        return [list(names[first :: int(folds)]) for first in range(int(folds))]
    parts = [[name for name in names if name.startswith(prefix)] for prefix in folds.split(",")]
    if len(parts) < 2 or not all(parts) or sorted(chain.from_iterable(parts)) != sorted(names):
        raise InputError(
            f"--folds {folds} does not divide the {len(names)} labelled frames; give two beginnings of names or "
            "more, so that each name begins with exactly one of them, and each of them begins a name."
        )
    return parts


def _write(folder: Path, images: Path, labelled: Sequence[AnnotatedImage]) -> None:
    """What a user would have: pictures and a COCO file; what the truth says nothing of is a crowd."""
    annotations: list[dict[str, Any]] = []
    for number, image in enumerate(labelled):
        shutil.copyfile(images / image.name, folder / image.name)
        masks = [(one.mask, 0) for one in image.annotations]
        masks += [(image.ignored, 1)] if image.ignored is not None and image.ignored.area else []
        annotations += [
            {"image_id": number, "category_id": 1, "iscrowd": crowd, "segmentation": mask.to_coco()}
            for mask, crowd in masks
        ]
    document = {
        "images": [
            {"id": number, "file_name": one.name, "width": one.width, "height": one.height}
            for number, one in enumerate(labelled)
        ],
        "categories": [{"id": 1, "name": "thing"}],
        "annotations": [{"id": number, **one} for number, one in enumerate(annotations, 1)],
    }
    (folder / "annotations.json").write_text(json.dumps(document))
