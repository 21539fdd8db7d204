"""CLIP-style pairs on a tiny model of the same shape: its vectors are the mean colour of a picture."""

import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from codriver.errors import FileFormatError, NotFoundError
from perception.models.clip import ClipModel, read_vocabulary

WORDS = {"[UNK]": 0, "red": 1, "green": 2, "blue": 3, "road": 4}
COLOURS = np.array([[0, 0, 0], [1, -1, -1], [-1, 1, -1], [-1, -1, 1], [-1, -1, -1]], np.float32)


def save(path, nodes, inputs, output, constants=()):
    graph = helper.make_graph(nodes, "tiny", inputs, [output], list(constants))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def floats(name, *shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "onnx").mkdir()
    save(
        tmp_path / "onnx" / "vision_model.onnx",
        [
            helper.make_node("GlobalAveragePool", ["pixel_values"], ["mean"]),
            helper.make_node("Flatten", ["mean"], ["image_embeds"]),
        ],
        [floats("pixel_values", "n", 3, 8, 8)],
        floats("image_embeds", "n", 3),
    )
    save(
        tmp_path / "onnx" / "text_model.onnx",
        [
            helper.make_node("Gather", ["table", "input_ids"], ["words"]),
            helper.make_node("ReduceMean", ["words"], ["text_embeds"], axes=[1], keepdims=0),
        ],
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["n", "t"])],
        floats("text_embeds", "n", 3),
        [numpy_helper.from_array(COLOURS, "table")],
    )
    tokenizer = Tokenizer(WordLevel(WORDS, unk_token="[UNK]"))  # noqa: S106
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    config = {"size": {"height": 8, "width": 8}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(config))
    return tmp_path


def picture(*colour):
    return np.full((20, 30, 3), colour, np.uint8)


def test_vectors_have_length_one_and_are_near_for_alike_pictures(folder):
    rows = ClipModel(folder).embed_crops([picture(250, 5, 5), picture(200, 20, 30), picture(5, 250, 5)])
    assert rows.shape == (3, 3)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1)
    assert rows[0] @ rows[1] > 0.9 > rows[0] @ rows[2]


def test_no_picture_gives_no_vector_of_the_right_width(folder):
    assert ClipModel(folder).embed_crops([]).shape == (0, 3)


def test_red_is_called_red(folder):
    model = ClipModel(folder, ["red", "green", "blue"])
    best, *_ = model.name_crops([picture(250, 5, 5), picture(240, 0, 30)])
    assert best.label == "red"
    assert best.confidence > 0.9


def test_what_looks_most_like_no_thing_gets_no_name(folder):
    assert ClipModel(folder, ["red", "green", "blue"]).name_crops([picture(0, 0, 0)]) == []


def test_without_a_vocabulary_there_are_no_names(folder):
    assert ClipModel(folder).name_crops([picture(250, 5, 5)]) == []


def test_its_identity_is_the_hash_of_its_files(folder):
    assert set(ClipModel(folder).files_sha256()) == {"vision_model.onnx"}
    assert set(ClipModel(folder, ["red"]).files_sha256()) == {
        "vision_model.onnx",
        "text_model.onnx",
        "tokenizer.json",
    }


def test_a_folder_that_lacks_a_part_is_refused(folder, tmp_path):
    (folder / "tokenizer.json").unlink()
    ClipModel(folder)
    with pytest.raises(NotFoundError, match=r"has no tokenizer\.json"):
        ClipModel(folder, ["red"])


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"size": 8}', '{"size": 8, "image_mean": [1], "image_std": [1, 1, 1]}']
)
def test_a_broken_preprocessor_file_is_refused(folder, text):
    (folder / "preprocessor_config.json").write_text(text)
    with pytest.raises(FileFormatError, match="size and colours"):
        ClipModel(folder).embed_crops([picture(1, 2, 3)])


def test_a_file_that_is_no_model_is_refused(folder):
    (folder / "onnx" / "vision_model.onnx").write_bytes(b"nothing")
    with pytest.raises(FileFormatError, match="not a model"):
        ClipModel(folder).embed_crops([picture(1, 2, 3)])


def test_a_model_without_one_vector_for_each_picture_is_refused(folder):
    save(
        folder / "onnx" / "vision_model.onnx",
        [helper.make_node("Relu", ["pixel_values"], ["last_hidden_state"])],
        [floats("pixel_values", "n", 3, 8, 8)],
        floats("last_hidden_state", "n", 3, 8, 8),
    )
    with pytest.raises(FileFormatError, match="outputs last_hidden_state"):
        ClipModel(folder).embed_crops([picture(1, 2, 3)])


def test_vocabulary_files(tmp_path):
    (tmp_path / "v.txt").write_text("# street\ncar\n\ntraffic cone\n")
    assert read_vocabulary(tmp_path / "v.txt") == ["car", "traffic cone"]
    (tmp_path / "v.txt").write_text("# none\n")
    with pytest.raises(FileFormatError, match="has no names"):
        read_vocabulary(tmp_path / "v.txt")
    with pytest.raises(NotFoundError, match="cannot be read"):
        read_vocabulary(tmp_path / "w.txt")
