"""Weights in half the space: kept as 16-bit numbers, turned to 32-bit ones when a model is loaded."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper

_LEAST = 256
"""Smaller arrays stay as they are."""


def halve(model: onnx.ModelProto) -> None:
    """Change the model's large 32-bit initialisers; each gets a cast, which onnxruntime folds when it loads."""
    casts, kept = [], []
    for one in model.graph.initializer:
        values = numpy_helper.to_array(one)
        if values.dtype != np.float32 or values.size < _LEAST:
            kept.append(one)
            continue
        kept.append(numpy_helper.from_array(values.astype(np.float16), f"{one.name}.half"))
        casts.append(helper.make_node("Cast", [f"{one.name}.half"], [one.name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
