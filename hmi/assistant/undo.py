"""Taking back: what a turn changed, and the wishes and order that restore it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from codriver.errors import InputError
from hmi.assistant.acting import Deed
from hmi.assistant.conversation import Restored, TakeBack
from hmi.catalogue.signal import SignalValue, Value
from hmi.planning.plan import Change, Plan
from hmi.requests import Kind, Request


def taken(deeds: Iterable[Deed], before: Mapping[str, Value]) -> TakeBack:
    """What `deeds` changed, companions included; a window that was stopped half way has changed too.

    A signal without a trustworthy value before or after is left out: nobody could say what to go back to.
    """
    found = []
    for deed in deeds:
        target = deed.change.target
        was = before.get(target.path)
        now = deed.result.actual if deed.result is not None else None
        if was is None or now is None or was == now:
            continue
        try:
            found.append(Restored(SignalValue(target.signal, was), deed.change.phase))
        except InputError:
            continue  # the vehicle reported a value that cannot be commanded
    return tuple(found)


def merged(older: TakeBack, newer: TakeBack, now: Mapping[str, Value]) -> TakeBack:
    """One entry for a turn and its correction: back to before both, for what is `now` different from then."""
    known = {item.before.path: item for item in newer} | {item.before.path: item for item in older}
    return tuple(item for path, item in known.items() if now.get(path) != item.before.value)


def restore(entry: TakeBack) -> tuple[Request, ...]:
    """The wishes that put back what `entry` holds, in reverse order."""
    return tuple(_set(item.before) for item in reversed(entry))


def correction(requests: Sequence[Request], fresh: Plan, last: TakeBack) -> tuple[Request, ...]:
    """The wishes of a sentence that replaces the turn before: restore `last`, except what is now set anew.

    `fresh` is the plan of `requests` from the state before that turn, which makes relative wishes absolute.
    """
    anew = {target.path for target in fresh.requested}
    back = [_set(item.before) for item in reversed(last) if item.before.path not in anew]
    others = [wish for wish in requests if wish.kind is Kind.READ or wish.signal.path not in anew]
    return (*back, *map(_set, fresh.requested), *others)


def reversed_phases(changes: Iterable[Change], entry: TakeBack) -> tuple[Change, ...]:
    """`changes` that restore `entry`, in the reverse order of how its values were given up.

    A shade that opened before the sunroof closes after it. Companions that the rules add now keep their place
    before or after all of it.
    """
    given_up = {item.before.path: item.phase for item in entry}
    last, first = max(given_up.values(), default=0), min(given_up.values(), default=0)

    def phase(change: Change) -> int:
        if not change.rule and change.target.path in given_up:
            return last - given_up[change.target.path]
        return change.phase + (last - first if change.phase > 0 else 0)

    return tuple(replace(change, phase=phase(change)) for change in changes)


def _set(target: SignalValue) -> Request:
    return Request(Kind.SET, target.signal, target.value)
