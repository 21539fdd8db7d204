"""A vision-language model behind an OpenAI-compatible address as a namer. Its answer is checked, never trusted."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import cv2

from codriver.errors import ResourceError
from perception.frame import RGBImage
from perception.models.roles import NameProposal

_PICTURES = 6
_NAME = re.compile(r"[a-z][a-z0-9'-]*( [a-z0-9'-]+){0,3}")
_NO_NAMES = frozenset({"unknown", "none", "object", "thing", "unclear", "n/a", "null", "unidentified"})
_TASK = (
    "All pictures show the same kind of thing on or beside a street, each cut out before a grey background. "
    'What is it? Answer with one JSON object and nothing else: {"name": "<one to three words, singular>", '
    '"confidence": <0 to 1>}. Answer {"name": "", "confidence": 0} if you are not sure.'
)


class VisionLanguageNamer:
    """Asks for one name for up to six pictures."""

    def __init__(
        self, url: str, model: str, *, key: str = "", vocabulary: Sequence[str] = (), timeout_s: float = 30.0
    ) -> None:
        """`vocabulary`: if given, no other name counts."""
        self._url, self._model, self._key, self._timeout_s = url, model, key, timeout_s
        self._vocabulary = {name.lower(): name for name in vocabulary}

    @property
    def name(self) -> str:
        """The model's name at the address."""
        return self._model

    def files_sha256(self) -> Mapping[str, str]:
        """Unknown for a remote model; its address and name stand for it."""
        return {"url": self._url, "model": self._model}

    def name_crops(self, crops: Sequence[RGBImage]) -> Sequence[NameProposal]:
        """The name, or nothing when the answer is none or is not what was asked for.

        Raises `ResourceError` when the address cannot be reached or refuses.
        """
        if not crops:
            return []
        return self.parse(self._ask(crops[:_PICTURES]))

    def parse(self, answer: str) -> list[NameProposal]:
        """The proposal in an answer; nothing for anything but one object with a plausible name and confidence."""
        start, end = answer.find("{"), answer.rfind("}")
        try:
            document = json.loads(answer[start : end + 1])
            name, confidence = document["name"], document["confidence"]
        except (ValueError, KeyError, TypeError):
            return []
        if not isinstance(name, str) or type(confidence) not in (int, float) or not math.isfinite(confidence):
            return []
        lowered = " ".join(name.lower().split())
        if not 0 < confidence <= 1 or not _NAME.fullmatch(lowered) or lowered in _NO_NAMES:
            return []
        if self._vocabulary:
            known = self._vocabulary.get(lowered)
            return [NameProposal(known, float(confidence))] if known else []
        return [NameProposal(lowered, float(confidence))]

    def _ask(self, crops: Sequence[RGBImage]) -> str:
        import openai

        content: list[dict[str, Any]] = [{"type": "text", "text": self._task()}]
        content += [{"type": "image_url", "image_url": {"url": _data_url(crop)}} for crop in crops]
        client = openai.OpenAI(
            base_url=self._url, api_key=self._key or "none", timeout=self._timeout_s, max_retries=1
        )
        messages: Any = [{"role": "user", "content": content}]
        try:
            answer = client.chat.completions.create(
                model=self._model, messages=messages, temperature=0, max_tokens=100, seed=0
            )
        except openai.OpenAIError as error:
            raise ResourceError(
                f"The naming model at {self._url} gives no answer ({type(error).__name__}); check "
                "perception.namer-url, the key and the model's name."
            ) from None
        finally:
            client.close()
        choices = answer.choices or []
        return (choices[0].message.content or "") if choices else ""

    def _task(self) -> str:
        if not self._vocabulary:
            return _TASK
        return f"{_TASK} Choose among: {', '.join(self._vocabulary.values())}."


def _data_url(crop: RGBImage) -> str:
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 90])
    return "data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode("ascii")
