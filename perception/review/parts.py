"""What the handlers share, kept in the app."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from flask import Flask, current_app

from codriver.errors import NotFoundError
from perception.review.board import Board
from perception.review.gallery import Gallery
from perception.review.pictures import Pictures

_KEY = "codriver_review"


@dataclass(frozen=True)
class Parts:
    """Everything a handler works with."""

    board: Board
    gallery: Gallery
    pictures: Pictures
    export: Callable[[], tuple[str, int]]
    """Writes the annotations, and tells where and how many."""
    exporting: threading.Lock = field(default_factory=threading.Lock)
    """One export at a time; decisions go on meanwhile."""

    def check_segment(self, row: int) -> None:
        """Raises `NotFoundError`."""
        if row >= len(self.board.table):
            raise NotFoundError(f"There is no segment {row}; the dataset has {len(self.board.table)}.")

    def check_frame(self, position: int) -> None:
        """Raises `NotFoundError`."""
        if position >= len(self.board.dataset):
            raise NotFoundError(f"There is no frame {position}; the dataset has {len(self.board.dataset)}.")


def install(app: Flask, parts: Parts) -> None:
    """Put `parts` into `app`."""
    app.extensions[_KEY] = parts


def parts() -> Parts:
    """The parts of the app that handles the current request."""
    return cast(Parts, current_app.extensions[_KEY])
