"""Fits the objectness head that ships: `python -m perception.proposals.train_head SCENES … --out FILE`.

SCENES is what `codriver scenes` writes, or any folder with `images` and a COCO truth; docs/perception-proposals.md
is the model card. Encoding takes seconds per scene; `--cache` keeps it, in half precision.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

from codriver.models import open_store
from codriver.settings import load_settings
from perception.evaluation.annotations import AnnotationSet
from perception.evaluation.opening import open_truth
from perception.frame import RGBImage
from perception.frames.source import open_source
from perception.models.roles import FloatArray, Segmenter
from perception.proposals.choosing import choose_segmenter
from perception.proposals.fitting import Cells, cells_of
from perception.proposals.transferable import fit_transferable

LEAST_AREA = 60
"""Pixels below which an object is neither thing nor stuff while fitting: a small part of one cell
tells nothing."""


@click.command()
@click.argument("scenes", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--cache", type=click.Path(path_type=Path, file_okay=False))
def main(scenes: tuple[Path, ...], out: Path, cache: Path | None) -> None:
    """Fit a head to the folders SCENES and write it."""
    settings = load_settings()
    segmenter = choose_segmenter(settings, open_store(settings))
    cells: list[Cells] = []
    for folder in scenes:
        kept = None if cache is None else cache / folder.name
        cells += _cells(folder, open_truth(folder, "", LEAST_AREA), segmenter, kept)
    replace(fit_transferable(Cells.join(cells)), segmenter=segmenter.name).save(out)
    click.echo(f"{out} is fitted to {len(cells)} scenes.")


def _cells(scenes: Path, truth: AnnotationSet, segmenter: Segmenter, cache: Path | None) -> Iterator[Cells]:
    for ref in open_source(str(scenes / "images")).refs:
        image = truth.images.get(ref.id) or truth.images.get(f"images/{ref.id}")
        if image is None:
            continue
        kept = None if cache is None else cache / f"{Path(ref.id).stem}.npy"
        features = _features(segmenter, ref.load().image, kept)
        large = [one.mask for one in image.annotations if one.mask.area >= LEAST_AREA]
        ignored = image.ignored
        for one in image.annotations:
            if one.mask.area < LEAST_AREA:
                ignored = one.mask if ignored is None else ignored | one.mask
        click.echo(f"{ref.id}: {len(large)} objects", err=True)
        yield cells_of(features, large, ignored)


def _features(segmenter: Segmenter, image: RGBImage, kept: Path | None) -> FloatArray:
    if kept is not None and kept.is_file():
        return np.asarray(np.load(kept, allow_pickle=False), np.float32)
    features = segmenter.embed(image).features
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, features.astype(np.float16))
    return features


if __name__ == "__main__":
    main()
