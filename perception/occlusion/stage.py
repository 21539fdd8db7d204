"""The stage of the pipeline that completes hidden objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

from perception.frame import Frame
from perception.masks import Mask
from perception.models.files import sha256_of_file
from perception.models.sessions import Runtime
from perception.occlusion.completing import Completer
from perception.occlusion.methods import shipped_methods
from perception.occlusion.network import WEIGHTS
from perception.occlusion.order_model import WEIGHTS as ORDER_WEIGHTS
from perception.occlusion.patch import Part, Patch, patches, union
from perception.occlusion.shapes import RENDERED
from perception.occlusion.task import LEAST_GAIN, Method
from perception.record import IMPORTED, Completion, FrameRecord, Instance


@runtime_checkable
class HasModels(Protocol):
    """A method with models of its own."""

    def identity(self) -> Mapping[str, Any]:
        """What tells its models and how they are used, as plain JSON values."""
        ...


def fingerprint_of(methods: Sequence[Method]) -> Mapping[str, Any]:
    """The methods, their models, the shapes that vote, and the version of this code."""
    return {
        "version": 8,
        "methods": [one.name for one in methods],
        "network": sha256_of_file(WEIGHTS),
        "order": sha256_of_file(ORDER_WEIGHTS),
        "silhouettes": sha256_of_file(RENDERED),
        "models": {one.name: dict(one.identity()) for one in methods if isinstance(one, HasModels)},
    }


class CompleteStage:
    """`pipeline.stage.FrameStage`: who hides whom, and the whole shape of what is hidden."""

    name = "complete"

    def __init__(self, methods: Sequence[Method] | None = None) -> None:
        self._completer = Completer(methods or shipped_methods(Runtime(provider="cpu")))

    def fingerprint(self) -> Mapping[str, Any]:
        """See `fingerprint_of`."""
        return fingerprint_of(self._completer.methods)

    def run(self, frame: Frame, record: FrameRecord) -> FrameRecord:
        """The record with an `Occlusion` for every instance that is not empty."""
        done = self._completer.complete(record.with_instances(parted(record.instances)), image=frame.image)
        return record.with_instances(
            tuple(
                _with_its_own_pixels(one, found)
                for one, found in zip(record.instances, done.instances, strict=True)
            )
        )


def parted(instances: Sequence[Instance]) -> tuple[Instance, ...]:
    """The instances, in their order, such that what the segmenter found does not overlap.

    A segmenter has looked at the picture: where its masks overlap, they are not rough, but do not agree whose the
    pixels are. Imported labels keep theirs, overlaps among them included; then the smaller ones take, as a bag
    does of who carries it. A mask of which nothing would remain stays as it is.
    """
    imported = [one for one in instances if one.label_source == IMPORTED]
    others = sorted((one for one in instances if one.label_source != IMPORTED), key=lambda one: one.mask.area)
    masks: dict[int, Mask] = {}
    if not others:
        return tuple(instances)
    frame = others[0].mask.height, others[0].mask.width
    taken = union(patches(one.mask for one in imported), Part.whole(frame))
    for one in others:
        own = Patch.of(one.mask)
        view = own.part.of(taken)
        rest = own.pixels & ~view
        if rest.any():
            masks[one.id] = Patch.from_array(rest, own.part).to_mask()
        view |= own.pixels
    return tuple(replace(one, mask=masks.get(one.id, one.mask)) for one in instances)


def _with_its_own_pixels(one: Instance, found: Instance) -> Instance:
    """The instance with what was found for the part of it that was left to it."""
    hidden = found.occlusion
    if hidden is None or found.mask == one.mask:
        return replace(one, occlusion=hidden)
    shapes = tuple(_with_pixels_of(one.mask, shape) for shape in hidden.completions)
    rate = 1 - one.mask.area / shapes[0].mask.area if shapes else 0.0
    cut = Patch.of(one.mask).cut_by_frame
    return replace(one, occlusion=replace(hidden, completions=shapes, rate=rate, cut_by_frame=cut))


def _with_pixels_of(own: Mask, shape: Completion) -> Completion:
    whole = shape.mask | own
    added = whole.area - own.area >= LEAST_GAIN * own.area
    return replace(shape, method=shape.method if added else "visible", mask=whole if added else own)
