"""One figure with its goal and where it was taken, and the file that keeps it."""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Measurement:
    """A figure: what, how much, in which unit, and the goal it is held against ("<= 2")."""

    what: str
    value: float
    unit: str
    goal: str = ""

    def met(self) -> bool | None:
        """Whether the goal is reached; None without one."""
        if not self.goal:
            return None
        relation, bound = self.goal.split()
        return self.value <= float(bound) if relation == "<=" else self.value >= float(bound)


def percentile(samples: Sequence[float], share: float) -> float:
    """The value below which `share` (0..1) of the samples lie (nearest rank)."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median_of(runs: int, take: Callable[[], float]) -> float:
    """The median of several takes of one figure."""
    return statistics.median(take() for _ in range(runs))


def milliseconds(action: Callable[[], object]) -> float:
    """How long `action` takes."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def machine() -> dict[str, Any]:
    """Where and with what a figure was taken."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "codriver": version("codriver"),
        "commit": commit.stdout.strip(),
        "date": time.strftime("%Y-%m-%d"),
        "load": round(os.getloadavg()[0], 2),
    }


def _cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def report(name: str, measurements: Sequence[Measurement]) -> None:
    """Print a table and write `results/NAME.json`."""
    print(f"\n{name}")
    for one in measurements:
        verdict = {True: "ok", False: "MISSED", None: ""}[one.met()]
        print(f"  {one.what:58s} {one.value:10.2f} {one.unit:12s} {one.goal:10s} {verdict}")
    RESULTS.mkdir(exist_ok=True)
    figures = [{"what": m.what, "value": round(m.value, 3), "unit": m.unit, "goal": m.goal} for m in measurements]
    document = {"benchmark": name, "machine": machine(), "figures": figures}
    (RESULTS / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
