"""The stages that the settings ask for, made in whichever process needs them."""

from __future__ import annotations

from dataclasses import dataclass

from codriver.models import open_store
from codriver.settings import Settings
from perception.discovery import choosing as discovery
from perception.discovery.pool_stage import PoolStage
from perception.formats.coco_import import KnownLabels
from perception.occlusion.choosing import chosen_methods
from perception.occlusion.stage import CompleteStage
from perception.pipeline.import_stage import ImportStage
from perception.pipeline.stage import DatasetStage, FrameStage
from perception.proposals import choosing as proposals
from perception.proposals.stage import ProposeStage


@dataclass(frozen=True)
class ModelStages:
    """A `perception.pipeline.work.Recipe`: proposals, their features, imported labels, embedding, completion."""

    settings: Settings
    known: KnownLabels | None = None
    complete: bool = False
    """Also the order and the whole shapes of what is hidden."""

    def __call__(self) -> list[FrameStage]:
        """Load the models and make the stages, in order. Raises `CodriverError` for a model that cannot be had."""
        store = open_store(self.settings)
        stages: list[FrameStage] = []
        for stage in proposals.frame_stages(self.settings, store):
            stages.append(stage)
            if isinstance(stage, ProposeStage):
                stages.append(PoolStage(stage.segmenter))  # at once, while the frame's embedding is there
        if self.known is not None:
            stages.append(ImportStage(self.known))
        stages.extend(discovery.frame_stages(self.settings, store))
        if self.complete:
            stages.append(CompleteStage(chosen_methods(self.settings)))
        return stages


def dataset_stages(settings: Settings) -> list[DatasetStage]:
    """Following, grouping, naming."""
    return discovery.dataset_stages(settings, open_store(settings))
