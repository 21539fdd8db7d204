"""The model store: weights by name, from several sources, accepted by their SHA-256 alone.

store = open_store(settings)
if not store.is_present("smollm2-135m-instruct"):
    store.pull(["smollm2-135m-instruct"])
weights = store.path("smollm2-135m-instruct")
"""

from codriver.models.manifest import Model, ModelFile
from codriver.models.progress import Progress, Quiet, Report, human_size
from codriver.models.store import FileCheck, ModelStore, open_store, store_folder

__all__ = [
    "FileCheck",
    "Model",
    "ModelFile",
    "ModelStore",
    "Progress",
    "Quiet",
    "Report",
    "human_size",
    "open_store",
    "store_folder",
]
