"""Keeps what a speech model heard: a measurement can be cut short and go on, or be repeated with other repairs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hmi.voice
from hmi.voice.hearing import Ears, Impatience, never

if TYPE_CHECKING:
    from hmi.voice.audio import Samples

_CODE = ("whisper.py", "encoder.py", "hearing.py", "bpe.py")
"""What decides how a model is asked; a change there makes everything forgotten."""


class RememberedEars:
    """Asks `ears` only what is not in `file` yet: one JSON line for each question."""

    def __init__(self, ears: Ears, file: Path) -> None:
        self.name = ears.name
        self._ears = ears
        self._file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        self._known: dict[str, Any] = dict(json.loads(line) for line in lines if line.endswith("]"))

    def hear(self, samples: Samples, given_up: Impatience = never) -> str:
        """The transcript."""
        return str(self._asked(samples, "hear", lambda: self._ears.hear(samples)))

    def alternatives(self, samples: Samples) -> Sequence[str]:
        """Other transcripts."""
        return list(self._asked(samples, "alternatives", lambda: list(self._ears.alternatives(samples))))

    def fit(self, samples: Samples, texts: Sequence[str]) -> Sequence[float] | None:
        """How well each of `texts` fits."""
        question = f"fit {json.dumps(list(texts))}"
        fits = self._asked(samples, question, lambda: _listed(self._ears.fit(samples, texts)))
        return None if fits is None else list(fits)

    def _asked(self, samples: Samples, question: str, ask: Callable[[], Any]) -> Any:
        key = hashlib.sha256(samples.tobytes() + question.encode()).hexdigest()
        if key not in self._known:
            self._known[key] = ask()
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps([key, self._known[key]]) + "\n")
        return self._known[key]


def memory_of(folder: Path, model: str, hint: str) -> Path:
    """The file in `folder` for what `model` hears with this hint and this code."""
    code = [(Path(hmi.voice.__file__).parent / name).read_bytes() for name in _CODE]
    digest = hashlib.sha256(b"".join([*code, hint.encode()])).hexdigest()
    return folder / f"heard-{model}-{digest[:12]}.jsonl"


def _listed(values: Sequence[float] | None) -> list[float] | None:
    return None if values is None else list(values)
