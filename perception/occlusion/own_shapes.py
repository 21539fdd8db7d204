"""Whole shapes of the data set itself: objects of a file that nothing touches and no border cuts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from perception.masks import BoolImage
from perception.occlusion.network_input import kind_of
from perception.occlusion.order import touching
from perception.occlusion.patch import Patch
from perception.occlusion.shapes import Shapes, shapes_of
from perception.record import FrameRecord

_SMALLEST = 400
"""Pixels of a shape that tells something."""
_TRUST = 0.1
"""See `Shapes.trust`; measured on CamVid's training frames, shapes of other frames against rendered ones."""


@dataclass(frozen=True, eq=False)
class WholeObject:
    """One that can be taken for whole."""

    source: str
    """What picture it was taken from; see `whole_objects`."""
    mask: BoolImage
    """Cropped to its box."""
    kind: int
    """Index into `network_input.KINDS`."""


def whole_objects(
    records: Sequence[FrameRecord],
    sources: Sequence[str] = (),
    most: int = 1000,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[WholeObject]:
    """The first `most` instances of known classes that touch neither others nor the image's border.

    `sources` names for each record the picture that its image was made from; of what several images of one picture
    show alike, one is kept. Without it each record is a picture of its own.
    """
    found: dict[tuple[str, int, tuple[int, ...], bytes], WholeObject] = {}
    for at, record in enumerate(records):
        if len(found) >= most:
            break
        source = sources[at] if sources else str(at)
        masks = [Patch.of(one.mask) for one in record.instances]
        busy = {index for pair in touching(masks) for index in pair}
        for index, (one, mask) in enumerate(zip(record.instances, masks, strict=True)):
            kind = kind_of(one.label)
            if index not in busy and kind.any() and one.mask.area >= _SMALLEST and not mask.cut_by_frame:
                number = int(kind.argmax())
                key = (source, number, mask.box, mask.pixels.tobytes())
                found.setdefault(key, WholeObject(source, mask.pixels, number))
        progress(at + 1, len(records))
    return list(found.values())[:most]


def own_shapes(objects: Iterable[WholeObject], but_of: str = "") -> Shapes:
    """Their shapes and mirror images, without those of the picture `but_of`."""
    kept = [(one.mask, one.kind) for one in objects if not but_of or one.source != but_of]
    return shapes_of(kept, _TRUST).with_mirrored()
