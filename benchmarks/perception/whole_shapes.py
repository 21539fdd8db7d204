"""Completed shapes against truth, by whether the truth is one whole object; CamVid's regions were judged by eye.

    python -m benchmarks.perception.whole_shapes done.json --truth hidden/truth.json

A region of a class map that touches no other can be several cars in a row, a group of people, or an object behind
a fence. `whole_by_hand.json` tells which of the 46 regions of cars and people, in CamVid's shared training frames,
that `make-occlusions` takes for whole (400 pixels or more) are one whole object; 18 are. Every other frame, in the
order of their names, is `odd`, for reporting; the others are for choosing.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from perception.evaluation.amodal import HIDDEN_FROM
from perception.masks import BoolImage, Mask

RATES = (0.2, 0.6)
"""Hidden shares that count: others are hidden by chance, mostly by a few pixels."""
BY_HAND = Path(__file__).with_name("whole_by_hand.json")


@dataclass(frozen=True)
class Row:
    """An object of the truth and what became of it."""

    label: str
    whole: bool
    """One whole object, by eye."""
    odd: bool
    """Its frame is one of those for reporting."""
    rate: float
    """Its hidden share."""
    extent: bool
    """The visible part shows its full extent."""
    hidden_iou: float
    loss: float
    """IoU of the given mask less that of the completed one."""


def judged_by_hand(truth: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Annotations of the truth whose regions were judged by eye, and the judgement."""
    judged = {(one["image"], tuple(one["box"])): one for one in json.loads(BY_HAND.read_text(encoding="utf-8"))}
    images = {image["id"]: image for image in truth["images"]}
    for one in truth["annotations"]:
        if "amodal_segmentation" in one:
            image = images[one["image_id"]]
            whole = Mask.from_coco(one["amodal_segmentation"], image["height"], image["width"])
            by_hand = judged.get((image["source"], tuple(whole.box)))
            if by_hand is not None:
                yield one, by_hand


def rows(done: Mapping[str, Any], truth: Mapping[str, Any]) -> list[Row]:
    """One for each object that was judged by eye, in each of the scenes."""
    images = {image["id"]: image for image in truth["images"]}
    labels = {one["id"]: one["name"] for one in truth["categories"]}
    completed = {one["id"]: one for one in done["annotations"]}
    found = []
    for one, by_hand in judged_by_hand(truth):
        if one["id"] not in completed:
            continue
        image, answered = images[one["image_id"]], completed[one["id"]]
        visible, full, given, shape = (
            Mask.from_coco(mask, image["height"], image["width"]).to_array()
            for mask in (
                one["segmentation"],
                one["amodal_segmentation"],
                answered["segmentation"],
                answered.get("amodal_segmentation", answered["segmentation"]),
            )
        )
        found.append(
            Row(
                labels[one["category_id"]],
                "why_not" not in by_hand,
                by_hand["odd"],
                float(one["attributes"]["occlusion_rate"]),
                bool(one["attributes"].get("full_extent_visible")),
                iou(shape & ~visible, full & ~visible),
                iou(given, full) - iou(shape, full),
            )
        )
    return found


def iou(first: BoolImage, second: BoolImage) -> float:
    """0..1; two empty masks are the same."""
    either = (first | second).sum()
    return float((first & second).sum() / either) if either else 1.0


GROUPS: Mapping[str, Callable[[Row], bool]] = {
    "all": lambda row: True,
    "one whole object": lambda row: row.whole,
    "one whole object, odd frames": lambda row: row.whole and row.odd,
    "one whole car": lambda row: row.whole and row.label == "Car",
    "one whole person": lambda row: row.whole and row.label == "Pedestrian",
    "one whole object, full extent not visible": lambda row: row.whole and not row.extent,
    "joined or cut": lambda row: not row.whole,
    "odd frames": lambda row: row.odd,
    "even frames": lambda row: not row.odd,
}


def table(found: list[Row]) -> str:
    """Markdown: hidden objects and their IoU, unoccluded ones and what they lose."""
    lines = [
        "| cars and people | hidden by 20 to 60 % | IoU of the hidden part | unoccluded | lose more than 0.01 |"
    ]
    lines.append("|" + "---|" * 5)
    for name, group in GROUPS.items():
        hidden = [row.hidden_iou for row in found if group(row) and RATES[0] <= row.rate <= RATES[1]]
        losses = [row.loss for row in found if group(row) and row.rate < HIDDEN_FROM]
        mean = f"{np.mean(hidden):.2f}" if hidden else ""
        share = f"{np.mean([loss > 0.01 for loss in losses]):.0%}" if losses else ""
        lines.append(f"| {name} | {len(hidden)} | {mean} | {len(losses)} | {share} |")
    return "\n".join(lines)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("done", type=Path, help="what codriver complete wrote")
    parser.add_argument("--truth", type=Path, required=True, help="truth.json of codriver make-occlusions")
    options = parser.parse_args()
    done, truth = (json.loads(path.read_text(encoding="utf-8")) for path in (options.done, options.truth))
    print(table(rows(done, truth)))


if __name__ == "__main__":
    main()
