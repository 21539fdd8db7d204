"""The grammar as a recogniser: sentence in, interpretation out; what it cannot account for it does not touch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hmi.catalogue.families import Place
from hmi.catalogue.family_file import Families
from hmi.requests import Act, Context, Interpretation, Kind, Option, Question, Request
from hmi.understanding.grammar.accounting import ME
from hmi.understanding.grammar.blocking import blocking, forced
from hmi.understanding.grammar.broken_off import is_broken_off
from hmi.understanding.grammar.clauses import Clause, split, without_origin
from hmi.understanding.grammar.contrast import without_contrast
from hmi.understanding.grammar.lexicon import Lexicon, Token
from hmi.understanding.grammar.matching import Match
from hmi.understanding.grammar.places import Seating
from hmi.understanding.grammar.questions import as_wish, is_question, read_question
from hmi.understanding.grammar.resolved import NotUnderstoodError, Resolved
from hmi.understanding.grammar.sentence import SentenceReader
from hmi.understanding.grammar.spoken import plain
from hmi.understanding.grammar.text import PAUSE, words_of

NAME = "grammar"
_MAX_OPTIONS = 6
_STATES = frozenset({"is", "are", "was", "were"})


@dataclass(frozen=True, slots=True)
class Memory:
    """What the grammar remembers of the last sentence that asked for something."""

    resolved: tuple[Resolved, ...] = ()
    earlier: tuple[Resolved, ...] = ()
    """The same of the sentence before that one, for "both off"."""
    pending: Clause | None = None
    """What was asked without saying of which device ("open it", with nothing to refer to)."""


class GrammarRecogniser:
    """Reads sentences by the words of the catalogue's families; see `docs/understanding.md`."""

    name = NAME

    def __init__(self, families: Families, left_hand_drive: bool = True) -> None:
        self._lexicon = Lexicon(families)
        self._left_hand_drive = left_hand_drive

    @property
    def lexicon(self) -> Lexicon:
        """The words it knows."""
        return self._lexicon

    def interpret(self, text: str, context: Context) -> Interpretation:
        """Interpret `text`; `Act.UNKNOWN` with the words in question when some word has no sense in it."""
        words = words_of(plain(text))
        steering = self._steering(words, context)
        if steering is not None:
            return steering
        tokens = as_wish(_assured(_with_no_as_off(self._lexicon.tokens(words))))
        seating = Seating(context.speaker, self._left_hand_drive)
        if is_broken_off(tokens, self._lexicon):
            return _unknown([tokens[-1].text])
        if is_question(tokens):
            return self._question(tokens, seating)
        return self._request(tokens, seating, context)

    def _steering(self, words: Sequence[str], context: Context) -> Interpretation | None:
        """Whole sentences about the conversation itself: yes, no, the second one, undo, help, thanks."""
        if not words:
            return _unknown([])
        forms = {" ".join(words), " ".join(word for word in words if word != PAUSE)}
        bare = " ".join(
            token.text
            for token in self._lexicon.tokens(list(words))
            if not (token.has("filler") or token.has("pause"))
        )
        sentences = self._lexicon.sentences
        if context.question is not None:
            choice = self._choice(forms | ({bare} if bare else set()), words, context.question)
            if choice is not None:
                return Interpretation(Act.CHOOSE, choice=choice, understood_by=NAME)
        if context.awaiting_confirmation or context.question is not None:
            spoken = self._said_in_parts(words)
            if spoken is not None:
                return Interpretation(spoken, understood_by=NAME)
        acts = [("yes", Act.CONFIRM), ("no", Act.DENY), ("undo", Act.UNDO), ("help", Act.HELP)]
        for name, act in acts:
            if forms & sentences[name] or (name != "yes" and bare and bare in sentences[name]):
                if act is Act.DENY and context.memory and words[-2:] == ["for", "me"]:
                    continue  # "no, for me" corrects
                if act is Act.CONFIRM and not (context.awaiting_confirmation or context.question):
                    continue
                return Interpretation(act, understood_by=NAME)
        if forms & sentences["smalltalk"] or not bare:
            return Interpretation(Act.SMALLTALK, understood_by=NAME)
        return None

    def _said_in_parts(self, words: Sequence[str]) -> Act | None:
        """ "yeah, sure, go ahead": an answer made of several; None when some word is not part of one."""
        rest = [word for word in words if word != PAUSE]
        found: list[Act] = []
        while rest:
            for length in range(min(5, len(rest)), 0, -1):
                phrase = " ".join(rest[:length])
                if phrase in self._lexicon.sentences["no"]:
                    found.append(Act.DENY)
                elif phrase in self._lexicon.sentences["yes"]:
                    found.append(Act.CONFIRM)
                elif not (length == 1 and self._lexicon.tokens(rest[:1])[0].has("filler")):
                    continue
                rest = rest[length:]
                break
            else:
                return None
        return found[0] if found and len(set(found)) == 1 else None

    def _choice(self, forms: set[str], words: Sequence[str], question: Question) -> int | None:
        for index, names in enumerate(self._lexicon.ordinals[: len(question.options)]):
            if forms & names:
                return index
        said = set(words) - {"the", "please", "one", PAUSE}
        fitting = [
            index for index, option in enumerate(question.options) if said and said <= set(words_of(option.label))
        ]
        return fitting[0] if len(fitting) == 1 else None

    def _question(self, tokens: Sequence[Token], seating: Seating) -> Interpretation:
        ways = read_question(self._lexicon, tokens, seating)
        if not ways:
            return _unknown([token.text for token in tokens if not token.senses])
        subjects = Memory(ways[0].subjects)
        return Interpretation(Act.REQUEST, ways[0].requests, understood_by=NAME, memory=subjects)

    def _named_reading(self, clauses: Sequence[Clause], seating: Seating) -> Interpretation | None:
        """ "Fuel level, please": what can only be read is asked for by its name alone."""
        if len(clauses) != 1 or clauses[0].has_action() or clauses[0].unknown():
            return None
        tokens = clauses[0].tokens
        if any(token.has("light") and not token.has("filler") for token in tokens):
            return None  # "put the seat belt on the child" wants a change that cannot be
        plain = ("filler", "function", "place", "place_noun", "all", "both")
        if not all(token.names() or any(token.has(sense) for sense in plain) for token in tokens):
            return None  # "we're freezing"
        around = [token for token in tokens if not (token.names() or token.has("place"))]
        if len(around) > 2 or any(token.text.split()[0] in _STATES for token in around):
            return None  # "the weather is fine over there"
        ways = read_question(self._lexicon, clauses[0].tokens, seating)
        if len(ways) != 1 or any(request.signal.writable for request in ways[0].requests):
            return None
        return Interpretation(Act.REQUEST, ways[0].requests, understood_by=NAME, memory=Memory(ways[0].subjects))

    def _request(self, tokens: Sequence[Token], seating: Seating, context: Context) -> Interpretation:
        known = context.memory if isinstance(context.memory, Memory) else Memory()
        memory = known.resolved
        tokens = _without_other(tokens) if memory else tokens
        tokens = _self_repaired(_without_addressee(without_contrast(tokens)))
        correcting = bool(memory) and _opens_with_correction(tokens)
        clauses = split(without_origin(_after_opening(tokens) if correcting else tokens))
        if clauses and clauses[0].joined == "correction":
            clauses[0].joined = "start"
        blocked = blocking(tokens, clauses)
        if blocked:
            return _unknown(blocked)
        try:
            resolved = SentenceReader(self._lexicon, seating, memory, known.pending, known.earlier).read(
                clauses, _asks(tokens)
            )
        except NotUnderstoodError as error:
            named = self._named_reading(clauses, seating)
            if named is not None:
                return named
            if len(clauses) == 1 and not memory and _lacks_device(clauses[0]):
                return Interpretation(
                    Act.CLARIFY,
                    question=Question("What do you mean: which part of the car?", ()),
                    understood_by=NAME,
                    memory=Memory(pending=clauses[0]),
                )
            return _unknown(error.words)
        by_force = forced(resolved, self._lexicon.violent)
        if not resolved or by_force:
            return _unknown(by_force)
        if not any(_is_named(clause) for clause in resolved):
            said = [token for clause in clauses if clause.is_remark() for token in clause.tokens]
            unexplained = [token.text for token in said if not token.senses]
            if unexplained:  # "my boss is breathing down my neck, needs to cool it"
                return _unknown(unexplained)
        interpretation = _interpretation(resolved)
        if isinstance(interpretation.memory, Memory):
            interpretation = replace(interpretation, memory=replace(interpretation.memory, earlier=memory))
        replaces = correcting and _replaces(resolved, memory)
        return interpretation if not replaces else _replacing(interpretation)


def _with_no_as_off(tokens: list[Token]) -> list[Token]:
    """ "no lumbar support" wants it off; "no, the other one" and "no the rear one" are corrections."""
    return [
        _OFF if token.text == "no" and index + 1 < len(tokens) and tokens[index + 1].names() else token
        for index, token in enumerate(tokens)
    ]


_OFF = Token("no", {"act": "off"})


def _assured(tokens: list[Token]) -> list[Token]:
    """ "make sure the doors are locked" asks for it; without such an opening "are" makes it a statement."""
    if not any(token.has("assuring") for token in tokens):
        return tokens
    return [
        Token(t.text, {"function": True}) if t.text in ("is", "are", "its", "was", "were") else t for t in tokens
    ]


_ASKING = (
    "please",
    "need",
    "want",
    "id like",
    "would like",
    "have",
    "grateful",
    "could do with the",
    "could use the",
)


_AT_ONCE = frozenset({"now", "right now", "now please", "at once", "sharpish", "pronto", "chop chop", "quick"})


def _asks(tokens: Sequence[Token]) -> bool:
    return any(word in token.text for token in tokens for word in _ASKING) or tokens[-1].text in _AT_ONCE


def _is_named(resolved: Resolved) -> bool:
    """False where only a pronoun says what is meant ("cool it")."""
    return any(token.names() for token in resolved.tokens) or not any(t.has("pronouns") for t in resolved.tokens)


def _lacks_device(clause: Clause) -> bool:
    known = all(token.senses for token in clause.tokens)
    return known and clause.has_action() and not clause.has_noun()


def _unknown(words: Sequence[str]) -> Interpretation:
    return Interpretation(Act.UNKNOWN, leftover=tuple(words), understood_by=NAME)


def _opens_with_correction(tokens: Sequence[Token]) -> bool:
    for token in tokens:
        if token.has("correction") or token.text in ("no", "nope", "nah"):
            return True
        if not (token.has("filler") or token.has("pause")):
            return False
    return False


def _without_addressee(tokens: Sequence[Token]) -> Sequence[Token]:
    """ "Baby, put my seat back": who is spoken to in front of a verb is no place; "your" is theirs."""
    spoken_to = len(tokens) > 1 and tokens[0].text in _ADDRESSED
    if not spoken_to or not (tokens[1].has("light") or tokens[1].has("pause")):
        return tokens
    if tokens[0].text in _PETS:
        return tokens[1:]
    return [tokens[0] if token.text == "your" else token for token in tokens[1:]]


_ADDRESSED = frozenset({"baby", "kids", "kiddos", "kid", "children", "driver", "little one"})
_PETS = frozenset({"baby"})
"""May be the car itself ("baby, open your trunk")."""


def _self_repaired(tokens: Sequence[Token]) -> list[Token]:
    """ "Wipers to single, intermittent I mean": the words before "I mean" correct those before the pause."""
    rest = list(tokens)
    false_start = any(not token.senses for token in rest)
    if len(rest) < 4 or rest[-1].text not in ("i mean", "i meant") or not false_start:
        return rest
    for index in range(len(rest) - 2, 0, -1):
        if rest[index].has("pause"):
            return [*rest[:index], rest[-1], *rest[index + 1 : -1]]
    return rest


def _without_other(tokens: Sequence[Token]) -> Sequence[Token]:
    """ "Not mine, the passenger's" corrects to what stands behind the pause, as "no, the passenger's" does."""
    if not tokens or tokens[0].text != "not":
        return tokens
    for index, token in enumerate(tokens[1:5], start=1):
        if token.has("pause") and any(one.has("place") for one in tokens[1:index]):
            return [Token("no", {"correction": True}), *tokens[index + 1 :]]
        if not any(token.has(sense) for sense in ("place", "place_noun", "function", "pronouns")):
            break
    return tokens


def _after_opening(tokens: Sequence[Token]) -> list[Token]:
    rest = list(tokens)
    while rest and (rest[0].has("correction") or rest[0].has("filler") or rest[0].has("pause")):
        rest.pop(0)
    if not rest and tokens[-1].text in ME:  # "oh no, for me"
        return [Token(tokens[-1].text, {"place": "mine"})]
    return rest


def _replaces(resolved: Sequence[Resolved], memory: Sequence[Resolved]) -> bool:
    """True when the new request is for another member, or another device, than the one to be corrected."""
    new, old = resolved[0], memory[-1]
    if len(resolved) != 1 or not new.matches or not old.matches:
        return False
    if new.matches[0].family.id != old.matches[0].family.id:
        return new.borrowed == "action"
    return set(new.matches[0].members) != set(old.matches[0].members)


def _replacing(interpretation: Interpretation) -> Interpretation:
    return Interpretation(
        interpretation.act,
        interpretation.requests,
        interpretation.question,
        replaces_last=True,
        understood_by=NAME,
        memory=interpretation.memory,
        refusal=interpretation.refusal,
    )


def _interpretation(resolved: Sequence[Resolved]) -> Interpretation:
    resolved = _narrowed(resolved)
    for index, clause in enumerate(resolved):
        if len(clause.matches) > 1 or not clause.matches[0].members:
            return _clarify(resolved, index)
        if clause.matches[0].impossible:
            return Interpretation(Act.REFUSE, refusal=clause.matches[0].impossible, understood_by=NAME)
    requests = _last_said(resolved)
    unique = tuple(dict.fromkeys(requests))
    twice = _contradicted(resolved)
    if twice is not None:
        refusal = f"That asks for two opposite things of the {twice} at once; say which of them you want."
        return Interpretation(Act.REFUSE, refusal=refusal, understood_by=NAME)
    return Interpretation(Act.REQUEST, unique, understood_by=NAME, memory=Memory(tuple(resolved)))


def _contradicted(resolved: Sequence[Resolved]) -> str | None:
    """The label of a device that is to move both ways at once ("warmer and colder"); None when there is none."""
    ways: dict[str, int] = {}
    for clause in resolved:
        match = clause.matches[0]
        for request in match.requests():
            if (
                request.kind is Kind.ADJUST
                and ways.setdefault(request.signal.path, request.direction) != request.direction
            ):
                return match.family.label
    return None


def _last_said(resolved: Sequence[Resolved]) -> tuple[Request, ...]:
    """The requests; "the radio on low, say fifteen": of two values for one signal the second says it exactly."""
    kept: dict[str, Request] = {}
    requests: list[Request] = []
    for clause in resolved:
        exact = bool(clause.borrowed) and any(token.has("number") for token in clause.tokens)
        for request in clause.matches[0].requests():
            earlier = kept.get(request.signal.path)
            if exact and earlier is not None and earlier in requests and request.kind is earlier.kind is Kind.SET:
                requests.remove(earlier)
            kept[request.signal.path] = request
            requests.append(request)
    return tuple(requests)


def _narrowed(resolved: Sequence[Resolved]) -> list[Resolved]:
    """ "Open all windows and close mine": later words about some of them win."""
    narrowed: list[Resolved] = []
    for index, clause in enumerate(resolved):
        if len(clause.matches) != 1:
            narrowed.append(clause)
            continue
        match = clause.matches[0]
        for later in resolved[index + 1 :]:
            match = _less(match, later.matches[0]) if len(later.matches) == 1 else match
        narrowed.append(replace(clause, matches=(match,)))
    return narrowed


def _less(match: Match, later: Match) -> Match:
    """`match` without the members of `later`, when both set the same family and `later` sets fewer of it."""
    both_set = match.wish.kind is Kind.SET and later.wish.kind is Kind.SET
    fewer = set(later.members) < set(match.members)
    if not (both_set and fewer and match.family.id == later.family.id):
        return match
    return replace(match, members=tuple(place for place in match.members if place not in later.members))


def _clarify(resolved: Sequence[Resolved], index: int) -> Interpretation:
    """One short question; each option is the whole sentence with that reading."""
    choices = _choices(resolved[index])
    if not choices or len(choices) > _MAX_OPTIONS:
        return _unknown([token.text for token in resolved[index].tokens])
    others = [clause for position, clause in enumerate(resolved) if position != index]
    if any(len(clause.matches) != 1 or not clause.matches[0].members for clause in others):
        return _unknown([token.text for token in resolved[index].tokens])
    options = []
    for label, match in choices:
        whole = [*resolved]
        whole[index] = Resolved((match,), resolved[index].tokens)
        requests: list[Request] = [r for clause in whole for r in clause.matches[0].requests()]
        options.append(Option(label, tuple(dict.fromkeys(requests)), Memory(tuple(whole))))
    listed = ", ".join(option.label for option in options[:-1]) + f" or {options[-1].label}"
    question = Question(f"Which one: {listed}?", tuple(options))
    asked = Memory(pending=Clause("start", list(resolved[index].tokens))) if len(resolved) == 1 else None
    return Interpretation(Act.CLARIFY, question=question, understood_by=NAME, memory=asked)


def _choices(clause: Resolved) -> list[tuple[str, Match]]:
    if len(clause.matches) > 1:
        labelled = [(f"the {match.family.label}", match) for match in clause.matches if match.members]
        return labelled if len({label for label, _ in labelled}) == len(labelled) else []
    match = clause.matches[0]
    return [
        (f"the {_side_name(place)} {match.family.label}", _only(match, place)) for place in match.family.members
    ]


def _side_name(place: Place) -> str:
    row = {None: "", 1: "front ", 2: "rear "}.get(place.row, f"row {place.row} ")
    return (row + {"driver": "left", "passenger": "right"}.get(place.side or "", place.side or "")).strip()


def _only(match: Match, place: Place) -> Match:
    return Match(match.family, match.operation, match.wish, (place,), match.rank)
