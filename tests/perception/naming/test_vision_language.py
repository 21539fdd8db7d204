import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codriver.errors import ResourceError
from perception.models.vision_language import VisionLanguageNamer

PICTURE = np.full((16, 16, 3), 99, np.uint8)


@pytest.fixture
def server():
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            serving.asked.append(
                (self.path, {key.lower(): value for key, value in self.headers.items()}, json.loads(body))
            )
            message = {"role": "assistant", "content": serving.answer}
            answer = {
                "id": "1",
                "object": "chat.completion",
                "created": 1,
                "model": "m",
                "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            }
            self.send_response(serving.status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_):
            pass

    serving = HTTPServer(("127.0.0.1", 0), Handler)
    serving.asked, serving.answer, serving.status = [], "", 200
    thread = threading.Thread(target=serving.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield serving
    serving.shutdown()
    serving.server_close()


def namer(server, **more):
    return VisionLanguageNamer(f"http://127.0.0.1:{server.server_port}/v1", "m", key="secret", **more)


def test_the_pictures_are_sent_and_the_answer_is_a_proposal(server):
    server.answer = 'Sure: {"name": "Traffic  Cone", "confidence": 0.9}'
    (proposal,) = namer(server).name_crops([PICTURE] * 9)
    assert (proposal.label, proposal.confidence) == ("traffic cone", 0.9)
    ((path, headers, body),) = server.asked
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == "Bearer secret"
    kinds = [part["type"] for part in body["messages"][0]["content"]]
    assert kinds == ["text"] + ["image_url"] * 6
    assert body["messages"][0]["content"][1]["image_url"]["url"].startswith("data:image/jpeg;base64,/9j/")


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "a car",
        "{}",
        "[]",
        '{"name": "car"}',
        '{"name": "car", "confidence": "high"}',
        '{"name": "car", "confidence": 7}',
        '{"name": "car", "confidence": NaN}',
        '{"name": "car", "confidence": true}',
        '{"name": "", "confidence": 0}',
        '{"name": "unknown", "confidence": 0.9}',
        '{"name": 3, "confidence": 0.9}',
        '{"name": "<script>", "confidence": 0.9}',
        '{"name": "it is probably a kind of delivery robot", "confidence": 0.9}',
    ],
)
def test_an_answer_that_is_no_plain_name_is_no_proposal(answer):
    assert VisionLanguageNamer("http://nowhere", "m").parse(answer) == []


def test_with_a_vocabulary_no_other_name_counts():
    strict = VisionLanguageNamer("http://nowhere", "m", vocabulary=["E-Scooter"])
    assert strict.parse('{"name": "e-scooter", "confidence": 0.8}')[0].label == "E-Scooter"
    assert strict.parse('{"name": "bicycle", "confidence": 0.8}') == []


@given(st.text(max_size=60))
def test_no_text_at_all_breaks_the_reading(answer):
    for proposal in VisionLanguageNamer("http://nowhere", "m").parse(answer):
        assert 0 < proposal.confidence <= 1


def test_an_address_that_refuses_is_one_sentence(server):
    server.status = 400
    with pytest.raises(ResourceError, match="gives no answer"):
        namer(server).name_crops([PICTURE])


def test_no_pictures_are_not_asked_about(server):
    assert namer(server).name_crops([]) == []
    assert server.asked == []
