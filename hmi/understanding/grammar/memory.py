"""What the grammar remembers of a conversation."""

from __future__ import annotations

from dataclasses import dataclass

from hmi.understanding.grammar.clauses import Clause
from hmi.understanding.grammar.resolved import Resolved


@dataclass(frozen=True, slots=True)
class Memory:
    """What the grammar remembers of the last sentence that asked for something."""

    resolved: tuple[Resolved, ...] = ()
    earlier: tuple[Resolved, ...] = ()
    """The same of the sentence before that one, for "both off"."""
    pending: Clause | None = None
    """What was asked without saying of which device ("open it", with nothing to refer to)."""
