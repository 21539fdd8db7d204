"""What the tests of the model store are made of: a hub on loopback, packages, somebody who watches."""

import hashlib
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from codriver.models import Model, ModelFile, Report
from codriver.models.manifest import Client, HubSource, Package, PackageSource, Source

WEIGHTS = bytes(range(256)) * 2000
"""Half a megabyte: more than one chunk of every reader."""


@dataclass
class Request:
    path: str
    range: str | None
    authorization: str | None


@dataclass
class FakeHub:
    """What the server on loopback does with the requests for `files`."""

    files: dict[str, bytes] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    address: str = ""
    status: int = 200
    cut_after: int | None = None
    """Bytes of a body after which the connection is closed."""
    hang_after: int | None = None
    """Bytes of a body after which nothing comes any more."""
    ignores_ranges: bool = False
    tells_length: bool = True
    redirect_to: str = ""
    shift: int = 0
    """Added to the start that a range is answered with."""
    before_answer: Callable[[], None] = lambda: None
    closing: threading.Event = field(default_factory=threading.Event)

    def source(self, name: str = "weights.bin", content: bytes = WEIGHTS) -> HubSource:
        self.files[f"/some/repo/resolve/main/{name}"] = content
        return HubSource("some/repo", name, "main")


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub

    def do_GET(self) -> None:
        hub = self.hub
        asked = self.headers.get("Range")
        hub.requests.append(Request(self.path, asked, self.headers.get("Authorization")))
        hub.before_answer()
        if hub.redirect_to:
            self.send_response(302)
            self.send_header("Location", hub.redirect_to + self.path)
            self.end_headers()
            return
        content = hub.files.get(self.path)
        if hub.status != 200 or content is None:
            self.send_error(404 if content is None else hub.status)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and not hub.ignores_ranges else 0
        if asked and start >= len(content):
            self.send_error(416)
            return
        self._answer(content, start, partial=bool(asked) and not hub.ignores_ranges)

    def _answer(self, content: bytes, start: int, partial: bool) -> None:
        hub = self.hub
        self.send_response(206 if partial else 200)
        if partial:
            self.send_header("Content-Range", f"bytes {start + hub.shift}-{len(content) - 1}/{len(content)}")
        body = content[start:]
        if hub.tells_length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        limits = [limit for limit in (hub.cut_after, hub.hang_after) if limit is not None]
        self.wfile.write(body[: min(limits, default=len(body))])
        if hub.hang_after is not None:
            hub.closing.wait(10)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(hub: FakeHub) -> Iterator[FakeHub]:
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.handle_error = lambda request, address: None  # type: ignore[method-assign] # clients hang up on purpose
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    hub.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        hub.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def model_of(
    *sources: Source, content: bytes = WEIGHTS, file: str = "weights.bin", permissive: bool = True
) -> Model:
    digest = hashlib.sha256(content).hexdigest()
    files = (ModelFile(file, len(content), digest, sources),)
    return Model("demo", "demonstration", "MIT" if permissive else "AGPL-3.0", permissive, files)


class Watcher:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.steps: list[tuple[str, int | None]] = []
        self.last: dict[str, int] = {}

    @contextmanager
    def step(self, what: str, total: int | None) -> Iterator[Report]:
        self.steps.append((what, total))
        yield lambda done: self.last.update({what: done})

    def note(self, text: str) -> None:
        self.notes.append(text)


def package_source(
    client: Client, member: str, name: str = "demo-weights", size: int | None = None
) -> PackageSource:
    return PackageSource(Package(client, name, "1.0.0", size), member)


def make_wheel(folder: Path, members: dict[str, bytes], name: str = "demo_weights") -> Path:
    """A wheel that pip accepts."""
    wheel = folder / f"{name}-1.0.0-py3-none-any.whl"
    info = f"{name}-1.0.0.dist-info"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return wheel


def make_tarball(path: Path, members: dict[str, bytes], links: dict[str, str] | None = None) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for member, content in members.items():
            entry = tarfile.TarInfo(member)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for member, target in (links or {}).items():
            entry = tarfile.TarInfo(member)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    return path


def calls_in(log: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
