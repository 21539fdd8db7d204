from dataclasses import replace

import numpy as np
import pytest

from perception.proposals.fitting import Cells, FitOptions, fit
from perception.proposals.transferable import TransferOptions, fit_transferable

QUICK = TransferOptions(
    12,
    FitOptions(hidden=8, steps=300, batch=128, rate=0.01, dropout=0.7),
    FitOptions(hidden=16, steps=300, batch=128, rate=0.01),
)


def world(seed, count=2000):
    """Cells of 16 features: four hold a weak hint each; the small difference of two more tells all."""
    random = np.random.default_rng(seed)
    on = random.random(count) < 0.3
    features = random.normal(0, 1, (count, 16)).astype(np.float32)
    features[:, :4] += 0.9 * (2 * on[:, None] - 1)
    features[:, 11] = features[:, 10] + 0.5 * (2 * on - 1)
    reach = np.log(np.full((count, 4), 0.2, np.float32))
    ones = np.ones(count, np.float32)
    return Cells(features, on.astype(np.float32), ones, reach, on, ones)


def seen(head, features):
    return head.outlook(features.T.reshape(16, -1, 1))


def test_things_are_told_by_what_varies_most_and_not_by_a_small_difference_however_clear():
    cells = world(1)
    head, plain = fit_transferable(cells, QUICK), fit(cells, None, QUICK.measuring)
    assert ((seen(head, cells.features).thing.ravel() > 0.5) == cells.on).mean() > 0.85
    other = cells.features.copy()
    middle = (other[:, 10] + other[:, 11]) / 2
    other[:, 10] = other[:, 11] = middle
    changes = [np.abs(seen(one, other).thing - seen(one, cells.features).thing).mean() for one in (head, plain)]
    assert changes[0] < 0.6 * changes[1]


def test_both_halves_say_in_one_network_what_they_say_alone():
    cells = world(3)
    head = fit_transferable(cells, QUICK)
    measurer = fit(cells, None, QUICK.measuring)
    grid = cells.features.T.reshape(16, 40, 50)
    assert np.allclose(head.outlook(grid).boxes, measurer.outlook(grid).boxes, atol=1e-4)
    assert np.allclose(head.outlook(grid).centre, measurer.outlook(grid).centre, atol=1e-4)


def test_it_is_deterministic_tells_how_far_it_is_and_takes_few_channels():
    cells = world(4, count=300)
    few = replace(cells, features=cells.features[:, :5])
    steps = []
    first = fit_transferable(few, QUICK, lambda done, total: steps.append((done, total)))
    second = fit_transferable(few, QUICK)
    assert np.array_equal(first.hidden_weights, second.hidden_weights)
    assert steps[-1] == (600, 600)
    assert first.hidden_weights.shape == (24, 5)


def test_a_world_without_things_is_refused():
    cells = world(5, count=100)
    with pytest.raises(ValueError, match="objects and what is none"):
        fit_transferable(replace(cells, on=np.zeros(100, bool)), QUICK)
