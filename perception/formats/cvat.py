"""CVAT for images 1.1: one XML file, each instance a `<mask>`, exact with holes and parts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from perception.formats.names import class_of
from perception.formats.runs import row_runs
from perception.record import FrameRecord, Instance

_OCCLUDED = 0.1
"""Hidden share from which CVAT's check mark "occluded" is set."""


def write_cvat(records: Iterable[FrameRecord], file: BinaryIO) -> int:
    """Write `records` as one document; gives the number of masks. Frames that could not be read are left out."""
    xml = XMLGenerator(file, "utf-8", short_empty_elements=True)
    xml.startDocument()
    xml.startElement("annotations", AttributesImpl({}))
    _text(xml, "version", "1.1")
    count = 0
    for number, record in enumerate(records):
        if record.failure:
            continue
        info = record.frame
        size = {"width": str(info.width), "height": str(info.height)}
        xml.startElement("image", AttributesImpl({"id": str(number), "name": info.id, **size}))
        for instance in record.instances:
            if instance.mask.area:
                _mask(xml, instance)
                count += 1
        xml.endElement("image")
        xml.ignorableWhitespace("\n")
    xml.endElement("annotations")
    xml.endDocument()
    return count


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
    xml.startElement("mask", AttributesImpl(attributes))
    for name, value in (("status", instance.status), ("cluster_id", instance.cluster_id)):
        if value is not None:
            _text(xml, "attribute", str(value), name=name)
    xml.endElement("mask")


def _text(xml: XMLGenerator, tag: str, text: str, **attributes: str) -> None:
    xml.startElement(tag, AttributesImpl(attributes))
    xml.characters(text)
    xml.endElement(tag)
