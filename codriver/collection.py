"""Loading much at once without Python searching it for garbage again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection(*, stays: bool = False) -> Iterator[None]:
    """Hold off the search for garbage; what is loaded meanwhile would only be looked at in vain.

    With `stays`, all that there is afterwards is left out of later searches too, the one at the end of the program
    included: for what is loaded once and never goes.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
        if stays:
            gc.freeze()
    finally:
        if was_on:
            gc.enable()
