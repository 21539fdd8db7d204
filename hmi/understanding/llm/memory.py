"""What this level remembers for the grammar, so that "a bit more" and "now there too" work across both."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.catalogue.families import Family, FamilyKind, Place
from hmi.catalogue.family_file import Families
from hmi.requests import Kind, Request
from hmi.understanding.grammar.amounts import Amount, ImpossibleValueError, NoSenseError, Wish, wish_for
from hmi.understanding.grammar.lexicon import Lexicon, NounUse, Token
from hmi.understanding.grammar.matching import Match
from hmi.understanding.grammar.memory import Memory
from hmi.understanding.grammar.resolved import Resolved

_OPERATIONS = ("on", "off", "open", "close", "lock", "unlock", "up", "down", "crack")
_RANK = 5


def memory_of(
    requests: Sequence[Request], families: Families, lexicon: Lexicon, spoken: Sequence[Token] = ()
) -> Memory:
    """The grammar's memory of `requests`, as if it had read them itself from the words `spoken`."""
    groups: dict[tuple[str, Wish], list[Place]] = {}
    for request in requests:
        family = families.of(request.signal.path)
        if family is None or request.kind is Kind.READ:
            continue
        wish = Wish(request.kind, request.value, request.direction, request.amount, request.degree)
        place = next(p for p, signal in family.members.items() if signal.path == request.signal.path)
        groups.setdefault((family.id, wish), []).append(place)
    return Memory(
        tuple(
            _resolved(families[family], wish, places, lexicon, spoken) for (family, wish), places in groups.items()
        )
    )


def _resolved(
    family: Family, wish: Wish, places: Sequence[Place], lexicon: Lexicon, spoken: Sequence[Token]
) -> Resolved:
    operation = _operation(family, wish)
    noun = Token(family.label, {"noun": {family.id: NounUse("noun", plural=len(places) > 1)}})
    match = Match(family, operation, wish, tuple(places), _RANK)
    return Resolved(
        (match,), (noun, *(_moving(family, lexicon, spoken) or _actions(family, operation, wish, lexicon)))
    )


def _operation(family: Family, wish: Wish) -> str:
    """The operation whose plain form is `wish`; empty when the value says it all."""
    if wish.kind is Kind.TOGGLE:
        return "toggle"
    if wish.kind is Kind.ADJUST:
        up = (wish.direction > 0) != family.negative
        if family.kind is FamilyKind.OPENING:
            return "open" if up else "close"
        return "up" if up else "down"
    for operation in _OPERATIONS:
        try:
            if wish_for(family, operation, Amount()) == wish:
                return operation
        except (NoSenseError, ImpossibleValueError):
            continue
    return ""


def _moving(family: Family, lexicon: Lexicon, spoken: Sequence[Token]) -> list[Token]:
    """The word that said which way to go ("darker"), so that "a bit more" goes on that way."""
    operations = lexicon.grammars[family.id].operations
    for token in spoken:
        act = frozenset({token.senses.get("act", "")})
        if act in operations and operations[act].name in ("up", "down"):
            return [Token(token.text, {"act": token.senses["act"]})]
    return []


def _actions(family: Family, operation: str, wish: Wish, lexicon: Lexicon) -> list[Token]:
    """Words for the operation, or the value, for a follow-up that borrows them."""
    operations = lexicon.grammars[family.id].operations
    spellings = [acts for acts, known in operations.items() if operation and known.name == operation]
    if spellings:
        shortest = min(sorted(sorted(acts) for acts in spellings), key=len)
        return [Token(act, {"act": act}) for act in shortest]
    if family.kind is FamilyKind.COLOUR:
        return [Token(str(wish.value), {"colour": wish.value})]
    if isinstance(wish.value, str):
        return [Token(wish.value, {"value": {family.id: wish.value}})]
    if isinstance(wish.value, int | float) and not isinstance(wish.value, bool):
        return [Token("to", {"to": True}), Token(f"{wish.value:g}", {"number": float(wish.value)})]
    return []
