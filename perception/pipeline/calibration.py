"""Fits the objectness head to a user's few labelled frames, and keeps the fitted head beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from codriver.errors import InputError, ResourceError
from codriver.models import open_store
from codriver.settings import Settings
from perception.dataset.log import content_hash
from perception.formats.coco_import import KnownLabels, read_known_labels
from perception.frames.refs import FileRef
from perception.frames.source import open_source
from perception.pipeline.watcher import Watcher
from perception.proposals.choosing import choose_head, choose_segmenter
from perception.proposals.fitting import calibrate, cells_of

_VERSION = 1


def calibrated_head(folder: Path, settings: Settings, watcher: Watcher) -> Path:
    """The head fitted to the labelled frames in `folder`: pictures anywhere below it, and one COCO file.

    Frames without an annotation count as frames without a thing only if the file lists them. A head that was
    fitted to the same labels before is used again.

    Raises `InputError` when there are no labelled frames, `ResourceError` when the head cannot be kept, and
    as models and frames do.
    """
    labels = _labels_in(folder)
    segmenter, head = choose_segmenter(settings, open_store(settings)), choose_head(settings)
    identity = content_hash([_VERSION, labels.sha256, segmenter.name, dict(segmenter.files_sha256()), head.sha256])
    path = folder / f"objectness-head-{identity[:16]}.npz"
    if path.is_file():
        return path
    cells = []
    refs = _pictures(open_source(str(folder)).refs, labels)
    if not refs:
        raise InputError(f"{labels.path} names no picture that is in {folder}; put both side by side.")
    for done, ref in enumerate(refs):
        watcher.step("calibrating", done, len(refs))
        if watcher.stopped():
            raise ResourceError("Stopped before the head was fitted; the same command begins it anew.")
        frame = ref.load()
        things = [mask for _, mask in labels.of(ref.id, frame.info.width, frame.info.height)]
        cells.append(cells_of(segmenter.embed(frame.image).features, things))
    fitted = calibrate(head, type(cells[0]).join(cells))
    watcher.step("calibrating", len(refs), len(refs))
    part = path.with_name(f".{path.name}")
    try:
        fitted.save(part)
        part.replace(path)
    except OSError as error:
        raise ResourceError(f"The fitted head cannot be kept in {folder} ({error.strerror or error}).") from None
    return path


def _pictures(refs: Sequence[FileRef], labels: KnownLabels) -> list[FileRef]:
    """The frames that `labels` knows: by the whole path where the file tells it, else by the name alone.

    Raises `InputError` when a name fits several files, as pictures and class maps of the same names.
    """
    exact = [ref for ref in refs if ref.id in labels.by_name]
    if exact:
        return exact
    by_name: dict[str, list[FileRef]] = {}
    for ref in refs:
        if labels.knows(ref.id):
            by_name.setdefault(PurePosixPath(ref.id).name, []).append(ref)
    found = []
    for name, fitting in by_name.items():
        usual = [ref for ref in fitting if PurePosixPath(ref.id).parts[0] == "images"]
        best = usual if len(usual) == 1 else fitting
        if len(best) != 1:
            raise InputError(
                f"{labels.path} names {name}, and {best[0].id} and {best[1].id} are called so; keep one of them."
            )
        found += best
    return found


def _labels_in(folder: Path) -> KnownLabels:
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; --calibrate takes one with pictures and a COCO file.")
    files = sorted(folder.glob("*.json"))
    usual = folder / "annotations.json"
    if usual not in files and len(files) != 1:
        raise InputError(
            f"{folder} holds {len(files)} JSON files; --calibrate needs annotations.json or one COCO file there."
        )
    return read_known_labels(usual if usual in files else files[0])
