"""Which proposed masks are things, as examples; and a score refitted to the few that a user's own frames give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from perception.masks import Mask, cover_matrix, iou_matrix
from perception.models.roles import Embedding, FloatArray, Segmenter
from perception.proposals.enlarge import enlarged
from perception.proposals.head import ObjectnessHead
from perception.proposals.mask_score import MEASURES, MaskScore
from perception.proposals.propose import ProposalOptions, propose

ALL = replace(ProposalOptions(), least_chance=0.0, annotations=60)
"""Proposals without a bar for what is kept."""
ALL_AS_ASKED = replace(ALL, least_covering=ProposalOptions().least_chance)
"""And what is asked is what labelling asks."""
_NO_HINTS = np.zeros((0, 4), np.float32)
_LEAST_SPREAD = 0.05
"""Of a measure; with less, the masks tell too little about its weight."""


@dataclass(frozen=True)
class Trust:
    """How much evidence it takes to change a weight by one, where the measure has the spread one."""

    measures: float = 10.0
    features: float = 30.0


@dataclass(frozen=True, eq=False)
class Examples:
    """N masks of which it is known whether they outline a thing or lie on none."""

    measured: FloatArray
    """[N, len(MEASURES)], see `mask_score.measures`."""
    features: FloatArray
    """[N, C]: the segmenter's, mean over each mask."""
    thing: NDArray[np.bool_]
    """[N]"""

    def __len__(self) -> int:
        return len(self.thing)

    @property
    def tell_both(self) -> bool:
        """Whether some are things and some are not, so that there is something to learn."""
        return bool(self.thing.any()) and not self.thing.all()

    @classmethod
    def join(cls, parts: Sequence[Examples]) -> Examples:
        """One after the other; frames without masks may be among them."""
        some = [one for one in parts if len(one)] or [cls.none()]
        return cls(*(np.concatenate([getattr(one, each.name) for one in some]) for each in fields(cls)))

    @classmethod
    def none(cls) -> Examples:
        """No masks."""
        nothing = np.zeros((0, len(MEASURES)), np.float32)
        return cls(nothing, nothing[:, :0], np.zeros(0, bool))


def examples_of(
    segmenter: Segmenter,
    embedding: Embedding,
    head: ObjectnessHead,
    things: Sequence[Mask],
    ignored: Mask,
    options: ProposalOptions = ALL_AS_ASKED,
) -> Examples:
    """All masks that `head` and the segmenter propose in a frame, but those that are neither.

    A thing is outlined at an IoU above 0.5; stuff lies mostly outside of all `things` and of what is `ignored`.
    """
    outlook = head.outlook(embedding.features)
    found = propose(segmenter, embedding, outlook, _NO_HINTS, head.score, options)
    if found is None:
        return Examples.none()
    masks = [enlarged(one, ignored.height, ignored.width) for one in found.logits]
    outlines = iou_matrix(masks, things).max(axis=1, initial=0) > 0.5
    elsewhere = cover_matrix(masks, [*things, ignored]).sum(axis=1) < 0.5
    judged = outlines | elsewhere
    return Examples(found.measured[judged], found.features[judged], outlines[judged])


def refit(score: MaskScore, examples: Examples, trust: Trust | None = None) -> MaskScore:
    """The score that explains the examples and departs from the old one no further than they ask for.

    A logistic regression whose penalty is the distance to the old weights in place of their size; the old score
    gives the features no weight unless it has a readout of as many. With no examples it comes back. Deterministic.
    """
    trust = Trust() if trust is None else trust
    if not len(examples):
        return score
    count = examples.features.shape[1]
    readout = np.array(score.readout if len(score.readout) == count else np.zeros(count))
    old = np.array([*(score.weights[name] for name in MEASURES), *readout])
    given = np.concatenate([examples.measured, examples.features], axis=1).astype(np.float64)
    # Measures of the same middle and spread, so that a change of each weight costs alike.
    middle, spread = given.mean(axis=0), np.maximum(given.std(axis=0), _LEAST_SPREAD)
    even = np.column_stack([(given - middle) / spread, np.ones(len(given))])
    before = given @ old + score.weights["intercept"]
    sign = np.where(examples.thing, 1.0, -1.0)
    penalty = np.array([*[trust.measures] * len(MEASURES), *[trust.features] * count, trust.measures])

    def loss(change: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = sign * (before + even @ change)
        slope = -sign / (1 + np.exp(np.clip(margin, -30, 30)))
        value = np.logaddexp(0, -margin).sum() + (penalty * change**2).sum() / 2
        return float(value), slope @ even + penalty * change

    change = minimize(loss, np.zeros(len(penalty)), jac=True, method="L-BFGS-B").x
    weights = old + change[:-1] / spread
    intercept = score.weights["intercept"] + change[-1] - (change[:-1] / spread) @ middle
    named = dict(zip(MEASURES, weights, strict=False))
    return MaskScore.named({**named, "intercept": intercept, "readout": weights[len(MEASURES) :]})
