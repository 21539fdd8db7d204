"""The very same stages on Ray Data: a pool of actors, each with a worker, on one machine or on a cluster."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from codriver.errors import InputError, ResourceError
from perception.frame import FrameRef
from perception.pipeline.work import FrameWorker, Outcome


class OnRay:
    """`count` actors. On a cluster, source and sink must be reachable from every node: a URL or a shared disk."""

    def __init__(self, count: int, gpus_each: float = 0.0) -> None:
        self._count, self._gpus_each = count, gpus_each

    def outcomes(
        self, worker: FrameWorker, refs: Sequence[FrameRef], stopped: Callable[[], bool]
    ) -> Iterator[Outcome]:
        """See `perception.pipeline.engines.Engine`.

        Raises `ResourceError` without the extra `ray`, and when Ray does not start or breaks down.
        """
        try:
            import ray
        except ImportError:
            raise ResourceError(
                "Ray is not installed; `pip install '.[ray]'` in codriver's folder brings it."
            ) from None
        if self._count < 1:
            raise InputError(f"Ray needs at least one worker, not {self._count}.")
        worker.release()
        began_here = not ray.is_initialized()
        if began_here:
            _start(ray)
        try:
            ray.data.DataContext.get_current().enable_progress_bars = False
            dataset = ray.data.from_items([{"ref": ref} for ref in refs]).map_batches(
                _Actor,
                fn_constructor_args=(worker,),
                batch_size=1,
                compute=ray.data.ActorPoolStrategy(size=self._count),
                num_gpus=self._gpus_each or None,
            )
            for row in dataset.iter_rows():
                yield row["outcome"]
                if stopped():
                    return
        except ray.exceptions.RayError as error:
            raise ResourceError(
                f"Ray broke down ({_first_line(error)}); the same command goes on where it was."
            ) from None
        finally:
            if began_here:
                ray.shutdown()


def _start(ray: Any) -> None:
    # Actors import what this process can import.
    paths = {"env_vars": {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}}
    try:
        ray.init(log_to_driver=False, include_dashboard=False, configure_logging=False, runtime_env=paths)
    except Exception as error:  # noqa: BLE001 - Ray tells with a bare Exception that its node did not come up
        raise ResourceError(
            f"Ray did not start ({_first_line(error)}); try again when the machine is less busy, "
            "or use --engine local."
        ) from None


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


class _Actor:
    def __init__(self, worker: FrameWorker) -> None:
        self._worker = worker

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        return {"outcome": [self._worker.do(ref) for ref in batch["ref"]]}
