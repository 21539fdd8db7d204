"""Libraries tell in ways of their own that memory did not suffice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import cv2


@contextmanager
def memory_told() -> Iterator[None]:
    """Raise `MemoryError` where OpenCV says that it found no memory; its other errors pass."""
    try:
        yield
    except cv2.error as error:
        if error.code != cv2.Error.StsNoMem:
            raise
        raise MemoryError from error
