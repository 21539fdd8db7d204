"""Cuts a stream of sound into requests, by when speech begins and ends."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from hmi.voice.detector import FRAME_SECONDS

if TYPE_CHECKING:
    from hmi.voice.audio import Samples

_BEGINS, _LASTS = 0.5, 0.35
"""Probabilities: speech begins above the first and lasts above the second, so that it does not flicker."""
_SURE = 3
"""Frames of speech within the last five that count as a beginning; a click or a door has fewer."""
_LOOKED_AT = 5
_LEAD_IN = 0.35
"""Seconds that are kept from before the beginning: soft first sounds are noticed late."""
_GLANCE = 0.25
"""Seconds of silence after which the end is likely enough to begin with the transcript."""
_LONGEST = 15.0
"""Seconds after which a request ends although somebody is still talking: it is the radio."""


class Edge(Enum):
    """What happened with a frame."""

    BEGAN = auto()
    """Somebody speaks."""
    GOES_ON = auto()
    PAUSED = auto()
    """Silence that may be the end."""
    ENDED = auto()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Speech so far."""

    edge: Edge
    samples: Samples
    """From a little before the beginning to now; at PAUSED and ENDED, to where the speech paused."""
    seconds: float


class Segmenter:
    """Follows one stream; frames in, stretches of speech out."""

    def __init__(self, pause: float = 0.6) -> None:
        self._pause = pause
        self._recent: deque[tuple[Samples, bool]] = deque(maxlen=round(_LEAD_IN / FRAME_SECONDS) + _LOOKED_AT)
        self._frames: list[Samples] = []
        self._silent = 0
        self._glanced = False

    @property
    def speaking(self) -> bool:
        """True between the beginning and the end of a request."""
        return bool(self._frames)

    def feed(self, frame: Samples, probability: float) -> Stretch | None:
        """Take the next frame; None while nobody speaks."""
        if not self._frames:
            return self._waiting(frame, probability)
        self._frames.append(frame)
        self._silent = 0 if probability >= _LASTS else self._silent + 1
        if self._silent == 0:
            self._glanced = False
        silence = self._silent * FRAME_SECONDS
        if silence >= self._pause or len(self._frames) * FRAME_SECONDS >= _LONGEST:
            return self._end()
        if silence >= _GLANCE and not self._glanced:
            self._glanced = True
            return self._stretch(Edge.PAUSED)
        return self._stretch(Edge.GOES_ON)

    def _waiting(self, frame: Samples, probability: float) -> Stretch | None:
        self._recent.append((frame, probability >= _BEGINS))
        if sum(speech for _, speech in list(self._recent)[-_LOOKED_AT:]) < _SURE:
            return None
        self._frames = [kept for kept, _ in self._recent]
        self._recent.clear()
        self._silent, self._glanced = 0, False
        return self._stretch(Edge.BEGAN)

    def _end(self) -> Stretch:
        stretch = self._stretch(Edge.ENDED)
        self._frames = []
        return stretch

    def _stretch(self, edge: Edge) -> Stretch:
        import numpy as np

        frames = self._frames
        # The same samples at PAUSED and at ENDED: the transcript begun at the pause is then the final one.
        kept = round(_GLANCE / FRAME_SECONDS)
        if edge in (Edge.PAUSED, Edge.ENDED) and self._silent > kept:
            frames = frames[: len(frames) - self._silent + kept]
        return Stretch(edge, np.concatenate(frames), len(frames) * FRAME_SECONDS)
