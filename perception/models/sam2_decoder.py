"""SAM 2's prompt decoder, changed so that it can look at a part of the frame.

The export in the model store has the size of the feature map and the positions of its cells built in, and repeats
what all prompts share. Here features and positions are inputs of any size, batched or
not. For the whole frame the masks are the same as before, in three quarters of the time; for a part of the frame
the time falls with its area.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import numpy_helper
from onnx.checker import ValidationError

from perception.models.roles import FloatArray

POSITIONS = "image_positions"
"""The input that the changed decoder has beside those of the export."""

# Names that the export gives to what is replaced.
_POSITIONS_OF_ALL_PROMPTS = "/Reshape_5_output_0"
_PROMPT_MASKS = "/Add_10_output_0"
_BATCH_OF_FEATURES = "/Unsqueeze_12_output_0"
_NO_MASK = "onnx::Mul_1992"
_FREQUENCIES = "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"
_INPUTS: dict[str, list[str | int]] = {
    "image_embed": ["maps", 256, "rows", "columns"],
    POSITIONS: ["maps", 256, "rows", "columns"],
    "high_res_feats_0": ["maps", 32, "rows4", "columns4"],
    "high_res_feats_1": ["maps", 64, "rows2", "columns2"],
    "point_coords": ["prompts", "points", 2],
    "point_labels": ["prompts", "points"],
}


@dataclass(frozen=True, eq=False)
class PartialDecoder:
    """The changed decoder."""

    model: bytes
    """ONNX. Inputs: `image_embed`, `image_positions` [N or 1, 256, h, w], `high_res_feats_0` [N or 1, 32, 4h, 4w],
    `high_res_feats_1` [N or 1, 64, 2h, 2w], `point_coords` [N, P, 2], `point_labels` [N, P]; outputs `masks`
    [N, 3, 4h, 4w] and `iou_predictions` [N, 3]. Points are in pixels of the whole square."""
    positions: FloatArray
    """[1, 256, 64, 64]: the codes of all cells."""


def partial_decoder(path: Path) -> PartialDecoder | None:
    """The decoder in `path`, changed; None where it is another export."""
    try:
        model = onnx.load(path)
    except (DecodeError, ValidationError, ValueError, OSError):
        return None  # whoever loads it as it is will say what is wrong with it
    graph = model.graph
    constants = {one.name: one for one in graph.initializer}
    made = {name for node in graph.node for name in node.output}
    if not {_NO_MASK, _FREQUENCIES} <= constants.keys():
        return None
    if any(one.HasField("g") or one.graphs for node in graph.node for one in node.attribute):
        return None
    if not {_POSITIONS_OF_ALL_PROMPTS, _PROMPT_MASKS, _BATCH_OF_FEATURES} <= made:
        return None
    replaced = {_POSITIONS_OF_ALL_PROMPTS: POSITIONS, _PROMPT_MASKS: _NO_MASK, _BATCH_OF_FEATURES: "any batch"}
    for node in graph.node:
        node.input[:] = [replaced.get(name, name) for name in node.input]
    graph.initializer.append(numpy_helper.from_array(np.array([-1], np.int64), "any batch"))
    del graph.input[:], graph.value_info[:]
    graph.input.extend(
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in _INPUTS.items()
    )
    _drop_unused(graph)
    return PartialDecoder(model.SerializeToString(), _positions(numpy_helper.to_array(constants[_FREQUENCIES])))


def _drop_unused(graph: onnx.GraphProto) -> None:
    """What no output needs goes: onnxruntime would run it all the same."""
    needed = {one.name for one in graph.output}
    kept = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(node.input)
    constants = [one for one in graph.initializer if one.name in needed]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(reversed(kept))
    graph.initializer.extend(constants)


def _positions(frequencies: FloatArray, side: int = 64) -> FloatArray:
    """Random Fourier features of the middles of side × side cells, as SAM's prompt encoder makes them."""
    middles = (np.arange(side) + 0.5) / side * 2 - 1
    places = np.stack(np.meshgrid(middles, middles), axis=-1)
    angles = 2 * np.pi * places @ frequencies
    codes = np.concatenate([np.sin(angles), np.cos(angles)], axis=-1)
    return np.ascontiguousarray(codes.transpose(2, 0, 1)[None], np.float32)
