"""A small web server that behaves like a language-model endpoint, or misbehaves as a test wants it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Reply = Callable[[BaseHTTPRequestHandler, dict], None]


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def completion(content: object) -> bytes:
    """A chat completion that says `content`."""
    message = {"role": "assistant", "content": content}
    return json.dumps(
        {"id": "1", "object": "chat.completion", "choices": [{"index": 0, "message": message}]}
    ).encode()


class Endpoint:
    """The server; `reply` is what it does with each request, and `seen` are the requests."""

    def __init__(self) -> None:
        self.reply: Reply = lambda handler, _: send(handler, completion("{}"))
        self.seen: list[dict] = []
        self.keys: list[str] = []
        self.release = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = json.loads(self.rfile.read(length))
                outer.seen.append(body)
                outer.keys.append(self.headers.get("Authorization", ""))
                with suppress(OSError):
                    outer.reply(self, body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def say(self, content: object) -> None:
        """Answer every request with this content."""
        self.reply = lambda handler, _: send(handler, completion(content))

    def close(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
