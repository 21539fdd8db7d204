"""Fits a head to rendered scenes so that it holds on photographs.

A plain fit leans on the few features that tell rendered things from rendered stuff best, and some of them mean
nothing on a photograph. So what tells things from stuff is learned from the principal components of the features,
each scaled to the same spread and most of them hidden from each cell while fitting ("dropout", Srivastava et
al., 2014): many weak hints have to agree. Boxes lose by that and are learned from the features as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from perception.models.roles import FloatArray
from perception.proposals.fitting import Cells, FitOptions, fit
from perception.proposals.head import ObjectnessHead


@dataclass(frozen=True)
class TransferOptions:
    """How the two halves of the head are fitted."""

    components: int = 128
    """Principal components that things are told by."""
    judging: FitOptions = field(default_factory=lambda: FitOptions(hidden=32, steps=1500, dropout=0.85))
    measuring: FitOptions = field(default_factory=lambda: FitOptions(hidden=128, steps=2000))


def fit_transferable(
    cells: Cells,
    options: TransferOptions | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> ObjectnessHead:
    """A head for these cells that is to be used on other kinds of pictures. Deterministic.

    Raises `InputError` as `fit` does.
    """
    options = TransferOptions() if options is None else options
    total = options.judging.steps + options.measuring.steps
    mean, spread = cells.features.mean(axis=0), cells.features.std(axis=0) + 1e-3
    even = (cells.features - mean) / spread
    basis = _principal(even, min(options.components, even.shape[1]))
    judge = fit(
        replace(cells, features=even @ basis), None, options.judging, lambda done, _: progress(done, total)
    )
    measurer = fit(cells, None, options.measuring, lambda done, _: progress(options.judging.steps + done, total))
    return _joined(_unprojected(judge, basis, mean, spread), measurer)


def _principal(even: FloatArray, count: int) -> FloatArray:
    """Directions [C, count] in which the features [N, C] vary most."""
    _, directions = np.linalg.eigh(np.cov(even.T))
    return np.asarray(directions[:, ::-1][:, :count], np.float32)


def _unprojected(head: ObjectnessHead, basis: FloatArray, mean: FloatArray, spread: FloatArray) -> ObjectnessHead:
    """The same judgement, read from the features instead of from their components."""
    weights = head.hidden_weights / head.spread
    return replace(
        head,
        mean=mean,
        spread=spread,
        hidden_weights=np.asarray(weights @ basis.T, np.float32),
        hidden_bias=np.asarray(head.hidden_bias - weights @ head.mean, np.float32),
    )


def _joined(judge: ObjectnessHead, measurer: ObjectnessHead) -> ObjectnessHead:
    """One network with the hidden units of both: thing from `judge`, centre and box from `measurer`."""
    weights = judge.hidden_weights / judge.spread
    output = np.zeros((6, len(judge.hidden_bias) + len(measurer.hidden_bias)), np.float32)
    output[0, : len(judge.hidden_bias)] = judge.output_weights[0]
    output[1:, len(judge.hidden_bias) :] = measurer.output_weights[1:]
    return ObjectnessHead(
        mean=measurer.mean,
        spread=measurer.spread,
        hidden_weights=np.concatenate([weights * measurer.spread, measurer.hidden_weights]),
        hidden_bias=np.concatenate(
            [judge.hidden_bias + weights @ (measurer.mean - judge.mean), measurer.hidden_bias]
        ),
        output_weights=output,
        output_bias=np.concatenate([judge.output_bias[:1], measurer.output_bias[1:]]),
    )
