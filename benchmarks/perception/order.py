"""Who hides whom in real frames, against a sample that was judged by eye.

    python -m benchmarks.perception.order --maps FOLDER

`FOLDER` holds CamVid's class maps; the sample (`order_by_hand.json`) names 55 pairs of neighbouring regions of its
training frames by their boxes [x, y, width, height], and says which of the two is in front. 17 more pairs that
could not be told were left out before anything was measured.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from perception.evaluation.annotations import AnnotatedImage
from perception.evaluation.opening import open_truth
from perception.occlusion.order import infer_order

SAMPLE = Path(__file__).with_name("order_by_hand.json")


def measure(maps: Path) -> Counter[tuple[bool, str, str]]:
    """(a pole and a sign, by eye, found) → pairs."""
    images = {image.name: image for image in open_truth(maps, "camvid", 150)}
    pairs = json.loads(SAMPLE.read_text(encoding="utf-8"))
    found: Counter[tuple[bool, str, str]] = Counter()
    for name in sorted({pair["image"] for pair in pairs}):
        image = images[name]
        order = infer_order([one.mask.to_array() for one in image.annotations])
        for pair in pairs:
            if pair["image"] == name:
                i, j = (_place(image, pair[one]) for one in ("first", "second"))
                told = "first" if (i, j) in order else "second" if (j, i) in order else "neither"
                found[set(pair["kinds"]) == {"Pole", "SignSymbol"}, pair["front"], told] += 1
    return found


def _place(image: AnnotatedImage, box: list[int]) -> int:
    return next(at for at, one in enumerate(image.annotations) if list(one.mask.box) == box)


def summary(found: Counter[tuple[bool, str, str]]) -> dict[str, Any]:
    """Shares of the pairs that hide each other, and of those that do not."""
    hiding = Counter({key: count for key, count in found.items() if key[1] != "neither"})
    right = Counter({key: count for key, count in hiding.items() if key[1] == key[2]})
    beside = Counter({key: count for key, count in found.items() if key[1] == "neither"})
    return {
        "pairs that hide each other": hiding.total(),
        "right": right.total(),
        "reversed": sum(count for key, count in hiding.items() if key[2] not in (key[1], "neither")),
        "not found": sum(count for key, count in hiding.items() if key[2] == "neither"),
        "of a sign and its pole": sum(count for key, count in hiding.items() if key[0]),
        "right of a sign and its pole": sum(count for key, count in right.items() if key[0]),
        "pairs that only touch": beside.total(),
        "said to hide each other": sum(count for key, count in beside.items() if key[2] != "neither"),
        "said of a sign and its pole": sum(c for key, c in beside.items() if key[2] != "neither" and key[0]),
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--maps", required=True, type=Path, help="CamVid's class maps")
    print(json.dumps(summary(measure(parser.parse_args().maps)), indent=1))


if __name__ == "__main__":
    main()
