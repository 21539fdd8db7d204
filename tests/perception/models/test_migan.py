import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from codriver.errors import CodriverError, FileFormatError
from codriver.models import open_store
from perception.models.files import locate
from perception.models.migan import Migan
from perception.models.sessions import Runtime

RUNTIME = Runtime(provider="cpu", threads=1)


def picture():
    """A ramp of grey with a red square that is to be painted over."""
    image = np.repeat(np.linspace(60, 180, 96, dtype=np.uint8)[None, :, None], 64, axis=0).repeat(3, axis=2)
    hole = np.zeros((64, 96), bool)
    hole[20:40, 30:60] = True
    image[hole] = (255, 0, 0)
    return image, hole


def save(path, name="result", kind=TensorProto.UINT8, inputs=("image", "mask")):
    """A model that gives the picture back as it is, as numbers of `kind`."""
    shapes = {"image": ["n", 3, "h", "w"], "mask": ["n", 1, "h", "w"]}
    graph = helper.make_graph(
        [helper.make_node("Cast", [inputs[0]], [name], to=kind)],
        "inpainter",
        [helper.make_tensor_value_info(one, TensorProto.UINT8, shapes.get(one, ["n"])) for one in inputs],
        [helper.make_tensor_value_info(name, kind, ["n", 3, "h", "w"])],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return locate(str(path), open_store())


def test_a_file_that_is_no_inpainter_is_refused(tmp_path):
    with pytest.raises(FileFormatError, match="not an inpainting pipeline: it lacks the input mask"):
        Migan(save(tmp_path / "a.onnx", inputs=("image",)), RUNTIME)
    wrong = Migan(save(tmp_path / "b.onnx", kind=TensorProto.FLOAT), RUNTIME)
    with pytest.raises(FileFormatError, match="is no inpainting model"):
        wrong.inpaint(*picture())


def test_without_a_hole_nothing_is_asked(tmp_path):
    wrong = Migan(save(tmp_path / "b.onnx", kind=TensorProto.FLOAT), RUNTIME)
    image, hole = picture()
    assert np.array_equal(wrong.inpaint(image, np.zeros_like(hole)), image)


@pytest.mark.network
def test_the_real_model_paints_the_hole_and_leaves_the_rest():
    store = open_store()
    try:
        store.pull(["migan"])
    except CodriverError as error:
        pytest.skip(f"migan cannot be had: {error}")
    image, hole = picture()
    found = Migan(locate("migan", store), RUNTIME).inpaint(image, hole)
    assert np.array_equal(found[~hole], image[~hole])
    red, green, _ = found[hole].reshape(-1, 3).mean(axis=0)
    assert abs(red - green) < 40  # the red square is gone
    assert 60 < green < 180
