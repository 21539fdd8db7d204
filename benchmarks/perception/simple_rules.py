"""What rules without any learning reach on a set of `make-occlusions`: how hard the set is.

    python -m benchmarks.perception.simple_rules hidden/truth.json

Exact visible masks and the true occluders are given; cars and people that are hidden by 20 to 60 %, as in
`whole_shapes`.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.perception.whole_shapes import RATES, iou, judged_by_hand
from perception.masks import BoolImage, Mask
from perception.occlusion.window import box_of


def shapes(visible: BoolImage, occluder: BoolImage) -> dict[str, BoolImage]:
    """The whole object by each rule; masks [height, width]."""
    x, y, width, height = box_of(visible)
    points = cv2.findNonZero(visible.astype(np.uint8))
    hull = cv2.fillConvexPoly(np.zeros(visible.shape, np.uint8), cv2.convexHull(points), 1).astype(bool)
    box, mirrored = np.zeros_like(visible), visible.copy()
    box[y : y + height, x : x + width] = True
    mirrored[:, x : x + width] |= visible[:, x : x + width][:, ::-1]
    return {
        "visible mask as it is": visible,
        "convex hull": visible | hull,
        "convex hull within the occluder": visible | (hull & occluder),
        "visible box within the occluder": visible | (box & occluder),
        "mirrored": mirrored,
    }


def measured(truth: Mapping[str, Any]) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """Group of objects → rule → IoU of the whole mask and of the hidden part, of each object."""
    images = {image["id"]: image for image in truth["images"]}
    by_id = {one["id"]: one for one in truth["annotations"]}
    found: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for one, by_hand in judged_by_hand(truth):
        if not RATES[0] <= one["attributes"]["occlusion_rate"] <= RATES[1]:
            continue
        size = images[one["image_id"]]["height"], images[one["image_id"]]["width"]
        whole = Mask.from_coco(one["amodal_segmentation"], *size).to_array()
        visible = Mask.from_coco(one["segmentation"], *size).to_array()
        occluder = np.zeros(size, bool)
        for front in one["attributes"]["occluded_by"]:
            occluder |= Mask.from_coco(by_id[front]["segmentation"], *size).to_array()
        for rule, shape in shapes(visible, occluder).items():
            reached = iou(shape, whole), iou(shape & ~visible, whole & ~visible)
            for group in ("all", "one whole object" if "why_not" not in by_hand else "joined or cut"):
                found[group][rule].append(reached)
    return found


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("truth", type=Path, help="truth.json of codriver make-occlusions")
    found = measured(json.loads(parser.parse_args().truth.read_text(encoding="utf-8")))
    groups = list(found)
    print(
        "| IoU of the whole mask / of the hidden part |", " | ".join(groups), "|\n|" + "---|" * (1 + len(groups))
    )
    for rule in found[groups[0]]:
        means = (np.mean(found[group][rule], axis=0) for group in groups)
        print(f"| {rule} |", " | ".join(f"{full:.2f} / {hidden:.2f}" for full, hidden in means), "|")


if __name__ == "__main__":
    main()
