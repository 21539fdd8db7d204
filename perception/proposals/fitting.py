"""Fits an objectness head to frames with known objects, in seconds and in numpy alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from codriver.errors import InputError
from perception.masks import Mask
from perception.models.roles import FloatArray
from perception.proposals.head import SMALLEST, WEIGHTS, ObjectnessHead, cell_centres


@dataclass(frozen=True, eq=False)
class Cells:
    """Feature cells with what the truth says of them."""

    features: FloatArray
    """[N, C]"""
    thing: FloatArray
    """[N], 0..1: share of the cell that lies on things."""
    centre: FloatArray
    """[N], 0..1; only where `on` is true."""
    reach: FloatArray
    """[N, 4]: logarithms of the distances to the sides of the thing's box; only where `on` is true."""
    on: NDArray[np.bool_]
    """[N]: the cell's middle lies on a thing."""
    weight: FloatArray
    """[N]: of a cell on a thing; small things have few cells, so each counts more."""

    @property
    def tell_both(self) -> bool:
        """Whether some lie on things and some do not, so that there is something to learn."""
        return bool(self.on.any()) and not self.on.all()

    @classmethod
    def join(cls, parts: Sequence[Cells]) -> Cells:
        """Cells of several frames. Raises `InputError` without any."""
        if not parts:
            raise InputError("There are no labelled frames to fit the objectness head to; give at least one.")
        return cls(
            **{one.name: np.concatenate([getattr(p, one.name) for p in parts]) for one in dataclass_fields(cls)}
        )


def cells_of(features: FloatArray, things: Sequence[Mask], ignored: Mask | None = None) -> Cells:
    """Cells of one frame: `features` [C, h, w] cover it; cells on `ignored` are left out."""
    channels, rows, columns = features.shape
    centres = cell_centres(rows, columns).reshape(-1, 2)
    count = rows * columns
    thing, centre, on = np.zeros(count, np.float32), np.zeros(count, np.float32), np.zeros(count, bool)
    reach, weight = np.zeros((count, 4), np.float32), np.zeros(count, np.float32)
    # Large things first: where masks overlap, the cell belongs to the smaller one.
    for mask in sorted(things, key=lambda one: -one.area):
        share = _per_cell(mask, rows, columns)
        np.maximum(thing, share, out=thing)
        own = share > 0.5
        x, y, width, height = mask.box
        box = np.array([x / mask.width, y / mask.height, (x + width) / mask.width, (y + height) / mask.height])
        distance = np.concatenate([centres[own] - box[:2], box[2:] - centres[own]], axis=1)
        distance = np.maximum(distance, SMALLEST).astype(np.float32)
        near, far = np.minimum(distance[:, :2], distance[:, 2:]), np.maximum(distance[:, :2], distance[:, 2:])
        reach[own], on[own] = np.log(distance), True
        centre[own] = np.sqrt((near / far).prod(axis=1))
        weight[own] = 1 / np.sqrt(max(1, own.sum()))
    valid = np.ones(count, bool) if ignored is None else _per_cell(ignored, rows, columns) < 0.5
    flat = features.reshape(channels, -1).T.astype(np.float32)
    return Cells(flat[valid], thing[valid], centre[valid], reach[valid], on[valid], weight[valid])


def _per_cell(mask: Mask, rows: int, columns: int) -> FloatArray:
    """Share of each cell in the mask, [rows * columns]."""
    pixels = mask.to_array().astype(np.float32)
    return np.asarray(cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA), np.float32).ravel()


@dataclass(frozen=True)
class FitOptions:
    """How the head is fitted."""

    hidden: int = 64
    steps: int = 800
    batch: int = 512
    rate: float = 0.003
    decay: float = 0.0005
    dropout: float = 0.2
    """Share of the feature channels that are hidden from each cell while fitting."""
    seed: int = 0


def fit(
    cells: Cells,
    start: ObjectnessHead | None = None,
    options: FitOptions | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> ObjectnessHead:
    """A head for these cells, from scratch or from `start`. Deterministic.

    Loss: cross entropy for thing and centre, absolute error for the reach; Adam (Kingma and Ba, 2015).
    """
    options = FitOptions() if options is None else options
    random = np.random.default_rng(options.seed)
    head = _fresh(cells, options, random) if start is None else start
    mean, spread, *parameters = (np.array(getattr(head, name), np.float32) for name in WEIGHTS)
    moments = [(np.zeros_like(one), np.zeros_like(one)) for one in parameters]
    if not cells.tell_both:
        raise InputError("The labelled frames need both: objects and what is none of them.")
    on, off = np.flatnonzero(cells.on), np.flatnonzero(~cells.on)
    chance = cells.weight[on].astype(np.float64)
    chance /= chance.sum()
    for step in range(options.steps):
        # Half of a batch lies on things, and small things are seen as often as large ones.
        rows = np.concatenate(
            [random.choice(on, options.batch // 2, p=chance), random.choice(off, options.batch // 2)]
        )
        inputs = (cells.features[rows] - mean) / spread
        inputs = inputs * (random.random(inputs.shape, np.float32) > options.dropout) / (1 - options.dropout)
        gradients = _gradients(inputs, parameters, cells, rows)
        rate = options.rate * 0.5 * (1 + np.cos(np.pi * step / options.steps))
        _adam(parameters, gradients, moments, step + 1, rate, options.decay)
        progress(step + 1, options.steps)
    fitted: dict[str, Any] = dict(zip(WEIGHTS, (mean, spread, *parameters), strict=True))
    return ObjectnessHead(**fitted)


def _fresh(cells: Cells, options: FitOptions, random: np.random.Generator) -> ObjectnessHead:
    channels = cells.features.shape[1]
    hidden = random.normal(0, np.sqrt(2 / channels), (options.hidden, channels))
    output = random.normal(0, np.sqrt(1 / options.hidden), (6, options.hidden))
    bias = np.array([0, 0, -2.5, -2.5, -2.5, -2.5])
    made = (
        cells.features.mean(axis=0),
        cells.features.std(axis=0) + 1e-3,
        hidden,
        np.zeros(options.hidden),
        output,
        bias,
    )
    return ObjectnessHead(**{name: one.astype(np.float32) for name, one in zip(WEIGHTS, made, strict=True)})


def _gradients(
    inputs: FloatArray, parameters: Sequence[FloatArray], cells: Cells, rows: NDArray[np.int64]
) -> list[FloatArray]:
    hidden_weights, hidden_bias, output_weights, output_bias = parameters
    hidden = np.maximum(inputs @ hidden_weights.T + hidden_bias, 0)
    out = hidden @ output_weights.T + output_bias
    chances = 1 / (1 + np.exp(-np.clip(out[:, :2], -30, 30)))
    on = cells.on[rows].astype(np.float32)
    error = np.empty_like(out)
    error[:, 0] = chances[:, 0] - cells.thing[rows]
    error[:, 1] = (chances[:, 1] - cells.centre[rows]) * on
    error[:, 2:] = np.tanh(4 * (out[:, 2:] - cells.reach[rows])) * on[:, None] * 0.25
    error /= len(rows)
    back = (error @ output_weights) * (hidden > 0)
    return [back.T @ inputs, back.sum(axis=0), error.T @ hidden, error.sum(axis=0)]


def _adam(
    parameters: list[FloatArray],
    gradients: list[FloatArray],
    moments: list[tuple[FloatArray, FloatArray]],
    step: int,
    rate: float,
    decay: float,
) -> None:
    for parameter, gradient, (first, second) in zip(parameters, gradients, moments, strict=True):
        first[...] = 0.9 * first + 0.1 * gradient
        second[...] = 0.999 * second + 0.001 * gradient**2
        change = (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        parameter[...] -= rate * (change + decay * parameter)
