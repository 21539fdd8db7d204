"""Frames of the proposals' benchmark: which are measured, and which are calibrated on."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.calibrated import parts_of
from benchmarks.proposals import frames, main
from codriver.errors import InputError

NAMES = ["a1.png", "a2.png", "b1.png"]


@pytest.mark.parametrize(
    ("folds", "parts"), [("2", [["a1.png", "b1.png"], ["a2.png"]]), ("a,b", [["a1.png", "a2.png"], ["b1.png"]])]
)
def test_each_frame_is_in_one_part(folds, parts):
    assert parts_of(NAMES, folds) == parts


@pytest.mark.parametrize("folds", ["0", "1", "4"])
def test_folds_of_everything_or_of_nothing_are_refused(folds):
    with pytest.raises(InputError, match=f"--folds {folds} does not fit 3 labelled frames"):
        parts_of(NAMES, folds)


@pytest.mark.parametrize("folds", ["", "a", "a,c", "a,b,a1", "a,b,c"])
def test_beginnings_that_leave_a_frame_out_name_it_twice_or_begin_none_are_refused(folds):
    with pytest.raises(InputError, match="does not divide the 3 labelled frames"):
        parts_of(NAMES, folds)


def test_pictures_without_labels_are_not_measured(tmp_path):
    for name in NAMES:
        cv2.imwrite(str(tmp_path / name), np.zeros((4, 6, 3), np.uint8))
    labelled = {"a2.png", "b1.png"}
    assert [one.info.id for one in frames(tmp_path, "", 1, labelled)] == ["a2.png", "b1.png"]
    assert [one.info.id for one in frames(tmp_path, "", 2, labelled)] == ["a2.png"]


def test_folders_that_do_not_fit_are_told(tmp_path, monkeypatch, capsys):
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "a1.png"), np.zeros((4, 6, 3), np.uint8))
    (tmp_path / "maps").mkdir()
    cv2.imwrite(str(tmp_path / "maps" / "other.png"), np.zeros((4, 6), np.uint8))
    monkeypatch.setattr("sys.argv", ["proposals", str(tmp_path / "images"), str(tmp_path / "maps")])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert "has labels of no picture" in capsys.readouterr().err
