"""How long `codriver complete` takes for a frame of any size, and how much memory it needs.

    python -m benchmarks.perception.complete_scale hidden/input.json --size 4000x3000 --tiles 2

A frame shows `--tiles` × `--tiles` images of the COCO file side by side, those with most objects, enlarged to the
size without smoothing; with `--images`, their pictures are there, too. Memory is the process's peak above what it
holds once the network is there. For figures on one core set OMP_NUM_THREADS to 1.
"""

from __future__ import annotations

import argparse
import json
import resource
from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import Any

import cv2
import numpy as np

from perception.frame import RGBImage
from perception.masks import BoolImage, Mask
from perception.models.sessions import Runtime
from perception.occlusion.appearance_files import read_picture
from perception.occlusion.coco_completing import complete_document
from perception.occlusion.completing import Completer
from perception.occlusion.methods import shipped_methods
from perception.occlusion.network import Network


def frame(document: dict[str, Any], size: tuple[int, int], tiles: int) -> tuple[dict[str, Any], list[str]]:
    """A document of one image, width and height `size`, and the names of those it shows, row by row."""
    count = Counter(one["image_id"] for one in document["annotations"])
    images = sorted(document["images"], key=lambda one: -count[one["id"]])[: tiles * tiles]
    wide, high = size[0] // tiles, size[1] // tiles
    annotations: list[dict[str, Any]] = []
    for place, image in enumerate(images):
        top, left = place // tiles * high, place % tiles * wide
        for one in document["annotations"]:
            if one["image_id"] == image["id"]:
                mask = _enlarged(one, image, (wide, high))
                segmentation = Mask.placed(mask, left, top, *size[::-1]).to_coco()
                kept = {"image_id": 1, "category_id": one["category_id"], "segmentation": segmentation}
                annotations.append({"id": len(annotations) + 1, **kept})
    pictures = [{"id": 1, "file_name": "frame", "width": size[0], "height": size[1]}]
    made = {"images": pictures, "annotations": annotations, "categories": document["categories"]}
    return made, [image["file_name"] for image in images]


def _enlarged(annotation: dict[str, Any], image: dict[str, Any], size: tuple[int, int]) -> BoolImage:
    mask = Mask.from_coco(annotation["segmentation"], image["height"], image["width"]).to_array()
    return cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(bool)


def picture(folder: Path, names: list[str], size: tuple[int, int], tiles: int) -> RGBImage:
    """The frame's pixels."""
    found = np.zeros((size[1], size[0], 3), np.uint8)
    wide, high = size[0] // tiles, size[1] // tiles
    for place, name in enumerate(names):
        top, left = place // tiles * high, place % tiles * wide
        shown = read_picture(folder / name)
        if shown is None:
            raise SystemExit(f"{folder / name} is no picture; name the folder of the file's images.")
        found[top : top + high, left : left + wide] = cv2.resize(shown, (wide, high))
    return found


def _now_and_peak_mb() -> tuple[float, float]:
    """What the process holds, and the most that it ever held."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(document: dict[str, Any], pixels: RGBImage | None) -> dict[str, Any]:
    """Seconds of each step, and the peak of memory."""
    runtime = Runtime(provider="cpu", threads=1)
    network = Network(runtime=runtime)
    # Everything is loaded once a small frame is done.
    small, _ = frame(document, (480, 360), 1)
    complete_document(small, lambda own: Completer(shipped_methods(runtime, own, network)))
    (held, _), started = _now_and_peak_mb(), perf_counter()
    spent: dict[str, float] = {}

    def progress(what: str, done: int, total: int) -> None:
        spent[what] = round(perf_counter() - started - sum(spent.values()), 2)

    completing = (lambda own: Completer(shipped_methods(runtime, own, network)), progress)
    complete_document(document, *completing, None if pixels is None else lambda name: pixels)
    methods = Counter(one.get("attributes", {}).get("amodal_method", "none") for one in document["annotations"])
    return {
        "objects": len(document["annotations"]),
        "seconds": round(perf_counter() - started, 2),
        **spent,
        "memory_mb": round(_now_and_peak_mb()[1] - held),
        "methods": dict(methods),
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("coco", type=Path, help="COCO file with visible masks")
    parser.add_argument("--size", default="4000x3000", help="width x height of the frame")
    parser.add_argument("--tiles", type=int, default=1, help="images of the file side by side")
    parser.add_argument("--images", type=Path, help="folder of the file's images")
    given = parser.parse_args()
    wide, _, high = given.size.partition("x")
    size = int(wide), int(high)
    document, names = frame(json.loads(given.coco.read_text(encoding="utf-8")), size, given.tiles)
    pixels = None if given.images is None else picture(given.images, names, size, given.tiles)
    print(json.dumps({"size": given.size, **measured(document, pixels)}))


if __name__ == "__main__":
    main()
