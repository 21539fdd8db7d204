"""Fits what tells things from stuff: `python -m perception.proposals.train_mask_score SCENES … [--every N]`.

SCENES is what `codriver scenes` writes, or any folder with `images` and a COCO truth. Every mask that the head and
the segmenter propose there is an example: a thing when it outlines one, stuff when it lies mostly on none. What
ships is kept in `perception/data/mask-score.json`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from codriver.models import open_store
from codriver.settings import load_settings
from perception.evaluation.opening import open_truth
from perception.frames.source import open_source
from perception.masks import Mask
from perception.models.bounded import bounded
from perception.models.roles import FloatArray, Segmenter
from perception.proposals.choosing import choose_head, choose_segmenter
from perception.proposals.head import ObjectnessHead
from perception.proposals.mask_score import MEASURES, MaskScore
from perception.proposals.score_fitting import ALL, Examples, examples_of


@click.command()
@click.argument("scenes", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--every", default=1, type=click.IntRange(1), help="Take each n-th scene.")
@click.option("--out", type=click.Path(path_type=Path), required=True)
def main(scenes: tuple[Path, ...], every: int, out: Path) -> None:
    """Fit the score to the folders SCENES and write it."""
    settings = load_settings()
    segmenter, head = choose_segmenter(settings, open_store(settings)), choose_head(settings)
    found = Examples.join([one for folder in scenes for one in _examples(folder, every, segmenter, head)])
    if len(set(found.thing.tolist())) < 2:
        raise click.UsageError("these folders show no things, or nothing else, so that nothing can be learned.")
    fit(found.measured, found.thing).save(out)
    click.echo(f"{out} is fitted to {len(found)} masks, {int(found.thing.sum())} of them things.")


def fit(measured: FloatArray, things: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> MaskScore:
    """The score of masks [N, len(MEASURES)] of which `things` [N] are things."""
    scale = StandardScaler().fit(measured)
    model = LogisticRegression(max_iter=2000).fit(scale.transform(measured), things)
    weights = model.coef_[0] / scale.scale_
    intercept = float(model.intercept_[0] - weights @ scale.mean_)
    return MaskScore({**dict(zip(MEASURES, map(float, weights), strict=True)), "intercept": intercept})


def _examples(folder: Path, every: int, segmenter: Segmenter, head: ObjectnessHead) -> Iterator[Examples]:
    truth = open_truth(folder, "", 0)
    for ref in open_source(str(folder / "images")).refs[::every]:
        image = truth.images.get(ref.id) or truth.images.get(f"images/{ref.id}")
        if image is None:
            continue
        embedding = segmenter.embed(bounded(ref.load().image))
        ignored = image.ignored or Mask.empty(image.height, image.width)
        found = examples_of(segmenter, embedding, head, [one.mask for one in image.annotations], ignored, ALL)
        click.echo(f"{ref.id}: {len(found)} masks", err=True)
        yield found


if __name__ == "__main__":
    main()
