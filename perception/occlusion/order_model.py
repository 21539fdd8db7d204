"""The model of who hides whom: logistic regressions over named features of a pair; their weights are data.

*contact*: does one hide the other at all, or do they only touch? *direction*: which one is in front? Both have
weights of their own for a pole and what it carries. *through*: does what hides an object's occluder hide the
object, too? Each weight can be read: `data/order.json` names it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perception.occlusion.pair_features import CONTACT_NAMES, DIRECTION_NAMES

WEIGHTS = Path(__file__).parent.parent / "data" / "order.json"

WITH_CLAIMS = "with completed shapes"
OUTLINES_ALONE = "outlines alone"
CLAIMS = ("missing", "claim", "claim_most", "claimed")
"""Features of which completed shapes tell."""
_PLAIN = ("ground", "corner", "bulge", "hull_reach")
"""Features of direction whose size, whoever it speaks for, tells that one hides the other."""
CONTACT_INPUTS = (*CONTACT_NAMES, "direction_sure", *(f"{name}_size" for name in _PLAIN))
THROUGH_INPUTS = ("gap", "gap_of_front", "beside", "size", "lower", "surest_link", "claimed")
"""Of what is in front of an object's occluder: its distance to the object, in longer sides of the object and of
its own; the share of the object's height beside it; log of the ratio of their sizes; how much lower it stands; the
chance of the less sure of the two links; how much of it the object's whole shape would cover."""

Vector = NDArray[np.float64]


def contact_inputs(direction: Vector, contact: Vector, score: float) -> Vector:
    """`CONTACT_INPUTS`, from what `pair_features.features` gives and the score of the direction."""
    sizes = [abs(direction[DIRECTION_NAMES.index(name)]) for name in _PLAIN]
    return np.concatenate([contact, [np.tanh(abs(score))], sizes])


@dataclass(frozen=True, eq=False)
class PairModel:
    """Weights by feature, in the order of their names; the intercept comes last (of `direction` there is none:
    swapping the two must swap the answer)."""

    direction: Vector
    contact: Vector

    def direction_score(self, direction: Vector) -> float:
        """Log odds that the first is in front of the second."""
        return float(direction @ self.direction)

    def contact_chance(self, direction: Vector, contact: Vector) -> float:
        """0..1 that one of the two hides a part of the other."""
        inputs = contact_inputs(direction, contact, self.direction_score(direction))
        return logistic(float(inputs @ self.contact[:-1] + self.contact[-1]))

    def to_json(self) -> dict[str, dict[str, float]]:
        """Each weight by the name of its feature."""
        return {
            "direction": _named(DIRECTION_NAMES, self.direction),
            "contact": _named((*CONTACT_INPUTS, "intercept"), self.contact),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> PairModel:
        """The model that `to_json` wrote. Raises `KeyError` where a weight is missing."""
        return cls(
            _listed(document["direction"], DIRECTION_NAMES),
            _listed(document["contact"], (*CONTACT_INPUTS, "intercept")),
        )


@dataclass(frozen=True, eq=False)
class OrderModel:
    """What judges pairs, and chains of them."""

    pairs: PairModel
    mounted: PairModel
    """For a pole and what poles carry; see `mounting`."""
    through: Vector
    """Weights of `THROUGH_INPUTS`, and the intercept."""

    def through_chance(self, inputs: Vector) -> float:
        """0..1 that what is in front of an object's occluder hides the object, too; of `THROUGH_INPUTS`."""
        return logistic(float(inputs @ self.through[:-1] + self.through[-1]))

    def to_json(self) -> dict[str, Any]:
        """Each weight by the name of its feature."""
        return {
            "pairs": self.pairs.to_json(),
            "mounted": self.mounted.to_json(),
            "through": _named((*THROUGH_INPUTS, "intercept"), self.through),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> OrderModel:
        """The model that `to_json` wrote. Raises `KeyError` where a weight is missing."""
        return cls(
            PairModel.from_json(document["pairs"]),
            PairModel.from_json(document["mounted"]),
            _listed(document["through"], (*THROUGH_INPUTS, "intercept")),
        )


@lru_cache(maxsize=2)
def shipped_model(claims: bool = True) -> OrderModel:
    """One of the two that come with the package; `python -m perception.occlusion.training.fit_order` makes them.

    `claims`: the one for pairs of which completed shapes tell, too; else the one for outlines alone.
    """
    return read_models(WEIGHTS)[WITH_CLAIMS if claims else OUTLINES_ALONE]


def read_models(path: Path) -> dict[str, OrderModel]:
    """`WITH_CLAIMS` and `OUTLINES_ALONE` of a file. Raises `KeyError` where a weight is missing."""
    document = json.loads(path.read_text(encoding="utf-8"))
    return {name: OrderModel.from_json(document[name]) for name in (WITH_CLAIMS, OUTLINES_ALONE)}


def write_models(path: Path, models: Mapping[str, OrderModel]) -> None:
    """What `read_models` reads."""
    document = {name: model.to_json() for name, model in models.items()}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def logistic(score: float) -> float:
    """1 / (1 + e^-score), for any finite score."""
    return float(1 / (1 + np.exp(-np.clip(score, -30, 30))))


def _named(names: Sequence[str], values: Vector) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}


def _listed(values: Mapping[str, float], names: Sequence[str]) -> Vector:
    return np.array([float(values[name]) for name in names])
