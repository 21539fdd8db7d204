"""The adapters of SAM and SAM 2 on tiny networks with the real inputs and outputs."""

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from onnx import TensorProto, helper, numpy_helper

from codriver.commands.models import models
from codriver.errors import FileFormatError
from codriver.models import open_store
from codriver.settings import load_settings
from perception.discovery.pool_stage import PoolStage
from perception.frame import Frame, FrameInfo
from perception.models.files import locate
from perception.models.roles import Prompts
from perception.models.sam import Sam
from perception.models.sam2 import Sam2
from perception.models.sessions import Runtime
from perception.proposals.choosing import choose_segmenter
from perception.proposals.head import ObjectnessHead
from perception.proposals.propose import ProposalOptions
from perception.proposals.stage import ProposeStage
from perception.record import FrameRecord

FLOAT = TensorProto.FLOAT


def save(path, nodes, inputs, outputs, constants):
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=9), path)


def pooled(output, size):
    return helper.make_node("AveragePool", ["image"], [output], kernel_shape=[size] * 2, strides=[size] * 2)


def decoder_nodes(masks):
    """Masks whose logits are the first prompt point's x, and a predicted IoU that is its y / 1024."""
    return [
        helper.make_node("Slice", ["point_coords", "zero", "one", "axis"], ["first"]),
        helper.make_node("Split", ["first", "halves"], ["x", "y"], axis=2),
        helper.make_node("Unsqueeze", ["x", "last"], ["x4"]),
        helper.make_node("Expand", ["x4", "mask_shape"], [masks]),
        helper.make_node("Squeeze", ["y", "axis"], ["y2"]),
        helper.make_node("Div", ["y2", "side"], ["share"]),
        helper.make_node("Expand", ["share", "iou_shape"], ["iou_predictions"]),
    ]


CONSTANTS = {
    "zero": np.array([0]),
    "one": np.array([1]),
    "axis": np.array([1]),
    "last": np.array([3]),
    "halves": np.array([1, 1]),
    "side": np.float32([1024]),
    "mask_shape": np.array([1, 3, 256, 256]),
    "iou_shape": np.array([1, 3]),
}
OUTPUTS = {"iou_predictions": [None, 3]}
POINTS = {"point_coords": [None, None, 2], "point_labels": [None, None]}


@pytest.fixture
def sam_folder(tmp_path):
    folder = tmp_path / "sam-tiny"
    folder.mkdir()
    save(
        folder / "encoder.onnx",
        [pooled("image_embeddings", 16)],
        {"image": [1, 3, 1024, 1024]},
        {"image_embeddings": [1, 3, 64, 64]},
        {},
    )
    save(
        folder / "decoder.onnx",
        decoder_nodes("low_res_masks"),
        {"image_embeddings": [1, 3, 64, 64], **POINTS},
        {"low_res_masks": [None, 3, 256, 256], **OUTPUTS},
        CONSTANTS,
    )
    return folder


@pytest.fixture
def sam2_folder(tmp_path):
    folder = tmp_path / "sam2-tiny"
    folder.mkdir()
    features = {
        "image_embed": [1, 3, 64, 64],
        "high_res_feats_0": [1, 3, 256, 256],
        "high_res_feats_1": [1, 3, 128, 128],
    }
    save(
        folder / "encoder.onnx",
        [pooled("image_embed", 16), pooled("high_res_feats_0", 4), pooled("high_res_feats_1", 8)],
        {"image": [1, 3, 1024, 1024]},
        features,
        {},
    )
    save(
        folder / "decoder.onnx",
        decoder_nodes("masks"),
        {**features, **POINTS, "mask_input": [None, 1, 256, 256], "has_mask_input": [1]},
        {"masks": [None, 3, 256, 256], **OUTPUTS},
        CONSTANTS,
    )
    return folder


def points(*places):
    places = np.array(places, np.float32).reshape(-1, 1, 2)
    return Prompts(places, np.ones((len(places), 1), np.float32))


def test_sam_crops_the_padding_and_scales_points_by_the_longer_side(sam_folder):
    sam = Sam(locate(str(sam_folder), open_store()), Runtime(threads=1), batch_size=2)
    embedding = sam.embed(np.full((256, 512, 3), 255, np.uint8))
    assert embedding.features.shape == (3, 32, 64)
    assert (embedding.features > 2).all()
    found = sam.decode(embedding, points((1, 2), (100, 200), (500, 250)))
    assert found.logits.shape == (3, 3, 128, 256)
    assert found.logits[:, 0, 0, 0].tolist() == [2, 200, 1000]
    assert np.allclose(found.predicted_iou[:, 0], np.array([4, 400, 500]) / 1024)


def test_sam2_squeezes_the_frame_and_scales_each_side(sam2_folder):
    sam = Sam2(locate(str(sam2_folder), open_store()), Runtime(threads=1), batch_size=2)
    embedding = sam.embed(np.full((256, 512, 3), 255, np.uint8))
    assert embedding.features.shape == (3, 64, 64)
    found = sam.decode(embedding, points((1, 2), (100, 200), (500, 250)))
    assert found.logits.shape == (3, 3, 256, 256)
    assert found.logits[:, 0, 0, 0].tolist() == [2, 200, 1000]
    assert np.allclose(found.predicted_iou[:, 0], np.array([8, 800, 1000]) / 1024)


@pytest.mark.parametrize(("adapter", "folder"), [(Sam, "sam_folder"), (Sam2, "sam2_folder")])
def test_the_same_pixels_are_encoded_once(adapter, folder, request):
    sam = adapter(locate(str(request.getfixturevalue(folder)), open_store()), Runtime(threads=1))
    image = np.full((256, 512, 3), 255, np.uint8)
    first = sam.embed(image)
    assert sam.embed(image.copy()) is first
    image[:] = 0  # the same array, other pixels
    assert not np.array_equal(sam.embed(image).features, first.features)


@pytest.mark.parametrize("size", [(240, 320), (900, 2600)])
def test_grouping_gets_the_features_of_the_frame_that_was_segmented_without_encoding_it_again(
    sam2_folder, size, monkeypatch
):
    sam = Sam2(locate(str(sam2_folder), open_store()), Runtime(threads=1))
    encoded = []
    monkeypatch.setattr(sam, "_encode", lambda image, encode=sam._encode: encoded.append(1) or encode(image))
    everywhere = ObjectnessHead(
        *(np.zeros(3, np.float32), np.ones(3, np.float32), np.zeros((1, 3), np.float32), np.zeros(1, np.float32)),
        *(np.zeros((6, 1), np.float32), np.float32([4, 4, -3, -3, -3, -3])),
    )
    info = FrameInfo("a.png", "a.png", size[1], size[0], "")
    frame = Frame(info, np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8))
    lenient = ProposalOptions(least_quality=0, least_chance=0, least_iou=0, least_stability=0, largest=1)
    record = ProposeStage(sam, everywhere, proposals=lenient).run(frame, FrameRecord(info))
    assert record.instances
    pooling = PoolStage(sam)
    vectors = pooling.run(frame, record).vectors["segmenter"]
    assert vectors.ids == tuple(one.id for one in record.instances)
    assert vectors.rows.shape == (len(vectors.ids), 3)
    assert len(encoded) == 1
    pooling.run(Frame(info, 255 - frame.image), record)
    assert len(encoded) == 2


def test_the_settings_choose_the_adapter_by_the_models_name(sam_folder, sam2_folder, tmp_path):
    for folder, adapter in ((sam_folder, Sam), (sam2_folder, Sam2)):
        settings = load_settings({"perception.segmenter": str(folder)})
        assert type(choose_segmenter(settings, open_store())) is adapter
    other = sam_folder.rename(tmp_path / "other")
    with pytest.raises(FileFormatError, match="other is of no known kind"):
        choose_segmenter(load_settings({"perception.segmenter": str(other)}), open_store())


def test_one_sams_files_are_refused_by_the_others_adapter(sam_folder):
    with pytest.raises(FileFormatError, match="not a SAM 2 encoder"):
        Sam2(locate(str(sam_folder), open_store()), Runtime(threads=1))


def test_exporting_sam_without_its_packages_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "segment_anything", None)
    result = CliRunner().invoke(models, ["export-sam", str(tmp_path / "a.pth"), str(tmp_path / "out")])
    assert "pip install '.[sam]'" in str(result.exception)
    assert not (tmp_path / "out").exists()
