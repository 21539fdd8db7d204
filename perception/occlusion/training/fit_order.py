"""Fits the model of who hides whom on rendered scenes, and writes its weights into the package.

    codriver scenes --out scenes --count 180 --seed 3000
    python -m perception.occlusion.training.fit_order scenes/annotations.json

Each scene counts twice: with its exact masks, and with masks that are 1 or 2 pixels off. Its signs come in one
piece with their poles, which real label sets part: each whole one is parted here, too, the plate before the pole,
as if no class names told what they are. Pairs of which they tell are judged by weights of their own, which are
fitted on boards with posts (`mounted_scenes`); with these among them, those for all pairs became worse.
The chains of `through` are those that the model itself finds.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from perception.evaluation.annotations import AnnotatedImage
from perception.evaluation.mask_errors import disturbed
from perception.evaluation.opening import open_truth
from perception.masks import BoolImage
from perception.occlusion.learned import claims
from perception.occlusion.network import Network
from perception.occlusion.order import FrameOutlines, Judged
from perception.occlusion.order_model import (
    CLAIMS,
    OUTLINES_ALONE,
    THROUGH_INPUTS,
    WEIGHTS,
    WITH_CLAIMS,
    OrderModel,
    PairModel,
    contact_inputs,
    write_models,
)
from perception.occlusion.pair_features import CONTACT_NAMES, DIRECTION_NAMES
from perception.occlusion.patch import patches
from perception.occlusion.roughness import rough_frame
from perception.occlusion.training.mounted_scenes import mounted_scene

Vector = NDArray[np.float64]
_REGULAR = 1.0
"""`C` of the logistic regressions, whose inputs are scaled to unit spread."""


_LEAST_POLE = 8
"""Pixels of height."""
_TOO_LITTLE = "The scenes show too little: some pairs must hide each other and some must not."
_MOUNTED = 3000
"""Pictures of a board and posts."""


@dataclass(frozen=True, eq=False)
class Example:
    """A frame with the truth: `hides` are pairs (front, back) of places in it."""

    frame: FrameOutlines
    hides: frozenset[tuple[int, int]]
    parted: bool = False
    """A sign and its pole: they tell which one is in front, and not whether one hides the other."""

    def truth(self, pair: tuple[int, int]) -> int:
        """1: the first hides a part of the second; -1: the other way round; 0: neither."""
        return int(pair in self.hides) - int(pair[::-1] in self.hides)


def examples(images: Iterable[AnnotatedImage], network: Network, seed: int = 0) -> Iterator[Example]:
    """Two of each image, and one of each sign in it. Annotations must tell `occluded_by`."""
    random = np.random.default_rng(seed)
    for image in images:
        exact = [one.mask for one in image.annotations]
        rough = [disturbed(mask, int(random.integers(1, 3)), random) for mask in exact]
        place = {one.id: index for index, one in enumerate(image.annotations)}
        hides = frozenset(
            (place[front], place[one.id])
            for one in image.annotations
            for front in one.occluded_by or ()
            if front in place
        )
        labels = [one.label for one in image.annotations]
        for masks in (exact, rough):
            yield _example([mask.to_array() for mask in masks], labels, hides, network)
        for one in image.annotations:
            parts = _parted(one.mask.to_array()) if "sign" in one.label and not one.occluded_by else None
            if parts is not None:
                both = patches(parts)
                frame = FrameOutlines(both, partial(claims, network, both, ["sign", "pole"], False))
                yield Example(frame, frozenset({(0, 1)}), parted=True)


def mounted_examples(count: int, network: Network, seed: int = 0) -> Iterator[Example]:
    """At most `count` pictures of a board and posts."""
    random = np.random.default_rng(seed)
    for _ in range(count):
        one = mounted_scene(random)
        if one is not None:
            yield _example(one.masks, ["sign", *["pole"] * (len(one.masks) - 1)], one.hides, network)


def _example(
    pixels: Sequence[BoolImage], labels: Sequence[str], hides: frozenset[tuple[int, int]], network: Network
) -> Example:
    masks = patches(pixels)
    ask = partial(claims, network, masks, labels, rough_frame(masks))
    return Example(FrameOutlines(masks, ask, labels), hides)


def _parted(sign: BoolImage) -> tuple[BoolImage, BoolImage] | None:
    """Plate and pole; None where it has no pole below."""
    width = sign.sum(axis=1)
    last = int(np.flatnonzero(width > 0.5 * width.max())[-1])
    plate, pole = sign.copy(), sign.copy()
    plate[last + 1 :], pole[: last + 1] = False, False
    return (plate, pole) if pole.any(axis=1).sum() >= _LEAST_POLE and plate.any() else None


def fit_both(given: Sequence[Example]) -> dict[str, OrderModel]:
    """The models that the package needs, by name. Raises as `fit` does."""
    return {WITH_CLAIMS: fit(given), OUTLINES_ALONE: fit(given, CLAIMS)}


def fit(given: Sequence[Example], unused: Collection[str] = ()) -> OrderModel:
    """The model of these examples, in which the features `unused` weigh nothing.

    Raises `ValueError` where the examples do not show every case.
    """
    rows = [
        (_without(one, unused), example.truth(one.pair), example.parted)
        for example in given
        for one in example.frame.judged
    ]
    pairs, carried = (_fit_pairs([row for row in rows if row[0].mounted == wanted]) for wanted in (False, True))
    unfinished = OrderModel(pairs, carried, np.zeros(0))
    chains = [
        (inputs, pair in example.hides)
        for example in given
        for pair, _, inputs in example.frame.chained(example.frame.direct(unfinished))
    ]
    used = np.array([name not in unused for name in THROUGH_INPUTS])
    through = _fit(np.array([inputs * used for inputs, _ in chains]), np.array([truth for _, truth in chains]))
    return OrderModel(pairs, carried, through)


def _fit_pairs(rows: Sequence[tuple[Judged, int, bool]]) -> PairModel:
    """From pairs, the truth of each as `Example.truth` has it, and whether they were parted."""
    if not any(truth for _, truth, _ in rows):
        raise ValueError(_TOO_LITTLE)
    direction = _fit_direction([one.direction * truth for one, truth, _ in rows if truth])
    seen = [(one, truth) for one, truth, parted in rows if not parted]
    inputs = [contact_inputs(one.direction, one.contact, float(one.direction @ direction)) for one, _ in seen]
    return PairModel(direction, _fit(np.array(inputs), np.array([truth != 0 for _, truth in seen])))


def _without(one: Judged, unused: Collection[str]) -> Judged:
    """The same with 0 for these features."""
    direction, contact = (
        np.where(np.array([name in unused for name in names]), 0.0, values)
        for names, values in ((DIRECTION_NAMES, one.direction), (CONTACT_NAMES, one.contact))
    )
    return Judged(one.pair, direction, contact, one.mounted)


def _fit_direction(towards: Sequence[Vector]) -> Vector:
    """Weights without intercept, of features of pairs whose first is in front."""
    inputs = np.array(towards)
    scale = np.sqrt((inputs**2).mean(axis=0)) + 1e-6
    both = np.concatenate([inputs, -inputs]) / scale
    is_first = np.arange(len(both)) < len(inputs)
    model = LogisticRegression(C=_REGULAR, fit_intercept=False, max_iter=3000).fit(both, is_first)
    return np.asarray(model.coef_[0] / scale, np.float64)


def _fit(inputs: Vector, truth: NDArray[np.bool_]) -> Vector:
    """Weights and, last, the intercept."""
    if not 0 < truth.sum() < len(truth):
        raise ValueError(_TOO_LITTLE)
    middle, scale = inputs.mean(axis=0), inputs.std(axis=0) + 1e-6
    model = LogisticRegression(C=_REGULAR, max_iter=3000).fit((inputs - middle) / scale, truth)
    weights = model.coef_[0] / scale
    return np.append(weights, model.intercept_[0] - weights @ middle)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("scenes", nargs="+", type=Path, help="annotations.json of codriver scenes")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    network = Network()
    found = [one for path in options.scenes for one in examples(open_truth(path, "", 1), network)]
    found += mounted_examples(_MOUNTED, network)
    write_models(options.out, fit_both(found))
    pairs = sum(len(one.frame.judged) for one in found)
    print(f"{options.out}: fitted on {pairs} pairs of {len(found)} frames.")


if __name__ == "__main__":
    main()
