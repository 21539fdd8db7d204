"""How well unknown things are grouped and named, on regions of a truth given as class maps.

    python -m benchmarks.perception.grouping IMAGES MAPS [--names camvid] [--cache DIR] [--json FILE]

The regions stand for perfect unknown masks, so that grouping alone is measured. `--cache` keeps the segmenter's
features of each image (seconds each to compute).
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.cluster import KMeans

from codriver.models import open_store
from perception.dataset.clusters import Cluster
from perception.discovery.cluster_stage import WEIGHTS, ClusterStage
from perception.discovery.crops import crop
from perception.discovery.embed_stage import APPEARANCE_VECTORS
from perception.discovery.grouping.clustering import group
from perception.discovery.grouping.mixing import mix, unit
from perception.discovery.pooling import SEGMENTER_VECTORS, pooled
from perception.evaluation.class_maps import read_class_maps, read_names
from perception.evaluation.groups import Grouping, agreement
from perception.evaluation.occlusion_files import image_loader
from perception.frame import Frame, FrameInfo, RGBImage
from perception.models.image_classifier import ImageClassifier
from perception.models.roles import Embedding, Segmenter
from perception.record import FrameRecord, Instance
from perception.vectors import InstanceVectors

THINGS = ("Car", "Pedestrian", "Bicyclist", "SignSymbol")


def features(name: str, image: RGBImage, cache: Path | None, segmenter: Callable[[], Segmenter]) -> Embedding:
    file = cache / f"{Path(name).stem}.npz" if cache else None
    if file and file.is_file():
        with np.load(file) as stored:
            found = stored["image_embed"].astype(np.float32)[0]
    else:
        found = segmenter().embed(image).features
        if file:
            cache.mkdir(parents=True, exist_ok=True)
            np.savez(file, image_embed=found[None].astype(np.float16))
    return Embedding(found, image.shape[1], image.shape[0])


def dataset(
    arguments: argparse.Namespace, classes: Sequence[str]
) -> tuple[list[FrameRecord], dict[tuple[str, int], str], dict[str, Frame], ImageClassifier]:
    """Records with one unknown instance for each region, their labels, frames by name."""
    truth = read_class_maps(Path(arguments.maps), read_names(arguments.names))
    load, classifier = image_loader(Path(arguments.images)), ImageClassifier(open_store())
    loaded: list[Segmenter] = []

    def segmenter() -> Segmenter:
        from perception.models.files import locate
        from perception.models.sam2 import Sam2
        from perception.models.sessions import Runtime

        if not loaded:
            loaded.append(Sam2(locate("sam2-hiera-tiny", open_store()), Runtime()))
        return loaded[0]

    records, labels, frames = [], {}, {}
    for image in sorted(truth, key=lambda one: one.name):
        pixels = load(image.name)
        info = FrameInfo(image.name, image.name, image.width, image.height, "", "", 0)
        chosen = [one for one in image.annotations if one.label in classes]
        instances = tuple(Instance(i, one.mask, 1.0, "unknown") for i, one in enumerate(chosen, start=1))
        crops = [crop(pixels, one.mask, isolated=True) for one in instances]
        vectors = {
            SEGMENTER_VECTORS: pooled(features(image.name, pixels, arguments.cache, segmenter), instances),
            APPEARANCE_VECTORS: InstanceVectors(tuple(one.id for one in instances), classifier.embed_crops(crops)),
        }
        records.append(FrameRecord(info, instances, vectors=vectors))
        frames[info.id] = Frame(info, pixels)
        labels |= {(info.id, i): one.label for i, one in enumerate(chosen, start=1)}
    return records, labels, frames, classifier


def told(found: Sequence[Grouping]) -> dict[str, float]:
    means = {
        name: round(float(np.mean([getattr(one, name) for one in found])), 3)
        for name in ("nmi", "ami", "purity", "clusters", "grouped")
    }
    return {**means, "lowest nmi": round(min(one.nmi for one in found), 3)}


def compared(records: list[FrameRecord], labels: dict[tuple[str, int], str]) -> dict[str, Any]:
    """Figures of each choice of vectors, and of k-means.

    Means over 10 draws of 75 % of the objects, each with a seed of its own, because EVoC's layout is random.
    """
    truth = list(labels.values())
    rows = {name: np.concatenate([r.vectors[name].rows for r in records if r.instances]) for name in WEIGHTS}
    choices = {
        "segmenter": {SEGMENTER_VECTORS: 1.0},
        "classifier": {APPEARANCE_VECTORS: 1.0},
        "both (default)": WEIGHTS,
    }
    results: dict[str, list[Grouping]] = {}
    for draw in range(10):
        chosen = np.sort(np.random.default_rng(draw).choice(len(truth), len(truth) * 3 // 4, replace=False))
        some = [truth[i] for i in chosen]
        for title, weights in choices.items():
            vectors = mix([(rows[name][chosen], weight) for name, weight in weights.items()], draw)
            groups = [None if one < 0 else int(one) for one in group(vectors, draw)]
            results.setdefault(title, []).append(agreement(some, groups))
        for name in WEIGHTS:
            plain = unit(rows[name][chosen].astype(np.float32))
            found = KMeans(12, n_init=4, random_state=draw).fit_predict(plain).tolist()
            results.setdefault(f"k-means with 12 clusters, {name}", []).append(agreement(some, found))
        results.setdefault("one single cluster", []).append(agreement(some, [0] * len(some)))
    return {title: told(found) for title, found in results.items()}


def named(
    records: list[FrameRecord],
    labels: dict[tuple[str, int], str],
    frames: dict[str, Frame],
    classifier: ImageClassifier,
) -> list[dict[str, Any]]:
    """Clusters of the stage with the names that it proposes, against the commonest class in each."""
    stage = ClusterStage(classifier)
    changed = list(stage.run(records, frames.__getitem__, lambda done, total: None))
    clusters = [one for one in changed if isinstance(one, Cluster)]
    members = {one.id: Counter() for one in clusters}
    for record in changed:
        if isinstance(record, FrameRecord):
            for one in record.instances:
                members[one.cluster_id][labels[record.frame.id, one.id]] += 1
    return [
        {
            "size": one.size,
            "name": one.label,
            "confidence": one.confidence,
            "holds": dict(members[one.id].most_common(3)),
        }
        for one in clusters
        if one.size > 1
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images")
    parser.add_argument("maps")
    parser.add_argument("--names", default="camvid")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    report = {}
    for title, classes in (("things", THINGS), ("things and poles", (*THINGS, "Pole"))):
        records, labels, frames, classifier = dataset(arguments, classes)
        report[title] = {"objects": len(labels), "grouping": compared(records, labels)}
        report[title]["named"] = named(records, labels, frames, classifier)
    print(json.dumps(report, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
