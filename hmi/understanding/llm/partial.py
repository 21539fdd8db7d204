"""What the grammar can read of a sentence that it cannot read whole, and whether the rest is only talk around it.

"Boot open please, I've got the pushchair" holds a request and a reason. The grammar rightly leaves such a sentence
alone, since it does not know the words; here the longest part that it can read is found, and `doubts` judges the
words around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hmi.requests import Act, Context, Interpretation, Kind, Recogniser, Request
from hmi.understanding.grammar.lexicon import Lexicon, Token
from hmi.understanding.grammar.questions import is_question
from hmi.understanding.grammar.text import PAUSE, words_of
from hmi.understanding.llm.doubts.judge import doubt_of
from hmi.understanding.llm.doubts.partly_read import PartlyRead, Span
from hmi.understanding.llm.frames import wants_explanation
from hmi.understanding.llm.words import word_lists

MAX_WORDS = 28
"""Words of a longer sentence are looked at up to here."""
_MAX_TRIES = 120
_FILLING = ("filler", "function", "conj", "remark", "possessives", "pronouns", "to")
_SWITCHING = frozenset({"on", "off", "in", "out", "up", "down"})
_REASONS = frozenset({"so", "because", "cause", "cos", "while", "since"})


@dataclass(frozen=True, slots=True)
class Partial:
    """The requests that could be read."""

    meant: Interpretation
    spoken: str
    """The words they were read from."""
    rest: tuple[str, ...]
    """The other words, without pauses."""
    doubt: str = ""
    """Why it is not clear that this is wanted now; empty when it is."""

    @property
    def requests(self) -> tuple[Request, ...]:
        """What the part asks for."""
        return self.meant.requests


class PartialReader:
    """Finds the parts of a sentence that a recogniser can read."""

    def __init__(self, recogniser: Recogniser, lexicon: Lexicon) -> None:
        self._recogniser = recogniser
        self._lexicon = lexicon

    def read(self, text: str, context: Context) -> Partial | None:
        """The parts of `text` that ask for a change, as one request; None when there are none."""
        words = words_of(text)[:MAX_WORDS]
        if is_question(self._lexicon.tokens(words)) or wants_explanation(words, self._lexicon):
            # "What a day! Close the boot": a question may be followed by a request.
            words = words[words.index(PAUSE) + 1 :] if PAUSE in words else []
        context = replace(context, question=None)
        named = with_named(words, self._lexicon)
        spans: list[Span] = []
        if named != words:
            at = named.index(PAUSE) + 1
            behind = _Search(self._recogniser, self._lexicon, context, named[at:]).spans()
            spans = [Span(span.start + at, span.end + at, span.meant) for span in behind]
        if spans:
            words = named
        else:
            spans = _Search(self._recogniser, self._lexicon, context, words).spans()
        if not spans:
            return None
        refused = next((span.meant for span in spans if span.meant.act is Act.REFUSE), None)
        requests = tuple(dict.fromkeys(wish for span in spans for wish in span.meant.requests))
        meant = refused or replace(spans[-1].meant, requests=requests, replaces_last=False)
        outside = [word for index, word in enumerate(words) if not any(s.start <= index < s.end for s in spans)]
        spoken = ", ".join(" ".join(words[span.start : span.end]) for span in spans)
        doubt = doubt_of(PartlyRead(words, spans, self._lexicon))
        return Partial(meant, spoken, tuple(word for word in outside if word != PAUSE), doubt)


def with_named(words: Sequence[str], lexicon: Lexicon) -> list[str]:
    """`words` with the device that one clause speaks of in the place of the pronoun in the next.

    "The wipers are squeaking, turn them off" → "…, turn the wipers off". As they are where that is not clear.
    """
    if words.count(PAUSE) != 1:
        return list(words)
    at = words.index(PAUSE)
    told, asked = lexicon.tokens(list(words[:at])), lexicon.tokens(list(words[at + 1 :]))
    named = [index for index, token in enumerate(told) if token.names() and not token.has("act")]
    pronouns = [token for token in asked if token.has("pronouns") and token.text in _POINTING]
    subject = named and all(told[i].has("function") or told[i].has("place") for i in range(named[0]))
    if (
        len(named) != 1
        or not subject
        or len(pronouns) != 1
        or any(token.names() and not token.has("act") for token in asked)
    ):
        return list(words)
    start = named[0]
    while start > 0 and told[start - 1].has("place"):
        start -= 1
    device = [word for token in told[start : named[0] + 1] for word in token.text.split()]
    spoken = [
        word for token in asked for word in (["the", *device] if token is pronouns[0] else token.text.split())
    ]
    return [*words[: at + 1], *spoken]


_POINTING = frozenset({"it", "them", "that", "those"})


class _Search:
    """The search for readable parts of one sentence."""

    def __init__(self, recogniser: Recogniser, lexicon: Lexicon, context: Context, words: Sequence[str]) -> None:
        self._recogniser = recogniser
        self._lexicon = lexicon
        self._context = replace(context, awaiting_confirmation=False)
        self._words = words
        self._tries = 0
        self._readable: list[bool] = []
        self._anchors: list[bool] = []
        for token in lexicon.tokens(list(words)):
            known = bool(token.senses) and not (token.has("negation") or token.has("condition"))
            anchor = token.names() or token.has("pronouns") or token.has("unit") or self._names_source(token)
            for _ in token.text.split():
                self._readable.append(known)
                self._anchors.append(anchor)

    def _names_source(self, token: Token) -> bool:
        """True for a value that is a thing by itself ("bluetooth audio")."""
        families = self._lexicon.families
        return any(families[family].words.get("values_name") for family in token.senses.get("value", ()))

    def spans(self) -> list[Span]:
        """The longest readable part that names a device, and further ones left and right of it, in order."""
        first = self._longest(0, len(self._words))
        if first is None:
            return []
        return [*self._more(0, first.start), first, *self._more(first.end, len(self._words))]

    def _more(self, start: int, end: int) -> list[Span]:
        """Further requests: only such as stand between pauses or "and"s."""
        found = self._longest(start, end)
        if found is None or not (self._divides(found.start - 1) and self._divides(found.end)):
            return []
        return [*self._more(start, found.start), found, *self._more(found.end, end)]

    def _divides(self, at: int) -> bool:
        """True for a pause, an "and", and both ends of the sentence."""
        if not 0 <= at < len(self._words):
            return True
        return self._words[at] == PAUSE or self._lexicon.tokens([self._words[at]])[0].has("conj")

    def _longest(self, start: int, end: int) -> Span | None:
        for length in range(end - start, 0, -1):
            for first in range(start, end - length + 1):
                last = first + length
                if PAUSE in (self._words[first], self._words[last - 1]):
                    continue
                if not (all(self._readable[first:last]) and any(self._anchors[first:last])):
                    continue
                if self._begins_within(first, last):
                    continue
                meant = self._try(first, last)
                if meant is not None:
                    return self._shrunk(self._from_its_clause(Span(first, last, meant)))
        return None

    def _from_its_clause(self, span: Span) -> Span:
        """Without the end of the clause before ("I'm on | the phone, drop the volume")."""
        if span.start == 0 or self._words[span.start - 1] == PAUSE:
            return span
        for at in range(span.start, span.end):
            if self._words[at] == PAUSE:
                meant = self._try(at + 1, span.end)
                if meant is not None and set(meant.requests) <= set(span.meant.requests):
                    return Span(at + 1, span.end, meant)
        return span

    def _begins_within(self, first: int, last: int) -> bool:
        """True when the first words go with strange ones before them ("cwtch | up, put the heating on")."""
        if first == 0 or self._readable[first - 1] or PAUSE not in self._words[first:last]:
            return False
        return not any(self._anchors[first : self._words.index(PAUSE, first)])

    def _shrunk(self, span: Span) -> Span:
        """Without the first words of a remark that the grammar took for filling ("…, I've got the" pushchair)."""
        end = span.end
        if end == len(self._words) or self._words[end] == PAUSE:
            return span
        pauses = [at for at in range(span.start, end) if self._words[at] == PAUSE]
        reasons = [at for at in range(span.start + 1, end) if self._words[at] in _REASONS or self._is_purpose(at)]
        cuts = [*reversed(pauses), *reversed(reasons), *self._fillings(span)]
        for cut in cuts:
            meant = self._try(span.start, cut)
            if meant is not None and meant.requests == span.meant.requests:
                end = min(end, cut)
        return Span(span.start, end, span.meant)

    def _is_purpose(self, at: int) -> bool:
        """True for "to let the dog breathe"."""
        return self._words[at] == "to" and tuple(self._words[at + 1 : at + 2]) in word_lists()["purposes"]

    def _fillings(self, span: Span) -> list[int]:
        """Where the words at the end of `span` begin that say nothing, from the last one on."""
        cuts: list[int] = []
        at = span.end
        for token in reversed(self._lexicon.tokens(list(self._words[span.start : span.end]))):
            if not any(token.has(sense) for sense in _FILLING) or (token.has("act") and not token.has("function")):
                break
            if token.text in _SWITCHING and at == span.end and self._words[at : at + 1] != ["the"]:
                break  # "the boot light on | while I sort these": a particle, no preposition
            at -= len(token.text.split())
            cuts.append(at)
        return [cut for cut in cuts if cut > span.start]

    def _try(self, start: int, end: int) -> Interpretation | None:
        if self._tries >= _MAX_TRIES:
            return None
        self._tries += 1
        words = self._words[start:end]
        meant = self._recogniser.interpret(" ".join(words), self._context)
        if meant.act is Act.REFUSE:
            return meant
        if meant.act is not Act.REQUEST or any(wish.kind is Kind.READ for wish in meant.requests):
            return None
        tokens = self._lexicon.tokens(list(words))
        anchored = any(
            token.names() or token.has("pronouns") or token.has("unit") or self._names_source(token)
            for token in tokens
        )
        return meant if anchored and meant.requests else None
