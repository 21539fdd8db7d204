"""Pulling from the hub and from files: what is accepted, continued, refused, and how the failures read."""

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from model_lab import WEIGHTS, FakeHub, Watcher, model_of

from codriver.errors import InputError, NotFoundError, ResourceError
from codriver.models import ModelStore
from codriver.models.hub import Hub
from codriver.models.manifest import FileSource, HubSource, Model, ModelFile

StoreOf = Callable[..., ModelStore]
HALF = len(WEIGHTS) // 2


def everything_in(store: ModelStore) -> list[str]:
    """All files of the store but its locks."""
    files = (path for path in store.root.rglob("*") if path.is_file() and ".locks" not in path.parts)
    return sorted(str(path.relative_to(store.root)) for path in files)


def test_a_file_comes_from_the_hub_and_is_found(store_of: StoreOf, hub: FakeHub) -> None:
    store, watcher = store_of(model_of(hub.source())), Watcher()
    assert store.presence("demo") == "no"
    store.pull(["demo", "demo"], watcher)
    assert store.is_present("demo")
    assert store.path("demo") == store.path("demo", "weights.bin") == store.folder("demo") / "weights.bin"
    assert store.path("demo").read_bytes() == WEIGHTS
    assert everything_in(store) == ["demo/weights.bin"]
    assert watcher.steps == [("downloading hf:some/repo/weights.bin", len(WEIGHTS))]
    assert watcher.last == {"downloading hf:some/repo/weights.bin": len(WEIGHTS)}


def test_what_is_here_is_not_fetched_again_and_what_is_broken_is(store_of: StoreOf, hub: FakeHub) -> None:
    store = store_of(model_of(hub.source()))
    store.pull(["demo"])
    store.pull(["demo"])
    assert len(hub.requests) == 1
    path = store.path("demo")
    path.write_bytes(b"\0" * len(WEIGHTS))
    assert store.verify()[0].problem == "wrong sha256"
    store.pull(["demo"])
    assert path.read_bytes() == WEIGHTS
    assert [check.problem for check in store.verify()] == [""]


@pytest.mark.parametrize("cut", [0, 1, 1000, HALF, len(WEIGHTS) - 1])
def test_a_broken_download_is_continued_where_it_stopped(store_of: StoreOf, hub: FakeHub, cut: int) -> None:
    store = store_of(model_of(hub.source()))
    hub.cut_after = cut
    with pytest.raises(
        ResourceError, match=rf"the connection ended after {cut} of {len(WEIGHTS)} bytes"
    ) as broken:
        store.pull(["demo"])
    assert str(broken.value).endswith("; run it again to continue where it stopped.")
    assert not store.is_present("demo")
    hub.cut_after = None
    store.pull(["demo"])
    assert store.path("demo").read_bytes() == WEIGHTS
    assert [request.range for request in hub.requests] == [None, f"bytes={cut}-" if cut else None]
    assert everything_in(store) == ["demo/weights.bin"]


def test_a_hub_that_ignores_ranges_starts_over(store_of: StoreOf, hub: FakeHub) -> None:
    store = store_of(model_of(hub.source()))
    hub.cut_after, hub.ignores_ranges = HALF, True
    with pytest.raises(ResourceError):
        store.pull(["demo"])
    hub.cut_after = None
    store.pull(["demo"])
    assert store.path("demo").read_bytes() == WEIGHTS


def test_a_beginning_of_another_file_costs_a_second_download_and_no_more(store_of: StoreOf, hub: FakeHub) -> None:
    store = store_of(model_of(hub.source()))
    part = store.root / "demo" / "weights.bin.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * HALF)
    store.pull(["demo"])
    assert store.path("demo").read_bytes() == WEIGHTS
    assert [request.range for request in hub.requests] == [f"bytes={HALF}-", None]


def test_a_beginning_longer_than_the_file_is_dropped(store_of: StoreOf, hub: FakeHub) -> None:
    store = store_of(model_of(hub.source()))
    part = store.root / "demo" / "weights.bin.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(WEIGHTS + b"more")
    store.pull(["demo"])
    assert store.path("demo").read_bytes() == WEIGHTS


def test_a_complete_part_is_only_put_into_place(store_of: StoreOf, hub: FakeHub) -> None:
    store = store_of(model_of(hub.source()))
    part = store.root / "demo" / "weights.bin.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(WEIGHTS)
    store.pull(["demo"])
    assert store.path("demo").read_bytes() == WEIGHTS
    assert hub.requests == []


def test_a_wrong_hash_is_refused_and_deleted(store_of: StoreOf, hub: FakeHub) -> None:
    model = model_of(hub.source())
    wrong = bytes(len(WEIGHTS))
    hub.source(content=wrong)
    store = store_of(model)
    with pytest.raises(ResourceError) as refused:
        store.pull(["demo"])
    assert str(refused.value) == (
        "weights.bin of demo could not be pulled: hf:some/repo/weights.bin: it has the sha256 "
        f"{hashlib.sha256(wrong).hexdigest()[:12]}… instead of {model.files[0].sha256[:12]}…, "
        "so it was refused and deleted."
    )
    assert everything_in(store) == []


@pytest.mark.parametrize("content", [WEIGHTS + b"!", WEIGHTS[:-1], b""])
@pytest.mark.parametrize("tells_length", [True, False])
def test_a_file_of_another_size_is_refused(
    store_of: StoreOf, hub: FakeHub, content: bytes, tells_length: bool
) -> None:
    model = model_of(hub.source())
    hub.source(content=content)
    hub.tells_length = tells_length
    store = store_of(model)
    with pytest.raises(ResourceError, match="bytes"):
        store.pull(["demo"])
    assert store.presence("demo") == "no"
    assert not store.verify()


def test_a_hub_that_continues_elsewhere_is_refused(store_of: StoreOf, hub: FakeHub) -> None:
    store = store_of(model_of(hub.source()))
    hub.cut_after = HALF
    with pytest.raises(ResourceError):
        store.pull(["demo"])
    hub.cut_after, hub.shift = None, 7
    with pytest.raises(ResourceError, match="continues at another place than asked"):
        store.pull(["demo"])


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, r"the hub has no such file \(HTTP 404\)"),
        (401, r"wants to know who asks \(HTTP 401\); accept the model's terms there and set HF_TOKEN"),
        (403, "HTTP 403"),
        (500, "the hub answers with HTTP 500"),
        (429, "HTTP 429"),
    ],
)
def test_refusals_of_the_hub_are_one_sentence(store_of: StoreOf, hub: FakeHub, status: int, words: str) -> None:
    store = store_of(model_of(hub.source()))
    hub.status = status
    with pytest.raises(ResourceError, match=words):
        store.pull(["demo"])
    assert everything_in(store) == []


def test_a_hub_that_hangs_is_given_up(store_of: StoreOf, hub: FakeHub) -> None:
    hub.hang_after = 1000
    store = store_of(model_of(hub.source()), timeout=0.2)
    with pytest.raises(ResourceError, match="the hub stopped sending; run it again to continue"):
        store.pull(["demo"])
    assert (store.root / "demo" / "weights.bin.part").stat().st_size == 1000


def test_a_hub_that_never_answers_is_given_up(store_of: StoreOf, hub: FakeHub) -> None:
    hub.before_answer = lambda: hub.closing.wait(10) and None
    store = store_of(model_of(hub.source()), timeout=0.2)
    with pytest.raises(ResourceError, match="the hub does not answer in time; check the network"):
        store.pull(["demo"])


def test_a_hub_that_is_down_is_asked_once_per_pull(store_of: StoreOf, hub: FakeHub, tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()
    files = []
    for name in ("a.bin", "b.bin"):
        (tmp_path / "copies" / name).write_bytes(WEIGHTS)
        sources = (hub.source(name), FileSource(tmp_path / "copies" / name))
        files.append(ModelFile(name, len(WEIGHTS), hashlib.sha256(WEIGHTS).hexdigest(), sources))
    store = store_of(Model("demo", "demonstration", "MIT", True, tuple(files)), timeout=0.2)
    hub.before_answer = lambda: hub.closing.wait(10) and None
    store.pull(["demo"])
    assert store.is_present("demo")
    assert len(hub.requests) == 1


def test_a_missing_network_is_one_clear_sentence(store_of: StoreOf, hub: FakeHub) -> None:
    store = store_of(model_of(hub.source()), endpoint="http://127.0.0.1:1")
    with pytest.raises(ResourceError) as missing:
        store.pull(["demo"])
    assert str(missing.value) == (
        "weights.bin of demo could not be pulled: hf:some/repo/weights.bin: "
        "the hub cannot be reached (Connection refused); check the network."
    )


def test_the_token_is_shown_to_the_hub_alone(
    store_of: StoreOf, hub: FakeHub, second_hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = hub.source()
    second_hub.source()
    hub.redirect_to = second_hub.address
    store = store_of(model_of(source))
    environ = {"HF_ENDPOINT": hub.address + "/", "HF_TOKEN": "secret-of-somebody"}
    store = ModelStore(store.models, store.root, Hub.from_environment(5.0, environ))
    store.pull(["demo"])
    assert [request.authorization for request in hub.requests] == ["Bearer secret-of-somebody"]
    assert [request.authorization for request in second_hub.requests] == [None]


def test_the_token_is_not_sent_in_the_clear() -> None:
    environ = {"HF_ENDPOINT": "http://hub.example", "HF_TOKEN": "secret-of-somebody"}
    assert Hub.from_environment(5.0, environ).token == ""
    assert "secret" not in repr(Hub.from_environment(5.0, {"HF_TOKEN": "secret-of-somebody"}))


@pytest.mark.parametrize("address", ["hub.example", "file:///etc", "ftp://hub.example", "https://"])
def test_a_wrong_address_of_the_hub_is_refused(address: str) -> None:
    with pytest.raises(InputError, match=r"HF_ENDPOINT is .*, which is no address of a hub"):
        Hub.from_environment(5.0, {"HF_ENDPOINT": address})


def test_sources_are_tried_in_order(store_of: StoreOf, hub: FakeHub, tmp_path: Path) -> None:
    copy = tmp_path / "weights.bin"
    copy.write_bytes(b"another file")
    gone = HubSource("some/repo", "gone.bin", "main")
    store, watcher = store_of(model_of(FileSource(copy), gone, hub.source())), Watcher()
    store.pull(["demo"], watcher)
    assert store.path("demo").read_bytes() == WEIGHTS
    assert copy.read_bytes() == b"another file"
    assert [note.split(":")[0] for note in watcher.notes] == ["file", "hf"]
    assert (
        watcher.notes[1] == "hf:some/repo/gone.bin did not give weights.bin: the hub has no such file (HTTP 404)."
    )


def test_all_failures_are_told_together(store_of: StoreOf, tmp_path: Path) -> None:
    store = store_of(model_of(FileSource(tmp_path / "a"), FileSource(tmp_path)))
    with pytest.raises(ResourceError) as failed:
        store.pull(["demo"])
    assert str(failed.value) == (
        f"weights.bin of demo could not be pulled: file:{tmp_path / 'a'}: there is no such file; "
        f"file:{tmp_path}: it cannot be read (Is a directory)."
    )
    assert everything_in(store) == []


def test_names_are_checked_before_anything_is_fetched(store_of: StoreOf, hub: FakeHub) -> None:
    store = store_of(model_of(hub.source()))
    with pytest.raises(NotFoundError, match="There is no model 'dmeo' in the manifests; did you mean demo"):
        store.pull(["demo", "dmeo"])
    with pytest.raises(NotFoundError, match="`codriver models list` shows them all"):
        store.pull(["zzz"])
    assert hub.requests == []


def test_what_is_not_here_names_the_command(store_of: StoreOf, hub: FakeHub) -> None:
    store = store_of(model_of(hub.source()))
    for ask in (store.path, store.folder):
        with pytest.raises(NotFoundError) as absent:
            ask("demo")
        assert str(absent.value) == (
            "weights.bin of the model demo is not on this computer; `codriver models pull demo` fetches it."
        )
    with pytest.raises(NotFoundError, match=r"has no file 'x', it has: weights\.bin"):
        store.path("demo", "x")


def test_the_only_file_must_be_the_only_one(store_of: StoreOf, hub: FakeHub) -> None:
    one = model_of(hub.source()).files[0]
    other = ModelFile("config.json", 2, "0" * 64, one.sources)
    store = store_of(Model("demo", "demonstration", "MIT", True, (one, other)))
    with pytest.raises(NotFoundError, match=r"has several files, name one: weights\.bin, config\.json"):
        store.path("demo")


def test_a_model_of_which_a_file_is_missing_is_partly_here(store_of: StoreOf, hub: FakeHub) -> None:
    one = model_of(hub.source()).files[0]
    other = ModelFile("folder/config.json", 2, hashlib.sha256(b"{}").hexdigest(), (hub.source("c", b"{}"),))
    store = store_of(Model("demo", "demonstration", "MIT", True, (one, other)))
    store.pull(["demo"])
    assert store.path("demo", "folder/config.json").read_bytes() == b"{}"
    store.path("demo", "weights.bin").unlink()
    assert store.presence("demo") == "partly"
    assert [(check.file, check.problem) for check in store.verify()] == [
        ("weights.bin", "missing"),
        ("folder/config.json", ""),
    ]
    store.path("demo", "folder/config.json").write_bytes(b"{} ")
    assert store.verify(["demo"])[1].problem == "3 bytes instead of 2"


def test_weights_that_are_not_permissive_need_acceptance_by_name(store_of: StoreOf, hub: FakeHub) -> None:
    store = store_of(model_of(hub.source(), permissive=False))
    with pytest.raises(InputError) as refused:
        store.pull(["demo"], allow=["other"])
    assert str(refused.value) == (
        "The weights of demo are under AGPL-3.0, which is not a permissive licence; read it, and pull them with "
        "--accept-licence demo if you accept it."
    )
    assert hub.requests == []
    store.pull(["demo"], allow=["demo"])
    assert store.is_present("demo")
    accepted = store.licences.accepted(store.model("demo"))
    assert accepted is not None and accepted[:2] == "20"
    store.path("demo").unlink()
    store.pull(["demo"])
    store.pull(["demo"], allow=["demo"])
    assert store.licences.accepted(store.model("demo")) == accepted


def test_a_changed_licence_is_to_be_accepted_again(store_of: StoreOf, hub: FakeHub) -> None:
    store = store_of(model_of(hub.source(), permissive=False))
    store.pull(["demo"], allow=["demo"])
    files = store.model("demo").files
    changed = store_of(Model("demo", "demonstration", "Something else", False, files))
    with pytest.raises(InputError, match="Something else"):
        changed.pull(["demo"])


def test_two_pulls_of_one_model_download_it_once(store_of: StoreOf, hub: FakeHub) -> None:
    store, second_waits = store_of(model_of(hub.source())), threading.Event()
    first_is_at_it = threading.Event()

    class Second(Watcher):
        def note(self, text: str) -> None:
            super().note(text)
            second_waits.set()

    def answer() -> None:
        first_is_at_it.set()
        assert second_waits.wait(10)

    hub.before_answer = answer
    first = threading.Thread(target=store.pull, args=(["demo"],))
    first.start()
    assert first_is_at_it.wait(10)
    second = Second()
    store.pull(["demo"], second)
    first.join()
    assert second.notes == ["Another codriver is pulling demo; waiting for it."]
    assert len(hub.requests) == 1
    assert store.path("demo").read_bytes() == WEIGHTS
