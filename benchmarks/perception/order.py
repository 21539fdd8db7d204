"""Who hides whom in real frames, against a sample that was judged by eye, and in files with exact truth.

    python -m benchmarks.perception.order --maps FOLDER
    python -m benchmarks.perception.order --truth scenes/annotations.json hidden/truth.json

`FOLDER` holds CamVid's class maps; the sample (`order_by_hand.json`) names 108 pairs of neighbouring regions of
its training frames by their boxes [x, y, width, height], and says which of the two is in front. They were judged
in two sittings, each before it was measured: 55 pairs, and 53 of the others; 22 could not be told. The results of
both were looked at when the present bars and the drawn boards were chosen.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from perception.evaluation.annotations import AnnotatedImage, Annotation
from perception.evaluation.opening import open_truth
from perception.occlusion.learned import claims
from perception.occlusion.network import Network
from perception.occlusion.order import infer_order
from perception.occlusion.patch import patches
from perception.occlusion.roughness import rough_frame

SAMPLE = Path(__file__).with_name("order_by_hand.json")


def measure(maps: Path) -> dict[int, Counter[tuple[bool, str, str]]]:
    """Of each sitting: (a pole and a sign, by eye, found) → pairs."""
    images = {image.name: image for image in open_truth(maps, "camvid", 150)}
    pairs = json.loads(SAMPLE.read_text(encoding="utf-8"))
    network = Network()
    found: dict[int, Counter[tuple[bool, str, str]]] = defaultdict(Counter)
    for name in sorted({pair["image"] for pair in pairs}):
        image = images[name]
        order = inferred(image.annotations, network)
        for pair in pairs:
            if pair["image"] == name:
                i, j = (_place(image, pair[one]) for one in ("first", "second"))
                told = "first" if (i, j) in order else "second" if (j, i) in order else "neither"
                mounted = set(pair["kinds"]) == {"Pole", "SignSymbol"}
                found[pair["sitting"]][mounted, pair["front"], told] += 1
    return found


def inferred(annotations: Sequence[Annotation], network: Network) -> set[tuple[int, int]]:
    """Places of pairs (front, back), as `codriver complete` finds them in a file of exact masks."""
    masks, labels = patches(one.mask for one in annotations), [one.label for one in annotations]
    rough = rough_frame(masks)
    ask = partial(claims, network, masks, labels, rough)
    return set(infer_order(masks, ask=ask, labels=labels))


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


def measure_truth(path: Path) -> dict[str, Any]:
    """Inferred from the visible masks of a COCO file, against its `occluded_by`; as `codriver evaluate` counts."""
    words: Counter[str] = Counter()
    network = Network()
    for image in open_truth(path, "", 1):
        ids = [one.id for one in image.annotations]
        true = {(front, one.id) for one in image.annotations for front in one.occluded_by or () if front in ids}
        judged = {one.id for one in image.annotations if one.occlusion_rate is not None}
        told = {(ids[i], ids[j]) for i, j in inferred(image.annotations, network)}
        either = true | {pair[::-1] for pair in true}
        words["pairs"] += len(true)
        words["right"] += len(true & told)
        words["reversed"] += len({pair[::-1] for pair in true} & told)
        words["pairs that are none"] += sum(pair[1] in judged and pair not in either for pair in told)
    words["not found"] = words["pairs"] - words["right"] - words["reversed"]
    return dict(words)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--maps", type=Path, help="CamVid's class maps")
    parser.add_argument("--truth", nargs="*", default=[], type=Path, help="COCO files that tell occluded_by")
    options = parser.parse_args()
    if options.maps:
        for sitting, found in sorted(measure(options.maps).items()):
            print(f"sitting {sitting}", json.dumps(summary(found), indent=1))
    for path in options.truth:
        print(path, json.dumps(measure_truth(path), indent=1))


if __name__ == "__main__":
    main()
