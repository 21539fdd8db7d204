"""A hub on loopback, clients and packages made here, and a store in a temporary folder."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from model_lab import FakeHub, serving

from codriver.models import Model, ModelStore
from codriver.models.hub import Hub


@pytest.fixture(autouse=True)
def nothing_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in [name for name in os.environ if name.startswith(("CODRIVER_", "HF_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CODRIVER_MODELS", str(tmp_path / "store"))


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with serving(FakeHub()) as served:
        yield served


@pytest.fixture
def second_hub() -> Iterator[FakeHub]:
    with serving(FakeHub()) as served:
        yield served


@pytest.fixture
def store_of(tmp_path: Path, hub: FakeHub) -> Callable[..., ModelStore]:
    """A store with the given models, the hub on loopback, and little patience."""

    def make(*models: Model, timeout: float = 5.0, endpoint: str = "") -> ModelStore:
        return ModelStore(
            {model.name: model for model in models}, tmp_path / "store", Hub(endpoint or hub.address, timeout)
        )

    return make


@pytest.fixture
def fake_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Put an `npm` first in PATH that runs the given Python with `destination` defined; returns its call log."""

    def install(body: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        calls = tmp_path / "npm-calls.jsonl"
        script = folder / "npm"
        script.write_text(
            f"#!{sys.executable}\n"
            "import json, os, shutil, subprocess, sys, time\n"
            "from pathlib import Path\n"
            "destination = Path(sys.argv[sys.argv.index('--pack-destination') + 1])\n"
            f"with open({str(calls)!r}, 'a') as log:\n"
            "    log.write(json.dumps({'arguments': sys.argv[1:], 'folder': os.getcwd()}) + '\\n')\n" + body
        )
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        return calls

    return install
