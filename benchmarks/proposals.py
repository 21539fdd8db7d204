"""`python -m benchmarks.proposals IMAGES LABELS`: what proposals find on frames with class maps.

Seven ways: a naive grid of points, and with a detector's boxes; the head alone; with a detector; with a detector
of vehicles only; calibrated on other frames of the folder, as `label --calibrate` does; that with a detector.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.calibrated import Calibrated, strangers
from codriver.errors import InputError
from codriver.models import open_store
from codriver.settings import load_settings
from perception import settings as keys
from perception.discovery.known import KnownOptions
from perception.evaluation.annotations import AnnotatedImage, Annotation, AnnotationSet, compare
from perception.evaluation.discovery import measure_discovery
from perception.evaluation.opening import open_truth
from perception.frame import Frame, FrameInfo, RGBImage
from perception.models.roles import Detector, Embedding, MaskCandidates, Prompts, Segmenter
from perception.proposals.candidates import Candidates, distinct, judge
from perception.proposals.choosing import choose_detector, choose_head, choose_segmenter
from perception.proposals.enlarge import enlarged
from perception.proposals.prompting import box_prompts, point_prompts
from perception.proposals.propose import ProposalOptions
from perception.proposals.stage import ProposeStage
from perception.record import FrameRecord

VEHICLES = ("car", "truck", "bus", "train", "motorcycle")


@dataclass
class Remembering:
    """A segmenter that keeps encoded frames in a folder (half precision), so that many ways cost one encoding."""

    inner: Segmenter
    folder: Path | None

    @property
    def name(self) -> str:
        return self.inner.name

    def files_sha256(self) -> Mapping[str, str]:
        return self.inner.files_sha256()

    def embed(self, image: RGBImage) -> Embedding:
        if self.folder is None:
            return self.inner.embed(image)
        path = self.folder / f"{hashlib.sha256(image.tobytes()).hexdigest()[:24]}.npz"
        if not path.exists():
            found = self.inner.embed(image)
            self.folder.mkdir(parents=True, exist_ok=True)
            np.savez(path, **{name: value.astype(np.float16) for name, value in found.inner.items()})
        stored = np.load(path, allow_pickle=False)
        features = {name: stored[name].astype(np.float32) for name in stored.files}
        return Embedding(features["image_embed"][0], image.shape[1], image.shape[0], features)

    def decode(self, embedding: Embedding, prompts: Prompts) -> MaskCandidates:
        return self.inner.decode(embedding, prompts)


@dataclass
class Grid:
    """The naive way: a point in each field of a grid, and the best masks by the segmenter's own estimate.

    With a detector its boxes are asked too, and their masks come first.
    """

    segmenter: Segmenter
    detector: Detector | None = None
    side: int = 16
    limit: int = 30

    def run(self, frame: Frame, record: FrameRecord) -> list[Annotation]:
        embedding = self.segmenter.embed(frame.image)
        places = (np.arange(self.side) + 0.5) / self.side
        points = np.stack(np.meshgrid(places * embedding.width, places * embedding.height), -1).reshape(-1, 2)
        everywhere = np.ones((64, 64), np.float32)
        decoded = self.segmenter.decode(embedding, point_prompts(points))
        # As if somebody had asked for each point: its best mask by the segmenter's estimate counts.
        found = judge(decoded, everywhere, None, np.arange(len(points)))
        priority, known = found.quality, np.zeros(len(found), bool)
        if self.detector is not None and len(
            detections := KnownOptions().usable(self.detector.detect(frame.image)).boxes
        ):
            boxes = judge(
                self.segmenter.decode(embedding, box_prompts(detections)),
                everywhere,
                None,
                np.arange(len(detections)),
            )
            known = np.arange(len(found) + len(boxes)) >= len(found)
            found = Candidates.join([found, boxes])
            priority = found.quality + known
        kept = distinct(found, priority, 0.7, 1.0)[: self.limit]
        height, width = frame.image.shape[:2]
        return [
            Annotation(
                i,
                enlarged(found.logits[row], height, width),
                "",
                float(priority[row]),
                "known" if known[row] else "unknown",
            )
            for i, row in enumerate(kept, 1)
        ]


def frames(folder: Path, prefix: str, every: int, labelled: Container[str] | None = None) -> list[Frame]:
    """Each n-th of the pictures whose names begin so, and are among the `labelled` ones where these are given."""
    found = []
    paths = [path for path in sorted(folder.glob(f"{prefix}*.png")) if labelled is None or path.name in labelled]
    for path in paths[::every]:
        image = np.ascontiguousarray(cv2.imread(str(path))[:, :, ::-1])
        info = FrameInfo(path.name, str(path), image.shape[1], image.shape[0], "")
        found.append(Frame(info, image))
    return found


def predictions(way: Any, chosen: list[Frame]) -> tuple[AnnotationSet, float]:
    images, spent = {}, 0.0
    for frame in chosen:
        started = time.perf_counter()
        result = way.run(frame, FrameRecord(frame.info))
        spent += time.perf_counter() - started
        if isinstance(result, FrameRecord):
            result = [Annotation(one.id, one.mask, one.label, one.score, one.status) for one in result.instances]
        info = frame.info
        images[info.id] = AnnotatedImage(
            info.id, info.width, info.height, tuple(one for one in result if one.mask.area)
        )
    return AnnotationSet("proposals", images, {}), spent / len(chosen)


def ways(given: argparse.Namespace, truth: AnnotationSet, options: ProposalOptions) -> dict:
    names, detector_name = given.ways.split(","), given.detector
    store, settings = open_store(), load_settings({keys.DETECTOR.key: detector_name or None})
    segmenter = Remembering(choose_segmenter(settings, store), given.cache)
    head = choose_head(settings)
    alone = ProposeStage(segmenter, head, proposals=options)
    found = {"grid": Grid(segmenter), "head": alone}
    if detector_name:
        detector = choose_detector(settings, store)
        found["grid+detector"] = Grid(segmenter, detector)
        found["detector"] = replace(alone, detector=detector)
        more = replace(options, annotations=40)
        found["vehicles"] = replace(alone, detector=detector, proposals=more, known=KnownOptions(classes=VEHICLES))
    plain = {"calibrated": "head", "calibrated+detector": "detector"}
    wanted = {name: found[plain[name]] for name in names if plain.get(name) in found}
    if wanted:
        heads = strangers(given.images, truth, given.folds, segmenter, head)
        for name, stage in wanted.items():
            found[name] = Calibrated({frame: replace(stage, head=one) for frame, one in heads.items()})
    return {name: found[name] for name in names if name in found}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--names", default="camvid", help="what the pixel values mean")
    parser.add_argument("--classes", default="Car,Pedestrian,Bicyclist,SignSymbol")
    parser.add_argument("--ways", default="grid,grid+detector,head,detector,vehicles")
    parser.add_argument("--detector", default="", help="for the ways that need one")
    parser.add_argument(
        "--folds", default="2", help="calibrate on all frames but every n-th, n times; or beginnings of names"
    )
    parser.add_argument("--prefixes", default="", help="beginnings of file names, one row of the table for each")
    parser.add_argument("--every", type=int, default=1, help="take each n-th frame")
    parser.add_argument("--cache", type=Path, help="keeps encoded frames, which leaves encoding out of the times")
    parser.add_argument("--set", action="append", default=[], metavar="OPTION=NUMBER", help="of ProposalOptions")
    return parser


def main() -> None:
    parser = _parser()
    given = parser.parse_args()
    changes = dict(one.split("=") for one in given.set)
    plain = ProposalOptions()
    options = replace(plain, **{name: type(getattr(plain, name))(float(text)) for name, text in changes.items()})
    truth = open_truth(given.labels, given.names, 150)
    classes = given.classes.split(",")
    for prefix in given.prefixes.split(","):
        if not any(path.name in truth.images for path in given.images.glob(f"{prefix}*.png")):
            parser.error(f"{given.labels} has labels of no picture {prefix}*.png in {given.images}.")
    try:
        chosen_ways = ways(given, truth, options)
    except InputError as error:
        parser.error(str(error))
    print(
        "| way | frames | recall 0.5 | recall 0.75 | as unknown | together | unknown on stuff | per frame | s |",
        flush=True,
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name, way in chosen_ways.items():
        for prefix in given.prefixes.split(","):
            chosen = frames(given.images, prefix, given.every, truth.images)
            predicted, seconds = predictions(way, chosen)
            found = measure_discovery(compare(predicted, truth), classes, 40 if name == "vehicles" else 30)
            total = found.overall
            row = [f"{name} {prefix}".strip(), len(chosen), *(
                f"{one:.2f}"
                for one in (
                    total.at_50, total.at_75, total.unknown_at_50, total.together_at_50, found.unknown_on_stuff,
                )
            ), f"{found.annotations_per_frame:.1f}", f"{seconds:.1f}"]  # fmt: skip
            print("|", " | ".join(map(str, row)), "|", flush=True)
            for label, one in found.by_class.items():
                print(f"  {label}: {one.at_50:.2f} of {one.truths}, as unknown {one.unknown_at_50:.2f}")


if __name__ == "__main__":
    main()
