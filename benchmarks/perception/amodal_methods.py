"""Each method of completing on the same hidden objects, beside `learned` and `prior`.

    codriver scenes --out drives --count 96 --drive 12 --seed 910
    python -m benchmarks.perception.amodal_methods drives/annotations.json --methods learned,prior,video
    python -m benchmarks.perception.amodal_methods hidden/truth.json --images FOLDER --methods learned,inpaint

Visible masks, tracks and, with `--order given`, the true occluders are taken from the truth; nothing else is.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.perception.whole_shapes import iou
from codriver.settings import load_settings
from perception.evaluation.amodal import HIDDEN_FROM
from perception.frame import RGBImage
from perception.masks import Mask
from perception.occlusion.appearance_files import read_picture
from perception.occlusion.choosing import methods_by_shapes
from perception.occlusion.coco_completing import complete_document
from perception.occlusion.completing import Completer
from perception.occlusion.pair_features import Claim
from perception.occlusion.patch import Patch
from perception.occlusion.task import Answer, Claimant, Method, Task
from perception.record import FrameRecord
from perception.settings import COMPLETE_METHODS


@dataclass(eq=False)
class Watched:
    """`task.Method`: another one, whose answers and processor time are kept."""

    method: Method
    answers: list[Answer | None] = field(default_factory=list)
    """In the order in which the objects are completed; masks of whole frames."""
    asked: int = 0
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """The other one's."""
        return self.method.name

    def complete(self, tasks: Sequence[Task]) -> Sequence[Answer | None]:
        """See `Method`."""
        started = time.process_time()
        found = self.method.complete(tasks)
        self.seconds += time.process_time() - started
        self.asked += sum(task.is_behind for task in tasks)
        self.answers += [
            answer and (Patch.from_array(answer[0], task.part).to_array(), answer[1])
            for task, answer in zip(tasks, found, strict=True)
        ]
        return found


class Telling(Watched):
    """`task.Claimant`, too."""

    def claims(
        self, masks: Sequence[Patch], labels: Sequence[str], rough: bool, places: Sequence[int]
    ) -> Mapping[int, Claim]:
        """See `Claimant`."""
        assert isinstance(self.method, Claimant)
        return self.method.claims(masks, labels, rough, places)


@dataclass(frozen=True, eq=False)
class Noting(Completer):
    """Notes which objects it completes, in their order."""

    noted: list[int] = field(default_factory=list)
    """Annotation ids."""

    def complete(self, record: FrameRecord, *given: Any, **named: Any) -> FrameRecord:
        """See `Completer`."""
        self.noted.extend(one.id for one in record.instances if one.mask.area)
        return super().complete(record, *given, **named)


def without_answers(truth: Mapping[str, Any], order: bool, images: int | None) -> dict[str, Any]:
    """The first images with what may be known: visible masks, tracks, and the order where it is given."""
    kept = truth["images"][:images]
    ids = {image["id"] for image in kept}
    annotations = []
    for one in truth["annotations"]:
        if one["image_id"] in ids:
            names = ("track_id", "occluded_by") if order else ("track_id",)
            known = {name: one["attributes"][name] for name in names if name in one.get("attributes", {})}
            fields = ("id", "image_id", "category_id", "segmentation", "bbox", "area", "iscrowd")
            annotations.append({name: one[name] for name in fields if name in one} | {"attributes": known})
    return {"images": kept, "categories": truth["categories"], "annotations": annotations}


def completed(
    document: dict[str, Any], methods: Sequence[Method], load: Callable[[str], RGBImage | None] | None
) -> tuple[list[Watched], list[int]]:
    """The methods with what they answered, and the annotation ids of the objects, in the same order.

    They do not know the file's own whole shapes: in sets of `make-occlusions` objects would vote on themselves.
    """
    watched = [(Telling if isinstance(one, Claimant) else Watched)(one) for one in methods]
    noting = Noting(watched)
    complete_document(document, lambda own: noting, load=load)
    return watched, noting.noted


def table(truth: Mapping[str, Any], found: Mapping[str, Mapping[int, Answer]]) -> list[str]:
    """Markdown: a row for each method, over the hidden objects that the last one answered.

    The last columns are of those objects where the last one is surer than the others, so that its answer counts.
    """
    last = list(found)[-1]
    images = {image["id"]: image for image in truth["images"]}
    rows: dict[str, list[tuple[float, float, bool]]] = {name: [] for name in found}
    for one in truth["annotations"]:
        rate = one.get("attributes", {}).get("occlusion_rate", 0.0)
        if one["id"] not in found[last] or "amodal_segmentation" not in one or rate < HIDDEN_FROM:
            continue
        size = images[one["image_id"]]["height"], images[one["image_id"]]["width"]
        seen, whole = (
            Mask.from_coco(one[name], *size).to_array() for name in ("segmentation", "amodal_segmentation")
        )
        answers = {name: each[one["id"]] for name, each in found.items() if one["id"] in each}
        counts = answers[last][1] >= max(sure for _, sure in answers.values())
        for name, (shape, sure) in answers.items():
            rows[name].append((iou(shape & ~seen, whole & ~seen), sure, counts))
    lines = [f"| method | objects | IoU of the hidden part | its own estimate | where {last} is surest | IoU |"]
    lines.append("|" + "---|" * 6)
    for name, row in rows.items():
        reached, sure, counts = np.array(row or [(np.nan, np.nan, 0)]).T
        there = reached[counts > 0]
        lines.append(
            f"| {name} | {len(row)} | {reached.mean():.2f} | {sure.mean():.2f} | {len(there)} | "
            + (f"{there.mean():.2f} |" if len(there) else "|")
        )
    return lines


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument(
        "truth", type=Path, help="annotations.json of codriver scenes, or truth.json of make-occlusions"
    )
    parser.add_argument(
        "--methods", default="learned,prior,video", help="The last one is compared with the others."
    )
    parser.add_argument("--images", type=Path, help="Folder of the pictures, for methods that look at them.")
    parser.add_argument("--order", choices=("inferred", "given"), default="inferred")
    parser.add_argument("--first", type=int, metavar="N", help="Only so many images.")
    options = parser.parse_args()
    truth = json.loads(options.truth.read_text(encoding="utf-8"))
    document = without_answers(truth, options.order == "given", options.first)
    methods_for = methods_by_shapes(load_settings({COMPLETE_METHODS.key: options.methods}))
    load = (lambda name: read_picture(options.images / name)) if options.images else None
    watched, noted = completed(document, methods_for(None), load)
    found = {
        one.name: {key: answer for key, answer in zip(noted, one.answers, strict=True) if answer is not None}
        for one in watched
    }
    print("\n".join(table(truth, found)))
    for one in watched:
        seconds = one.seconds / max(one.asked, 1)
        print(f"{one.name}: {seconds:.2f} s of a core for each of {one.asked} objects behind others")


if __name__ == "__main__":
    main()
