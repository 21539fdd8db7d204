"""SAM 2's decoder looks at a part of the frame: where, and whether it sees there what it sees in the whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from codriver.errors import FileFormatError
from codriver.models import open_store
from perception.models.files import locate
from perception.models.roles import MaskCandidates
from perception.models.sam2 import SIDE, Sam2
from perception.models.sam2_decoder import partial_decoder
from perception.models.sam2_windows import CELLS, Windows, windows
from perception.models.sessions import Runtime, Session
from perception.proposals.prompting import box_prompts, point_prompts
from perception.scenes.scene import render_scene

corners = arrays.arrays(np.float32, (9, 2, 2), elements=st.floats(0, CELLS, width=32))


@given(corners)
def test_each_prompt_has_one_window_inside_the_map_and_around_its_box(boxes):
    seen = []
    for part in windows(boxes, np.tile(np.float32([2, 3]), (9, 1)), together=4):
        assert len(part.rows) <= 4
        assert (part.corners >= 0).all()
        assert (part.corners + part.side <= CELLS).all()
        seen += list(part.rows)
        for row, corner in zip(part.rows, part.corners, strict=True):
            assert (boxes[row] >= corner - 0.5).all()
            assert (boxes[row] <= corner + part.side + 0.5).all()
    assert sorted(seen) == list(range(9))


def test_padding_points_do_not_move_the_window():
    points = np.float32([[[60, 60], [0, 0]]])
    (padded,) = windows(points, np.float32([[1, -1]]), 8)
    (plain,) = windows(points[:, :1], np.float32([[1]]), 8)
    assert (padded.side, padded.corners.tolist()) == (plain.side, plain.corners.tolist())


def test_several_points_do_not_tell_how_large_a_thing_is():
    (part,) = windows(np.float32([[[10, 10], [12, 14]]]), np.float32([[1, 1]]), 8)
    assert part.whole
    assert part.corners.tolist() == [[0, 0]]


def test_a_prompt_of_nothing_sees_the_whole():
    (part,) = windows(np.zeros((1, 2, 2), np.float32), np.full((1, 2), -1, np.float32), 8)
    assert part.whole
    assert list(windows(np.zeros((0, 2, 2), np.float32), np.zeros((0, 2), np.float32), 8)) == []


@pytest.mark.parametrize("content", [b"", b"no model", b"\x08\x0a" * 40])
def test_a_decoder_that_is_none_is_left_to_who_loads_it(tmp_path, content):
    path = tmp_path / "decoder.onnx"
    assert partial_decoder(path) is None
    path.write_bytes(content)
    assert partial_decoder(path) is None
    with pytest.raises(FileFormatError, match=r"decoder\.onnx is not a model"):
        Session(path, Runtime(provider="cpu", threads=1))


def test_what_is_cut_out_goes_back_to_its_place():
    maps = np.random.default_rng(0).random((1, 3, 4 * CELLS, 4 * CELLS)).astype(np.float32)
    part = Windows(np.array([1, 0]), 24, np.array([[0, 40], [7, 3]]))
    into = np.zeros((2, 3, 4 * CELLS, 4 * CELLS), np.float32)
    part.paste(part.cut(maps, 4), into)
    for row, (x, y) in ((1, (0, 160)), (0, (28, 12))):
        expected = np.zeros_like(maps[0])
        expected[:, y : y + 96, x : x + 96] = maps[0, :, y : y + 96, x : x + 96]
        assert np.array_equal(into[row], expected)


@pytest.mark.parametrize(
    ("corner", "rows", "cut_off"),
    [((8, 8), slice(40, 60), False), ((8, 8), slice(32, 60), True), ((8, 0), slice(0, 60), False)],
)
def test_a_mask_is_cut_off_by_its_window_but_not_by_the_frame(corner, rows, cut_off):
    found = MaskCandidates(np.full((1, 2, 256, 256), -32, np.float32), np.float32([[0.2, 0.9]]))
    found.logits[0, 1, rows, 50:70] = 5
    found.logits[0, 0, :, 32:128] = 5  # a worse mask says nothing
    part = Windows(np.array([0]), 24, np.array([corner]))
    assert part.cut_off(found).tolist() == ([0] if cut_off else [])


@pytest.fixture(scope="module")
def sam2():
    store = open_store()
    if not store.is_present("sam2-hiera-tiny"):
        pytest.skip("not pulled: sam2-hiera-tiny")
    return Sam2(locate("sam2-hiera-tiny", store), Runtime(provider="cpu", threads=1))


@pytest.mark.network
def test_the_changed_decoder_says_of_the_whole_frame_what_the_file_says(sam2):
    path = locate("sam2-hiera-tiny", open_store()).containing("decoder")
    partial = partial_decoder(path)
    runtime = Runtime(provider="cpu", threads=1)
    changed, original = Session(path, runtime, partial.model), Session(path, runtime)
    random = np.random.default_rng(0)
    feeds = {
        name: random.standard_normal(shape, np.float32)
        for name, shape in original.inputs.items()
        if name in ("image_embed", "high_res_feats_0", "high_res_feats_1")
    }
    prompts = {
        "point_coords": random.uniform(0, SIDE, (2, 2, 2)).astype(np.float32),
        "point_labels": np.float32([[2, 3], [1, -1]]),
    }
    nothing = {"mask_input": np.zeros((2, 1, 256, 256), np.float32), "has_mask_input": np.zeros(1, np.float32)}
    before = original.run({**feeds, **prompts, **nothing})
    after = changed.run({**feeds, **prompts, "image_positions": partial.positions})
    for name in ("masks", "iou_predictions"):
        assert np.allclose(before[name], after[name], atol=1e-3)


@pytest.mark.network
def test_things_of_a_street_are_outlined_as_in_the_whole_frame(sam2, monkeypatch):
    scene = render_scene(7)
    masks = [one.visible for one in scene.objects if one.visible.area > 200]
    x, y, width, height = np.array([mask.box for mask in masks], np.float32).T
    prompts = box_prompts(np.stack([x, y, x + width, y + height], axis=1))
    embedding = sam2.embed(scene.image)
    near = sam2.decode(embedding, prompts)
    monkeypatch.setattr("perception.models.sam2_windows._SIDES", (CELLS,))
    far = sam2.decode(embedding, prompts)
    agreement = []
    for row, best in enumerate(far.predicted_iou.argmax(axis=1)):
        one, other = near.logits[row, best] > 0, far.logits[row, best] > 0
        agreement.append((one & other).sum() / (one | other).sum())
    assert len(agreement) > 8
    assert np.median(agreement) > 0.95
    assert np.mean(agreement) > 0.9


@pytest.mark.network
def test_what_is_larger_than_the_window_of_its_point_is_not_cut_off(sam2):
    image = np.full((360, 480, 3), 120, np.uint8)
    image[40:320, 30:450] = (200, 30, 30)
    found = sam2.decode(sam2.embed(image), point_prompts(np.float32([[240, 180]])))
    best = found.logits[0, found.predicted_iou[0].argmax()] > 0
    assert best.mean() > 0.6
