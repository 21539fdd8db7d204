"""Questions about the vehicle: "is the trunk locked?", "how warm is it?", "which windows are open?"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hmi.catalogue.families import Family, FamilyKind
from hmi.requests import Kind, Request
from hmi.understanding.grammar.amounts import Wish
from hmi.understanding.grammar.clauses import Clause, split
from hmi.understanding.grammar.lexicon import NOUN_RANKS, FamilyGrammar, Lexicon, NounUse, Token
from hmi.understanding.grammar.matching import Match, asked_value
from hmi.understanding.grammar.places import Seating, Where, members_at
from hmi.understanding.grammar.resolved import Resolved

_STATE_ACTS = frozenset(
    {"open", "close", "lock", "unlock", "on", "off", "fold", "unfold", "mute", "unmute", "play"}
)
_FILLED = ("question", "fill", "function", "filler", "light", "pause", "to", "also", "again", "pronouns", "conj")
_BESIDE_NAME = ("filler", "function", "place", "place_noun", "all", "both")
_COPULAS = frozenset({"is", "are", "was", "were"})
_SENSOR_BONUS = 0.5
_SET_TO = frozenset({"my", "set"})


@dataclass(frozen=True, slots=True)
class Answerable:
    """A question read as readings of one family, and how surely it is about it."""

    requests: tuple[Request, ...]
    rank: float
    subjects: tuple[Resolved, ...] = ()
    """The devices asked about, for "then close them"."""

    def and_also(self, other: Answerable) -> Answerable:
        """Both questions in one."""
        return Answerable((*self.requests, *other.requests), self.rank, (*self.subjects, *other.subjects))


def is_question(tokens: Sequence[Token]) -> bool:
    """True when the first word that says something asks."""
    asks_been = any(token.text == "been" or token.text.endswith(" been") for token in tokens)
    shows = any(token.has("value") and not token.names() for token in tokens)
    for token in tokens:
        if shows and token.has("question") and token.text.startswith("show"):
            return False  # "show me distances in miles"
        if token.has("question") or (asks_been and token.text.split()[0] in ("have", "has", "had")):
            return True
        if not any(token.has(sense) for sense in ("filler", "pause", "conj", "also")):
            return False
    return False


_WANTING = frozenset({"give me the", "do the"})


def as_wish(tokens: Sequence[Token]) -> list[Token]:
    """ "give me the light bar at full brightness", "can you do the boot light off": these ask for no reading."""
    aims = any(token.has("to") for token in tokens) and any(
        token.has("number") or token.has("extreme") or token.has("fraction") for token in tokens
    )
    switches = any(token.senses.get("act") in ("on", "off") for token in tokens[-2:])
    wished = list(tokens)
    for index, token in enumerate(tokens):
        if token.text in _WANTING and (aims or switches) and (index or token.text != "do the"):
            wished[index] = Token(token.text, {"light": True})
        if not token.has("filler") and not token.has("pause"):
            break
    return wished


def read_question(lexicon: Lexicon, tokens: Sequence[Token], seating: Seating) -> list[Answerable]:
    """What is asked about, once per equally good way to understand the question; [] for none."""
    found: list[Answerable] = []
    for clause in split(tokens):
        if clause.has("question") or not found:
            answers = _read_clause(lexicon, clause, seating)
        else:
            answers = _read_clause(lexicon, Clause("start", [*_question_of(tokens), *clause.tokens]), seating)
        if not answers:
            return []
        found = [before.and_also(answers[0]) for before in found] if found else answers
    return found


def read_name(lexicon: Lexicon, clauses: Sequence[Clause], seating: Seating) -> Answerable | None:
    """ "Fuel level, please": what can only be read is asked for by its name alone; None for anything else."""
    if len(clauses) != 1 or clauses[0].has_action() or clauses[0].unknown():
        return None
    tokens = clauses[0].tokens
    if any(token.has("light") and not token.has("filler") for token in tokens):
        return None  # "put the seat belt on the child" wants a change that cannot be
    if not all(token.names() or any(token.has(sense) for sense in _BESIDE_NAME) for token in tokens):
        return None  # "we're freezing"
    around = [token for token in tokens if not (token.names() or token.has("place"))]
    if len(around) > 2 or any(token.text.split()[0] in _COPULAS for token in around):
        return None  # "the weather is fine over there"
    ways = read_question(lexicon, tokens, seating)
    if len(ways) != 1 or any(request.signal.writable for request in ways[0].requests):
        return None
    return ways[0]


def _question_of(tokens: Sequence[Token]) -> list[Token]:
    return [token for token in tokens if token.has("question")][:1]


def _read_clause(lexicon: Lexicon, clause: Clause, seating: Seating) -> list[Answerable]:
    answers = []
    for grammar in lexicon.grammars.values():
        answer = _ask_family(grammar, clause.tokens, seating)
        if answer is not None:
            answers.append(answer)
    if not answers:
        return []
    top = max(answer.rank for answer in answers)
    return list({answer.requests: answer for answer in reversed(answers) if answer.rank == top}.values())[::-1]


def _ask_family(grammar: FamilyGrammar, tokens: Sequence[Token], seating: Seating) -> Answerable | None:
    family = grammar.family
    rank = -1.0
    acts: set[str] = set()
    places: list[str] = []
    use_plural = every = after_place = False
    row: int | None = None
    sort = next((token.senses["question"] for token in tokens if token.has("question")), "is")
    for token in tokens:
        use: NounUse | None = token.senses.get("noun", {}).get(family.id)
        asked = family.id in token.senses.get("asks", {}) or family.id in token.senses.get("asks_is", {})
        if use is not None and use.nuisance:
            return None  # "what is that noise"
        if token.has("question"):
            pass
        elif asked:
            rank = max(rank, 5.0)
        elif use is not None and not (token.has("act") and token.senses["act"] in _STATE_ACTS and rank > 0):
            rank = max(rank, float(NOUN_RANKS[use.role]) - (1 if use.role == "thing" else 0))
            use_plural, every = use_plural or use.plural, every or use.every
            row = use.row if use.row is not None else row
        elif sort == "how" and token.has("act") and frozenset({token.senses["act"]}) in grammar.operations:
            pass
        elif token.has("act") and token.senses["act"] in _STATE_ACTS and _fits(grammar, token, acts):
            acts.add(token.senses["act"])
        elif after_place and token.has("place_noun"):
            pass
        elif token.has("place"):
            places.append(token.senses["place"])
        elif token.has("all") or token.has("both"):
            every = True
        elif not _filled(token, family):
            return None
        after_place = token.has("place")
    if rank <= 0:
        return None
    if family.kind is FamilyKind.READING and _asks_what_is_set(tokens):
        rank -= 1
    many = every or _asks_of_many(tokens, sort)
    return _answer(grammar, Where(tuple(places), use_plural, many, False, row), seating, frozenset(acts), rank)


def _asks_what_is_set(tokens: Sequence[Token]) -> bool:
    """True for "what's my temperature set to", which is about what can be set."""
    return any(_SET_TO & set(token.text.split()) for token in tokens)


def _asks_of_many(tokens: Sequence[Token], sort: str) -> bool:
    """True for "which windows are open" and "are any windows open"."""
    return sort == "which" or any(token.has("question") and "any" in token.text for token in tokens)


def _fits(grammar: FamilyGrammar, token: Token, acts: set[str]) -> bool:
    return asked_value(grammar.family, frozenset({*acts, token.senses["act"]}), grammar) is not None


def _filled(token: Token, family: Family) -> bool:
    if token.names() and not token.has("question"):
        return False  # the question is about that device, not this one
    if any(token.has(sense) for sense in _FILLED):
        return True
    if family.kind is FamilyKind.OPENING and (token.has("fraction") or token.has("full") or token.has("degree")):
        return True
    if family.kind is FamilyKind.READING:
        return token.has("level") or token.has("more")
    return family.id in token.senses.get("value", {})


def _answer(
    grammar: FamilyGrammar, where: Where, seating: Seating, acts: frozenset[str], rank: float
) -> Answerable | None:
    family = grammar.family
    members = members_at(family, where, seating)
    if not members:
        return None
    asked = asked_value(family, acts, grammar) if acts else None
    if acts and asked is None:
        return None
    if acts:  # "is it locked?" is about the family that can be locked
        rank += 1
    if family.kind is FamilyKind.READING:
        rank += _SENSOR_BONUS
    requests = tuple(Request(Kind.READ, family.members[place], asked) for place in members)
    match = Match(family, "", Wish(Kind.READ, asked), tuple(members), NOUN_RANKS["noun"])
    return Answerable(requests, rank, (Resolved((match,), ()),))
