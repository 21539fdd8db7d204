"""Whisper through onnx-asr, with what onnx-asr leaves out: a hint, several transcripts, and the fit of a text.

onnx-asr loads the model, makes the features and runs encoder and decoder; this module drives the decoder itself.
The hint is text that Whisper takes for what was said before: it spells names the way they were spelled there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from onnxruntime import OrtValue

from hmi.voice.audio import RATE
from hmi.voice.bpe import encode
from hmi.voice.hearing import spoken_words

if TYPE_CHECKING:
    from onnx_asr.models.whisper import WhisperHf

    from hmi.voice.audio import Samples

_LONGEST_ANSWER = 60
"""Tokens; a request has some 15, and a model that loops on noise must be stopped."""
_WINDOW = 30.0
"""Seconds that the encoder looks at."""
_MAX_HINT = 220
"""Tokens; the decoder has room for 448 in all."""

State = dict[str, OrtValue]


class WhisperEars:
    """A Whisper model that knows what is likely to be said."""

    def __init__(self, model: WhisperHf, name: str, language: str, hint: str = "", beams: int = 4) -> None:
        self.name = name
        self._model = model
        self._beams = beams
        self._letters = {byte: letter for letter, byte in model._byte_decoder.items()}
        tokens = model._tokens
        start = [tokens[f"<|{name}|>"] for name in ("startoftranscript", language, "transcribe", "notimestamps")]
        before = self._encode(f" {hint.strip()}")[-_MAX_HINT:] if hint else []
        self._prompt = ([tokens["<|startofprev|>"], *before] if before else []) + start
        self._end = tokens["<|endoftext|>"]
        self._first_special = self._end
        self._sound: tuple[bytes, OrtValue] | None = None

    def hear(self, samples: Samples) -> str:
        """The most likely transcript."""
        return self._text(self._search(self._listen(samples), 1)[0])

    def alternatives(self, samples: Samples) -> Sequence[str]:
        """The likeliest transcripts, best first."""
        found = [self._text(tokens) for tokens in self._search(self._listen(samples), self._beams)]
        return list(dict.fromkeys(text for text in found if text))

    def fit(self, samples: Samples, texts: Sequence[str]) -> Sequence[float] | None:
        """The log probability of each text, given the sound."""
        if not texts:
            return []
        sound = self._listen(samples)
        rows = [[*self._encode(f" {text}"), self._end] for text in texts]
        width = max(map(len, rows))
        filled = np.array([row + [self._end] * (width - len(row)) for row in rows], dtype=np.int64)
        tokens = np.hstack([np.repeat(self._start(), len(rows), axis=0), filled])
        logits, _ = self._model._decode(tokens, self._model._create_state(), _repeated(sound, len(rows)))
        chances = _log_softmax(logits[:, len(self._prompt) - 1 : -1])
        each = np.take_along_axis(chances, filled[..., None], axis=-1)[..., 0]
        return [float(each[number, : len(row)].sum()) for number, row in enumerate(rows)]

    def _start(self) -> npt.NDArray[np.int64]:
        return np.array([self._prompt], dtype=np.int64)

    def _encode(self, text: str) -> list[int]:
        return encode(text, self._model._tokens, self._letters)

    def _text(self, tokens: Sequence[int]) -> str:
        kept = np.array([token for token in tokens if token < self._first_special], dtype=np.int64)
        return spoken_words(self._model._decode_tokens(kept).text)

    def _listen(self, samples: Samples) -> OrtValue:
        """The encoder's view of the sound; that of the last sound is kept, since it takes most of the time."""
        key = samples.tobytes()
        kept = self._sound  # read once: another thread may be hearing something else
        if kept is not None and kept[0] == key:
            return kept[1]
        heard = samples[: int(_WINDOW * RATE)]
        view: OrtValue = self._model._encode(heard[None], np.array([len(heard)]))
        self._sound = (key, view)
        return view

    def _search(self, sound: OrtValue, beams: int) -> list[list[int]]:
        """The `beams` likeliest token rows, best first, by beam search; 1 is a greedy search."""
        logits, state = self._model._decode(self._start(), self._model._create_state(), sound)
        chances = _log_softmax(logits[0, -1])
        first = np.argsort(chances)[::-1][:beams]
        rows, scores = [[int(token)] for token in first], chances[first]
        done: list[tuple[float, list[int]]] = []
        state = {key: _repeated(value, len(rows)) for key, value in state.items()}
        sound = _repeated(sound, len(rows))
        for _ in range(_LONGEST_ANSWER):
            ended = [row[-1] == self._end for row in rows]
            done += [(_normal(scores[i], rows[i]), rows[i]) for i in range(len(rows)) if ended[i]]
            alive = [i for i in range(len(rows)) if not ended[i]]
            if not alive or len(done) >= beams:
                break
            if len(alive) < len(rows):
                rows, scores = [rows[i] for i in alive], scores[alive]
                state, sound = _reordered(state, alive), _picked(sound, range(len(alive)))
            rows, scores, state, sound = self._extend(rows, scores, state, sound)
        done += [
            (_normal(score, row), row) for score, row in zip(scores, rows, strict=True) if row[-1] != self._end
        ]
        return [row for _, row in sorted(done, key=lambda entry: -entry[0])[:beams]]

    def _extend(
        self, rows: list[list[int]], scores: npt.NDArray[np.float32], state: State, sound: OrtValue
    ) -> tuple[list[list[int]], npt.NDArray[np.float32], State, OrtValue]:
        """One more token for the best continuations of `rows`, as many as there are rows."""
        tokens = np.array([[*self._prompt, *row] for row in rows], dtype=np.int64)
        logits, state = self._model._decode(tokens, state, sound)
        chances = scores[:, None] + _log_softmax(logits[:, -1])
        flat = np.argsort(chances, axis=None)[::-1][: len(rows)]
        parents, chosen = np.unravel_index(flat, chances.shape)
        picked = [int(parent) for parent in parents]
        rows = [[*rows[parent], int(token)] for parent, token in zip(picked, chosen, strict=True)]
        if picked != list(range(len(rows))):
            state = _reordered(state, picked)
        return rows, chances.reshape(-1)[flat], state, sound


def _normal(score: float, row: Sequence[int]) -> float:
    return float(score) / len(row)


def _log_softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    result: npt.NDArray[np.float32] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def _repeated(value: OrtValue, times: int) -> OrtValue:
    return value if times == 1 else OrtValue.ortvalue_from_numpy(np.repeat(value.numpy(), times, axis=0))


def _reordered(state: State, rows: Sequence[int]) -> State:
    """`state` for these rows; what it holds of the sound is large and the same in all rows, so it stays."""
    shared = range(len(rows))
    return {
        key: value
        if ".encoder." in key and value.shape()[0] == len(rows)
        else _picked(value, shared if ".encoder." in key else rows)
        for key, value in state.items()
    }


def _picked(value: OrtValue, rows: Sequence[int]) -> OrtValue:
    return OrtValue.ortvalue_from_numpy(value.numpy()[list(rows)])
