"""How long grouping takes for many segments.

    python -m benchmarks.perception.grouping_scale [100000 1000000]

The vectors are 200 kinds of different sizes and as many strays as one kind has; float16 of 256 dimensions, as the
segmenter gives them. For figures on one core set OMP_NUM_THREADS and NUMBA_NUM_THREADS to 1.
"""

from __future__ import annotations

import json
import resource
import sys
from time import perf_counter
from typing import Any

import numpy as np

from perception.discovery.grouping.clustering import group
from perception.discovery.grouping.mixing import mix
from perception.evaluation.groups import agreement

KINDS = 200


def measure(count: int) -> dict[str, Any]:
    random = np.random.default_rng(0)
    kind = random.integers(KINDS + 1, size=count)  # the last one stands for strays
    centres = random.normal(size=(KINDS, 32)).astype(np.float32)
    spread = random.normal(size=(32, 256)).astype(np.float32) / 16
    vectors = np.empty((count, 256), np.float16)
    for start in range(0, count, 50_000):
        part = kind[start : start + 50_000]
        hidden = 0.45 * random.normal(size=(len(part), 32)).astype(np.float32)
        strays = part == KINDS
        hidden[~strays] += centres[part[~strays]]
        hidden[strays] /= 0.45
        vectors[start : start + 50_000] = hidden @ spread
    started = perf_counter()
    mixed = mix([(vectors, 1.0)])
    mixing = perf_counter() - started
    groups = group(mixed)
    grouping = perf_counter() - started - mixing
    inside = kind < KINDS
    figures = agreement(
        kind[inside].astype(str).tolist(), [None if one < 0 else int(one) for one in groups[inside]]
    )
    return {
        "segments": count,
        "mix_s": round(mixing, 1),
        "group_s": round(grouping, 1),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "groups": int(groups.max()) + 1,
        "nmi": round(figures.nmi, 3),
        "purity": round(figures.purity, 3),
    }


if __name__ == "__main__":
    for size in sys.argv[1:] or ["100000"]:
        print(json.dumps(measure(int(size))), flush=True)
