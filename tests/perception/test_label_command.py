"""`codriver label` as a process: what a stranger meets, bad input first."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parent))

from pipeline_kit import write_frames

from codriver.errors import InputError
from codriver.models import open_store
from perception.commands.label import label


def codriver(*arguments, **environment):
    command = [sys.executable, "-m", "codriver", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=170, env={**os.environ, **environment}, check=False
    )


def refusal(*arguments, **environment):
    result = codriver(*arguments, **environment)
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr
    lines = [line for line in result.stderr.splitlines() if line.startswith("codriver: ")]
    assert len(lines) == 1, result.stderr
    return lines[0]


def test_a_source_without_frames(tmp_path):
    (tmp_path / "empty").mkdir()
    assert "holds no files" in refusal("label", tmp_path / "empty", "--out", tmp_path / "out")
    assert "does not exist" in refusal("label", tmp_path / "nowhere", "--out", tmp_path / "out")
    (tmp_path / "empty" / "notes.txt").write_text("x")
    assert "1 file, but no image" in refusal("label", tmp_path / "empty", "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_empty_name_is_not_the_working_folder(tmp_path):
    write_frames(tmp_path / "drive", 1)
    assert "is empty (an unset shell variable?)" in refusal("label", "", "--out", tmp_path / "out")
    assert "is empty (an unset shell variable?)" in refusal("label", tmp_path / "drive", "--out", "")


def test_labels_of_other_frames_are_not_passed_over_in_silence(tmp_path):
    write_frames(tmp_path / "drive", 1)
    others = {"images": [{"id": 1, "file_name": "far/7.png"}], "categories": [], "annotations": []}
    (tmp_path / "others.json").write_text(json.dumps(others))
    sentence = refusal(
        "label", tmp_path / "drive", "--out", tmp_path / "out", "--import-coco", tmp_path / "others.json"
    )
    assert f'others.json knows no frame of {tmp_path / "drive"} (it names "far/7.png", say)' in sentence
    assert not (tmp_path / "out").exists()


def test_an_output_of_others_is_left_as_it_is(tmp_path):
    write_frames(tmp_path / "drive", 1)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.tex").write_text("precious")
    assert "holds no dataset" in refusal("label", tmp_path / "drive", "--out", tmp_path / "thesis")
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter1.tex"]
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text(
        json.dumps({"format": "codriver-dataset/1", "source": "/other/drive", "stages": [], "times": []})
    )
    assert "holds the dataset of /other/drive" in refusal("label", tmp_path / "drive", "--out", tmp_path / "run")
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "out"):
        assert f"{out} is no folder" in refusal("label", tmp_path / "drive", "--out", out)


def test_models_that_are_missing_or_wrong(tmp_path):
    write_frames(tmp_path / "drive", 1)
    none = {"CODRIVER_PERCEPTION_EMBEDDER": "none", "CODRIVER_PERCEPTION_NAMER": "none"}
    where = {"CODRIVER_MODELS": str(tmp_path / "models"), **none}
    sentence = refusal("label", tmp_path / "drive", "--out", tmp_path / "out", **where)
    assert "codriver models pull" in sentence
    folder = tmp_path / "models" / "sam2-hiera-tiny"
    folder.mkdir(parents=True)
    for file in open_store().model("sam2-hiera-tiny").files:
        with (folder / file.name).open("wb") as weights:  # of the right size, so that only the hash tells
            weights.truncate(file.size)
    assert "sha256" in refusal("label", tmp_path / "drive", "--out", tmp_path / "out", **where)


def test_flags_that_make_no_sense(tmp_path):
    write_frames(tmp_path / "drive", 1)
    runner = CliRunner()
    for flags in (["--workers", "0"], ["--stride", "0"], ["--engine", "cloud"], []):
        assert runner.invoke(label, [str(tmp_path / "drive"), *flags]).exit_code == 2
    out = ["--out", tmp_path / "out"]
    assert "cannot be read" in refusal("label", tmp_path / "drive", *out, "--import-coco", tmp_path / "none.json")
    assert "is no folder" in refusal("label", tmp_path / "drive", *out, "--calibrate", tmp_path / "none")
    assert "or one COCO file" in refusal("label", tmp_path / "drive", *out, "--calibrate", tmp_path / "drive")


@pytest.fixture(scope="module")
def models():
    store = open_store()
    missing = [name for name in ("sam2-hiera-tiny", "mobilenet-v1") if not store.is_present(name)]
    if missing:
        pytest.skip(f"not pulled: {', '.join(missing)}")


@pytest.mark.network
def test_real_models_label_what_can_be_read_and_go_on_where_they_were_stopped(models, tmp_path):
    write_frames(tmp_path / "drive", 3, size=(160, 90))
    (tmp_path / "drive" / "1.png").write_bytes((tmp_path / "drive" / "1.png").read_bytes()[:50])
    command = [sys.executable, "-m", "codriver", "label", str(tmp_path / "drive"), "--out", str(tmp_path / "out")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not list((tmp_path / "out").rglob("log/*/*.json")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "Stopping once what is under way is finished" in errors
    assert process.returncode == 2, errors
    assert "goes on where it was" in errors
    result = codriver("label", tmp_path / "drive", "--out", tmp_path / "out")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("2 of 3 frames labelled: ")
    assert "is damaged" in result.stdout
    document = json.loads((tmp_path / "out" / "annotations.json").read_text())
    assert [image["file_name"] for image in document["images"]] == ["0.png", "1.png", "2.png"]
    assert "failure" in document["images"][1]
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert run["state"] == "finished"
    weights = run["stages"][0]["fingerprint"]["models"]["sam2-hiera-tiny"]
    assert all(len(digest) == 64 for digest in weights.values())
    sheet = (tmp_path / "out" / "contact_sheet.html").read_text()
    assert sheet.count("data:image/jpeg;base64,") == 2
    assert "http" not in sheet.split("base64")[0]


def test_the_limit_of_a_frames_size_is_a_setting(tmp_path, monkeypatch):
    write_frames(tmp_path / "drive", 1)
    seen = []

    def listed(text, options):
        seen.append(options)
        raise InputError("enough")

    monkeypatch.setattr("perception.frames.source.open_source", listed)
    for limit in ("0.25", "90"):
        monkeypatch.setenv("CODRIVER_PERCEPTION_MAX_MEGAPIXELS", limit)
        CliRunner().invoke(label, [str(tmp_path / "drive"), "--out", str(tmp_path / "out")])
    assert [options.max_megapixels for options in seen] == [0.25, 90.0]
