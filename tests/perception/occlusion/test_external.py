import base64
import json
import threading
from contextlib import contextmanager
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
import pytest
from external_kit import RUNTIME, SHAPE, save_model, task

from codriver.errors import FileFormatError, InputError, ResourceError
from perception.occlusion.external.crop import crop_of
from perception.occlusion.external.http_model import HttpAmodal
from perception.occlusion.external.onnx_model import OnnxAmodal, OnnxDescription
from perception.occlusion.task import Task


@pytest.mark.parametrize(
    ("names", "channels"),
    [(["x"], [5]), (["image", "visible", "occluder"], [3, 1, 1])],
    ids=["one input", "an input for each"],
)
def test_an_onnx_model_gets_crop_mask_and_occluder_and_its_mask_is_used(tmp_path, names, channels):
    files = save_model(tmp_path / "m.onnx", names, channels)
    described = OnnxDescription(("image", "visible", "occluder"), logits=False, confidence=0.7)
    method = OnnxAmodal(files, described, RUNTIME)
    ((whole, confidence),) = method.complete([task()])
    given = task()
    assert confidence == 0.7
    assert (whole & ~given.visible & ~given.may_hide).sum() == 0
    assert (whole & given.may_hide).sum() > 0.9 * given.may_hide.sum()
    assert list(method.identity()["files"]) == ["m.onnx"]
    assert method.identity()["described"] == asdict(described)


def test_an_onnx_model_that_does_not_fit_its_description_is_refused(tmp_path):
    files = save_model(tmp_path / "m.onnx", ["x"], [5])
    with pytest.raises(FileFormatError, match=r"must take \[1, channels, side, side\] with \[4\] channels"):
        OnnxAmodal(files, OnnxDescription(("image", "visible")), RUNTIME)
    with pytest.raises(InputError, match="at most once"):
        OnnxAmodal(files, OnnxDescription(("visible", "visible")), RUNTIME)
    broken = save_model(tmp_path / "b.onnx", ["x"], [5], "broken")
    method = OnnxAmodal(broken, OnnxDescription(("image", "visible", "occluder")), RUNTIME)
    with pytest.raises(FileFormatError, match="must be one mask"):
        method.complete([task()])


def test_nothing_is_asked_where_nothing_can_be_hidden_or_without_pixels(tmp_path):
    files = save_model(tmp_path / "m.onnx", ["x"], [5])
    method = OnnxAmodal(files, OnnxDescription(("image", "visible", "occluder")), RUNTIME)
    alone = Task(task().visible, np.zeros(SHAPE, bool), "car")
    assert method.complete([alone]) == [None]
    assert method.complete([Task(task().visible, task().may_hide, "car")]) == [None]


def test_a_crop_beyond_the_frame_is_empty_there():
    given = task()
    visible = np.zeros(SHAPE, bool)
    visible[0:30, 0:30] = True
    crop = crop_of(Task(visible, given.may_hide, "car", image=given.image), 64)
    assert crop.window.left < 0
    assert crop.planes(["image", "visible", "occluder"]).shape == (5, 64, 64)
    assert not crop.visible[:, 0].any()


@contextmanager
def served(answer):
    """A real HTTP server on a loopback port; `answer` makes (status, body) from the question."""
    questions = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            questions.append((self.headers, json.loads(body)))
            status, content = answer(questions[-1][1])
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/amodal?v=1", questions
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def png(pixels):
    return base64.b64encode(cv2.imencode(".png", pixels)[1].tobytes()).decode()


def picture(text):
    return cv2.imdecode(np.frombuffer(base64.b64decode(text), np.uint8), cv2.IMREAD_UNCHANGED)


def both(question):
    """Everything that is visible or may hide, and the whole rest of the picture besides."""
    assert picture(question["image"]).shape[2] == 3
    mask = np.full(picture(question["visible"]).shape, 255, np.uint8)
    return 200, json.dumps({"mask": png(mask), "confidence": 0.25}).encode()


def test_an_address_is_asked_and_only_its_mask_below_the_occluder_counts():
    with served(both) as (url, questions):
        ((whole, confidence),) = HttpAmodal(url, key="secret").complete([task()])
    given = task()
    assert np.array_equal(whole, given.visible | given.may_hide)
    assert confidence == 0.25
    headers, question = questions[0]
    assert headers["Authorization"] == "Bearer secret"
    assert (question["version"], question["label"]) == (1, "car")
    blue, green, red = picture(question["image"])[picture(question["visible"]) > 0].mean(axis=0)
    assert red > green > blue  # a PNG's colours are as in the frame


BAD = {
    "no json": (200, b"<html>"),
    "a list": (200, b"[]"),
    "no mask": (200, b"{}"),
    "no base64": (200, b'{"mask": "***"}'),
    "no png": (200, json.dumps({"mask": base64.b64encode(b"GIF89a" + bytes(40)).decode()}).encode()),
    "another size": (200, json.dumps({"mask": png(np.zeros((5, 7), np.uint8))}).encode()),
    "too much": (200, b" " * (5 * 2**20)),
    "an error": (500, b"secret traceback"),
    "a redirect": (302, b""),
    "deeply nested": (200, b"[" * 100000),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_is_one_sentence(name):
    with served(lambda question: BAD[name]) as (url, _), pytest.raises(ResourceError) as caught:
        HttpAmodal(url, timeout_s=10).complete([task()])
    text = str(caught.value)
    assert url in text
    assert "\n" not in text
    assert "secret" not in text


@pytest.mark.parametrize("confidence", [2, -1, True, "0.5", float("nan")])
def test_a_confidence_out_of_range_is_refused(confidence):
    def answer(question):
        mask = np.zeros(picture(question["visible"]).shape, np.uint8)
        return 200, json.dumps({"mask": png(mask), "confidence": confidence}).encode()

    with served(answer) as (url, _), pytest.raises(ResourceError, match="confidence"):
        HttpAmodal(url).complete([task()])


def test_a_png_cut_short_and_a_silent_server_are_told():
    def cut(question):
        text = base64.b64decode(png(np.zeros(picture(question["visible"]).shape, np.uint8)))
        return 200, json.dumps({"mask": base64.b64encode(text[:40]).decode()}).encode()

    waiting = threading.Event()

    def silent(question):
        waiting.wait(5)
        return 200, b""

    with served(cut) as (url, _), pytest.raises(ResourceError, match="cannot be read"):
        HttpAmodal(url).complete([task()])
    with served(silent) as (url, _):
        with pytest.raises(ResourceError, match=r"no answer within 0\.2 s"):
            HttpAmodal(url, timeout_s=0.2).complete([task()])
        waiting.set()
    with pytest.raises(ResourceError, match="cannot be reached"):
        HttpAmodal(url, timeout_s=2).complete([task()])


@pytest.mark.parametrize(
    "url", ["", "file:///etc/passwd", "ftp://a", "http://", "http://u:p@h/", "http://h:99999/"]
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(InputError, match="http:// or https://"):
        HttpAmodal(url)
