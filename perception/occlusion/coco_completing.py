"""Completes a COCO document: amodal masks, order and occlusion rate are added, everything else stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Any

from codriver.errors import InputError
from perception.frame import FrameInfo, RGBImage
from perception.masks import Mask
from perception.occlusion.completing import Completer
from perception.occlusion.journal import Finished, Forgetful, Journal
from perception.occlusion.own_shapes import own_shapes, whole_objects
from perception.occlusion.patch import patches
from perception.occlusion.roughness import mostly_rough, rough_frame
from perception.occlusion.shapes import Shapes
from perception.occlusion.tracks import Video, shapes_elsewhere
from perception.pipeline.watcher import Progress
from perception.record import FrameRecord, Instance

Read = tuple[FrameRecord, dict[int, list[int]]]
"""An image's objects, and the occluders that are given."""


@dataclass(frozen=True)
class Skip:
    """What was left as it is, or not used."""

    image: str
    annotation: Any
    """Its id; None where the whole image is meant."""
    why: str

    def __str__(self) -> str:
        where = self.image if self.annotation is None else f"annotation {self.annotation} of {self.image}"
        return f"{where}: {self.why}"


def complete_document(
    document: dict[str, Any],
    completer_for: Callable[[Shapes], Completer],
    progress: Progress = lambda what, done, total: None,
    load: Callable[[str], RGBImage | None] | None = None,
    journal: Journal | None = None,
) -> list[Skip]:
    """Add amodal masks and boxes and the attributes of the occlusion; returns what was skipped, and why.

    `load` gives the pixels of an image by name; None where it cannot be read. It is asked for images whose masks
    are rough, and for all where the completer looks at them. What was skipped is also written into the document,
    as `info.skipped`, beside how many images have rough masks (`rough_images`), of how many the masks were fitted
    to their pictures (`fitted_images`), and how many objects look hidden by nothing that is known (`unexplained`).
    `completer_for` makes the completer from the whole shapes that the document has itself. Images that name the
    same picture as their `source`, as those of evaluation sets do, show the same objects: those give each other
    none. `journal` is told of each image that is finished, and gives back what it kept of an earlier run on the
    same document with the same `completer_for`; the result is the same with and without it. `progress` is told
    what is done; what it raises, to stop, is raised.

    `attributes.occluded_by` of the input (annotation ids) is taken as known; of a cycle in it one link is dropped.
    Raises `InputError` for a document that is not COCO or has no annotations.
    """
    skipped: list[Skip] = []
    names, by_image = _contents(document, skipped)
    images = document["images"]
    read, rough = _read_images(images, by_image, names, skipped, progress)
    fitted = unexplained = 0
    journal = Forgetful() if journal is None else journal
    for at, finished in _finished_images(images, (read, rough), completer_for, progress, load, journal):
        found = {one.id: one for one in finished.record.instances}
        fitted += rough[at] and finished.looked
        unexplained += sum(_unexplained(one) for one in finished.record.instances)
        if finished.trouble:
            skipped.append(Skip(read[at][0].frame.id, None, finished.trouble))
        skipped += _links_dropped(*read[at], found)
        _add(by_image[images[at]["id"]], found)
    counts = {"rough_images": sum(rough), "fitted_images": fitted, "unexplained": unexplained}
    document["info"] = _info(document.get("info"), skipped) | counts
    return skipped


def _read_images(
    images: Sequence[Mapping[str, Any]],
    by_image: Mapping[Any, list[dict[str, Any]]],
    names: Mapping[Any, str],
    skipped: list[Skip],
    progress: Progress,
) -> tuple[list[Read], list[bool]]:
    """What is in the images, and of each, whether its masks are off by a pixel or more."""
    read, rough = [], []
    for done, image in enumerate(images, start=1):
        record, known = _read_image(image, by_image[image["id"]], names, skipped)
        read.append((record, known))
        rough.append(rough_frame(patches(one.mask for one in record.instances)))
        progress("reading masks", done, len(images))
    several = [off for off, (record, _) in zip(rough, read, strict=True) if len(record.instances) > 1]
    return read, [True] * len(rough) if mostly_rough(several) else rough


def _finished_images(
    images: Sequence[Mapping[str, Any]],
    read_and_rough: tuple[Sequence[Read], Sequence[bool]],
    completer_for: Callable[[Shapes], Completer],
    progress: Progress,
    load: Callable[[str], RGBImage | None] | None,
    journal: Journal,
) -> Iterator[tuple[int, Finished]]:
    """The place of each image and what became of it, now or in an earlier run; always in the same order."""
    read, rough = read_and_rough
    elsewhere: Sequence[Mapping[int, Shapes]] | None = None
    what = "taking up what is finished"
    for done, (at, completer) in enumerate(_with_completers(images, read, completer_for, progress), start=1):
        elsewhere = _elsewhere(read, completer, progress) if elsewhere is None else elsewhere
        look = load if rough[at] or completer.looks else None
        picture = journal.identity(str(images[at]["file_name"])) if look is not None else None
        finished = journal.kept(at, picture)
        if finished is None:
            finished = _finish(images[at], read[at], completer, look, elsewhere[at], rough[at])
            journal.keep(at, picture, finished)
            what = "completing"  # named apart, so that the time that is left follows from what was computed
        yield at, finished
        progress(what, done, len(read))


def _finish(
    image: Mapping[str, Any],
    read: Read,
    completer: Completer,
    load: Callable[[str], RGBImage | None] | None,
    elsewhere: Mapping[int, Shapes],
    rough: bool,
) -> Finished:
    """An image's objects completed, with no more of them than the document gets."""
    pixels, trouble = (None, "") if load is None else _pixels(image, load)
    record, known = read
    completed = completer.complete(record, known, pixels, elsewhere, rough)
    instances = tuple(
        replace(one, occlusion=replace(one.occlusion, completions=one.occlusion.completions[:1]))
        if one.occlusion is not None
        else one
        for one in completed.instances
    )
    return Finished(completed.with_instances(instances), pixels is not None, trouble)


def _contents(document: Any, skipped: list[Skip]) -> tuple[dict[Any, str], dict[Any, list[dict[str, Any]]]]:
    """Names of the categories and annotations of the images, by id; annotations of no image are skipped.

    Raises `InputError` for a document that is not COCO, gives an id twice, or has no annotations.
    """
    if not isinstance(document, dict):
        raise InputError("It is not a COCO instance file: its outermost value is no object.")
    for name in ("images", "annotations", "categories"):
        listed = document.get(name)
        if not (isinstance(listed, list) and all(isinstance(one, dict) for one in listed)):
            raise InputError(f"It is not a COCO instance file: {name} is no list of objects.")
    for at, image in enumerate(document["images"]):
        if not (image.get("file_name") and _has_side(image, "width") and _has_side(image, "height")):
            raise InputError(f"images[{at}] (id {image.get('id')!r}) lacks file_name, width or height.")
    by_image: dict[Any, list[dict[str, Any]]] = {one: [] for one in _ids(document, "images")}
    _ids(document, "annotations")
    for annotation in document["annotations"]:
        of = annotation.get("image_id")
        if isinstance(of, list | dict) or of not in by_image:
            skipped.append(Skip(f"image {of!r}", annotation["id"], "there is no such image"))
        else:
            by_image[of].append(annotation)
    if not document["annotations"]:
        raise InputError("It has no annotations; there is nothing to complete.")
    _ids(document, "categories")
    return {one["id"]: str(one.get("name", "")) for one in document["categories"]}, by_image


def _has_side(image: Mapping[str, Any], side: str) -> bool:
    """Whether its width or height is a number of pixels."""
    try:
        return int(image[side]) > 0
    except (KeyError, TypeError, ValueError, OverflowError):
        return False


def _ids(document: Mapping[str, Any], name: str) -> list[Any]:
    """Those of a list of the document. Raises `InputError` where one is missing or given twice."""
    seen: set[Any] = set()
    for at, one in enumerate(document[name]):
        number = one.get("id")
        if isinstance(number, list | dict) or "id" not in one:
            raise InputError(f"{name}[{at}] has no id that is a number or a text.")
        if number in seen:
            raise InputError(
                f"Two of its {name} have the id {number!r}; ids must differ, as things are named by them."
            )
        seen.add(number)
    return [one["id"] for one in document[name]]


def _with_completers(
    images: Sequence[Mapping[str, Any]],
    read: Sequence[Read],
    completer_for: Callable[[Shapes], Completer],
    progress: Progress,
) -> Iterator[tuple[int, Completer]]:
    """The place of each image, and what completes it; images of one source follow each other."""
    sources = [str(image.get("source") or "") for image in images]
    told = partial(progress, "looking for whole objects")
    objects = whole_objects([record for record, _ in read], sources if any(sources) else (), progress=told)
    for source, places in groupby(sorted(range(len(read)), key=lambda at: sources[at]), lambda at: sources[at]):
        completer = completer_for(own_shapes(objects, source))
        for at in places:
            yield at, completer


def _elsewhere(read: Sequence[Read], completer: Completer, progress: Progress) -> Sequence[Mapping[int, Shapes]]:
    """Shapes from other images, by image, where a method asks for them."""
    if not any(method.name == Video.name for method in completer.methods):
        return [{}] * len(read)
    told = partial(progress, "following objects")
    return shapes_elsewhere([record for record, _ in read], [known for _, known in read], told)


def _pixels(image: Mapping[str, Any], load: Callable[[str], RGBImage | None]) -> tuple[RGBImage | None, str]:
    """The picture; else why it cannot be used."""
    found = load(str(image["file_name"]))
    if found is None:
        return None, "its picture cannot be read; it is not looked at"
    height, width = found.shape[:2]
    if (height, width) == (int(image["height"]), int(image["width"])):
        return found, ""
    sizes = f"{width}×{height} pixels, not {image['width']}×{image['height']}"
    return None, f"its picture has {sizes}; it is not looked at"


def _read_image(
    image: Mapping[str, Any], annotations: list[dict[str, Any]], names: Mapping[Any, str], skipped: list[Skip]
) -> Read:
    """The image's objects and the occluders that are given; what cannot be used is added to `skipped`."""
    instances, known = [], {}
    file = str(image["file_name"])
    if not annotations:
        skipped.append(Skip(file, None, "it has no annotations"))
    ids = {annotation["id"] for annotation in annotations}
    for annotation in annotations:
        number = annotation["id"]
        mask = _usable_mask(annotation, image)
        if isinstance(mask, str):
            skipped.append(Skip(file, number, mask))
            continue
        category = annotation.get("category_id")
        label = names.get(category, "") if isinstance(category, int | str) else ""
        attributes = annotation.get("attributes")
        track = attributes.get("track_id") if isinstance(attributes, dict) else None
        track = track if type(track) is int else None
        instances.append(Instance(number, mask, 1.0, "known", label, track_id=track))
        occluders = attributes.get("occluded_by") if isinstance(attributes, dict) else None
        if isinstance(occluders, list) and all(isinstance(one, int | str) for one in occluders):
            known[number] = occluders
            absent = ", ".join(str(one) for one in occluders if one not in ids)
            if absent:
                skipped.append(Skip(file, number, f"its occluder {absent} is no annotation of this image"))
        elif occluders is not None:
            why = "its occluded_by is no list of annotation ids; occluders are inferred"
            skipped.append(Skip(file, number, why))
    info = FrameInfo(file, "", int(image["width"]), int(image["height"]), "")
    return FrameRecord(info, tuple(instances)), known


def _usable_mask(annotation: Mapping[str, Any], image: Mapping[str, Any]) -> Mask | str:
    """The visible mask, or why there is none that can be completed."""
    if annotation.get("iscrowd"):
        return "a crowd is not one object"
    try:
        mask = Mask.from_coco(annotation.get("segmentation"), int(image["height"]), int(image["width"]))
    except InputError as error:
        return str(error)
    return mask if mask.area else "nothing of it is visible"


def _links_dropped(
    record: FrameRecord, known: Mapping[int, list[int]], found: Mapping[int, Instance]
) -> list[Skip]:
    """The occluders that the input gives and that would have closed a cycle."""
    file, present = record.frame.id, {one.id for one in record.instances}
    skipped = []
    for number, occluders in known.items():
        hidden = found[number].occlusion
        kept = hidden.occluded_by if hidden is not None else ()
        skipped += [
            Skip(file, number, f"its occluder {front} is not used: the order would be a cycle")
            for front in occluders
            if front in present and front not in kept
        ]
    return skipped


def _unexplained(instance: Instance) -> bool:
    """Whether something is likelier than not to hide it, though nothing known and no border of the image does."""
    hidden = instance.occlusion
    if hidden is None or hidden.occluded_by or hidden.cut_by_frame or not hidden.completions:
        return False
    best = hidden.completions[0]
    return best.method != "visible" or best.confidence < 0.5


def _info(given: Any, skipped: list[Skip]) -> dict[str, Any]:
    info = dict(given) if isinstance(given, dict) else {}
    info["skipped"] = [{"image": one.image, "annotation": one.annotation, "why": one.why} for one in skipped]
    return info


def _add(annotations: list[dict[str, Any]], found: Mapping[Any, Instance]) -> None:
    """Writes what was found into the annotations of an image; `found` is by annotation id."""
    for annotation in annotations:
        instance = found.get(annotation["id"])
        hidden = None if instance is None else instance.occlusion
        if hidden is None or hidden.amodal is None:
            continue
        annotation["amodal_segmentation"] = hidden.amodal.to_coco()
        annotation["amodal_bbox"] = list(hidden.amodal.box)
        annotation["attributes"] = {
            **(annotation["attributes"] if isinstance(annotation.get("attributes"), dict) else {}),
            "occlusion_rate": round(hidden.rate, 6),
            "occluded_by": list(hidden.occluded_by),
            "depth_order": hidden.depth_order,
            "amodal_method": hidden.completions[0].method,
            "amodal_confidence": hidden.completions[0].confidence,
        }
