"""How far the reading of a sentence has come: what was read, and what the conversation adds to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hmi.understanding.grammar.aspects import read_aspects
from hmi.understanding.grammar.clauses import Clause
from hmi.understanding.grammar.lexicon import Lexicon, Token
from hmi.understanding.grammar.matching import Match, matches_of
from hmi.understanding.grammar.places import Seating
from hmi.understanding.grammar.resolved import Resolved


@dataclass(slots=True)
class Progress:
    """The readings of a sentence so far."""

    lexicon: Lexicon
    seating: Seating
    memory: Sequence[Resolved]
    """The readings of the last sentence."""
    earlier: Sequence[Resolved]
    """Those of the one before it."""
    said_before: Clause | None
    """The clause before, as it was said; it may have no reading yet."""
    done: list[Resolved] = field(default_factory=list)
    """The readings of this sentence, in order."""

    def matches(self, tokens: Sequence[Token], seating: Seating | None = None) -> list[Match]:
        """The best readings of these words."""
        return matches_of(self.lexicon, tokens, seating or self.seating)

    def add(self, tokens: Sequence[Token], borrowed: str = "", seating: Seating | None = None) -> bool:
        """Add what these words mean; False when they fit nothing. `borrowed`: as in `Resolved`."""
        matches = self.matches(tokens, seating)
        if matches:
            self.done.append(Resolved(tuple(matches), tuple(tokens), borrowed))
            return True
        several = [] if borrowed else read_aspects(self.lexicon, tokens, self.seating)
        self.done.extend(several)
        return bool(several)
