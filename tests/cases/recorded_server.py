"""An OpenAI-compatible endpoint on a loopback port that gives recorded answers, in order."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class RecordedServer:
    """Answers each question with the next of `answers`; a text is the content, bytes are the whole body."""

    def __init__(self, *answers):
        self.answers = [item if isinstance(item, str | bytes | int) else json.dumps(item) for item in answers]
        self.questions = []
        self.default = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.questions.append((self.path, self.headers.get("Authorization"), json.loads(body)))
                outer.send(self)

            def log_message(self, *_):
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def send(self, handler):
        answer = self.answers.pop(0) if self.answers else self.default
        status = answer if isinstance(answer, int) else 200 if answer is not None else 500
        if isinstance(answer, bytes):
            body = answer
        else:
            message = {"role": "assistant", "content": answer if isinstance(answer, str) else ""}
            body = json.dumps({"choices": [{"index": 0, "message": message}]}).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def asked(self, index):
        """What the user's message of question `index` says."""
        return self.questions[index][2]["messages"][-1]["content"]

    def close(self):
        self._server.shutdown()
        self._server.server_close()
