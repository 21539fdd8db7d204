"""The journal of `codriver complete`: what is finished counts, whatever happens to its file, and nothing else."""

import fcntl
import json
import os
import shutil
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from journal_kit import document

from codriver.errors import InputError, ResourceError
from perception.frame import FrameInfo
from perception.masks import Mask
from perception.occlusion.coco_completing import complete_document
from perception.occlusion.completing import Completer
from perception.occlusion.journal import Finished, JournalFile
from perception.pipeline.watcher import StoppedError
from perception.record import Completion, FrameRecord, Instance, Occlusion

OF = {"input": "a", "methods": ["learned"]}


def no_locks(file, operation):
    raise OSError(37, "No locks available")


def full(*_):
    raise OSError(28, "No space left on device")


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
    found = SimpleNamespace(kept=journal.found)
    try:
        complete_document(given_document, lambda own: Completer([method]), progress, load, journal)
    except StoppedError:
        pass
    else:
        journal.remove()
    finally:
        journal.close()
    found.asked, found.taken_up, found.document = method.asked, journal.taken_up, given_document
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
    assert (found.kept, found.taken_up, found.asked) == (3, 3, 2)
    assert json.dumps(found.document) == json.dumps(undisturbed(pictures))
    assert not path.exists()


def test_an_image_whose_picture_has_changed_is_done_again(tmp_path, pictures):
    path = tmp_path / "out.part"
    completed(path, pictures, 3)
    (pictures / "1.png").write_bytes(b"no picture any more")
    (pictures / "4.png").unlink()
    os.utime(pictures / "2.png", (0, 0))  # the same picture, copied
    found = completed(path, pictures, 5)
    assert (found.kept, found.taken_up, found.asked) == (3, 2, 3)
    shutil.copy(pictures / "0.png", pictures / "1.png")
    found = completed(path, pictures)
    assert (found.kept, found.taken_up, found.asked) == (5, 4, 1)
    assert json.dumps(found.document) == json.dumps(undisturbed(pictures))


def test_work_that_follows_from_something_else_is_refused_and_not_lost(tmp_path, pictures):
    path = tmp_path / "out.part"
    completed(path, pictures, 3)
    kept = path.read_bytes()
    with pytest.raises(InputError, match=r"keeps 3 finished images of other work \(other methods\); go on"):
        completed(path, pictures, 1, OF | {"methods": ["prior"]})
    assert path.read_bytes() == kept
    assert completed(path, pictures).kept == 3


def test_other_work_that_has_finished_nothing_is_not_in_the_way(tmp_path, pictures):
    path = tmp_path / "out.part"
    completed(path, pictures, 3)
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0] + b'{"image": 1')
    assert completed(path, pictures, of=OF | {"methods": ["prior"]}).asked == 5


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
    monkeypatch.setattr(fcntl, "flock", no_locks)
    JournalFile(tmp_path / "out.part", OF, None).close()


def finished(at):
    mask = Mask.from_array(np.eye(9, dtype=bool))
    hidden = Occlusion(1 / 3, (2,), (0.75,), at, True, (Completion("learned", mask, 0.1 + 0.2),))
    instance = Instance(at, mask, 1.0, "known", "车", track_id=7, occlusion=hidden)
    return Finished(
        FrameRecord(FrameInfo(f"{at}", "", 9, 9, ""), (instance,)), at % 2 == 0, "a trouble" * (at % 3)
    )


@settings(deadline=None, max_examples=60)
@given(st.floats(0, 1), st.sampled_from([b"", b"\0\0\0", b'{"image": 1', b"{", b'{"image": "x"']))
def test_cut_off_anywhere_whole_lines_count_and_the_rest_is_added_again(tmp_path_factory, share, rubbish):
    path = tmp_path_factory.mktemp("cut") / "out.part"
    journal = JournalFile(path, OF, None)
    for at in range(4):
        assert journal.kept(at, None) is None
        journal.keep(at, None, finished(at))
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
            journal.keep(at, None, finished(at))
    journal.close()
    assert path.read_bytes() == content


def work(path, count=4, of=OF):
    """A journal with what is finished of some images."""
    journal = JournalFile(path, of, None)
    for at in range(count):
        journal.keep(at, None, finished(at))
    journal.close()
    return path.read_bytes().splitlines(keepends=True)


def kept_places(path):
    journal = JournalFile(path, OF, None)
    found = [at for at in range(9) if journal.kept(at, None) is not None]
    assert len(journal) == journal.found == len(found)
    journal.close()
    return found


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_changed_byte_costs_its_line_and_no_other(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("damage") / "out.part"
    whole = work(path)
    at = data.draw(st.integers(1, 4))
    place = data.draw(st.integers(0, len(whole[at]) - 2))
    byte = data.draw(st.integers(0, 255).filter(lambda one: one not in (whole[at][place], 10)))
    whole[at] = whole[at][:place] + bytes([byte]) + whole[at][place + 1 :]
    path.write_bytes(b"".join(whole))
    assert kept_places(path) == [one for one in range(4) if one != at - 1]
    assert path.read_bytes() == b"".join(whole)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b'complete": 2,', b'complete": 3,', "of another version of codriver; go on with that one, or remove"),
        (b'complete": 2,', b'complete": 1,', "of another version of codriver"),
        (b'"of"', b'"on"', "damaged in its first line"),
    ],
)
def test_a_file_of_another_format_or_with_a_damaged_beginning_is_refused_and_stays(tmp_path, old, new, words):
    path = tmp_path / "out.part"
    work(path)
    changed = path.read_bytes().replace(old, new, 1)
    path.write_bytes(changed)
    with pytest.raises(InputError, match=words):
        JournalFile(path, OF, None)
    assert path.read_bytes() == changed


def test_lines_of_other_work_do_not_count(tmp_path):
    path = tmp_path / "out.part"
    others = work(path, of=OF | {"input": "b"})
    path.unlink()
    path.write_bytes(b"".join([*work(path, 2), *others]))
    assert kept_places(path) == [0, 1]


def test_who_waited_for_a_file_that_was_removed_meanwhile_locks_the_new_one(tmp_path, monkeypatch):
    path = tmp_path / "out.part"
    first, flock = JournalFile(path, OF, None), fcntl.flock

    def late(file, operation):
        monkeypatch.setattr(fcntl, "flock", flock)
        first.close()
        flock(file, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    second = JournalFile(path, OF, None)
    second.keep(0, None, finished(0))
    assert path.exists()
    with pytest.raises(ResourceError, match="Another codriver is writing"):
        JournalFile(path, OF, None)
    second.close()
    assert kept_places(path) == [0]


def test_two_that_cannot_lock_lose_nothing_of_each_other(tmp_path, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", no_locks)
    path = tmp_path / "out.part"
    first = JournalFile(path, OF, None)
    first.keep(0, None, finished(0))
    second = JournalFile(path, OF, None)
    for at in (3, 1):
        first.keep(at, None, finished(at))
        second.keep(at + 1, None, finished(at + 1))
    assert [one.kept(2, None) for one in (first, second)] == [None, finished(2)]
    assert [first.kept(3, None), second.kept(0, None)] == [finished(3), finished(0)]
    first.close()
    second.close()
    assert kept_places(path) == [0, 1, 2, 3, 4]


def test_a_full_disk_at_the_beginning_leaves_nothing(tmp_path, monkeypatch):
    def half(file, content):
        monkeypatch.setattr(os, "write", full)
        return write(file, content[:20])

    write = os.write
    monkeypatch.setattr(os, "write", half)
    with pytest.raises(ResourceError) as told:
        JournalFile(tmp_path / "out.part", OF, None)
    assert str(told.value) == f"{tmp_path / 'out.part'} cannot be written (No space left on device)."
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_later_costs_one_image(tmp_path, monkeypatch):
    path = tmp_path / "out.part"
    journal = JournalFile(path, OF, None)
    journal.keep(0, None, finished(0))
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(ResourceError, match="No space left"):
            journal.keep(1, None, finished(1))
    journal.close()
    assert kept_places(path) == [0]


def test_what_cannot_be_put_on_the_disk_at_the_end_is_told(tmp_path, monkeypatch):
    journal = JournalFile(tmp_path / "out.part", OF, None)
    journal.keep(0, None, finished(0))
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ResourceError, match="No space left"):
        journal.close()


def test_the_identity_of_a_picture_that_cannot_be_read_is_empty(tmp_path):
    (tmp_path / "a.png").write_bytes(b"a")
    journal = JournalFile(tmp_path / "out.part", OF, tmp_path)
    assert [len(journal.identity(name)) for name in ("a.png", "b.png", ".", "é" * 200, "a\0", "\ud800")] == [
        64, 0, 0, 0, 0, 0,
    ]  # fmt: skip
    journal.close()
