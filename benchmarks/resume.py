"""`codriver label` with its real models, killed with SIGKILL at random moments and resumed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from benchmarks.measure import Measurement

KILLS = int(os.environ.get("BENCH_KILLS", "30"))
FRAMES = int(os.environ.get("BENCH_FRAMES", "6"))


def measure() -> list[Measurement]:
    """Kill one run again and again, and hold its annotations against those of an undisturbed one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _draw(folder / "drive")
        begun = time.monotonic()
        _finish(folder / "drive", folder / "straight")
        length = time.monotonic() - begun
        moments = random.Random(0)
        kills = runs = equal = 0
        while kills < KILLS:
            out = folder / f"out{runs}"
            kills += _killed_until_done(folder / "drive", out, length, moments, KILLS - kills)
            _finish(folder / "drive", out)
            runs += 1
            equal += (out / "annotations.json").read_bytes() == (folder / "straight/annotations.json").read_bytes()
    return [
        Measurement("SIGKILLs at random moments", kills, "kills", f">= {KILLS}"),
        Measurement("resumed runs with other annotations than an undisturbed one", runs - equal, "runs", "<= 0"),
    ]


def _killed_until_done(drive: Path, out: Path, length: float, moments: random.Random, most: int) -> int:
    """Start and kill until a run gets through, at most `most` times; gives the kills."""
    for kills in range(most):
        process = _start(drive, out)
        try:
            process.wait(timeout=moments.uniform(0.1, length))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        else:
            return kills
    return most


def _start(drive: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "codriver", "label", str(drive), "--out", str(out), "--sequences", "folder"]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, start_new_session=True, stdout=quiet, stderr=quiet)


def _finish(drive: Path, out: Path) -> None:
    if _start(drive, out).wait() != 0:
        raise RuntimeError(f"codriver label failed on {drive}")


def _draw(folder: Path) -> None:
    """Frames of boxes and discs before a graded background."""
    folder.mkdir()
    random_numbers = np.random.default_rng(0)
    for number in range(FRAMES):
        image = np.repeat(np.linspace(60, 160, 180, dtype=np.uint8)[:, None], 240, axis=1)
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
        for _ in range(4):
            x, y, colour = (
                random_numbers.integers(20, 200),
                random_numbers.integers(20, 150),
                random_numbers.integers(0, 255, 3),
            )
            cv2.rectangle(image, (int(x), int(y)), (int(x) + 30, int(y) + 24), [int(c) for c in colour], -1)
        cv2.imwrite(str(folder / f"{number}.png"), image)
