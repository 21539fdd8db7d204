"""Killed with SIGKILL at any moment and resumed: the annotations are those of an undisturbed run."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from pipeline_kit import write_frames

CHILD = Path(__file__).with_name("resume_child.py")


def start(drive, out, workers, delay):
    command = [sys.executable, str(CHILD), str(drive), str(out), str(workers), str(delay)]
    return subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE)


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_and_resumed_it_ends_with_the_same_annotations(tmp_path, workers):
    write_frames(tmp_path / "drive", 12)
    straight = start(tmp_path / "drive", tmp_path / "straight", 1, 0)
    _, errors = straight.communicate(timeout=60)
    assert straight.returncode == 0, errors.decode()
    moments = random.Random(workers)
    out, kills, lengths = tmp_path / "out", 0, []
    for _ in range(5):
        process = start(tmp_path / "drive", out, workers, 0.15)
        begun = time.monotonic()
        while not (out / "run.json").exists() and time.monotonic() < begun + 30:
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 1.2))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
        lengths.append(len(list(out.rglob("log/*/*.json"))))
    assert kills >= 2
    assert lengths == sorted(lengths)
    process = start(tmp_path / "drive", out, workers, 0)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors.decode()
    assert (out / "annotations.json").read_bytes() == (tmp_path / "straight" / "annotations.json").read_bytes()
    assert not list(out.rglob("*.part"))


def test_workers_end_when_their_parent_was_killed(tmp_path):
    write_frames(tmp_path / "drive", 40)
    process = start(tmp_path / "drive", tmp_path / "out", 2, 0.2)
    deadline = time.monotonic() + 30
    while len(workers := psutil.Process(process.pid).children(recursive=True)) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(workers) >= 3  # two workers and multiprocessing's resource tracker
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert alive == []
