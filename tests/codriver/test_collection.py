"""Garbage is not looked for while loading, and again afterwards, also when loading fails."""

from __future__ import annotations

import gc

import pytest

from codriver.collection import no_collection


def test_collection_rests_inside_and_goes_on_afterwards():
    with no_collection():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError, match="broken"), no_collection():
        raise ValueError("broken")
    assert gc.isenabled()


def test_what_was_off_stays_off():
    gc.disable()
    try:
        with no_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_stays_is_left_out_of_later_searches():
    before = gc.get_freeze_count()
    with no_collection(stays=True):
        pass
    try:
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
