"""`codriver complete`, killed at any moment and started again, ends with what an undisturbed run writes."""

import fcntl
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from codriver.errors import InputError, ResourceError
from perception.commands.complete import complete
from perception.frame import FrameInfo
from perception.masks import Mask
from perception.occlusion.coco_completing import complete_document
from perception.occlusion.completing import Completer
from perception.occlusion.journal import Finished, JournalFile
from perception.pipeline.watcher import StoppedError
from perception.record import Completion, FrameRecord, Instance, Occlusion
from perception.scenes.writing import SceneJob, write_scenes

COUNT = 12
"""Images of the rendered file."""
OF = {"input": "a", "methods": ["learned"]}


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


def start(folder, out):
    command = [sys.executable, "-c", "from codriver.cli import main; main()", "complete", *arguments(folder, out)]
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
        while lines(part) < finished + 3 and process.poll() is None and time.monotonic() < begun + 60:
            time.sleep(0.005)
        time.sleep(moments.uniform(0, 0.1))
        process.send_signal(signal_number)
        _, errors = process.communicate(timeout=60)
        assert not out.exists()
        assert lines(part) >= finished + 3, errors
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
    assert f"{part} has {finished - 1} images finished; going on." in end.output
    assert out.read_bytes() == (tmp_path / "straight.json").read_bytes()
    assert {one.name for one in tmp_path.iterdir()} == {"out.json", "straight.json"}


class Counting:
    """A method that adds a fixed strip and counts the frames that it saw."""

    name = "strip"

    def __init__(self):
        self.asked = 0

    def complete(self, tasks):
        self.asked += 1
        strip = np.zeros(tasks[0].part.frame, bool)
        strip[:, 10:30] = True
        return [(task.visible | task.part.of(strip), 0.1 + 0.2) for task in tasks]


def document(count=5):
    mask = np.zeros((40, 60), bool)
    mask[10:30, 20:40] = True
    masks = [Mask.from_array(one).to_coco() for one in (mask, np.roll(mask, 7, axis=1))]
    return {
        "images": [{"id": at, "file_name": f"{at}.png", "width": 60, "height": 40} for at in range(count)],
        "categories": [{"id": 1, "name": "car"}],
        "annotations": [
            {"id": f"n{at}-{place}", "image_id": at, "category_id": 1, "segmentation": one}
            for at in range(count)
            for place, one in enumerate(masks)
        ],
    }


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for at in range(5):
        cv2.imwrite(str(folder / f"{at}.png"), np.full((40, 60, 3), 10 * at, np.uint8))
    return folder


def completed(path, pictures, stop_after=None, of=OF):
    """The document, how many frames were asked about, and what the journal had; stopped after some images."""
    method, given_document = Counting(), document()

    def progress(what, done, total):
        if what == "completing" and done == stop_after:
            raise StoppedError

    def load(name):
        return cv2.imread(str(pictures / name))

    journal = JournalFile(path, of, pictures)
    found = SimpleNamespace(kept=len(journal), differs=journal.differs)
    try:
        complete_document(given_document, lambda own: Completer([method]), progress, load, journal)
    except StoppedError:
        pass
    else:
        journal.remove()
    finally:
        journal.close()
    found.asked, found.document = method.asked, given_document
    return found


def undisturbed(pictures):
    given_document = document()
    load = lambda name: cv2.imread(str(pictures / name))  # noqa: E731
    complete_document(given_document, lambda own: Completer([Counting()]), load=load)
    return given_document


def test_what_is_finished_is_not_done_again(tmp_path, pictures):
    path = tmp_path / "out.part"
    assert completed(path, pictures, 3).asked == 3
    found = completed(path, pictures)
    assert (found.kept, found.asked, found.differs) == (3, 2, ())
    assert json.dumps(found.document) == json.dumps(undisturbed(pictures))
    assert not path.exists()


def test_an_image_whose_picture_has_changed_is_done_again(tmp_path, pictures):
    path = tmp_path / "out.part"
    completed(path, pictures, 3)
    (pictures / "1.png").write_bytes(b"no picture any more")
    (pictures / "4.png").unlink()
    completed(path, pictures, 5)
    found = completed(path, pictures)
    assert (found.kept, found.asked) == (5, 0)
    os.utime(pictures / "2.png", (0, 0))  # the same picture, copied
    shutil.copy(pictures / "0.png", pictures / "1.png")
    completed(path, pictures, 3)
    assert json.dumps(completed(path, pictures).document) == json.dumps(undisturbed(pictures))


def test_work_that_follows_from_something_else_is_not_taken_up_and_not_lost(tmp_path, pictures):
    path = tmp_path / "out.part"
    completed(path, pictures, 3)
    other = completed(path, pictures, 1, OF | {"methods": ["prior"]})
    assert (other.kept, other.differs, other.asked) == (0, ("methods",), 1)
    again = completed(path, pictures, 4)
    assert (again.kept, again.differs, again.asked) == (3, (), 1)
    assert completed(path, pictures).kept == 4


def test_nothing_remains_where_nothing_was_finished(tmp_path, pictures):
    path = tmp_path / "out.part"
    JournalFile(path, OF, pictures).close()
    assert not path.exists()


@pytest.mark.parametrize("content", [b"mine", b"[1]\n", b'{"images": []}\n', b"\0\0", b"5\n"])
def test_a_file_of_somebody_else_is_refused_and_stays(tmp_path, content):
    path = tmp_path / "out.part"
    path.write_bytes(content)
    with pytest.raises(InputError, match="move it away"):
        JournalFile(path, OF, None)
    assert path.read_bytes() == content


def test_two_do_not_write_the_same(tmp_path):
    first = JournalFile(tmp_path / "out.part", OF, None)
    with pytest.raises(ResourceError, match="Another codriver is writing"):
        JournalFile(tmp_path / "out.part", OF, None)
    first.close()
    JournalFile(tmp_path / "out.part", OF, None).close()


def test_a_folder_without_locks_can_be_written(tmp_path, monkeypatch):
    def none(file, operation):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    JournalFile(tmp_path / "out.part", OF, None).close()


def finished(at):
    mask = Mask.from_array(np.eye(9, dtype=bool))
    hidden = Occlusion(1 / 3, (2,), (0.75,), at, True, (Completion("learned", mask, 0.1 + 0.2),))
    instance = Instance(at, mask, 1.0, "known", "车", track_id=7, occlusion=hidden)
    return Finished(
        FrameRecord(FrameInfo(f"{at}", "", 9, 9, ""), (instance,)), at % 2 == 0, "a trouble" * (at % 3)
    )


@settings(deadline=None, max_examples=60)
@given(st.floats(0, 1), st.sampled_from([b"", b"\0\0\0", b'{"image": 1}\n', b"{}\n{", b'{"image": "x"']))
def test_cut_off_anywhere_whole_lines_count_and_the_rest_is_added_again(tmp_path_factory, share, rubbish):
    path = tmp_path_factory.mktemp("cut") / "out.part"
    journal = JournalFile(path, OF, None)
    for at in range(4):
        assert journal.kept(at, None) is None
        journal.keep(at, finished(at))
    journal.close()
    content = path.read_bytes()
    cut = content[: round(share * len(content))]
    first, *whole = cut[: cut.rfind(b"\n") + 1].splitlines() or [b""]
    path.write_bytes(cut + (rubbish if first else b""))
    journal = JournalFile(path, OF, None)
    assert len(journal) == len(whole)
    for at in range(4):
        kept = journal.kept(at, None)
        assert kept == (finished(at) if at < len(whole) else None)
        if kept is None:
            journal.keep(at, finished(at))
    journal.close()
    assert path.read_bytes() == content


def run(tmp_path, **options):
    (tmp_path / "in.json").write_text(json.dumps(document(2)))
    given_options = {"coco": tmp_path / "in.json", "out": tmp_path / "out.json"} | options
    flat = [str(one) for name, value in given_options.items() for one in (f"--{name}", value)]
    return CliRunner().invoke(complete, flat)


def test_a_full_disk_at_the_end_loses_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.replace", full)
        result = run(tmp_path)
    assert "out.json cannot be written (No space left on device)" in str(result.exception)
    assert "goes on where it was" in result.output
    assert {one.name for one in tmp_path.iterdir()} == {"in.json", "out.json.part"}
    again = run(tmp_path)
    assert "has 2 images finished; going on" in again.output
    assert again.exit_code == 0
    assert {one.name for one in tmp_path.iterdir()} == {"in.json", "out.json"}


def test_other_options_begin_anew_and_say_so(tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
        run(tmp_path)
    monkeypatch.setenv("CODRIVER_PERCEPTION_COMPLETE_METHODS", "prior")
    result = run(tmp_path)
    assert "is of other work (other methods or models); this begins anew." in result.output
    assert result.exit_code == 0


def test_the_output_may_replace_the_input(tmp_path):
    apart = run(tmp_path)
    result = run(tmp_path, out=tmp_path / "in.json")
    assert (apart.exit_code, result.exit_code) == (0, 0)
    assert (tmp_path / "in.json").read_bytes() == (tmp_path / "out.json").read_bytes()
    assert {one.name for one in tmp_path.iterdir()} == {"in.json", "out.json"}


def test_an_output_that_is_a_folder_or_below_none_is_told_before_the_work(tmp_path):
    assert isinstance(run(tmp_path, out=tmp_path).exception, InputError)
    nowhere = run(tmp_path, out=tmp_path / "nowhere" / "out.json")
    assert isinstance(nowhere.exception, ResourceError)
    assert "completing" not in nowhere.output


def test_it_tells_how_far_it_is_from_the_reading_on(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules["perception.commands.complete"], "_CHUNK", 64)
    output = run(tmp_path).output
    steps = ["reading, MB: 0/0", "reading masks: 2/2", "looking for whole objects: 2/2", "completing: 2/2"]
    assert [output.find(step) for step in steps] == sorted(output.find(step) for step in steps)
    assert all(step in output for step in steps)
