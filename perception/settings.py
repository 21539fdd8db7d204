"""The settings of perception; each area of it declares its own part here."""

from __future__ import annotations

from typing import Any

from codriver.settings import Setting

PROVIDER = Setting(
    "perception.provider",
    "auto",
    "where models run; auto: the fastest that this computer has",
    choices=("auto", "tensorrt", "cuda", "coreml", "cpu"),
)
THREADS = Setting(
    "perception.threads", 0, "threads of one model on the CPU; 0: all cores", minimum=0, maximum=1024
)
PRECISION = Setting(
    "perception.precision",
    "full",
    "reduced: 16-bit arithmetic where the provider has it (TensorRT, CoreML, CUDA's TF32, ARM's bfloat16)",
    choices=("full", "reduced"),
)
BATCH = Setting(
    "perception.batch-size", 8, "prompts that are decoded at once; 8 is fastest on a CPU", minimum=1, maximum=1024
)

SEGMENTER = Setting(
    "perception.segmenter", "sam2-hiera-tiny", "model of the store, or a folder with an ONNX encoder and decoder"
)

SETTINGS: list[Setting[Any]] = [value for value in list(globals().values()) if isinstance(value, Setting)]
