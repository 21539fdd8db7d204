import subprocess
import sys
from itertools import pairwise

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from codriver.errors import CodriverError, FileFormatError, NotFoundError, ResourceError
from codriver.models import open_store
from perception.models import sessions
from perception.models.files import locate
from perception.models.sessions import Runtime, Session, choose_providers


def save_doubling_model(path, times=1):
    names = ["x", *(f"h{i}" for i in range(1, times)), "y"]
    graph = helper.make_graph(
        [helper.make_node("Add", [a, a], [b]) for a, b in pairwise(names)],
        "doubling",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 2])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, path)


def test_a_session_runs_a_model_and_tells_its_shapes(tmp_path):
    save_doubling_model(tmp_path / "m.onnx")
    session = Session(tmp_path / "m.onnx", Runtime(provider="cpu", threads=1))
    assert session.run({"x": np.ones((3, 2), np.float32)})["y"].tolist() == [[2, 2]] * 3
    assert session.inputs["x"][1] == 2
    assert session.provider == "CPUExecutionProvider"


def test_the_sessions_of_a_process_share_one_arena(tmp_path):
    """What one model has left, the next one uses: memory grows by one model's needs, not by all models'."""
    size = 40 * 2**20 // 8
    script = f"""
import resource, sys
import numpy as np
from pathlib import Path
from perception.models.sessions import Runtime, Session
sessions = [Session(Path(sys.argv[1]), Runtime(provider="cpu", threads=1)) for _ in range(6)]
rows = np.ones(({size}, 2), np.float32)
peaks = []
for session in sessions:
    assert session.run({{"x": rows}})["y"][-1].tolist() == [16, 16]
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
print(peaks[-1] - peaks[0])
"""
    save_doubling_model(tmp_path / "m.onnx", times=4)
    command = [sys.executable, "-c", script, str(tmp_path / "m.onnx")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 40 * 1024  # KiB; six arenas would hold 200 MB more


def test_a_wrong_model_is_named_with_what_it_lacks(tmp_path):
    save_doubling_model(tmp_path / "m.onnx")
    session = Session(tmp_path / "m.onnx", Runtime(threads=1))
    with pytest.raises(FileFormatError, match=r"m\.onnx is not a SAM decoder: it lacks the input points"):
        session.require("a SAM decoder", ["x", "points"])


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [(None, NotFoundError, "There is no model file"), (b"no model", FileFormatError, "is not a model")],
)
def test_missing_and_broken_files_are_told(tmp_path, content, error, words):
    if content is not None:
        (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(error, match=words) as caught:
        Session(tmp_path / "m.onnx", Runtime(threads=1))
    assert isinstance(caught.value, CodriverError)
    assert "\n" not in str(caught.value)


def test_a_wrong_input_shape_is_told_in_one_sentence(tmp_path):
    save_doubling_model(tmp_path / "m.onnx")
    session = Session(tmp_path / "m.onnx", Runtime(threads=1))
    with pytest.raises(FileFormatError, match="fails"):
        session.run({"x": np.ones((3, 5), np.float32)})


class _Full:
    def run(self, outputs, feeds):
        raise RuntimeError(
            "[ONNXRuntimeError] : 6 : bfc_arena.cc BFCArena::AllocateRawInternal Failed to allocate"
        )


def test_lack_of_memory_is_told_with_what_helps(tmp_path):
    save_doubling_model(tmp_path / "m.onnx")
    session = Session(tmp_path / "m.onnx", Runtime(threads=1))
    session._session = _Full()
    with pytest.raises(ResourceError, match=r"not enough memory for the model m\.onnx.*fewer workers"):
        session.run({})


@pytest.mark.parametrize(
    ("available", "expected"),
    [
        (["CPUExecutionProvider"], ["CPUExecutionProvider"]),
        (["CUDAExecutionProvider", "CPUExecutionProvider"], ["CUDAExecutionProvider", "CPUExecutionProvider"]),
        (["CoreMLExecutionProvider", "CPUExecutionProvider"], ["CoreMLExecutionProvider", "CPUExecutionProvider"]),
    ],
)
def test_the_fastest_provider_is_chosen_and_the_cpu_comes_last(available, expected):
    assert [name for name, _ in choose_providers(Runtime(), available)] == expected


def test_tensorrt_is_chosen_only_where_its_libraries_are(monkeypatch):
    offered = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(sessions, "find_spec", lambda name: None)
    assert choose_providers(Runtime(), offered)[0][0] == "CUDAExecutionProvider"
    monkeypatch.setattr(sessions, "find_spec", lambda name: object())
    assert choose_providers(Runtime(), offered)[0][0] == "TensorrtExecutionProvider"


def test_a_named_provider_that_is_not_there_is_refused():
    with pytest.raises(ResourceError, match="no cuda provider"):
        choose_providers(Runtime(provider="cuda"), ["CPUExecutionProvider"])


def test_models_are_found_by_path_with_their_hash(tmp_path):
    save_doubling_model(tmp_path / "encoder.onnx")
    (tmp_path / "encoder.onnx.data").write_bytes(b"weights")
    files = locate(str(tmp_path), open_store())
    assert files.only() == tmp_path / "encoder.onnx"
    assert set(files.sha256) == {"encoder.onnx", "encoder.onnx.data"}
    with pytest.raises(FileFormatError, match="has 0 ONNX files with 'decoder'"):
        files.containing("decoder")


def test_unknown_models_and_paths_are_told(tmp_path):
    with pytest.raises(NotFoundError, match="did you mean sam2-hiera-tiny"):
        locate("sam2-hiera-tyni", open_store())
    with pytest.raises(NotFoundError, match="no model file or folder"):
        locate(str(tmp_path / "none.onnx"), open_store())
    with pytest.raises(FileFormatError, match="nor a folder with one"):
        locate(str(tmp_path), open_store())
