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

MEGAPIXELS = Setting(
    "perception.max-megapixels",
    64.0,
    "larger frames are recorded as failed, and not read into memory",
    minimum=0.01,
)

HEAD = Setting("perception.head", "", "objectness head of `codriver label --calibrate`; empty: the one that ships")
ANNOTATIONS = Setting(
    "perception.annotations", 30, "most annotations of a frame, the best ones", minimum=1, maximum=1000
)

DETECTOR = Setting(
    "perception.detector",
    "",
    "detector of known classes: model of the store (yolo11n-seg, AGPL-3.0), or an ONNX file; empty: none",
)
DETECTOR_LAYOUT = Setting(
    "perception.detector-layout", "auto", "how its outputs are laid out", choices=("auto", "yolo", "detr")
)
DETECTOR_SIDE = Setting(
    "perception.detector-side", 0, "pixels of its square input; 0: what the file says", minimum=0, maximum=8192
)
DETECTOR_NORMALISATION = Setting(
    "perception.detector-normalisation",
    "auto",
    "of its input; auto: unit for YOLO, imagenet for DETR",
    choices=("auto", "unit", "imagenet"),
)
DETECTOR_NAMES = Setting(
    "perception.detector-names", "", "text file with its classes, one a line; empty: what the file says"
)
DETECTOR_CLASSES = Setting(
    "perception.detector-classes", [], "its classes that are used, as car or truck; none: all of them"
)
DETECTOR_SCORE = Setting(
    "perception.detector-score", 0.25, "detections below this score are not used", minimum=0, maximum=1
)

COMPLETE_METHODS = Setting(
    "perception.complete-methods",
    ["learned", "prior"],
    "what completes hidden shapes: learned, prior, video, inpaint, onnx, http; of several the surest counts, "
    "unless learned holds the object for whole",
)
INPAINTER = Setting("perception.inpainter", "migan", "model of the store, or an ONNX file, that fills holes")
AMODAL_MODEL = Setting("perception.amodal-model", "", "ONNX file of the amodal model for onnx")
AMODAL_INPUTS = Setting(
    "perception.amodal-inputs", ["image", "visible"], "what it is given, in order: image, visible, occluder"
)
AMODAL_NORMALISATION = Setting(
    "perception.amodal-normalisation", "unit", "of its image", choices=("unit", "imagenet")
)
AMODAL_OUTPUT = Setting(
    "perception.amodal-output", "logits", "what its mask holds", choices=("logits", "probability")
)
AMODAL_URL = Setting("perception.amodal-url", "", "address of the amodal model for http")
AMODAL_KEY = Setting("perception.amodal-key", "", "key for perception.amodal-url", secret=True)
AMODAL_TIMEOUT = Setting(
    "perception.amodal-timeout-s", 60.0, "seconds that perception.amodal-url has", minimum=0.1, maximum=3600
)
AMODAL_CONFIDENCE = Setting(
    "perception.amodal-confidence",
    0.5,
    "what answers of onnx and http count against other methods, where they tell no confidence",
    minimum=0,
    maximum=1,
)

SETTINGS: list[Setting[Any]] = [value for value in list(globals().values()) if isinstance(value, Setting)]
