"""How a run can end before it has finished, what it keeps, and what its run file tells."""

import shutil
from dataclasses import dataclass

import cv2
import pytest
from pipeline_kit import BrightRegions, StopAfter, coco_of, plan, stages

from codriver.errors import InputError, ResourceError
from perception.dataset.dataset import Dataset
from perception.dataset.run_file import read_run
from perception.dataset.storage import Storage
from perception.pipeline.run import check_any_good, run


def test_a_stopped_run_keeps_what_it_has_and_goes_on(drive, tmp_path):
    summary = run(plan(drive, tmp_path / "out"), StopAfter(2))
    assert summary.stopped
    assert read_run(Storage(str(tmp_path / "out"))).state == "stopped"
    with pytest.raises(InputError, match="is not finished; label again"):
        Dataset.open(str(tmp_path / "out"))
    assert run(plan(drive, tmp_path / "out")).computed == 3
    run(plan(drive, tmp_path / "straight"))
    assert coco_of(tmp_path / "out") == coco_of(tmp_path / "straight")


@dataclass(frozen=True)
class Hungry(BrightRegions):
    of_opencv: bool = False

    def run(self, frame, record):
        if frame.info.id == "3.png" and self.of_opencv:
            error = cv2.error("Insufficient memory")
            error.code = cv2.Error.StsNoMem
            raise error
        if frame.info.id == "3.png":
            raise MemoryError
        return super().run(frame, record)


@pytest.mark.parametrize("of_opencv", [False, True])
def test_a_frame_too_large_for_memory_fails_alone_and_is_tried_again(drive, tmp_path, of_opencv):
    summary = run(plan(drive, tmp_path / "out", frame_stages=stages(Hungry(of_opencv=of_opencv))))
    assert [one.info.id for one in summary.failed] == ["2.png", "3.png"]
    assert "Memory did not suffice" in summary.failed[1].failure
    assert run(plan(drive, tmp_path / "out", frame_stages=stages(BrightRegions()))).computed == 1


def test_no_readable_frame_at_all_is_an_error(tmp_path):
    (tmp_path / "drive").mkdir()
    (tmp_path / "drive" / "1.png").write_bytes(b"")
    summary = run(plan(tmp_path / "drive", tmp_path / "out"))
    with pytest.raises(ResourceError, match=r"None of 1 frame could be read; .*empty file"):
        check_any_good(summary)


@dataclass(frozen=True)
class Breaks:
    """A stage that breaks at one frame, as a model file that was damaged meanwhile does."""

    frame: str
    error: BaseException
    name: str = "score"

    def fingerprint(self):
        return {}

    def run(self, frame, record):
        if frame.info.id == self.frame:
            raise self.error
        return record


@pytest.mark.parametrize(
    ("error", "raised", "state", "failure"),
    [
        (
            ResourceError("model.onnx is damaged; pull it."),
            ResourceError,
            "failed",
            "model.onnx is damaged; pull it.",
        ),
        (ZeroDivisionError("by zero"), ZeroDivisionError, "failed", "ZeroDivisionError: by zero"),
        (KeyboardInterrupt(), KeyboardInterrupt, "stopped", ""),
    ],
)
def test_the_run_file_tells_how_a_run_ended_that_did_not_finish(drive, tmp_path, error, raised, state, failure):
    out = tmp_path / "out"
    with pytest.raises(raised):
        run(plan(drive, out, frame_stages=stages(BrightRegions(), Breaks("4.png", error))))
    kept = read_run(Storage(str(out)))
    assert (kept.state, kept.failure, len(kept.times)) == (state, failure, 1)
    if failure:
        with pytest.raises(
            InputError, match=f"not finished .the last run ended so: {failure.rstrip('.')}.; label"
        ):
            Dataset.open(str(out))
    mended = stages(BrightRegions(), Breaks("", error))
    assert run(plan(drive, out, frame_stages=mended)).computed == 2  # 4.png, which broke, and 5.png after it
    kept = read_run(Storage(str(out)))
    assert (kept.state, kept.failure, len(kept.times)) == ("finished", "", 2)
    run(plan(drive, tmp_path / "whole", frame_stages=mended))
    assert coco_of(out) == coco_of(tmp_path / "whole")


def test_a_run_whose_outputs_cannot_be_written_has_failed(drive, tmp_path):
    def finish(summary):
        assert len(Dataset.open(str(tmp_path / "out"))) == summary.total
        raise ResourceError("annotations.json cannot be written.")

    with pytest.raises(ResourceError):
        run(plan(drive, tmp_path / "out", finish=finish))
    kept = read_run(Storage(str(tmp_path / "out")))
    assert (kept.state, kept.failure) == ("failed", "annotations.json cannot be written.")
    (tmp_path / "blocked").mkdir()
    run(plan(drive, tmp_path / "blocked", frame_stages=stages(BrightRegions())))
    shutil.rmtree(tmp_path / "blocked" / "results")
    (tmp_path / "blocked" / "results").write_text("in the way")
    with pytest.raises(ResourceError, match=r"blocked/results/.* cannot be written: a file is where"):
        run(plan(drive, tmp_path / "blocked"))
    assert read_run(Storage(str(tmp_path / "blocked"))).state == "failed"


def test_a_run_that_never_began_leaves_the_folder_free_for_another_source(drive, tmp_path):
    def refused():
        raise InputError("The detector is refused.")

    with pytest.raises(InputError):
        run(plan(drive, tmp_path / "out", frame_stages=refused))
    assert read_run(Storage(str(tmp_path / "out"))) is None
    run(plan(drive, tmp_path / "out"))
    with pytest.raises(InputError):
        run(plan(drive, tmp_path / "out", frame_stages=refused))
    kept = read_run(Storage(str(tmp_path / "out")))
    assert (kept.state, kept.failure) == ("failed", "The detector is refused.")
    assert len(Dataset.open(str(tmp_path / "out"))) == 6  # the result of before stays
