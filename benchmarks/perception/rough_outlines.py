"""Visible masks of a set with `--mask-error`: IoU with the true ones, as given and moved to the pictures' edges.

python -m benchmarks.perception.rough_outlines hidden/input.json hidden/truth.json hidden/images
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.perception.whole_shapes import iou
from perception.masks import BoolImage, Mask
from perception.occlusion.appearance_files import read_picture
from perception.occlusion.outlines import fit_outlines
from perception.occlusion.patch import patches

_SMALLEST = 150
"""Pixels of the true visible masks that count."""
Ious = list[tuple[float, float]]
"""Of each object, as given and as moved."""


def measured(given: Mapping[str, Any], truth: Mapping[str, Any], folder: Path) -> tuple[dict[str, Ious], float]:
    """By class, and for those that are hidden; and the seconds for each object, pictures read."""
    labels = {one["id"]: one["name"] for one in truth["categories"]}
    true = {one["id"]: one for one in truth["annotations"]}
    by_image: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for one in given["annotations"]:
        by_image[one["image_id"]].append(one)
    found: dict[str, Ious] = defaultdict(list)
    seconds = 0.0
    for image in given["images"]:
        picture = read_picture(folder / image["file_name"])
        if picture is None:
            raise SystemExit(f"{folder / image['file_name']} is no picture; name the folder of the set's images.")
        objects = by_image[image["id"]]
        masks = [_pixels(one, image) for one in objects]
        given_masks = patches(masks)
        started = time.process_time()
        moved = [one.to_array() for one in fit_outlines(picture, given_masks)]
        seconds += time.process_time() - started
        for one, before, after in zip(objects, masks, moved, strict=True):
            visible = _pixels(true[one["id"]], image)
            if visible.sum() >= _SMALLEST:
                reached = iou(before, visible), iou(after, visible)
                found[labels[one["category_id"]]].append(reached)
                if true[one["id"]]["attributes"].get("occlusion_rate", 0) > 0.1:
                    found["hidden by more than 10 %"].append(reached)
    return found, seconds / max(len(given["annotations"]), 1)


def _pixels(annotation: Mapping[str, Any], image: Mapping[str, Any]) -> BoolImage:
    return Mask.from_coco(annotation["segmentation"], image["height"], image["width"]).to_array()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("given", type=Path, help="input.json of codriver make-occlusions")
    parser.add_argument("truth", type=Path, help="its truth.json")
    parser.add_argument("images", type=Path, help="its images")
    options = parser.parse_args()
    given, truth = (json.loads(path.read_text(encoding="utf-8")) for path in (options.given, options.truth))
    found, seconds = measured(given, truth, options.images)
    print("| IoU with the true visible mask | objects | as given | moved |\n|---|---|---|---|")
    for name, reached in sorted(found.items(), key=lambda each: -len(each[1])):
        before, after = np.mean(reached, axis=0)
        print(f"| {name} | {len(reached)} | {before:.2f} | {after:.2f} |")
    print(f"\n{1000 * seconds:.0f} ms for each object")


if __name__ == "__main__":
    main()
