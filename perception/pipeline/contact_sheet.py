"""One HTML file with a small picture of each frame, its objects drawn in; nothing else is needed to look at it."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

import cv2
import numpy as np
from PIL import Image

from codriver.errors import CodriverError
from perception.frame import RGBImage
from perception.record import FrameRecord, Instance

WIDTH = 480
"""Of a picture, pixels."""
LIMIT = 60
"""Pictures at most; of more frames some at even distances are shown."""
_KNOWN, _UNKNOWN = (64, 192, 255), (255, 150, 30)
_STYLE = """
body{margin:1.5rem;font:15px/1.4 system-ui,sans-serif;background:#14161a;color:#e8e8e8}
main{display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(320px,1fr))}
figure{margin:0;background:#20242b;border-radius:6px;overflow:hidden}
img{display:block;width:100%}figcaption{padding:.5rem .7rem;overflow-wrap:anywhere}
.known{color:#40c0ff}.unknown{color:#ff961e}.failed{color:#ff7b7b;padding:.7rem}
"""


def shown_positions(count: int, limit: int = LIMIT) -> list[int]:
    """Which of `count` frames are shown."""
    if count <= limit:
        return list(range(count))
    return sorted({round(position) for position in np.linspace(0, count - 1, limit)})


def overlay(image: RGBImage, record: FrameRecord, width: int = WIDTH) -> RGBImage:
    """The frame `width` pixels wide, its instances tinted, outlined and named; known blue, unknown orange."""
    height = max(1, round(image.shape[0] * width / image.shape[1]))
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    drawn: RGBImage = small.astype(np.uint8)
    # The surest one is drawn last, on top.
    for instance in sorted(record.instances, key=lambda one: (one.score, one.id)):
        inside = cv2.resize(
            instance.mask.to_array().astype(np.uint8), (width, height), interpolation=cv2.INTER_AREA
        )
        colour = _KNOWN if instance.status == "known" else _UNKNOWN
        drawn[inside > 0] = (0.6 * drawn[inside > 0] + 0.4 * np.array(colour)).astype(np.uint8)
        edges, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        cv2.drawContours(drawn, edges, -1, colour, 1, cv2.LINE_AA)
        _name(drawn, instance, width / image.shape[1])
    return drawn


def _name(drawn: RGBImage, instance: Instance, scale: float) -> None:
    x, y, _, _ = instance.mask.box
    if instance.label:
        at = (int(x * scale), max(10, int(y * scale) - 3))
        cv2.putText(drawn, instance.label, at, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 3, cv2.LINE_AA)
        cv2.putText(drawn, instance.label, at, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255), 1, cv2.LINE_AA)


def write_contact_sheet(
    title: str,
    lines: Iterable[str],
    records: Iterable[FrameRecord],
    load: Callable[[str], RGBImage],
    file: BinaryIO,
) -> None:
    """Write the page: `lines` of summary, then `records`, whose images `load` gives by frame id."""
    file.write(f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(title)}</title>".encode())
    file.write(f"<style>{_STYLE}</style><h1>{html.escape(title)}</h1>".encode())
    for line in lines:
        file.write(f"<p>{html.escape(line)}</p>".encode())
    file.write('<p><span class="known">■ known</span> <span class="unknown">■ unknown</span></p><main>'.encode())
    for record in records:
        for part in _figure(record, load):
            file.write(part.encode())
    file.write(b"</main></html>\n")


def _figure(record: FrameRecord, load: Callable[[str], RGBImage]) -> Iterator[str]:
    failure = record.failure
    if not failure:
        try:
            picture = _jpeg(overlay(load(record.frame.id), record))
        except CodriverError as error:  # the source may have changed meanwhile
            failure = str(error)
    yield "<figure>"
    if failure:
        yield f'<div class="failed">{html.escape(failure)}</div>'
    else:
        yield f'<img loading="lazy" alt="" src="data:image/jpeg;base64,{picture}">'
    known = sum(one.status == "known" for one in record.instances)
    counts = f'<span class="known">{known}</span> + <span class="unknown">{len(record.instances) - known}</span>'
    yield f"<figcaption>{html.escape(record.frame.id)} · {counts}</figcaption></figure>\n"


def _jpeg(image: RGBImage) -> str:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=80)
    return base64.b64encode(buffer.getvalue()).decode("ascii")
