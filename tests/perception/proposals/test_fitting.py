from dataclasses import replace

import numpy as np
import pytest

from codriver.errors import FileFormatError, InputError
from codriver.settings import Settings
from perception.masks import Mask
from perception.proposals.fitting import Cells, FitOptions, cells_of, fit
from perception.proposals.head import WEIGHTS, ObjectnessHead
from perception.proposals.mask_score import MEASURES, MaskScore, shipped
from perception.settings import SEGMENTER

QUICK = FitOptions(hidden=8, steps=150, batch=128)


def scene(seed, channels=6, flipped=False):
    """Features whose first channel tells things from stuff, and one rectangular thing, in 160 × 128 pixels."""
    random = np.random.default_rng(seed)
    features = random.normal(0, 0.3, (channels, 16, 16)).astype(np.float32)
    left, top = int(random.integers(0, 8)), int(random.integers(0, 8))
    cells = np.zeros((16, 16), bool)
    cells[top : top + 8, left : left + 8] = True
    features[0] += (1 - 2 * flipped) * (2.0 * cells - 1)
    return features, Mask.from_array(np.kron(cells, np.ones((8, 10)))), cells


def cells(seeds, **how):
    frames = [scene(seed, **how) for seed in seeds]
    return Cells.join([cells_of(features, [mask]) for features, mask, _ in frames])


def agreement(head, **how):
    features, _, inside = scene(99, **how)
    return ((head.outlook(features).thing > 0.5) == inside).mean()


def test_a_fitted_head_tells_things_from_stuff_on_a_new_frame():
    assert agreement(fit(cells(range(4)), options=QUICK)) > 0.85


def test_fitting_is_deterministic():
    first, second = (fit(cells(range(2)), options=QUICK) for _ in range(2))
    assert all(np.array_equal(getattr(first, name), getattr(second, name)) for name in WEIGHTS)


def test_fitting_goes_on_from_a_head_and_leaves_it_alone():
    head = fit(cells(range(4)), options=QUICK)
    before = {name: getattr(head, name).copy() for name in WEIGHTS}
    turned = fit(cells(range(4), flipped=True), head, replace(QUICK, steps=400, rate=0.01))
    assert agreement(head, flipped=True) < 0.5
    assert agreement(turned, flipped=True) > 0.85
    assert all(np.array_equal(getattr(head, name), before[name]) for name in WEIGHTS)


def test_a_head_survives_its_file_and_knows_its_hash(tmp_path):
    head = fit(cells(range(2)), options=QUICK)
    head.save(tmp_path / "head.npz")
    loaded = ObjectnessHead.load(tmp_path / "head.npz")
    assert len(loaded.sha256) == 64
    assert loaded.score == shipped()
    features, _, _ = scene(5)
    assert np.allclose(loaded.outlook(features).thing, head.outlook(features).thing, atol=0.02)


def test_a_score_of_its_own_stays_with_the_head(tmp_path):
    score = MaskScore({name: 0.5 + i for i, name in enumerate((*MEASURES, "intercept"))}, (0.25, -0.5))
    head = replace(fit(cells(range(1), channels=2), options=QUICK), own_score=score)
    head.save(tmp_path / "head.npz")
    assert ObjectnessHead.load(tmp_path / "head.npz").score == score
    with np.load(tmp_path / "head.npz", allow_pickle=False) as stored:
        arrays = dict(stored)
    del arrays["score.area"]
    np.savez(tmp_path / "half.npz", **arrays)
    with pytest.raises(FileFormatError, match="area"):
        ObjectnessHead.load(tmp_path / "half.npz")


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("readout", [[0.25, -0.5]], "not an objectness head"),
        ("readout", [0.25, -0.5, 1.0], "readout is for 3 features, the head is for 2"),
        ("readout", [0.25, np.nan], "no finite number"),
        ("area", np.inf, "no finite number"),
        ("area", [0.25, -0.5], "not an objectness head"),
    ],
)
def test_a_score_that_cannot_be_read_is_told(tmp_path, name, value, problem):
    replace(fit(cells(range(1), channels=2), options=QUICK), own_score=shipped()).save(tmp_path / "head.npz")
    with np.load(tmp_path / "head.npz", allow_pickle=False) as stored:
        np.savez(tmp_path / "wrong.npz", **{**stored, f"score.{name}": np.array(value)})
    with pytest.raises(FileFormatError, match=problem):
        ObjectnessHead.load(tmp_path / "wrong.npz")


def test_a_head_knows_its_segmenter_and_a_file_that_names_none_is_for_the_usual_one(tmp_path):
    head = fit(cells(range(1), channels=2), options=QUICK)
    for said, known in (("sam-other", "sam-other"), ("", "sam2-hiera-tiny")):
        replace(head, segmenter=said).save(tmp_path / "head.npz")
        assert ObjectnessHead.load(tmp_path / "head.npz").segmenter == known
    assert ObjectnessHead.load().segmenter == Settings()[SEGMENTER] == "sam2-hiera-tiny"


def test_boxes_of_the_truth_are_what_the_head_is_fitted_to():
    features, mask, inside = scene(3)
    found = cells_of(features, [mask])
    assert np.array_equal(found.on.reshape(16, 16), inside)
    reach = np.exp(found.reach[found.on])
    assert np.allclose(reach[:, 0] + reach[:, 2], 0.5, atol=0.01)
    assert np.allclose(reach[:, 1] + reach[:, 3], 0.5, atol=0.01)


def test_ignored_cells_are_left_out():
    features, mask, _ = scene(3)
    half = np.zeros((128, 160), bool)
    half[:, :80] = True
    assert len(cells_of(features, [mask], Mask.from_array(half)).thing) == 128


def test_too_little_to_learn_from_is_told():
    with pytest.raises(InputError, match="no labelled frames"):
        Cells.join([])
    with pytest.raises(InputError, match="objects and what is none"):
        fit(cells_of(scene(1)[0], []), options=QUICK)


def test_a_head_of_another_segmenter_and_a_broken_file_are_told(tmp_path):
    head = fit(cells(range(1)), options=QUICK)
    with pytest.raises(FileFormatError, match=r"6 channels.*gives 3.*--calibrate"):
        head.outlook(np.zeros((3, 4, 4), np.float32))
    (tmp_path / "broken.npz").write_bytes(b"nothing")
    for name in ("broken.npz", "none.npz"):
        with pytest.raises(FileFormatError, match="not an objectness head"):
            ObjectnessHead.load(tmp_path / name)


def test_the_head_that_ships_fits_sam_2():
    outlook = ObjectnessHead.load().outlook(np.zeros((256, 64, 64), np.float32))
    assert outlook.thing.shape == (64, 64)
    assert outlook.boxes.shape == (64, 64, 4)
