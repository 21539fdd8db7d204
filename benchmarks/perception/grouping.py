"""How well unknown things are grouped and named, on frames with a truth given as class maps.

    python -m benchmarks.perception.grouping IMAGES MAPS [--names camvid] [--cache DIR] [--json FILE]

Three questions: perfect masks of things, so that grouping alone is measured; the same with poles; and the masks
that proposals find, stuff among them, judged by those that show a thing (IoU of at least 0.5). `--cache` keeps the
segmenter's features of each image (seconds each to compute).
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.cluster import KMeans

from benchmarks.proposals import Remembering, frames
from codriver.models import open_store
from codriver.settings import load_settings
from perception.dataset.clusters import Cluster
from perception.discovery.cluster_stage import WEIGHTS, ClusterStage
from perception.discovery.crops import crop
from perception.discovery.embed_stage import APPEARANCE_VECTORS, EmbedStage
from perception.discovery.grouping.clustering import group
from perception.discovery.grouping.mixing import mix, unit
from perception.discovery.pool_stage import PoolStage
from perception.discovery.pooling import SEGMENTER_VECTORS
from perception.evaluation.annotations import AnnotatedImage
from perception.evaluation.class_maps import read_class_maps, read_names
from perception.evaluation.groups import Grouping, agreement
from perception.frame import Frame
from perception.masks import iou_matrix
from perception.models.image_classifier import ImageClassifier
from perception.proposals.choosing import choose_head, choose_segmenter
from perception.proposals.stage import ProposeStage
from perception.record import FrameRecord, Instance

THINGS = ("Car", "Pedestrian", "Bicyclist", "SignSymbol")
RIGHT = {
    "Car": {"car", "truck", "van", "bus", "tram", "train"},
    "Bicyclist": {"bicycle", "motorcycle"},
    "SignSymbol": {"street sign", "traffic light"},
    "Pole": {"pole"},
}
"""The classifier's names that are right for a class; it has none for people, and none is right for stuff."""
DRAWS = 10


@dataclass
class Question:
    """Records to group, and the class that each instance shows ("" for none that counts)."""

    title: str
    classes: Sequence[str]
    found: bool = False
    """The masks are those of proposals."""
    records: list[FrameRecord] = field(default_factory=list)
    labels: dict[tuple[str, int], str] = field(default_factory=dict)

    def instances_of(self, image: AnnotatedImage, proposed: FrameRecord) -> tuple[Instance, ...]:
        if self.found:
            return proposed.instances
        chosen = [one for one in image.annotations if one.label in self.classes]
        return tuple(Instance(i, one.mask, 1.0, "unknown") for i, one in enumerate(chosen, start=1))

    def shown(self, image: AnnotatedImage, instances: Sequence[Instance]) -> list[str]:
        truths = [one for one in image.annotations if one.label in self.classes]
        if not truths or not instances:
            return [""] * len(instances)
        overlaps = iou_matrix([one.mask for one in instances], [one.mask for one in truths])
        return [truths[row.argmax()].label if row.max() >= 0.5 else "" for row in overlaps]


def ask(arguments: argparse.Namespace, classifier: ImageClassifier) -> tuple[list[Question], dict[str, Frame]]:
    questions = [
        Question("things", THINGS),
        Question("things and poles", (*THINGS, "Pole")),
        Question("found masks", (*THINGS, "Pole"), found=True),
    ]
    settings, store = load_settings(), open_store()
    segmenter = Remembering(choose_segmenter(settings, store), arguments.cache)
    propose, pool = ProposeStage(segmenter, choose_head(settings)), PoolStage(segmenter)
    embed, shown = EmbedStage(classifier), {}
    truth = read_class_maps(arguments.maps, read_names(arguments.names))
    for frame in frames(arguments.images, "", 1, truth.images):
        image, shown[frame.info.id] = truth.images[frame.info.id], frame
        proposed = propose.run(frame, FrameRecord(frame.info))
        for question in questions:
            instances = question.instances_of(image, proposed)
            record = embed.run(frame, pool.run(frame, proposed.with_instances(instances)))
            question.records.append(record)
            for one, label in zip(instances, question.shown(image, instances), strict=True):
                question.labels[frame.info.id, one.id] = label
    return questions, shown


def told(found: Sequence[Grouping]) -> dict[str, float]:
    means = {
        name: round(float(np.mean([getattr(one, name) for one in found])), 3)
        for name in ("nmi", "ami", "purity", "clusters", "grouped")
    }
    return {**means, "lowest nmi": round(min(one.nmi for one in found), 3)}


def compared(question: Question) -> dict[str, Any]:
    """Figures of each choice of vectors, and of k-means.

    Means over draws of 75 % of the masks, each with a seed of its own, because EVoC's layout is random.
    """
    results: dict[str, list[Grouping]] = {}
    labels = np.array(list(question.labels.values()))
    rows = {
        name: np.concatenate([r.vectors[name].rows for r in question.records if r.instances]) for name in WEIGHTS
    }
    for draw in range(DRAWS):
        chosen = np.sort(np.random.default_rng(draw).choice(len(labels), len(labels) * 3 // 4, replace=False))
        counts = labels[chosen] != ""
        for title, groups in _ways({name: vectors[chosen] for name, vectors in rows.items()}, draw):
            ids = [None if one < 0 else int(one) for one in groups[counts]]
            results.setdefault(title, []).append(agreement(labels[chosen][counts].tolist(), ids))
    return {title: told(found) for title, found in results.items()}


def _ways(rows: dict[str, np.ndarray], seed: int) -> Iterator[tuple[str, np.ndarray]]:
    """Each way of grouping with its name, and the group of each row."""
    choices = {
        "segmenter": {SEGMENTER_VECTORS: 1.0},
        "classifier": {APPEARANCE_VECTORS: 1.0},
        "both (default)": WEIGHTS,
    }
    for title, weights in choices.items():
        yield title, group(mix([(rows[name], weight) for name, weight in weights.items()], seed), seed)
    for name in WEIGHTS:
        plain = unit(rows[name].astype(np.float32))
        yield f"k-means with 12 clusters, {name}", KMeans(12, n_init=4, random_state=seed).fit_predict(plain)
    yield "one single cluster", np.zeros(len(rows[SEGMENTER_VECTORS]), int)


def named(question: Question, shown: dict[str, Frame], classifier: ImageClassifier) -> list[dict[str, Any]]:
    """Clusters of the stage with the names that it proposes, against the commonest classes in each."""
    changed = list(ClusterStage(classifier).run(question.records, shown.__getitem__, lambda done, total: None))
    clusters = [one for one in changed if isinstance(one, Cluster)]
    members = {one.id: Counter() for one in clusters}
    for record in changed:
        if isinstance(record, FrameRecord):
            for one in record.instances:
                members[one.cluster_id][question.labels[record.frame.id, one.id] or "no thing"] += 1
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


def confidences(question: Question, shown: dict[str, Frame], classifier: ImageClassifier) -> dict[str, Any]:
    """How often a name is right by its confidence: galleries of 2 and of 8 masks of a class, 200 of each class."""
    masks = {(record.frame.id, one.id): one.mask for record in question.records for one in record.instances}
    random, found = np.random.default_rng(0), {}
    for label in sorted(set(question.labels.values())):
        places = [place for place, one in question.labels.items() if one == label]
        belief = classifier.beliefs([crop(shown[at[0]].image, masks[at], isolated=True) for at in places])
        for size in (2, 8):
            for _ in range(200 if len(places) >= size else 0):
                best = classifier.proposals(belief[random.choice(len(places), size, replace=False)])[0]
                step = f"{np.floor(best.confidence * 5) / 5:.1f}"
                found.setdefault(step, []).append(best.label in RIGHT.get(label, ()))
    return {step: {"galleries": len(r), "right": round(float(np.mean(r)), 3)} for step, r in sorted(found.items())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", type=Path)
    parser.add_argument("maps", type=Path)
    parser.add_argument("--names", default="camvid")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    classifier, report = ImageClassifier(open_store()), {}
    questions, shown = ask(arguments, classifier)
    for one in questions:
        objects = sum(label != "" for label in one.labels.values())
        report[one.title] = {"masks": len(one.labels), "objects": objects, "grouping": compared(one)}
        report[one.title]["named"] = named(one, shown, classifier)
        report[one.title]["confidence"] = confidences(one, shown, classifier)
    print(json.dumps(report, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
