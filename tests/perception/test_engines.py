"""A run shared out to processes: the same result, and what happens when a worker dies."""

import copy
import os
import shutil
import signal
from dataclasses import dataclass

import pytest
from pipeline_kit import BrightRegions, Score, coco_of, plan, stages

from codriver.errors import ResourceError
from perception.pipeline.engines import Processes
from perception.pipeline.run import run


def test_several_processes_give_what_one_gives(drive, tmp_path):
    run(plan(drive, tmp_path / "one"))
    summary = run(plan(drive, tmp_path / "two", engine=Processes(2)))
    assert summary.computed == 5
    assert coco_of(tmp_path / "one") == coco_of(tmp_path / "two")


def test_a_frame_counts_as_computed_though_its_worker_died_before_it_could_tell(drive, tmp_path):
    def engine(*dead):
        return Untold(frozenset(dead))

    assert run(plan(drive, tmp_path / "out", engine=engine("0.png", "3.png"))).computed == 5
    assert run(plan(drive, tmp_path / "out", engine=engine("0.png", "3.png"))).computed == 0
    shutil.copy(drive / "0.png", drive / "copy.png")  # found in the log, though not under its name
    assert run(plan(drive, tmp_path / "out", engine=engine("copy.png"))).computed == 0
    changed = stages(BrightRegions(), Score(2.0))
    assert run(plan(drive, tmp_path / "out", frame_stages=changed, engine=engine("0.png"))).computed == 5


@dataclass(frozen=True)
class Untold:
    """Some frames are done by a worker that dies before it can tell, and then by another one."""

    frames: frozenset

    def outcomes(self, worker, refs, watcher):
        for ref in refs:
            if ref.id in self.frames:
                copy.copy(worker).do(ref)
            yield copy.copy(worker).do(ref)


def test_a_killed_worker_is_one_sentence(drive, tmp_path):
    with pytest.raises(ResourceError, match="worker process was killed"):
        run(plan(drive, tmp_path / "out", frame_stages=stages(Suicidal()), engine=Processes(1)))


@dataclass(frozen=True)
class Suicidal(BrightRegions):
    def run(self, frame, record):
        os.kill(os.getpid(), signal.SIGKILL)
