import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from codriver.errors import FileFormatError, InputError
from codriver.models import open_store
from codriver.settings import load_settings
from perception.models.detector import DetectorDescription, OnnxDetector
from perception.models.files import locate
from perception.models.sessions import Runtime
from perception.proposals.choosing import choose_detector


def save_detector(path, outputs, names=None):
    """A file that gives the same `outputs` for every frame, and needs its input of 3 × 64 × 64."""
    constants = [
        numpy_helper.from_array(np.asarray(value, np.float32), f"c{i}") for i, value in enumerate(outputs)
    ]
    nodes = [helper.make_node("ReduceSum", ["images"], ["sum"], keepdims=0)]
    nodes += [helper.make_node("Mul", ["sum", "zero"], ["none"])]
    nodes += [helper.make_node("Add", [f"c{i}", "none"], [f"output{i}"]) for i in range(len(outputs))]
    graph = helper.make_graph(
        nodes,
        "detector",
        [helper.make_tensor_value_info("images", onnx.TensorProto.FLOAT, [1, 3, 64, 64])],
        [
            helper.make_tensor_value_info(f"output{i}", onnx.TensorProto.FLOAT, np.shape(value))
            for i, value in enumerate(outputs)
        ],
        [*constants, numpy_helper.from_array(np.float32(0), "zero")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=9)
    if names:
        helper.set_model_props(model, {"names": str(dict(enumerate(names)))})
    onnx.save(model, path)
    return str(path)


def open_detector(reference, **description):
    return OnnxDetector(locate(reference, open_store()), Runtime(threads=1), DetectorDescription(**description))


WIDE = np.zeros((100, 200, 3), np.uint8)
"""In a letterbox of 64 pixels it lies between the rows 16 and 48, at a scale of 0.32."""

YOLO = np.array(
    [[32, 32, 16, 16, 0.9, 0.1], [33, 32, 16, 16, 0.8, 0.1], [32, 32, 16, 16, 0.1, 0.7], [5, 20, 4, 4, 0.1, 0.2]]
)


def test_yolo_boxes_come_back_in_the_frames_pixels_once_for_each_object(tmp_path):
    reference = save_detector(tmp_path / "d.onnx", [YOLO.T[None]], ["car", "dog"])
    found = open_detector(reference).detect(WIDE)
    assert found.labels == ("car", "dog")
    assert np.allclose(found.scores, [0.9, 0.7])
    assert np.allclose(found.boxes, [[75, 25, 125, 75]] * 2, atol=0.01)
    assert found.masks == ()


def test_yolo_masks_are_cut_at_their_boxes_in_the_frame(tmp_path):
    prototypes = np.full((1, 2, 16, 16), -1.0)
    prototypes[0, 0, :, :8] = 1  # the left half of the letterbox
    rows = np.concatenate([YOLO[:1], [[1, 0]]], axis=1)
    reference = save_detector(tmp_path / "d.onnx", [rows.T[None], prototypes], ["car", "dog"])
    (mask,) = open_detector(reference).detect(WIDE).masks
    left, top, width, height = mask.box
    assert (left, top, height) == (75, 25, 50)
    assert abs(width - 25) <= 3


@pytest.mark.parametrize(
    ("logits", "score"),
    [
        ([[2.0, -4.0], [-4.0, -4.0]], 1 / (1 + np.exp(-2))),
        ([[2.0, -4.0, 0.0], [-4.0, -4.0, 6.0]], np.exp(2) / (np.exp(2) + np.exp(-4) + 1)),
    ],
    ids=["each class for itself", "softmax with no object"],
)
@pytest.mark.parametrize("boxes_first", [True, False])
def test_detr_outputs_in_either_order_and_with_either_activation(tmp_path, logits, score, boxes_first):
    boxes = [[[0.5, 0.5, 0.2, 0.4], [0.1, 0.1, 0.1, 0.1]]]
    outputs = [boxes, [logits]] if boxes_first else [[logits], boxes]
    found = open_detector(save_detector(tmp_path / "d.onnx", outputs), names=("car", "dog")).detect(WIDE)
    assert found.labels == ("car",)
    assert np.allclose(found.scores, score)
    assert np.allclose(found.boxes, [[80, 30, 120, 70]], atol=0.01)


def test_a_detector_that_does_not_fit_its_description_is_told(tmp_path):
    nameless = save_detector(tmp_path / "nameless.onnx", [YOLO.T[None]])
    with pytest.raises(FileFormatError, match="does not tell its classes"):
        open_detector(nameless)
    with pytest.raises(FileFormatError, match="gives 2 classes, but 3 are named"):
        open_detector(nameless, names=("car", "dog", "cat")).detect(WIDE)
    flat = save_detector(tmp_path / "flat.onnx", [[1.0, 2.0]], ["car"])
    with pytest.raises(FileFormatError, match="not a YOLO-style detector: its outputs are output0"):
        open_detector(flat)


def test_a_detector_under_a_licence_that_is_not_permissive_needs_acceptance(tmp_path, monkeypatch):
    monkeypatch.setenv("CODRIVER_MODELS", str(tmp_path))
    settings = load_settings({"perception.detector": "yolo11n-seg"})
    with pytest.raises(InputError, match=r"AGPL-3\.0.*--accept-licence yolo11n-seg"):
        choose_detector(settings, open_store(settings))
    assert choose_detector(load_settings({}), open_store()) is None


@pytest.mark.parametrize("shapes", [{"a": [1, 3, 64, 64], "b": [1, 2]}, {"a": [1, 77]}])
def test_a_model_that_asks_for_more_than_a_picture_is_refused(tmp_path, shapes):
    graph = helper.make_graph(
        [helper.make_node("Identity", ["a"], ["output0"])],
        "words",
        [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in shapes.items()],
        [helper.make_tensor_value_info("output0", onnx.TensorProto.FLOAT, shapes["a"])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=9)
    onnx.save(model, tmp_path / "d.onnx")
    with pytest.raises(FileFormatError, match="must ask for one picture"):
        open_detector(str(tmp_path / "d.onnx"), names=("word",))
