"""Manifests: what ships, what is understood, what is refused, and that nothing else can happen."""

import copy
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codriver.errors import FileFormatError
from codriver.models import Model
from codriver.models.manifest import FileSource, HubSource, Package, PackageSource, PartsSource
from codriver.models.manifest_file import parse_manifest, read_manifests
from codriver.models.store import BUILT_IN

SHA = "0123456789abcdef" * 4
MANIFEST = Path("/somewhere/models.yaml")


def document(**changes: Any) -> dict[str, Any]:
    """A manifest with one small model; `changes` replace or, with None, remove keys of it."""
    entry: dict[str, Any] = {
        "role": "demonstration",
        "licence": "MIT",
        "permissive": True,
        "files": {"a.bin": {"size": 5, "sha256": SHA, "sources": [{"file": "a.bin"}]}},
    }
    entry.update(changes)
    return {"models": {"demo": {key: value for key, value in entry.items() if value is not None}}}


def with_source(source: Any) -> dict[str, Any]:
    return document(files={"a.bin": {"size": 5, "sha256": SHA, "sources": [source]}})


def only(content: Any) -> Model:
    (model,) = parse_manifest(content, MANIFEST)
    return model


def test_what_ships_is_complete_and_sound() -> None:
    models = read_manifests([BUILT_IN])
    assert {
        "smollm2-135m-instruct",
        "gemma3-270m",
        "sam2-hiera-tiny",
        "silero-vad",
        "yolo11n-seg",
        "migan",
        "whisper-tiny",
        "whisper-base",
        "moonshine-tiny",
        "piper-en-us-joe",
        "minilm-l6-v2",
        "minilm-l6-v2-int8",
        "efficientnet-lite0",
        "mobilenet-v1",
    } == set(models)
    for model in models.values():
        for file in model.files:
            assert file.packages, f"{model.name}/{file.name} has a package as a source"
            assert all(package.size for package in file.packages)


def test_the_licences_that_are_not_permissive_are_known_as_such() -> None:
    models = read_manifests([BUILT_IN]).values()
    assert {model.name: model.licence for model in models if not model.permissive} == {
        "gemma3-270m": "Gemma Terms of Use",
        "yolo11n-seg": "AGPL-3.0",
    }


def test_every_kind_of_source_at_a_file() -> None:
    pypi = {"pypi": {"package": "a-b", "version": "1.0", "member": "a_b/x.bin", "size": 7}}
    npm = {"npm": {"package": "@scope/x", "version": "1.2.3", "member": "package/x.bin"}}
    sources = [
        {"hf": {"repo": "some/repo", "revision": "main", "file": "deep/x.bin"}},
        pypi,
        npm,
        {"file": "../copies/x.bin"},
        {"parts": [npm, pypi]},
    ]
    model = only(document(files={"a.bin": {"size": 5, "sha256": SHA.upper(), "sources": sources}}))
    first, second = (
        PackageSource(Package("pypi", "a-b", "1.0", 7), "a_b/x.bin"),
        PackageSource(Package("npm", "@scope/x", "1.2.3"), "package/x.bin"),
    )
    assert model.files[0].sources == (
        HubSource("some/repo", "deep/x.bin", "main"),
        first,
        second,
        FileSource(Path("/somewhere/../copies/x.bin")),
        PartsSource((second, first)),
    )
    assert model.files[0].sha256 == SHA
    assert model.files[0].packages == [first.package, second.package, second.package, first.package]


def test_sources_of_a_model_are_folders_for_its_files() -> None:
    shared = [
        {"hf": {"repo": "some/repo", "revision": "v1.0"}},
        {"npm": {"package": "x", "version": "1.0.0", "folder": "package/models"}},
        {"file": "/copies"},
    ]
    files = {
        "a.bin": {"size": 5, "sha256": SHA},
        "deep/b.bin": {"size": 6, "sha256": SHA},
        "own.bin": {"size": 7, "sha256": SHA, "sources": [{"file": "own.bin"}]},
    }
    model = only(document(sources=shared, files=files, note=" Read the card. "))
    assert model.file("deep/b.bin").sources == (
        HubSource("some/repo", "deep/b.bin", "v1.0"),
        PackageSource(Package("npm", "x", "1.0.0"), "package/models/deep/b.bin"),
        FileSource(Path("/copies/deep/b.bin")),
    )
    assert model.file("own.bin").sources == (FileSource(Path("/somewhere/own.bin")),)
    assert (model.size, model.note) == (18, "Read the card.")


def test_a_later_manifest_replaces_an_entry(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "models:\n"
        "  migan: {role: inpainter of mine, licence: MIT, permissive: true, files: "
        f"{{m.onnx: {{size: 1, sha256: '{SHA}', sources: [file: m.onnx]}}}}}}\n"
        "  new-one: {role: more, licence: MIT, permissive: true, files: "
        f"{{n.onnx: {{size: 1, sha256: '{SHA}', sources: [file: ~/n.onnx]}}}}}}\n"
    )
    models = read_manifests([BUILT_IN, mine])
    assert models["migan"].role == "inpainter of mine"
    assert models["new-one"].files[0].sources == (FileSource(Path.home() / "n.onnx"),)
    assert len(models) == len(read_manifests([BUILT_IN])) + 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, r"models\.yaml must be a table of keys and values, not None"),
        ({}, "needs the key 'models'"),
        ({"models": []}, "must have a table of entries by name"),
        ({"models": {}, "modles": {}}, "has an unknown key 'modles'; the keys here are models"),
        ({"models": {"Demo": {}}}, "'Demo' cannot be the name of a model"),
        ({"models": {"../x": {}}}, "cannot be the name of a model"),
        ({"models": {"demo": "MIT"}}, "demo must be a table of keys and values, not 'MIT'"),
        (document(permissive=None), "demo needs the key 'permissive'"),
        (document(permissive="no"), "has 'no' as permissive, which must be true or false"),
        (document(licence=2.0), r"has 2\.0 as licence, which must be a text, put it in quotes"),
        (document(licence=" "), "as licence, which must be a text"),
        (document(note=3), "as note, which must be a text"),
        (document(licnce="MIT"), "has an unknown key 'licnce'; the keys here are permissive, role, licence"),
        (document(files={}), "must have a table of its files by name"),
        (document(files=["a"]), "must have a table of its files by name"),
        (document(files={"a": {"size": 1, "sha256": SHA}}), "demo: a has no sources, and neither has its model"),
        (document(files={"../a": {}}), r"'\.\./a' cannot be the name of a file"),
        (document(files={"/etc/a": {}}), "cannot be the name of a file"),
        (document(files={".a": {}}), "cannot be the name of a file"),
        (document(files={"a.part": {}}), "cannot be the name of a file"),
        (document(files={"a": {"size": 0}}), "has 0 as size"),
        (document(files={"a": {"size": "5"}}), "has '5' as size, which must be a whole number of bytes"),
        (document(files={"a": {"size": True}}), "has True as size"),
        (document(files={"a": {"size": 1, "sha256": "abc"}}), "has 'abc' as sha256, which is not a possible one"),
        (with_source("file"), "has the source 'file'; a source is one of hf, pypi, npm, file or parts"),
        (with_source({"git": "x"}), "has a source of the kind 'git'"),
        (with_source({"file": 3}), "has 3 as a file source"),
        (with_source({"file": "a\0b"}), "as a file source, which must be a path"),
        (with_source({"npm": {"package": "x", "version": "1.0.0", "member": "m/"}}), "as member, which must be"),
        (with_source({"parts": []}), "must have a list of at least one source"),
        (with_source({"parts": [{"file": "x"}]}), "can only be joined from parts that are in packages"),
        (document(sources=[{"parts": []}], files={"a": {"size": 1, "sha256": SHA}}), "of the kind 'parts'"),
        (
            with_source({"pypi": {"package": "x", "version": 1.1, "member": "m"}}),
            r"a\.bin: pypi has 1\.1 as version, which must be a text, put it in quotes",
        ),
        (with_source({"pypi": {"package": "--index-url", "version": "1", "member": "m"}}), "as package, which is"),
        (with_source({"npm": {"package": "git+x:y", "version": "1.0.0", "member": "m"}}), "as package, which is"),
        (with_source({"npm": {"package": "x", "version": "latest", "member": "m"}}), "as version, which is"),
        (with_source({"npm": {"package": "x", "version": "1.0.0", "member": "../m"}}), "as member, which must be"),
        (with_source({"npm": {"package": "x", "version": "1.0.0", "folder": "m"}}), "needs the key 'member'"),
        (with_source({"npm": {"package": "x", "version": "1.0.0", "member": "m", "size": 1.5}}), "as size"),
        (with_source({"hf": {"repo": "a/b/c", "revision": "main", "file": "m"}}), "as repo, which is"),
        (with_source({"hf": {"repo": "a/b", "revision": "x/../y", "file": "m"}}), "as revision, which is"),
        (with_source({"hf": {"repo": "a/b", "revision": "main", "file": "m?x"}, "file": "y"}), "has the source"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_place(content: Any, words: str) -> None:
    with pytest.raises(FileFormatError, match=words) as refused:
        parse_manifest(content, MANIFEST)
    assert str(refused.value).startswith("/somewhere/models.yaml")
    assert "\n" not in str(refused.value)


def test_a_file_cannot_also_be_a_folder() -> None:
    files = {name: {"size": 1, "sha256": SHA, "sources": [{"file": "x"}]} for name in ("a", "a/b")}
    with pytest.raises(FileFormatError, match="cannot have 'a/b', because one of its folders is also the name"):
        parse_manifest(document(files=files), MANIFEST)


def test_broken_yaml_and_missing_files_name_the_file(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("models: [")
    for path in (broken, tmp_path / "gone.yaml"):
        with pytest.raises(FileFormatError, match=path.name):
            read_manifests([path])


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.sampled_from(["a", SHA]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["models", "files", "sources", "hf", "pypi", "npm", "file", "parts", "a"])
            | st.text(max_size=4),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(values)
def test_any_document_is_read_or_refused(content: Any) -> None:
    try:
        models = parse_manifest(content, MANIFEST)
    except FileFormatError:
        return
    assert all(isinstance(model, Model) for model in models)


def places(content: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The keys on the way to every value of the document."""
    found = [at] if at else []
    if isinstance(content, dict | list):
        for key, value in content.items() if isinstance(content, dict) else enumerate(content):
            found += places(value, (*at, key))
    return found


SOUND = with_source({"npm": {"package": "x", "version": "1.0.0", "member": "m", "size": 5}})


@given(st.sampled_from(places(SOUND)), values)
def test_a_sound_document_with_one_value_replaced_is_read_or_refused(place: tuple[Any, ...], value: Any) -> None:
    content = copy.deepcopy(SOUND)
    inner = content
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    try:
        models = parse_manifest(content, MANIFEST)
    except FileFormatError:
        return
    for model in models:
        assert model.licence.strip() and isinstance(model.permissive, bool) and model.files
        assert all(file.size > 0 and file.sources for file in model.files)


@given(st.text(alphabet=string.ascii_letters + "./\\~: -\n\0", max_size=12))
def test_no_name_of_a_file_leads_out_of_the_folder(name: str) -> None:
    content = document(files={name: {"size": 1, "sha256": SHA, "sources": [{"file": "x"}]}})
    try:
        model = only(content)
    except FileFormatError:
        return
    folder = Path("/store/demo")
    inside = Path(f"{folder}/{model.files[0].name}")
    assert inside.is_relative_to(folder) and inside != folder
    assert ".." not in inside.parts and not inside.name.startswith(".")
