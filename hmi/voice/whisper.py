"""Whisper through onnx-asr, with what onnx-asr leaves out: a hint, several transcripts, and the fit of a text.

onnx-asr loads the model, makes the features and runs encoder and decoder; this module drives the decoder itself.
The hint is text that Whisper takes for what was said before: it spells names the way they were spelled there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from onnxruntime import OrtValue

from hmi.understanding.grammar.text import words_of
from hmi.voice.bpe import encode
from hmi.voice.encoder import Encoder
from hmi.voice.hearing import Impatience, never, spoken_words

if TYPE_CHECKING:
    from onnx_asr.models.whisper import WhisperHf

    from hmi.voice.audio import Samples

_LONGEST_ANSWER = 60
"""Tokens; a request has some 15, and a model that loops on noise must be stopped."""
_LONGEST_ROUND, _ROUNDS = 20, 3
"""Tokens that may be repeated as a whole, and how often it takes to call it a loop."""
_SHORT_ROUND, _SHORT_ROUNDS = 4, 4
"""So few are repeated by people as well: "no, no, no"."""
_MAX_HINT = 220
"""Tokens; the decoder has room for 448 in all."""

State = dict[str, OrtValue]


@dataclass(frozen=True, slots=True)
class _Sound:
    """What the model made of a recording before the first word of the answer."""

    key: bytes
    in_short: bool
    """Whether the encoder looked at it in its shorter window."""
    view: OrtValue
    """The encoder's."""
    first: npt.NDArray[np.float32]
    """Log probabilities of the first token."""
    state: State
    """The decoder's, after the hint."""


class WhisperEars:
    """A Whisper model that knows what is likely to be said."""

    def __init__(
        self, model: WhisperHf, encoder: Encoder, name: str, language: str, hint: str = "", beams: int = 4
    ) -> None:
        self.name = name
        self._model = model
        self._encoder = encoder
        self._beams = beams
        self._letters = {byte: letter for letter, byte in model._byte_decoder.items()}
        tokens = model._tokens
        start = [tokens[f"<|{name}|>"] for name in ("startoftranscript", language, "transcribe", "notimestamps")]
        before = self._encode(f" {hint.strip()}")[-_MAX_HINT:] if hint else []
        self._prompt = ([tokens["<|startofprev|>"], *before] if before else []) + start
        self._end = tokens["<|endoftext|>"]
        self._first_special = self._end
        self._sound: _Sound | None = None

    def hear(self, samples: Samples, given_up: Impatience = never) -> str:
        """The most likely transcript; what there is of it once `given_up` says True."""
        sound = self._listen(samples)
        text, again = self._transcript(sound, given_up)
        if (text and (not again or _is_sentence(text))) or not sound.in_short or given_up():
            return "" if again and not _is_sentence(text) else text
        # The short window sometimes shows it no end; the long one has plenty of silence.
        second, again = self._transcript(self._listen(samples, in_long=True), given_up)
        # Noise is not taken for the same words twice.
        return second if not again or _is_sentence(second) or words_of(second) == words_of(text) else ""

    def alternatives(self, samples: Samples) -> Sequence[str]:
        """The likeliest transcripts, best first."""
        found = [self._text(_once(tokens)) for tokens in self._search(self._listen(samples), self._beams)]
        return list(dict.fromkeys(text for text in found if text))

    def fit(self, samples: Samples, texts: Sequence[str]) -> Sequence[float] | None:
        """The log probability of each text, given the sound."""
        if not texts:
            return []
        sound = self._listen(samples)
        rows = [[*self._encode(f" {text}"), self._end] for text in texts]
        width = max(map(len, rows))
        tokens = np.array([row + [self._end] * (width - len(row)) for row in rows], dtype=np.int64)
        counts = np.arange(width) < np.array([len(row) for row in rows])[:, None]
        chances = np.repeat(sound.first[None], len(rows), axis=0)
        view = _repeated(sound.view, len(rows))
        state = {key: _repeated(value, len(rows)) for key, value in sound.state.items()}
        total = np.zeros(len(rows))
        for step in range(width):
            total += np.where(counts[:, step], chances[np.arange(len(rows)), tokens[:, step]], 0.0)
            if step + 1 < width:
                logits, state = self._model._decode(tokens[:, : step + 1], state, view)
                chances = _log_softmax(logits[:, -1])
        return [float(each) for each in total]

    def _start(self) -> npt.NDArray[np.int64]:
        return np.array([self._prompt], dtype=np.int64)

    def _encode(self, text: str) -> list[int]:
        return encode(text, self._model._tokens, self._letters)

    def _text(self, tokens: Sequence[int]) -> str:
        kept = np.array([token for token in tokens if token < self._first_special], dtype=np.int64)
        return spoken_words(self._model._decode_tokens(kept).text)

    def _listen(self, samples: Samples, in_long: bool = False) -> _Sound:
        """What is the same for all that is asked about a sound; kept for the last one, as it takes most time."""
        key = samples.tobytes()
        kept = self._sound  # read once: another thread may be hearing something else
        if kept is not None and kept.key == key and not (in_long and kept.in_short):
            return kept
        in_short = not in_long and self._encoder.is_short(samples)
        view = self._encoder.view(samples, in_short)
        logits, state = self._model._decode(self._start(), self._model._create_state(), view)
        sound = _Sound(key, in_short, view, _log_softmax(logits[0, -1]), state)
        self._sound = sound
        return sound

    def _transcript(self, sound: _Sound, given_up: Impatience) -> tuple[str, bool]:
        """The likeliest, and whether it went round in circles; of what is repeated, one round is left."""
        (tokens,) = self._search(sound, 1, given_up)
        again = repeated(tokens)
        return self._text(tokens[: len(tokens) - again]), again > 0

    def _search(self, sound: _Sound, beams: int, given_up: Impatience = never) -> list[list[int]]:
        """The `beams` likeliest token rows, best first, by beam search; 1 is a greedy search."""
        first = np.argsort(sound.first)[::-1][:beams]
        rows, scores = [[int(token)] for token in first], sound.first[first]
        done: list[tuple[float, list[int]]] = []
        state = {key: _repeated(value, len(rows)) for key, value in sound.state.items()}
        view = _repeated(sound.view, len(rows))
        for _ in range(_LONGEST_ANSWER):
            ended = [row[-1] == self._end for row in rows]
            done += [(_normal(scores[i], rows[i]), rows[i]) for i in range(len(rows)) if ended[i]]
            alive = [i for i in range(len(rows)) if not ended[i]]
            if not alive or len(done) >= beams or given_up() or (beams == 1 and repeated(rows[0])):
                break
            if len(alive) < len(rows):
                rows, scores = [rows[i] for i in alive], scores[alive]
                state, view = _reordered(state, alive), _picked(view, range(len(alive)))
            rows, scores, state, view = self._extend(rows, scores, state, view)
        done += [
            (_normal(score, row), row) for score, row in zip(scores, rows, strict=True) if row[-1] != self._end
        ]
        return [row for _, row in sorted(done, key=lambda entry: -entry[0])[:beams]]

    def _extend(
        self, rows: list[list[int]], scores: npt.NDArray[np.float32], state: State, view: OrtValue
    ) -> tuple[list[list[int]], npt.NDArray[np.float32], State, OrtValue]:
        """One more token for the best continuations of `rows`, as many as there are rows."""
        tokens = np.array([[*self._prompt, *row] for row in rows], dtype=np.int64)
        logits, state = self._model._decode(tokens, state, view)
        chances = scores[:, None] + _log_softmax(logits[:, -1])
        flat = np.argsort(chances, axis=None)[::-1][: len(rows)]
        parents, chosen = np.unravel_index(flat, chances.shape)
        picked = [int(parent) for parent in parents]
        rows = [[*rows[parent], int(token)] for parent, token in zip(picked, chosen, strict=True)]
        if picked != list(range(len(rows))):
            state = _reordered(state, picked)
        return rows, chances.reshape(-1)[flat], state, view


def repeated(tokens: Sequence[int]) -> int:
    """How many tokens at the end only repeat those before them, as engines do that find no end; mostly 0."""
    for length in range(1, _LONGEST_ROUND + 1):
        times = _ROUNDS if length > _SHORT_ROUND else _SHORT_ROUNDS
        last = [tuple(tokens[max(0, end - length) : end]) for end in range(len(tokens), 0, -length)[:times]]
        if len(last) == times and set(last) == {tuple(tokens[-length:])}:
            return length * (times - 1)
    return 0


def _is_sentence(text: str) -> bool:
    return text.endswith((".", "!", "?"))


def _once(tokens: Sequence[int]) -> Sequence[int]:
    """`tokens` without a second half (before the end) that only says the first one again."""
    half = len(tokens) // 2
    return tokens[:half] if half >= _ROUNDS and tokens[:half] == tokens[half : 2 * half] else tokens


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
