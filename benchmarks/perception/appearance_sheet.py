"""A sheet of hidden objects before and after, from rendered scenes.

    codriver scenes --out scenes --count 60 --seed 5000
    python -m benchmarks.perception.appearance_sheet scenes --out docs/appearance.jpg

Each row: the object as the frame shows it; its visible part; the whole object as it was completed (shape by the
methods that ship, given the visible masks alone; hidden part by the inpainter of the settings); the frame
without its objects. The objects are the largest of their class that are hidden by 20 to 60 %, one of each
class, whatever they look like.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from codriver.settings import load_settings
from perception.frame import RGBImage
from perception.masks import Mask
from perception.occlusion.appearance import cut_out, plate
from perception.occlusion.appearance_files import read_picture
from perception.occlusion.choosing import methods_by_shapes, open_inpainter
from perception.occlusion.coco_completing import complete_document
from perception.occlusion.completing import Completer
from perception.occlusion.window import Box

_TILE = (190, 140)
_ROWS = 8


def chosen(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The annotations of the sheet, by the truth."""
    fitting = [one for one in document["annotations"] if 0.2 <= one["attributes"]["occlusion_rate"] <= 0.6]
    best: dict[int, dict[str, Any]] = {}
    for one in sorted(fitting, key=lambda each: each["area"]):
        best[one["category_id"]] = one
    return sorted(best.values(), key=lambda each: -each["area"])[:_ROWS]


def row(annotation: dict[str, Any], others: list[dict[str, Any]], image: RGBImage, inpainter: Any) -> RGBImage:
    """Four tiles."""
    size = image.shape[:2]
    visible = Mask.from_coco(annotation["segmentation"], *size).to_array()
    whole = Mask.from_coco(annotation["amodal_segmentation"], *size).to_array()
    found = cut_out(image, visible, whole, inpainter)
    box = _around(found.box, size)
    done = _checkers(size)
    x, y, width, height = found.box
    place = done[y : y + height, x : x + width]
    place[found.pixels[..., 3] > 0] = found.pixels[found.pixels[..., 3] > 0, :3]
    seen = np.where(visible[..., None], image, _checkers(size)).astype(np.uint8)
    masks = [Mask.from_coco(one["amodal_segmentation"], *size).to_array() for one in others]
    behind = plate(image, masks, inpainter)
    return np.hstack([_tile(one, box) for one in (image, seen, done, behind)])


def _around(box: Box, size: tuple[int, int]) -> Box:
    """The box with some room, in the tiles' proportions, inside the frame."""
    x, y, width, height = box
    scale = 1.5 * max(width / _TILE[0], height / _TILE[1])
    wide, high = min(round(scale * _TILE[0]), size[1]), min(round(scale * _TILE[1]), size[0])
    left = int(np.clip(x + width // 2 - wide // 2, 0, size[1] - wide))
    top = int(np.clip(y + height // 2 - high // 2, 0, size[0] - high))
    return left, top, wide, high


def _tile(image: RGBImage, box: Box) -> NDArray[np.uint8]:
    x, y, width, height = box
    resized = cv2.resize(image[y : y + height, x : x + width], _TILE, interpolation=cv2.INTER_CUBIC)
    return np.pad(np.asarray(resized, np.uint8), ((2, 2), (2, 2), (0, 0)), constant_values=255)


def _checkers(size: tuple[int, int]) -> RGBImage:
    y, x = np.indices(size)
    grey = np.where((x // 8 + y // 8) % 2 == 0, np.uint8(205), np.uint8(235))
    return np.repeat(grey[..., None], 3, axis=2)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("scenes", type=Path, help="folder of codriver scenes")
    parser.add_argument("--out", required=True, type=Path)
    options = parser.parse_args()
    document = json.loads((options.scenes / "annotations.json").read_text(encoding="utf-8"))
    wanted = chosen(document)
    images = {image["id"]: image["file_name"] for image in document["images"]}
    needed = {one["image_id"] for one in wanted}
    part = {
        **document,
        "images": [one for one in document["images"] if one["id"] in needed],
        "annotations": [
            {name: one[name] for name in ("id", "image_id", "category_id", "segmentation")}
            for one in document["annotations"]
            if one["image_id"] in needed
        ],
    }
    settings = load_settings()
    methods_for = methods_by_shapes(settings)
    complete_document(part, lambda own: Completer(methods_for(own)))
    inpainter = open_inpainter(settings)
    completed = {one["id"]: one for one in part["annotations"]}
    rows = []
    for one in wanted:
        picture = read_picture(options.scenes / "images" / images[one["image_id"]])
        if picture is not None:
            others = [each for each in part["annotations"] if each["image_id"] == one["image_id"]]
            rows.append(row(completed[one["id"]], others, picture, inpainter))
    sheet = cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(options.out), sheet, [cv2.IMWRITE_JPEG_QUALITY, 82])
    print(f"{options.out}: {len(rows)} objects, {options.out.stat().st_size // 1024} KB.")


if __name__ == "__main__":
    main()
