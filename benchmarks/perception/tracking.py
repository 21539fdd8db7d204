"""How well identity holds on drives of rectangles with noise: python -m benchmarks.perception.tracking"""

from __future__ import annotations

import numpy as np

from perception.discovery.track_stage import TrackOptions, TrackStage
from perception.evaluation.annotations import AnnotatedImage, Annotation, AnnotationSet, compare
from perception.evaluation.identity import Identity, measure_identity
from perception.frame import Frame, FrameInfo
from perception.masks import Mask
from perception.record import FrameRecord, Instance

WIDTH, HEIGHT, THINGS, FRAMES = 480, 360, 12, 60


def rectangle(x: float, y: float, side: float) -> Mask:
    pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
    pixels[max(0, int(y)) : max(0, int(y + 0.8 * side)), max(0, int(x)) : max(0, int(x + side))] = 1
    return Mask.from_array(pixels)


def drive(seed: int, misses: float) -> tuple[list[FrameRecord], AnnotationSet]:
    """Things that move at their own pace (5 px a frame), seen with 1.5 px of noise, or not at all."""
    random = np.random.default_rng(seed)
    place = random.uniform([20, 100], [400, 250], (THINGS, 2))
    pace = random.normal(0, 5, (THINGS, 2)) * [1, 0.3]
    sides = random.uniform(15, 60, THINGS)
    records, truth = [], {}
    for t in range(FRAMES):
        name = f"{t:03d}.png"
        now = place + pace * t
        true = [Annotation(i + 1, rectangle(*now[i], sides[i]), track_id=i + 1) for i in range(THINGS)]
        true = [one for one in true if one.mask.area > 80]
        seen = [one.id - 1 for one in true if random.random() >= misses]
        masks = [rectangle(*(now[i] + random.normal(0, 1.5, 2)), sides[i] * random.normal(1, 0.05)) for i in seen]
        scores = random.uniform(0.3, 1, len(masks))
        found = [
            Instance(n, m, float(s), "unknown") for n, (m, s) in enumerate(zip(masks, scores, strict=True), 1)
        ]
        records.append(FrameRecord(FrameInfo(name, name, WIDTH, HEIGHT, "", "drive", t), tuple(found)))
        truth[name] = AnnotatedImage(name, WIDTH, HEIGHT, tuple(true))
    return records, AnnotationSet("truth", truth, {})


def no_frame(name: str) -> Frame:
    raise LookupError(name)


def measure(seed: int, misses: float, options: TrackOptions) -> Identity:
    records, truth = drive(seed, misses)
    changed = {one.frame.id: one for one in TrackStage(options).run(records, no_frame, lambda done, total: None)}
    found = {}
    for record in records:
        instances = changed.get(record.frame.id, record).instances
        annotations = tuple(Annotation(one.id, one.mask, track_id=one.track_id) for one in instances)
        found[record.frame.id] = AnnotatedImage(record.frame.id, WIDTH, HEIGHT, annotations)
    return measure_identity(compare(AnnotationSet("found", found, {}), truth))


def main() -> None:
    for title, options in (
        ("ours", TrackOptions()),
        ("blend and overlap 0.25", TrackOptions(iou=0.25, blend=0.25)),
    ):
        for misses in (0.0, 0.1, 0.3):
            drives = [measure(seed, misses, options) for seed in range(5)]
            idf1, switches = np.mean([(one.idf1, one.switches) for one in drives], axis=0)
            print(f"{title}, {misses:.0%} missing: IDF1 {idf1:.3f}, {switches:.1f} switches a drive")


if __name__ == "__main__":
    main()
