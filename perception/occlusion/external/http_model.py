"""An amodal model behind an HTTP address.

For each object that something may hide, one POST of JSON, pictures as base64 PNG of the same square around it:

    {"version": 1, "label": "car", "image": RGB, "visible": mask, "occluder": mask}      masks: 0 or 255

The answer is JSON: {"mask": PNG of the same size, grey, inside > 127, "confidence": 0..1, optional}. It is data:
only its mask is used, and of that only what something in front may hide.
"""

from __future__ import annotations

import base64
import binascii
import http.client
import json
import struct
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np
from numpy.typing import NDArray

from codriver.errors import InputError, ResourceError
from perception.occlusion.external.crop import crop_of
from perception.occlusion.task import Answer, Task

_SIDE = 512
"""Largest side of the square in pixels."""
_LARGEST_ANSWER = 4 * 1024 * 1024
"""Bytes; a mask of 512 × 512 takes a few thousand."""
_CHUNK = 65536


class HttpAmodal:
    """`task.Method` for such an address. It is asked one object at a time, without redirects or proxies."""

    name = "http"

    def __init__(self, url: str, *, key: str = "", timeout_s: float = 60.0, confidence: float = 0.5) -> None:
        """`confidence` counts where the answer tells none. Raises `InputError` for what is no http(s) address."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise InputError(f"perception.amodal-url is {url!r}; it must be an http:// or https:// address.")
        self._url, self._host, self._port = url, parts.hostname, port
        self._secure = parts.scheme == "https"
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._key, self._timeout_s, self._confidence = key, timeout_s, confidence

    def identity(self) -> Mapping[str, Any]:
        """See `stage.HasModels`; of a service only the address is known."""
        return {"url": self._url, "confidence": self._confidence}

    def complete(self, tasks: Sequence[Task]) -> list[Answer | None]:
        """See `Method`; without the frame's pixels it has no idea.

        Raises `ResourceError` when the address gives no usable answer.
        """
        return [self._one(task) if task.is_behind and task.image is not None else None for task in tasks]

    def _one(self, task: Task) -> Answer | None:
        side = min(max(crop_of(task, 8).window.side, 32), _SIDE)
        crop = crop_of(task, side)
        question = {
            "version": 1,
            "label": task.label,
            "image": _png(cv2.cvtColor(crop.image, cv2.COLOR_RGB2BGR)),
            "visible": _png(crop.visible * 255),
            "occluder": _png(crop.occluder * 255),
        }
        mask, confidence = self._read(self._post(json.dumps(question).encode()), side)
        return crop.answer(mask > 127, task, confidence)

    def _post(self, body: bytes) -> bytes:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=self._timeout_s)
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        deadline = time.monotonic() + self._timeout_s
        try:
            connection.request("POST", self._path, body, headers)
            response = connection.getresponse()
            if response.status != 200:
                raise self._error(f"answers with status {response.status}")
            found = b""
            while chunk := response.read1(_CHUNK):
                found += chunk
                if len(found) > _LARGEST_ANSWER:
                    raise self._error(f"answers with more than {_LARGEST_ANSWER // 2**20} MB")
                if time.monotonic() > deadline:
                    raise TimeoutError
            return found
        except TimeoutError:
            raise self._error(f"gives no answer within {self._timeout_s:g} s") from None
        except (OSError, http.client.HTTPException) as error:
            raise self._error(f"cannot be reached ({type(error).__name__})") from None
        finally:
            connection.close()

    def _read(self, answer: bytes, side: int) -> tuple[NDArray[np.uint8], float]:
        """The mask, uint8 [side, side], and the confidence."""
        try:
            document: Any = json.loads(answer)
            text = document["mask"]
            confidence = document.get("confidence")
            picture = base64.b64decode(text, validate=True)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error):
            raise self._error('does not answer with {"mask": base64 PNG}') from None
        # The size stands at the start of a PNG; a huge picture is refused before it takes memory.
        if picture[:8] != b"\x89PNG\r\n\x1a\n" or len(picture) < 24:
            raise self._error("answers with a mask that is no PNG")
        if struct.unpack(">II", picture[16:24]) != (side, side):
            raise self._error(f"answers with a mask of another size than {side}×{side}")
        mask = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
        if mask is None or mask.shape != (side, side):
            raise self._error("answers with a PNG that cannot be read")
        if confidence is None:
            return np.asarray(mask, np.uint8), self._confidence
        if type(confidence) not in (int, float) or not 0 <= confidence <= 1:
            raise self._error("answers with a confidence that is not a number from 0 to 1")
        return np.asarray(mask, np.uint8), float(confidence)

    def _error(self, problem: str) -> ResourceError:
        return ResourceError(f"The amodal model at {self._url} {problem}; check perception.amodal-url.")


def _png(pixels: NDArray[Any]) -> str:
    _, encoded = cv2.imencode(".png", pixels)
    return base64.b64encode(encoded.tobytes()).decode("ascii")
