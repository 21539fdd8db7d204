"""onnxruntime sessions: where they run, with how many threads, and errors that a person understands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from codriver.errors import FileFormatError, NotFoundError, ResourceError
from codriver.models import store_folder
from codriver.settings import Settings
from perception import settings as keys

_MEMORY_WORDS = ("bad_alloc", "bad allocation", "allocate memory", "out of memory", "bfcarena", "cudaerrormemory")


@dataclass(frozen=True)
class Runtime:
    """How models run on this computer."""

    provider: str = "auto"
    """auto, tensorrt, cuda, coreml or cpu"""
    threads: int = 0
    """On the CPU, for one model; 0: all cores."""
    reduced_precision: bool = False
    """16-bit arithmetic where the provider offers it for a 32-bit model."""

    @classmethod
    def from_settings(cls, settings: Settings) -> Runtime:
        """As the settings `perception.provider`, `.threads` and `.precision` say."""
        return cls(
            settings[keys.PROVIDER],
            settings[keys.THREADS],
            reduced_precision=settings[keys.PRECISION] == "reduced",
        )


@dataclass(frozen=True)
class _Provider:
    ort_name: str
    options: Callable[[Runtime], dict[str, str]]
    automatic: Callable[[], bool] = lambda: True
    """Whether "auto" may choose it where onnxruntime offers it."""


def _tensorrt_options(runtime: Runtime) -> dict[str, str]:
    # Building an engine takes minutes; the cache makes that once per model and card.
    cache = store_folder() / ".tensorrt"
    return {
        "trt_fp16_enable": str(int(runtime.reduced_precision)),
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": str(cache),
    }


def _cuda_options(runtime: Runtime) -> dict[str, str]:
    return {
        "use_tf32": str(int(runtime.reduced_precision)),
        # The default doubles the arena with each growth, which wastes up to half of the card's memory.
        "arena_extend_strategy": "kSameAsRequested",
    }


def _coreml_options(runtime: Runtime) -> dict[str, str]:
    return {
        "ModelFormat": "MLProgram",
        "AllowLowPrecisionAccumulationOnGPU": str(int(runtime.reduced_precision)),
    }


# In order of preference. onnxruntime's GPU build offers TensorRT even where its libraries are missing.
_PROVIDERS: Mapping[str, _Provider] = {
    "tensorrt": _Provider(
        "TensorrtExecutionProvider", _tensorrt_options, lambda: find_spec("tensorrt") is not None
    ),
    "cuda": _Provider("CUDAExecutionProvider", _cuda_options),
    "coreml": _Provider("CoreMLExecutionProvider", _coreml_options),
    "cpu": _Provider("CPUExecutionProvider", lambda runtime: {}),
}


def choose_providers(runtime: Runtime, available: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """onnxruntime's providers with options, in order; the CPU comes last for what the others cannot do.

    Raises `ResourceError` when the named provider is not among `available`.
    """
    if runtime.provider == "auto":
        names = [name for name, one in _PROVIDERS.items() if one.ort_name in available and one.automatic()]
    else:
        names = [runtime.provider]
        if _PROVIDERS[runtime.provider].ort_name not in available:
            raise ResourceError(
                f"This onnxruntime has no {runtime.provider} provider; install the build that has it, "
                "or set perception.provider to auto."
            )
    chosen = {name: _PROVIDERS[name] for name in [*names, "cpu"]}
    return [(one.ort_name, one.options(runtime)) for one in chosen.values()]


def providers(runtime: Runtime) -> list[str]:
    """onnxruntime's names of where models run on this computer, in order. Raises as `choose_providers`."""
    return [name for name, _ in choose_providers(runtime, ort.get_available_providers())]


class Session:
    """A loaded model. Errors come as sentences; everything else is onnxruntime's."""

    def __init__(self, path: Path, runtime: Runtime, changed: bytes | None = None) -> None:
        """Load `path`, or what was made of its contents (ONNX).

        Raises `NotFoundError` without the file, `FileFormatError` for what is no model, and `ResourceError`.
        """
        self.path = path
        self._session = _load(path, runtime, changed)
        self.inputs: Mapping[str, tuple[Any, ...]] = {
            one.name: tuple(one.shape) for one in self._session.get_inputs()
        }
        """Name → shape; a free dimension is a text or None."""
        self.input_types: Mapping[str, str] = {one.name: one.type for one in self._session.get_inputs()}
        """Name → onnxruntime's type, as "tensor(float)"."""
        self.outputs: Mapping[str, tuple[Any, ...]] = {
            one.name: tuple(one.shape) for one in self._session.get_outputs()
        }
        self.metadata: Mapping[str, str] = self._session.get_modelmeta().custom_metadata_map
        """What the file's maker wrote into it."""
        self.provider: str = self._session.get_providers()[0]
        """Where it really runs, onnxruntime's name."""

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """All outputs by name. Raises `ResourceError` without memory, `FileFormatError` when the model fails."""
        try:
            values = self._session.run(None, dict(feeds))
        except MemoryError:
            raise _too_little_memory(self.path) from None
        except Exception as error:
            if _is_about_memory(error):
                raise _too_little_memory(self.path) from None
            if type(error).__module__.startswith("onnxruntime"):
                raise FileFormatError(f"The model {self.path} fails: {_first_line(error)}") from error
            raise
        return dict(zip(self.outputs, (np.asarray(value) for value in values), strict=True))

    def require(self, what: str, inputs: Sequence[str] = (), outputs: Sequence[str] = ()) -> None:
        """Raises `FileFormatError` when it lacks one of these inputs or outputs and so cannot be `what`."""
        lacking = [f"the input {name}" for name in inputs if name not in self.inputs]
        lacking += [f"the output {name}" for name in outputs if name not in self.outputs]
        if lacking:
            raise FileFormatError(f"{self.path} is not {what}: it lacks {' and '.join(lacking)}.")


def _load(path: Path, runtime: Runtime, changed: bytes | None) -> ort.InferenceSession:
    if not path.is_file():
        raise NotFoundError(f"There is no model file {path}.")
    options = ort.SessionOptions()
    options.intra_op_num_threads = runtime.threads
    # The second run would plan one block for all it needs, and take it beside what the first one left in the
    # arena: 2.1 GB instead of 1.3 for SAM 2 tiny, and no faster.
    options.enable_mem_pattern = False
    _share_one_arena()
    options.add_session_config_entry("session.use_env_allocators", "1")
    options.log_severity_level = 3  # errors; warnings about single operators help nobody here
    if runtime.threads:
        # Waiting threads that spin would take the cores from the other workers.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if runtime.reduced_precision:
        options.add_session_config_entry("mlas.enable_gemm_fastmath_arm64_bfloat16", "1")
    providers = choose_providers(runtime, ort.get_available_providers())
    for name, chosen in providers:
        if name == "TensorrtExecutionProvider":
            # Its own names for engines do not tell models apart that come from memory.
            chosen["trt_engine_cache_prefix"] = f"{path.parent.name}-{path.stem}"
    if any(name == "CUDAExecutionProvider" for name, _ in providers):
        ort.preload_dlls()  # CUDA and cuDNN from their Python packages, where they are installed
    try:
        return ort.InferenceSession(
            path if changed is None else changed, sess_options=options, providers=providers
        )
    except MemoryError:
        raise _too_little_memory(path) from None
    except Exception as error:
        if _is_about_memory(error):
            raise _too_little_memory(path) from None
        if type(error).__module__.startswith("onnxruntime"):
            raise FileFormatError(f"{path} is not a model that can be used: {_first_line(error)}") from error
        raise


@cache
def _share_one_arena() -> None:
    """Lets the sessions of this process take memory from the same arena, instead of one for each.

    One model runs at a time, so that what one needed the next one can use: 1.35 GB instead of 1.7 for SAM 2 tiny's
    encoder and decoder with all around them, and no slower. Growing by powers of two wins over growing by what is
    asked for, which leaves holes that nothing fits.
    """
    kind = ort.OrtMemoryInfo("Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
    try:
        ort.create_and_register_allocator(kind, ort.OrtArenaCfg({"arena_extend_strategy": 0}))
    except Exception as error:
        if "registered" not in str(error):  # somebody else's arena does as well
            raise


def _is_about_memory(error: Exception) -> bool:
    text = str(error).lower()
    return any(word in text for word in _MEMORY_WORDS)


def _too_little_memory(path: Path) -> ResourceError:
    return ResourceError(
        f"There is not enough memory for the model {path.name}; use fewer workers, a smaller "
        "perception.batch-size, or close other programs."
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
