"""The segmenter, the detector and the stage that the settings ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from codriver.errors import FileFormatError, InputError
from codriver.models import ModelStore
from codriver.settings import Settings
from perception import settings as keys
from perception.discovery.known import KnownOptions
from perception.models.detector import DetectorDescription, OnnxDetector
from perception.models.files import ModelFiles, locate
from perception.models.roles import Detector, Segmenter
from perception.models.sam import Sam
from perception.models.sam2 import Sam2
from perception.models.sessions import Runtime
from perception.pipeline.stage import FrameStage
from perception.proposals.head import ObjectnessHead
from perception.proposals.propose import ProposalOptions
from perception.proposals.stage import ProposeStage

SEGMENTERS: Mapping[str, Callable[[ModelFiles, Runtime, int], Segmenter]] = {"sam2": Sam2, "sam": Sam}
"""Kind → adapter. The kind of a model stands in its name ("sam2-hiera-tiny")."""


def choose_segmenter(settings: Settings, store: ModelStore) -> Segmenter:
    """Raises `NotFoundError` for a model that is not there, `FileFormatError` for one of no known kind."""
    found = locate(settings[keys.SEGMENTER], store)
    runtime = Runtime.from_settings(settings)
    for kind, adapter in SEGMENTERS.items():
        if found.name.startswith(kind):
            return adapter(found, runtime, settings[keys.BATCH])
    raise FileFormatError(
        f"The segmenter {found.name} is of no known kind; its name must begin with {' or '.join(SEGMENTERS)}."
    )


def choose_detector(settings: Settings, store: ModelStore) -> Detector | None:
    """None when there is to be none.

    Raises `NotFoundError` for a model that is not there, `InputError` when its licence was not accepted.
    """
    wanted = settings[keys.DETECTOR]
    if not wanted:
        return None
    if wanted in store.models:
        store.licences.refuse_open([store.model(wanted)], ())
    description = DetectorDescription(
        layout=settings[keys.DETECTOR_LAYOUT],
        side=settings[keys.DETECTOR_SIDE],
        normalisation=settings[keys.DETECTOR_NORMALISATION],
        names=_names(settings[keys.DETECTOR_NAMES]),
        least_score=settings[keys.DETECTOR_SCORE],
    )
    return OnnxDetector(locate(wanted, store), Runtime.from_settings(settings), description)


def choose_head(settings: Settings) -> ObjectnessHead:
    """The user's own head, else the one that comes along. Raises `FileFormatError`."""
    return ObjectnessHead.load(Path(settings[keys.HEAD]).expanduser() if settings[keys.HEAD] else None)


def frame_stages(settings: Settings, store: ModelStore) -> list[FrameStage]:
    """What finds the objects of a frame. Raises as the functions above."""
    known = KnownOptions(tuple(settings[keys.DETECTOR_CLASSES]), settings[keys.DETECTOR_SCORE])
    options = replace(ProposalOptions(), annotations=settings[keys.ANNOTATIONS])
    stage = ProposeStage(
        choose_segmenter(settings, store), choose_head(settings), choose_detector(settings, store), options, known
    )
    return [stage]


def _names(path: str) -> tuple[str, ...]:
    if not path:
        return ()
    try:
        lines = Path(path).expanduser().read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"perception.detector-names: {path} cannot be read ({error}).") from None
    return tuple(line.strip() for line in lines if line.strip())
