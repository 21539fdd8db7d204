"""Doubt in what was read itself: nothing names what would move, or its words can mean another thing."""

from __future__ import annotations

from hmi.understanding.grammar.memory import Memory
from hmi.understanding.llm.doubts.partly_read import PartlyRead, Span
from hmi.understanding.llm.words import word_lists

_SAYS_WHAT = (
    "act",
    "light",
    "filler",
    "number",
    "fraction",
    "extreme",
    "level",
    "colour",
    "value",
    "more",
    "less",
    "degree",
)
_PARTICLES = frozenset({"up", "off", "out", "in", "on", "down"})


def doubt_in_itself(sentence: PartlyRead) -> str:
    """A reason for doubt in the spans, whatever stands around them; empty when there is none."""
    if not _is_named(sentence) or _only_points(sentence):
        return "no device named"
    if len(set(sentence.moved)) < len(sentence.moved):
        return "the same thing twice"
    if any(_is_phrasal(sentence, span) for span in sentence.spans):
        return "a verb that may mean something else"
    return ""


def _is_named(sentence: PartlyRead) -> bool:
    """True when every device that would move is named, or stands as a pronoun, where it is said what to do."""
    named: set[str] = set()
    topic = False
    clauses = sentence.clauses()
    for clause in clauses:
        tokens = sentence.tokens(clause)
        uses = {family for token in tokens if token.names() for family in token.senses["noun"]}
        uses |= {family for token in tokens for family in token.senses.get("value", ())}
        says = any(any(token.has(sense) for sense in _SAYS_WHAT) for token in tokens)
        if topic and (uses or not says):
            return False
        topic = bool(uses) and not says  # "reading light my side, on please"
        named |= uses
        if any(token.has("pronouns") for token in tokens):
            return (len(sentence.spans) == 1 and len(clauses) == 1) or bool(uses)
    if topic:
        return False
    return all(any(path in sentence.paths(family) for family in named) for path in set(sentence.moved))


def _only_points(sentence: PartlyRead) -> bool:
    """True for a mere pronoun, with words nobody knows beside it ("…, he needs to cool it")."""
    memories = [span.meant.memory for span in sentence.spans]
    resolved = [one for memory in memories if isinstance(memory, Memory) for one in memory.resolved]
    tokens = [token for one in resolved for token in one.tokens] or sentence.inside
    named = any(token.names() and not token.has("act") for token in tokens)  # "heat them up" names nothing
    if named or not any(token.has("pronouns") for token in tokens):
        return False
    rest = [word for start, end in sentence.gaps() for word in sentence.words[start:end]]
    return any(not token.senses for token in sentence.tokens(rest))


def _is_phrasal(sentence: PartlyRead, span: Span) -> bool:
    """True for a verb that is another one with its particle ("shut up", "give it up")."""
    after = sentence.words[span.start + 1 : span.start + 3]
    return (sentence.words[span.start],) in word_lists()["phrasal"] and any(word in _PARTICLES for word in after)
