"""`codriver ask --batch`: sentences a second on one core, each on a fresh simulated car, read-back included."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time

from benchmarks.measure import Measurement, median_of
from benchmarks.sentences import library_sentences


def _rate(lines: bytes, count: int) -> float:
    with tempfile.TemporaryFile() as source:
        source.write(lines)
        source.seek(0)
        start = time.perf_counter()
        command = [sys.executable, "-m", "codriver", "ask", "--batch", "-", "--json"]
        subprocess.run(
            command, stdin=source, stdout=subprocess.DEVNULL, check=True, env={**os.environ, "LC_ALL": "C.UTF-8"}
        )
        return count / (time.perf_counter() - start)


def measure() -> list[Measurement]:
    """The whole library twice through one process (start-up included), median of three runs."""
    sentences = library_sentences() * 2
    lines = b"".join(
        json.dumps({"id": number, "text": text}).encode() + b"\n" for number, text in enumerate(sentences)
    )
    rate = median_of(3, lambda: _rate(lines, len(sentences)))
    return [Measurement(f"batch of {len(sentences)}, start-up included", rate, "sentences/s", ">= 500")]
