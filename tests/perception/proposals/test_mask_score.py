"""What tells things from stuff among proposed masks."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

from perception.proposals.mask_score import MEASURES, WEIGHTS, MaskScore, measures, shipped
from perception.proposals.train_mask_score import fit, main

NONE = np.zeros((1, 0), np.float32)
"""No features, which the score that ships does not read."""


def row(**known):
    middle = {
        "objectness": 0.7,
        "contrast": 0.6,
        "predicted_iou": 0.8,
        "stability": 0.9,
        "area": 0.02,
        "surest": 0.9,
    }
    return measures(*(np.array([value], np.float32) for value in {**middle, **known}.values()))


@pytest.mark.parametrize("measure", MEASURES)
def test_more_of_any_measure_makes_a_thing_likelier(measure):
    less, more = shipped().chances(row(**{measure: 0.01}), NONE), shipped().chances(row(**{measure: 0.99}), NONE)
    assert less < more


def test_a_mask_without_anything_for_it_has_a_chance_all_the_same():
    nothing = shipped().chances(row(**dict.fromkeys(MEASURES, 0.0)), NONE)
    assert np.isfinite(nothing).all()
    assert nothing < 0.01


def test_fitting_finds_the_measure_that_tells(tmp_path):
    random = np.random.default_rng(0)
    measured = random.normal(size=(400, len(MEASURES))).astype(np.float32)
    things = measured[:, 1] + 0.1 * random.normal(size=400) > 0
    score = fit(measured, things)
    assert max(score.weights, key=lambda name: abs(score.weights[name])) == MEASURES[1]
    assert ((score.chances(measured, NONE) > 0.5) == things).mean() > 0.95
    score.save(tmp_path / "score.json")
    again = MaskScore.load(tmp_path / "score.json")
    assert np.allclose(again.chances(measured, NONE), score.chances(measured, NONE), atol=1e-3)


def test_a_readout_is_kept_in_the_file(tmp_path):
    MaskScore(shipped().weights, (2.0, -1.25)).save(tmp_path / "score.json")
    assert MaskScore.load(tmp_path / "score.json").readout == (2.0, -1.25)


def test_a_readout_adds_what_it_reads_from_the_features():
    score = MaskScore(shipped().weights, (2.0, -1.0))
    features = np.array([[0.5, 0.25]], np.float32)
    odds = [one.chances(row(), features)[0] for one in (shipped(), score)]
    assert np.diff([np.log(one / (1 - one)) for one in odds])[0] == pytest.approx(0.75, abs=1e-3)


def test_each_measure_stands_at_its_name():
    known = dict(zip(MEASURES, (0.9, 0.8, 0.7, 0.6, 0.5, 0.4), strict=True))
    (row,) = measures(**{name: np.array([value], np.float32) for name, value in known.items()})
    assert np.allclose(row, [*np.log([0.9, 0.8, 0.7, 0.6, 0.5]), 0.4])


def test_folders_that_show_nothing_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("perception.proposals.train_mask_score._examples", lambda *_: iter(()))
    monkeypatch.setattr("perception.proposals.train_mask_score.choose_segmenter", lambda *_: None)
    result = CliRunner().invoke(main, [str(tmp_path), "--out", str(tmp_path / "score.json")])
    assert result.exit_code == 2
    assert "nothing can be learned" in result.output
    assert not (tmp_path / "score.json").exists()


def test_every_weight_has_a_name():
    assert list(json.loads(WEIGHTS.read_text())) == [*MEASURES, "intercept"]
