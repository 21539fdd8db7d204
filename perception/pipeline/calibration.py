"""Fits what is proposed to a user's few labelled frames, and keeps the fitted head beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path, PurePosixPath

from codriver.errors import InputError, ResourceError
from codriver.models import open_store
from codriver.settings import Settings
from perception.dataset.log import content_hash
from perception.formats.coco_import import KnownLabels, read_known_labels
from perception.frames.refs import FileRef
from perception.frames.source import open_source
from perception.models.bounded import bounded
from perception.models.roles import Segmenter
from perception.pipeline.watcher import Watcher
from perception.proposals.calibrating import LabelledFrame, calibrated
from perception.proposals.choosing import choose_head, choose_segmenter
from perception.proposals.fitting import FitOptions
from perception.proposals.head import ObjectnessHead
from perception.proposals.score_fitting import ALL_AS_ASKED, Trust

_VERSION = 3


def calibrated_head(folder: Path, settings: Settings, watcher: Watcher) -> Path:
    """What `calibrate_in` makes of the segmenter and the head that the settings ask for.

    Raises as `calibrate_in` does, and as models do.
    """
    # What is wrong with the folder is said before models are looked for.
    _labelled_pictures(folder)
    return calibrate_in(folder, choose_segmenter(settings, open_store(settings)), choose_head(settings), watcher)


def calibrate_in(folder: Path, segmenter: Segmenter, head: ObjectnessHead, watcher: Watcher) -> Path:
    """The file of `head` with a score of its own for the frames in `folder`: pictures and one COCO file.

    In a frame that the file lists everything is stuff that is neither an object nor in a crowd. Other frames are
    left out. What was fitted to the same labels and pictures before is used again.

    Raises `InputError` when there are no labelled frames, `ResourceError` when the head cannot be kept, and
    as frames do.
    """
    labels, refs = _labelled_pictures(folder)
    path = folder / f"objectness-head-{_identity(labels, refs, segmenter, head)[:16]}.npz"
    if path.is_file():
        return path

    def step(what: str, done: int, total: int) -> None:
        watcher.step(what, done, total)
        if watcher.stopped():
            raise ResourceError("Stopped before the head was fitted; the same command begins it anew.")

    loaders = [partial(_labelled, ref, labels, segmenter) for ref in refs]
    fitted = calibrated(head, loaders, segmenter, step)
    part = path.with_name(f".{path.name}")
    try:
        fitted.save(part)
        part.replace(path)
    except OSError as error:
        raise ResourceError(f"The fitted head cannot be kept in {folder} ({error.strerror or error}).") from None
    return path


def _labelled_pictures(folder: Path) -> tuple[KnownLabels, list[FileRef]]:
    labels = _labels_in(folder)
    if not any(labels.by_name.values()):
        raise InputError(f"{labels.path} holds no mask of an object; there is nothing to fit to.")
    refs = _pictures(open_source(str(folder)).refs, labels)
    if not refs:
        raise InputError(f"{labels.path} names no picture that is in {folder}; put both side by side.")
    return labels, refs


def _identity(labels: KnownLabels, refs: Sequence[FileRef], segmenter: Segmenter, head: ObjectnessHead) -> str:
    """Of all that the fitted head depends on."""
    return content_hash(
        {
            "version": _VERSION,
            "labels": labels.sha256,
            "pictures": [[ref.id, ref.token] for ref in refs],
            "segmenter": [segmenter.name, dict(segmenter.files_sha256())],
            "head": [head.sha256, head.segmenter],
            "score": asdict(head.score),
            "fitting": [asdict(one) for one in (ALL_AS_ASKED, Trust(), FitOptions())],
        }
    )


def _labelled(ref: FileRef, labels: KnownLabels, segmenter: Segmenter) -> LabelledFrame:
    frame = ref.load()
    size = frame.info.width, frame.info.height
    things = tuple(mask for _, mask in labels.of(ref.id, *size))
    return LabelledFrame(segmenter.embed(bounded(frame.image)), things, labels.ignored(ref.id, *size))


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
