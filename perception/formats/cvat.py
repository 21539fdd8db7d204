"""CVAT for images 1.1: one XML file, each instance a `<mask>`, exact with holes and parts."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from perception.formats.names import class_of
from perception.formats.runs import row_runs
from perception.record import FrameRecord, Instance

_OCCLUDED = 0.1
"""Hidden share from which CVAT's check mark "occluded" is set."""
_ATTRIBUTES = ("status", "cluster_id")
"""Of each mask, as text."""


def write_cvat(records: Iterable[FrameRecord], file: BinaryIO) -> int:
    """Write `records` as one document; gives the number of masks. Frames that could not be read are left out.

    Readers want the labels in front (`meta`), and they are known only at the end: the images wait on the disk.
    """
    labels: set[str] = set()
    frames = masks = 0
    with tempfile.TemporaryFile() as waiting:
        body = XMLGenerator(waiting, "utf-8", short_empty_elements=True)
        for number, record in enumerate(records):
            if record.failure:
                continue
            shown = [one for one in record.instances if one.mask.area]
            _image(body, number, record, shown)
            labels.update(class_of(one) for one in shown)
            frames, masks = frames + 1, masks + len(shown)
        xml = XMLGenerator(file, "utf-8", short_empty_elements=True)
        xml.startDocument()
        xml.startElement("annotations", AttributesImpl({}))
        _text(xml, "version", "1.1")
        _meta(xml, frames, sorted(labels))
        xml.ignorableWhitespace("\n")
        waiting.seek(0)
        shutil.copyfileobj(waiting, file)
        xml.endElement("annotations")
        xml.endDocument()
    return masks


def _meta(xml: XMLGenerator, frames: int, labels: Iterable[str]) -> None:
    with _inside(xml, "meta"), _inside(xml, "task"):
        _text(xml, "name", "codriver")
        _text(xml, "size", str(frames))
        _text(xml, "mode", "annotation")
        with _inside(xml, "labels"):
            for name in labels:
                with _inside(xml, "label"):
                    _text(xml, "name", name)
                    _text(xml, "type", "mask")
                    with _inside(xml, "attributes"):
                        for attribute in _ATTRIBUTES:
                            with _inside(xml, "attribute"):
                                _text(xml, "name", attribute)
                                _text(xml, "mutable", "False")
                                _text(xml, "input_type", "text")
                                _text(xml, "default_value", "")
                                _text(xml, "values", "")


def _image(xml: XMLGenerator, number: int, record: FrameRecord, instances: Iterable[Instance]) -> None:
    info = record.frame
    size = {"width": str(info.width), "height": str(info.height)}
    with _inside(xml, "image", id=str(number), name=info.id, **size):
        for instance in instances:
            _mask(xml, instance)
    xml.ignorableWhitespace("\n")


def _mask(xml: XMLGenerator, instance: Instance) -> None:
    x, y, width, height = instance.mask.box
    runs = row_runs(instance.mask.to_array()[y : y + height, x : x + width])
    hidden = instance.occlusion
    # The nearest instance is drawn on top.
    order = -hidden.depth_order if hidden else 0
    attributes = {
        "label": class_of(instance),
        "source": "manual" if instance.label_source == "person" else "auto",
        "occluded": str(int(hidden is not None and hidden.rate >= _OCCLUDED)),
        "rle": ", ".join(map(str, runs)),
        "left": str(x),
        "top": str(y),
        "width": str(width),
        "height": str(height),
        "z_order": str(order),
    }
    if instance.track_id is not None:
        attributes["group_id"] = str(instance.track_id)
    with _inside(xml, "mask", **attributes):
        for name, value in zip(_ATTRIBUTES, (instance.status, instance.cluster_id), strict=True):
            if value is not None:
                _text(xml, "attribute", str(value), name=name)


def _text(xml: XMLGenerator, tag: str, text: str, **attributes: str) -> None:
    with _inside(xml, tag, **attributes):
        xml.characters(text)


@contextmanager
def _inside(xml: XMLGenerator, tag: str, **attributes: str) -> Iterator[None]:
    xml.startElement(tag, AttributesImpl(attributes))
    yield
    xml.endElement(tag)
