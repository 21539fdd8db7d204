"""An object behind another, and small ONNX models that are shown it."""

import numpy as np
import onnx
from onnx import TensorProto, helper

from codriver.models import open_store
from perception.models.files import locate
from perception.models.sessions import Runtime
from perception.occlusion.task import Task

SHAPE = (90, 160)


def task():
    """A bright box whose right half a dark one hides."""
    image = np.zeros((*SHAPE, 3), np.uint8)
    visible, front = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    visible[30:60, 40:70] = True
    front[20:70, 70:100] = True
    image[visible], image[front] = (250, 120, 10), (10, 10, 60)
    return Task(visible, front, "car", image=image)


def save_model(path, planes, channels, expression="add", side=64):
    """A model that answers with the sum of its last two channels, or of its inputs: visible or occluder."""
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, n, side, side])
        for name, n in zip(planes, channels, strict=True)
    ]
    output = helper.make_tensor_value_info("mask", TensorProto.FLOAT, [1, 1, side, side])
    if len(planes) == 1:
        split = [f"c{i}" for i in range(channels[0])]
        nodes = [helper.make_node("Split", [planes[0]], split, axis=1, num_outputs=channels[0])]
        nodes.append(helper.make_node("Add", split[-2:], ["mask"]))
    else:
        nodes = [helper.make_node("Add", [planes[-2], planes[-1]], ["mask"])]
    if expression == "broken":
        nodes[-1].output[0] = "sum"
        nodes.append(helper.make_node("Log", ["sum"], ["mask"]))
    graph = helper.make_graph(nodes, "amodal", inputs, [output])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    return locate(str(path), open_store())


RUNTIME = Runtime(provider="cpu", threads=1)
