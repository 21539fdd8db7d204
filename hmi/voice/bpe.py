"""Text to the tokens of a byte-level vocabulary, as Whisper's decoder reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PIECE = re.compile(r"'(?:s|t|re|ve|m|ll|d)| ?[^\W\d_]+| ?\d+| ?[^\s\w]+|\s+")


def encode(text: str, vocabulary: Mapping[str, int], letters: Mapping[int, str]) -> list[int]:
    """The token ids of `text`; `letters` maps each byte to the character that stands for it in `vocabulary`.

    Merges are not needed beside the vocabulary: it lists its tokens in the order in which they were merged.
    """
    ids: list[int] = []
    for piece in _PIECE.findall(text):
        parts = [letters[byte] for byte in piece.encode("utf-8")]
        ids += [vocabulary[part] for part in _merged(parts, vocabulary)]
    return ids


def _merged(parts: list[str], vocabulary: Mapping[str, int]) -> list[str]:
    while len(parts) > 1:
        ranks = [vocabulary.get(parts[i] + parts[i + 1], -1) for i in range(len(parts) - 1)]
        known = [rank for rank in ranks if rank >= 0]
        if not known:
            break
        at = ranks.index(min(known))
        parts = [*parts[:at], parts[at] + parts[at + 1], *parts[at + 2 :]]
    return parts
