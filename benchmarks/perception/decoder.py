"""`python -m benchmarks.perception.decoder`: the time of SAM 2's decoder, by how much of the frame it looks at.

CPU seconds for eight prompts, one thread, medians of seven runs on random features.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from codriver.models import open_store
from perception.models.files import locate
from perception.models.sam2_decoder import POSITIONS, partial_decoder
from perception.models.sessions import Runtime, Session

PROMPTS = 8


def seconds(work: Callable[[], object]) -> float:
    work()
    taken = []
    for _ in range(7):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return statistics.median(taken)


def feeds(maps: int, cells: int) -> dict[str, NDArray[np.float32]]:
    random = np.random.default_rng(0)
    return {
        "image_embed": random.standard_normal((maps, 256, cells, cells), np.float32),
        "high_res_feats_0": random.standard_normal((maps, 32, 4 * cells, 4 * cells), np.float32),
        "high_res_feats_1": random.standard_normal((maps, 64, 2 * cells, 2 * cells), np.float32),
        "point_coords": random.uniform(0, 1024, (PROMPTS, 2, 2)).astype(np.float32),
        "point_labels": np.tile(np.float32([2, 3]), (PROMPTS, 1)),
    }


def main() -> None:
    path = locate("sam2-hiera-tiny", open_store()).containing("decoder")
    runtime, partial = Runtime(provider="cpu", threads=1), partial_decoder(path)
    assert partial is not None, "the model store has another export"
    original, changed = Session(path, runtime), Session(path, runtime, partial.model)
    nothing = {
        "mask_input": np.zeros((PROMPTS, 1, 256, 256), np.float32),
        "has_mask_input": np.zeros(1, np.float32),
    }

    def row(name: str, session: Session, given: Mapping[str, NDArray[np.float32]]) -> None:
        print(f"| {name} | {seconds(lambda: session.run(given)):.2f} |", flush=True)

    print("| looked at | CPU seconds |\n|-|-|")
    row("the whole frame, decoder as it is", original, {**feeds(1, 64), **nothing})
    row("the whole frame, decoder changed", changed, {**feeds(1, 64), POSITIONS: partial.positions})
    for cells in (48, 32, 24):
        positions = np.repeat(partial.positions[:, :, :cells, :cells], PROMPTS, axis=0)
        row(f"{cells} × {cells} cells", changed, {**feeds(PROMPTS, cells), POSITIONS: positions})


if __name__ == "__main__":
    main()
