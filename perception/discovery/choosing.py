"""The embedder, the namer and the stages that the settings ask for."""

from __future__ import annotations

from pathlib import Path

from codriver.errors import InputError
from codriver.models import ModelStore
from codriver.settings import Settings
from perception.discovery import settings as keys
from perception.discovery.cluster_stage import ClusterStage
from perception.discovery.embed_stage import EmbedStage
from perception.discovery.track_stage import TrackStage
from perception.models.clip import ClipModel, read_vocabulary
from perception.models.image_classifier import ImageClassifier
from perception.models.roles import Embedder, Namer
from perception.models.sessions import Runtime
from perception.models.vision_language import VisionLanguageNamer
from perception.pipeline.stage import DatasetStage, FrameStage


def choose_embedder(settings: Settings, store: ModelStore) -> Embedder | None:
    """None for "none". Raises `NotFoundError` for a model that is not there."""
    wanted = settings[keys.EMBEDDER]
    if wanted == "none":
        return None
    if wanted in store.models:
        return ImageClassifier(store, wanted)
    return ClipModel(Path(wanted).expanduser(), runtime=Runtime.from_settings(settings))


def choose_namer(settings: Settings, store: ModelStore) -> Namer | None:
    """None for "none".

    Raises `NotFoundError` for a model that is not there, `InputError` for one that lacks settings.
    """
    wanted = settings[keys.NAMER]
    vocabulary = read_vocabulary(Path(settings[keys.VOCABULARY])) if settings[keys.VOCABULARY] else []
    if wanted == "none":
        return None
    if wanted == "vlm":
        url, model = settings[keys.NAMER_URL], settings[keys.NAMER_MODEL]
        if not url or not model:
            raise InputError(
                "perception.namer is vlm; set perception.namer-url and perception.namer-model as well."
            )
        return VisionLanguageNamer(url, model, key=settings[keys.NAMER_KEY], vocabulary=vocabulary)
    if wanted in store.models:
        return ImageClassifier(store, wanted)
    if not vocabulary:
        raise InputError(
            f"perception.namer is {wanted}; set perception.vocabulary to a file of names to choose among."
        )
    return ClipModel(Path(wanted).expanduser(), vocabulary, Runtime.from_settings(settings))


def frame_stages(settings: Settings, store: ModelStore) -> list[FrameStage]:
    """What grouping wants done with each frame, after its instances are known. Raises as `choose_embedder`."""
    embedder = choose_embedder(settings, store)
    return [] if embedder is None else [EmbedStage(embedder)]


def dataset_stages(settings: Settings, store: ModelStore) -> list[DatasetStage]:
    """Following, then grouping and naming. Raises as `choose_namer`."""
    namer = choose_namer(settings, store)
    confidence, seed = settings[keys.NAME_CONFIDENCE], settings[keys.SEED]
    return [TrackStage(), ClusterStage(namer, confidence=confidence, seed=seed)]
