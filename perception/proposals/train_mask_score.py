"""Fits what tells things from stuff: `python -m perception.proposals.train_mask_score SCENES … [--every N]`.

SCENES is what `codriver scenes` writes, or any folder with `images` and a COCO truth. Every mask that the head and
the segmenter propose there is an example: a thing when it outlines one, stuff when it lies mostly on none. What
ships is kept in `perception/data/mask-score.json`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from codriver.models import open_store
from codriver.settings import load_settings
from perception.evaluation.opening import open_truth
from perception.frames.source import open_source
from perception.masks import Mask, cover_matrix, iou_matrix
from perception.models.bounded import bounded
from perception.models.roles import FloatArray, Segmenter
from perception.proposals.choosing import choose_head, choose_segmenter
from perception.proposals.enlarge import enlarged
from perception.proposals.head import ObjectnessHead
from perception.proposals.mask_score import MEASURES, MaskScore
from perception.proposals.propose import ProposalOptions, propose

_ALL = replace(ProposalOptions(), least_chance=0.0, annotations=60)
_NO_HINTS = np.zeros((0, 4), np.float32)


@click.command()
@click.argument("scenes", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--every", default=1, type=click.IntRange(1), help="Take each n-th scene.")
@click.option("--out", type=click.Path(path_type=Path), required=True)
def main(scenes: tuple[Path, ...], every: int, out: Path) -> None:
    """Fit the score to the folders SCENES and write it."""
    settings = load_settings()
    segmenter, head = choose_segmenter(settings, open_store(settings)), choose_head(settings)
    found = [one for folder in scenes for one in _examples(folder, every, segmenter, head)]
    if len({thing for _, things in found for thing in things}) < 2:
        raise click.UsageError("these folders show no things, or nothing else, so that nothing can be learned.")
    measured, things = (np.concatenate(part) for part in zip(*found, strict=True))
    fit(measured, things).save(out)
    click.echo(f"{out} is fitted to {len(things)} masks, {int(things.sum())} of them things.")


def fit(measured: FloatArray, things: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> MaskScore:
    """The score of masks [N, len(MEASURES)] of which `things` [N] are things."""
    scale = StandardScaler().fit(measured)
    model = LogisticRegression(max_iter=2000).fit(scale.transform(measured), things)
    weights = model.coef_[0] / scale.scale_
    intercept = float(model.intercept_[0] - weights @ scale.mean_)
    return MaskScore({**dict(zip(MEASURES, map(float, weights), strict=True)), "intercept": intercept})


def _examples(
    folder: Path, every: int, segmenter: Segmenter, head: ObjectnessHead
) -> Iterator[tuple[FloatArray, np.ndarray[tuple[int], np.dtype[np.bool_]]]]:
    truth = open_truth(folder, "", 0)
    for ref in open_source(str(folder / "images")).refs[::every]:
        image = truth.images.get(ref.id) or truth.images.get(f"images/{ref.id}")
        if image is None:
            continue
        embedding = segmenter.embed(bounded(ref.load().image))
        found = propose(segmenter, embedding, head.outlook(embedding.features), _NO_HINTS, _ALL)
        if found is None:
            continue
        masks = [enlarged(one, image.height, image.width) for one in found.logits]
        thing, judged = _judged(masks, [one.mask for one in image.annotations], image.ignored)
        click.echo(f"{ref.id}: {int(judged.sum())} masks", err=True)
        yield found.measured[judged], thing[judged]


def _judged(masks: list[Mask], things: list[Mask], ignored: Mask | None) -> tuple[np.ndarray, np.ndarray]:
    """Which of `masks` outline a thing, and which outline one or lie mostly on none."""
    outlines = iou_matrix(masks, things).max(axis=1, initial=0) > 0.5
    taken = things if ignored is None else [*things, ignored]
    elsewhere = cover_matrix(masks, taken).sum(axis=1) < 0.5
    return outlines, outlines | elsewhere


if __name__ == "__main__":
    main()
