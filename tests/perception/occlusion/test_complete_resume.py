"""`codriver complete`, killed at any moment and started again, ends with what an undisturbed run writes."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from journal_kit import document

from codriver.errors import InputError, ResourceError
from perception.commands.complete import complete
from perception.masks import Mask
from perception.pipeline.watching import TerminalWatcher
from perception.scenes.writing import SceneJob, write_scenes

COUNT = 12
"""Images of the rendered file."""


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """A folder with in.json, of masks that are 1 to 2 px too large, and its images, one of them missing."""
    folder = tmp_path_factory.mktemp("rendered")
    truth = json.loads(write_scenes(SceneJob(folder, count=1, seed=5, size=(160, 120), samples=1)).read_text())
    (image,) = truth["images"]
    largest = sorted(truth["annotations"], key=lambda one: -one["area"])[:8]
    found = {"images": [], "annotations": [], "categories": truth["categories"]}
    for at in range(COUNT):
        name = f"{at:02}.png"
        found["images"].append({**image, "id": at, "file_name": name})
        if at:
            shutil.copy(folder / "images" / image["file_name"], folder / "images" / name)
        for place, one in enumerate(largest):
            mask = Mask.from_coco(one["segmentation"], 120, 160).to_array().astype(np.uint8)
            grown = cv2.dilate(mask, np.ones((2 + at % 3,) * 2, np.uint8))
            ids = {"id": 100 * at + place, "image_id": at, "category_id": one["category_id"], "iscrowd": 0}
            found["annotations"].append(ids | {"segmentation": Mask.from_array(grown).to_coco()})
    found["images"].append({**image, "id": COUNT, "file_name": "nothing.png"})
    found["annotations"][9]["segmentation"] = [[1, 2]]
    one, other = found["annotations"][10:12]
    one["attributes"], other["attributes"] = {"occluded_by": [other["id"]]}, {"occluded_by": [one["id"]]}
    (folder / "in.json").write_text(json.dumps(found))
    return folder


def arguments(folder, out):
    return ["--coco", str(folder / "in.json"), "--images", str(folder / "images"), "--out", str(out)]


WAITING = """
import time
from codriver.cli import main
from perception.pipeline.watching import TerminalWatcher

step, completed = TerminalWatcher.step, 0

def waiting(self, what, done, total):
    global completed
    step(self, what, done, total)
    completed += what == "completing"
    until = time.monotonic() + 60
    while completed == 4 and not self.stopped() and time.monotonic() < until:
        time.sleep(0.005)

TerminalWatcher.step = waiting
main()
"""
"""The command line; it waits to be stopped once it has completed four images."""


def start(folder, out):
    command = [sys.executable, "-c", WAITING, "complete", *arguments(folder, out)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def lines(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_killed_and_started_again_it_writes_the_same(rendered, tmp_path, monkeypatch):
    monkeypatch.setenv("CODRIVER_PERCEPTION_THREADS", "1")
    straight = CliRunner().invoke(complete, arguments(rendered, tmp_path / "straight.json"))
    assert straight.exit_code == 0, straight.output
    skipped = json.loads((tmp_path / "straight.json").read_text())["info"]["skipped"]
    reasons = [" ".join(one["why"].split(" ")[:2]) for one in skipped]
    assert reasons == ["A segmentation", "it has", "its picture", "its occluder", "its picture"]
    out, part = tmp_path / "out.json", tmp_path / "out.json.part"
    moments, finished = random.Random(1), 0
    for signal_number in (signal.SIGKILL, signal.SIGKILL, signal.SIGINT):
        process = start(rendered, out)
        begun = time.monotonic()
        while lines(part) < finished + 2 and process.poll() is None and time.monotonic() < begun + 60:
            time.sleep(0.005)
        time.sleep(moments.uniform(0, 0.05))
        process.send_signal(signal_number)
        _, errors = process.communicate(timeout=60)
        assert not out.exists()
        assert lines(part) >= finished + 2, errors
        finished = lines(part)
        if signal_number == signal.SIGKILL:
            assert process.returncode == -signal.SIGKILL
        else:
            assert process.returncode == 2
            assert f"Stopped; the same command goes on where it was, {part} keeps what is finished." in errors
    with part.open("ab") as file:
        file.write(b'{"image": 11, "picture": "12')  # as if killed while writing
    end = CliRunner().invoke(complete, arguments(rendered, out))
    assert end.exit_code == 0, end.output
    assert f"{part} keeps {finished - 1} finished images; going on with those whose pictures" in end.output
    assert "had to be completed again" not in end.output
    assert out.read_bytes() == (tmp_path / "straight.json").read_bytes()
    assert {one.name for one in tmp_path.iterdir()} == {"out.json", "straight.json"}


def full(*_):
    raise OSError(28, "No space left on device")


def run(tmp_path, **options):
    (tmp_path / "in.json").write_text(json.dumps(document(2)))
    given_options = {"coco": tmp_path / "in.json", "out": tmp_path / "out.json"} | options
    flat = [str(one) for name, value in given_options.items() for one in (f"--{name}", value)]
    return CliRunner().invoke(complete, flat)


def test_a_full_disk_at_the_end_loses_nothing(tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.replace", full)
        result = run(tmp_path)
    assert "out.json cannot be written (No space left on device)" in str(result.exception)
    assert "goes on where it was" in result.output
    assert {one.name for one in tmp_path.iterdir()} == {"in.json", "out.json.part"}
    again = run(tmp_path)
    assert "keeps 2 finished images; going on." in again.output
    assert again.exit_code == 0
    assert {one.name for one in tmp_path.iterdir()} == {"in.json", "out.json"}


def test_other_options_are_refused_as_long_as_work_is_unfinished(tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.replace", full)
        run(tmp_path)
    kept = (tmp_path / "out.json.part").read_bytes()
    monkeypatch.setenv("CODRIVER_PERCEPTION_COMPLETE_METHODS", "prior")
    result = run(tmp_path)
    assert "2 finished images of other work (other methods or models)" in str(result.exception)
    assert isinstance(result.exception, InputError)
    assert (tmp_path / "out.json.part").read_bytes() == kept


def test_what_had_to_be_done_again_is_told(tmp_path, monkeypatch):
    (tmp_path / "images").mkdir()
    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.replace", full)
        run(tmp_path, images=tmp_path / "images")
    for at in range(2):
        cv2.imwrite(str(tmp_path / "images" / f"{at}.png"), np.zeros((40, 60, 3), np.uint8))
    result = run(tmp_path, images=tmp_path / "images")
    assert "2 of 2 finished images had to be completed again, as their pictures have changed" in result.output


def test_the_output_may_replace_the_input(tmp_path):
    apart = run(tmp_path)
    result = run(tmp_path, out=tmp_path / "in.json")
    assert (apart.exit_code, result.exit_code) == (0, 0)
    assert (tmp_path / "in.json").read_bytes() == (tmp_path / "out.json").read_bytes()
    assert {one.name for one in tmp_path.iterdir()} == {"in.json", "out.json"}


def test_an_output_that_is_a_folder_or_below_none_is_told_before_the_work(tmp_path):
    assert isinstance(run(tmp_path, out=tmp_path).exception, InputError)
    nowhere = run(tmp_path, out=tmp_path / "nowhere" / "out.json")
    assert isinstance(nowhere.exception, InputError)
    assert f"{tmp_path / 'nowhere'} is no folder" in str(nowhere.exception)
    assert "reading" not in nowhere.output
    too_long = run(tmp_path, out=tmp_path / ("a" * 300))
    assert isinstance(too_long.exception, InputError)


def test_it_tells_how_far_it_is_from_the_reading_on(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules["perception.commands.complete"], "_CHUNK", 64)
    output = run(tmp_path).output
    steps = ["reading, MB: 0/0", "reading masks: 2/2", "looking for whole objects: 2/2", "completing: 2/2"]
    assert [output.find(step) for step in steps] == sorted(output.find(step) for step in steps)
    assert all(step in output for step in steps)


def test_stopped_while_it_reads_it_goes_no_further(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules["perception.commands.complete"], "_CHUNK", 64)
    step = TerminalWatcher.step

    def stopping(self, what, done, total):
        step(self, what, done, total)
        if not self.stopped():
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(TerminalWatcher, "step", stopping)
    result = run(tmp_path)
    assert isinstance(result.exception, ResourceError)
    assert str(result.exception) == f"Stopped while {tmp_path / 'in.json'} was read; nothing has changed."
    assert "masks" not in result.output
    assert {one.name for one in tmp_path.iterdir()} == {"in.json"}


def test_the_input_is_not_replaced_where_its_objects_are_painted(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "link.json").symlink_to("in.json")
    for out in ("in.json", "link.json"):
        extra = {"images": tmp_path / "images", "appearance": tmp_path / "objects"}
        result = run(tmp_path, out=tmp_path / out, **extra)
        assert isinstance(result.exception, InputError)
        assert "With --appearance, --out cannot be the input" in str(result.exception)
    assert json.loads((tmp_path / "in.json").read_text()) == document(2)


def test_a_link_and_what_it_names_have_one_journal(tmp_path, monkeypatch):
    (tmp_path / "there").mkdir()
    (tmp_path / "link.json").symlink_to("there/out.json")
    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.replace", full)
        run(tmp_path, out=tmp_path / "link.json")
    result = run(tmp_path, out=tmp_path / "there" / "out.json")
    assert "keeps 2 finished images" in result.output
    assert run(tmp_path, out=tmp_path / "link.json").exit_code == 0
    assert (tmp_path / "link.json").is_symlink()


def test_a_file_beside_the_output_with_the_name_of_another_journal_stays(tmp_path):
    (tmp_path / ".out.json.part").write_text("of --out .out.json")
    assert run(tmp_path).exit_code == 0
    assert (tmp_path / ".out.json.part").read_text() == "of --out .out.json"


@pytest.mark.parametrize("name", ["a" * 300 + ".png", "locked/a.png"])
def test_a_picture_whose_name_cannot_be_looked_at_is_a_skip(tmp_path, monkeypatch, name):
    is_file = Path.is_file

    def forbidden(path):
        if path.parent.name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", forbidden)
    (tmp_path / "images").mkdir()
    given_document = document(1)
    given_document["images"][0]["file_name"] = name
    (tmp_path / "named.json").write_text(json.dumps(given_document))
    options = ["--coco", tmp_path / "named.json", "--images", tmp_path / "images", "--out", tmp_path / "out.json"]
    result = CliRunner().invoke(complete, [str(one) for one in options])
    assert result.exit_code == 0, result.output
    (skip,) = json.loads((tmp_path / "out.json").read_text())["info"]["skipped"]
    assert skip["why"] == "its picture cannot be read; it is not looked at"
