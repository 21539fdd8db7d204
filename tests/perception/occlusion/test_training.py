"""Drawing what the shape network learns from, and a few steps of its training (where torch is installed)."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perception.models.sessions import Runtime, Session
from perception.occlusion import network_input
from perception.occlusion.network_input import ABOUT, KINDS, kind_of
from perception.occlusion.training.composing import SHARES, Composer, batch
from perception.occlusion.training.library import draw
from perception.occlusion.training.placing import inexact, overlap, put, scaled


@pytest.fixture(scope="module")
def composer():
    return Composer(draw(60, 5, SHARES))


def test_all_kinds_can_be_drawn_and_fill_their_box():
    for kind in SHARES:
        for drawn, shape in draw(4, 7, {kind: 1.0}):
            assert drawn == kind
            assert shape.max() == 1
            assert shape.any(0)[[0, -1]].all()
            assert shape.any(1)[[0, -1]].all()


def test_the_same_seed_draws_the_same_samples(composer):
    first, again = (batch(composer, np.random.default_rng(3), 4) for _ in range(2))
    assert all((one == two).all() for one, two in zip(first, again, strict=True))


def test_samples_show_hidden_and_whole_objects_with_and_without_what_hides_them(composer):
    planes, about, amodal, visible = batch(composer, np.random.default_rng(1), 80)
    assert planes.shape == (80, 4, 96, 96)
    assert about.shape == (80, ABOUT)
    assert (amodal >= visible).all()
    # Of rough masks that overlap, what is in front is shown over the visible part, too.
    overlap = (np.minimum(planes[:, 0], planes[:, 1]) > 127).any((1, 2))
    assert overlap[about[:, -1] == 1].mean() > 0.15 > overlap[about[:, -1] == 0].mean()
    hidden = (amodal > 127).sum((1, 2, 3)) > 1.05 * (visible > 127).sum((1, 2, 3))
    told = planes[:, 1].max((1, 2)) > 100
    for share in (hidden.mean(), (hidden & told).mean(), (hidden & ~told).mean(), (~hidden).mean()):
        assert share > 0.1
    # The window shows the object, and the visible mask is about where the visible part is.
    overlaps = np.minimum(planes[:, 0], visible[:, 0]).sum((1, 2)) / np.maximum(visible[:, 0].sum((1, 2)), 1)
    assert np.median(overlaps) > 0.9


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(["car", "person"]))
def test_regions_that_join_hang_together_and_keep_the_first(seed, kind):
    rng = np.random.default_rng(seed)
    composer = Composer(draw(3, seed, {kind: 1.0}))
    target = np.zeros((200, 200), np.uint8)
    put(target, scaled(composer.library[0][1], 60), 70, 80)
    found = composer._joined(rng, kind, target)
    assert (found >= target).all()
    if cv2.connectedComponents(target)[0] == 2:
        assert cv2.connectedComponents(found)[0] == 2


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(4, 200))
def test_scaling_keeps_the_longer_side_and_never_loses_the_shape(seed, longest):
    ((_, shape),) = draw(1, seed, {"pole": 1.0})
    found = scaled(shape, longest)
    assert abs(max(found.shape) - longest) <= 1
    assert found.any()


def test_shapes_are_set_and_counted_within_the_canvas():
    canvas, shape = np.zeros((10, 10), np.uint8), np.ones((4, 6), np.uint8)
    put(canvas, shape, -2, 8)
    assert canvas.sum() == canvas[8:, :4].sum() == 8
    assert overlap(canvas, shape, 2, 7) == 4
    put(canvas, shape, 30, 30)
    assert canvas.sum() == 8


def test_disturbed_masks_stay_near():
    mask = np.zeros((60, 60), np.uint8)
    mask[20:40, 15:45] = 1
    for seed in range(30):
        changed = inexact(np.random.default_rng(seed), mask)
        assert not changed[:16].any()
        assert changed[24:36, 19:41].all()


@pytest.mark.parametrize(
    ("label", "kind"),
    [("SignSymbol", "sign"), ("traffic sign", "sign"), ("Column_Pole", "pole"), ("person on bicycle", "cycle"),
     ("Car", "vehicle"), ("pedestrian", "person")],
)  # fmt: skip
def test_class_names_are_understood(label, kind):
    assert KINDS[int(kind_of(label).argmax())] == kind


def test_the_network_is_told_the_kind_and_whether_masks_are_rough():
    told = network_input.about("Car", exact=False)
    assert told.shape == (ABOUT,)
    assert (told[:-1] == kind_of("Car")).all()
    assert told[-1] == 1
    assert network_input.about("Car", exact=True)[-1] == 0


def test_unknown_class_names_say_nothing():
    assert not kind_of("thing 4").any()


def test_training_lowers_the_loss_goes_on_and_exports(composer, tmp_path, request):
    torch = pytest.importorskip("torch", reason="only training needs it")
    from perception.occlusion.training import train

    torch.manual_seed(0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    request.addfinalizer(lambda: torch.set_num_threads(threads))
    stream, run = train._Stream(composer, 2), train._Run(tmp_path)
    drawn = stream.batch()
    losses = [run.step(drawn, 0.0) for _ in range(4)]
    assert losses[-1] < losses[0]
    run.save()
    again = train._Run(tmp_path)
    assert again.steps == 4
    train.export(again.mean, tmp_path / "shape.onnx")
    planes, about, amodal, visible = stream.batch()
    with torch.no_grad():
        logits, estimates = run.mean.eval()(planes, about)
    assert (tmp_path / "shape.onnx").stat().st_size < 2.3 * sum(one.numel() for one in again.mean.parameters())
    session = Session(tmp_path / "shape.onnx", Runtime(provider="cpu", threads=1))
    said = session.run({"planes": planes.numpy(), "about": about.numpy()})
    assert np.allclose(said["logits"], logits, atol=0.05)
    assert np.allclose(said["estimates"], estimates, atol=0.01)
    assert set(train.measure(run.mean, (planes, about, amodal, visible))) >= {"hidden_iou_occluder_given"}
