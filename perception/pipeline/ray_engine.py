"""The very same stages on Ray Data: a pool of actors, each with a worker, on one machine or on a cluster."""

from __future__ import annotations

import logging
import math
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from codriver.errors import CodriverError, InputError, ResourceError
from perception.frame import FrameRef
from perception.pipeline.watcher import Watcher
from perception.pipeline.work import FrameWorker, Outcome

_TRIES = 3
"""For Ray to start, and for its workers without a frame finished in between."""


class OnRay:
    """`count` actors. On a cluster, source and sink must be reachable from every node: a URL or a shared disk.

    With `gpus` they share out the GPUs of the cluster, where it has some; else Ray shows them none.
    """

    def __init__(self, count: int, *, gpus: bool = True) -> None:
        self._count, self._gpus = count, gpus

    def outcomes(self, worker: FrameWorker, refs: Sequence[FrameRef], watcher: Watcher) -> Iterator[Outcome]:
        """See `perception.pipeline.engines.Engine`.

        Raises `ResourceError` without the extra `ray`, and when Ray does not start or its workers die again and
        again; what a worker raises is raised here.
        """
        try:
            import ray
            import ray.data
        except ImportError:
            raise ResourceError(
                "Ray is not installed; `pip install '.[ray]'` in codriver's folder brings it."
            ) from None
        if self._count < 1:
            raise InputError(f"Ray needs at least one worker, not {self._count}.")
        if not refs:
            return
        worker.release()
        began_here = not ray.is_initialized()
        with _quiet():
            try:
                if began_here:
                    _start(ray, watcher)
                yield from self._persistently(ray, worker, refs, watcher)
            finally:
                if began_here:
                    ray.shutdown()

    def _persistently(
        self, ray: Any, worker: FrameWorker, refs: Sequence[FrameRef], watcher: Watcher
    ) -> Iterator[Outcome]:
        """Begin anew with what is left when workers die, unless nothing gets finished that way.

        Ray itself would try for ever, and unseen.
        """
        left = {ref.id: ref for ref in refs}
        in_vain = 0
        while not watcher.stopped():
            watcher.step("first frame from Ray", 0, 1)
            try:
                for outcome in self._outcomes(ray, worker, list(left.values())):
                    del left[outcome.info.id]
                    in_vain = 0
                    yield outcome
                    if watcher.stopped():
                        return
                return
            except ray.exceptions.RayTaskError as error:
                raise _raised_by_worker(error) from None
            except ray.exceptions.RayError as error:
                if watcher.stopped():
                    return
                in_vain += 1
                if in_vain == _TRIES:
                    reason = _first_line(error).rstrip(".")
                    raise ResourceError(
                        f"Ray's workers died {_TRIES} times without a frame finished in between, most likely for "
                        f"want of memory ({reason}); nothing that was finished is lost: run it again with fewer "
                        "--workers."
                    ) from None

    def _outcomes(self, ray: Any, worker: FrameWorker, refs: Sequence[FrameRef]) -> Iterator[Outcome]:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.raise_original_map_exception = True  # else an exception comes as a text
        gpus = ray.cluster_resources().get("GPU", 0.0) if self._gpus else 0.0
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="`ray_remote_args` is deprecated")  # until Ray 2.64
            dataset = ray.data.from_items([{"ref": ref} for ref in refs]).map_batches(
                _Actor,
                fn_constructor_args=(worker,),
                batch_size=1,
                compute=ray.data.ActorPoolStrategy(size=self._count),
                num_gpus=gpu_share(gpus, self._count) or None,
                max_restarts=0,  # `_persistently` does it
                max_task_retries=0,
            )
        for row in dataset.iter_rows():
            yield row["outcome"]


def gpu_share(gpus: float, workers: int) -> float:
    """The part of a GPU (0 to 1) that each of `workers` asks for, so that all of them find room on `gpus`.

    A part cannot be split over two GPUs: three workers on two GPUs get a half each.
    """
    whole = int(gpus)
    return 1 / math.ceil(workers / whole) if whole else 0.0


def _start(ray: Any, watcher: Watcher) -> None:
    """Start Ray here, unless somebody stops it meanwhile. Raises `ResourceError`."""
    # Actors import what this process can import.
    paths = {"env_vars": {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}}
    watcher.step("starting Ray", 0, 1)
    for left in reversed(range(_TRIES)):
        try:
            ray.init(log_to_driver=False, include_dashboard=False, configure_logging=False, runtime_env=paths)
            break
        except Exception as error:  # noqa: BLE001 - Ray tells with a bare Exception that its node did not come up
            # It gives its node half a minute, which does not always do on a busy machine.
            ray.shutdown()
            if watcher.stopped():
                return
            if left:
                continue
            reason = _first_line(error).rstrip(".")
            raise ResourceError(
                f"Ray did not start ({reason}); try again when the machine is less busy, or use --engine local."
            ) from None
    watcher.step("starting Ray", 1, 1)


def _raised_by_worker(error: BaseException) -> BaseException:
    """The error of ours that a worker raised; anything else is a bug, and stays with its traceback."""
    inner: object = error
    while (inner := getattr(inner, "cause", None)) is not None:
        if isinstance(inner, CodriverError):
            return type(inner)(_first_line(inner))  # Ray adds lines of its own
    return error


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Ray from writing into the progress of a run; Ray Data's log in its session's folder stays whole."""
    consoles = [one for one in logging.getLogger("ray.data").handlers if isinstance(one, logging.StreamHandler)]
    loud: list[logging.Logger | logging.Handler] = [logging.getLogger("ray"), *consoles]
    levels = [one.level for one in loud]
    for one in loud:
        one.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for one, level in zip(loud, levels, strict=True):
            one.setLevel(level)


class _Actor:
    def __init__(self, worker: FrameWorker) -> None:
        self._worker = worker

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        return {"outcome": [self._worker.do(ref) for ref in batch["ref"]]}
