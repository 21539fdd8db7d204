"""Words around a request: talk that leaves it as clear as it was, or a reason to doubt that it is wanted now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hmi.requests import Interpretation
from hmi.understanding.grammar.blocking import is_movable_by_hand
from hmi.understanding.grammar.lexicon import Lexicon, Token
from hmi.understanding.grammar.recogniser import Memory
from hmi.understanding.grammar.text import PAUSE
from hmi.understanding.llm.frames import beyond, beyond_across, reported
from hmi.understanding.llm.words import find_phrase, people, without_phrases, word_lists

_AMOUNTS = ("number", "unit", "fraction", "extreme", "colour")
_QUIET = ("filler", "function", "conj", "also", "pause", "remark", "more")
_DEVICE_ACTS = frozenset({"open", "close", "on", "off", "lock", "unlock", "heat", "cool", "play"})
_PERSONS = frozenset({"she", "he", "shes", "hes", "they", "theyre", "who", "whos"})
_LET = frozenset({"let", "lets", "let us"})
_LOOSE = frozenset({"so", "because", "cause", "cos", "cuz", "while", "whilst"})
_STATES = frozenset("is are was has have got gets keeps goes looks feels needs im ive weve theyve youve".split())
_RESULTS = frozenset({"open", "close", "on", "off", "up", "down", "in", "out", "fold", "unfold", "lock", "unlock"})
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
_THERE = frozenset({"theres", "there", "hes", "shes", "theyre", "he", "she", "they", "everyone", "someone"})
_WANTING = frozenset({"it", "that", "them", "this", "want", "wants", "need", "needs", "to"})
_WHERE = frozenset({"on", "in", "at", "behind", "ahead", "by", "over", "all", "everywhere", "under", "outside"})
_PARTICLES = frozenset({"up", "off", "out", "in", "on", "down"})
_PREPOSITIONS = frozenset({"on", "in", "over", "off", "out", "up", "down", "back"})
_DETERMINERS = frozenset({"the", "that", "those", "my", "your", "his", "her", "our", "their", "a", "an"})
_SUBJECTS = frozenset(
    "i he she they we someone somebody everyone nobody im ive youre youve hes shes weve theyre theyve".split()
)
_NOMINATIVES = frozenset("i he she they we im ive youre hes shes its weve theyre theyve theres thats".split())
"""Begin a clause with a finite verb, whatever that verb is."""
_VERBS = frozenset({"is", "are", "was", "were", "have", "has", "had", "need", "needs", "get", "gets", "got"})
_OF_DOING = frozenset(
    "is was isnt wasnt gets makes takes seems feels sounds looks can will would might has".split()
)
_ENDING = frozenset({"close", "off", "down", "decrease", "extinguish"})
_HORN = "Vehicle.Body.Horn.IsActive"
_MAX_VOCATIVE = 3
_MAX_HURRY = 6
_NEAR = 2


LATER, STORY, NEGATION = "another time or a condition", "a story", "a negation"
FORBIDS = frozenset({LATER, STORY, NEGATION})
"""Doubts that leave nothing to ask about: it is clear that nothing is to be done now."""


@dataclass(frozen=True, slots=True)
class Span:
    """Words `start` to `end` of a sentence, and what they ask for."""

    start: int
    end: int
    meant: Interpretation


class Judge:
    """Judges the words around what was read of one sentence."""

    def __init__(self, words: Sequence[str], spans: Sequence[Span], lexicon: Lexicon) -> None:
        self._words = words
        self._spans = spans
        self._lexicon = lexicon
        self._lists = word_lists()
        self._inside = [token for span in spans for token in lexicon.tokens(list(words[span.start : span.end]))]

    def doubt(self) -> str:
        """A reason for doubt, those of `FORBIDS` first; empty when there is none."""
        reasons = [reason for start, end in self._pieces() if (reason := self._piece(start, end))]
        for reason in reasons:
            if reason in FORBIDS:
                return reason
        return self._of_the_request() or next(iter(reasons), "")

    def _of_the_request(self) -> str:
        """A reason in what was read itself."""
        if not self._named() or self._only_points():
            return "no device named"
        paths = [request.signal.path for span in self._spans for request in span.meant.requests]
        if len(set(paths)) < len(paths):
            return "the same thing twice"
        if any(self._is_phrasal(span) for span in self._spans):
            return "a verb that may mean something else"
        return ""

    def _is_phrasal(self, span: Span) -> bool:
        """True for a verb that is another one with its particle ("shut up", "give it up")."""
        after = self._words[span.start + 1 : span.start + 3]
        return (self._words[span.start],) in self._lists["phrasal"] and any(word in _PARTICLES for word in after)

    def _named(self) -> bool:
        """True when every device that would move is named, or stands as a pronoun, where it is said what to do."""
        named: set[str] = set()
        topic = False
        for clause in self._clauses():
            tokens = self._lexicon.tokens(clause)
            uses = {family for token in tokens if token.names() for family in token.senses["noun"]}
            uses |= {family for token in tokens for family in token.senses.get("value", ())}
            says = any(any(token.has(sense) for sense in _SAYS_WHAT) for token in tokens)
            if topic and (uses or not says):
                return False
            topic = bool(uses) and not says  # "reading light my side, on please"
            named |= uses
            if any(token.has("pronouns") for token in tokens):
                return (len(self._spans) == 1 and len(self._clauses()) == 1) or bool(uses)
        if topic:
            return False
        moved = {request.signal.path for span in self._spans for request in span.meant.requests}
        return all(any(path in self._paths(family) for family in named) for path in moved)

    def _only_points(self) -> bool:
        """True for a mere pronoun, with words nobody knows beside it ("…, he needs to cool it")."""
        memories = [span.meant.memory for span in self._spans]
        resolved = [one for memory in memories if isinstance(memory, Memory) for one in memory.resolved]
        tokens = [token for one in resolved for token in one.tokens] or self._inside
        named = any(token.names() and not token.has("act") for token in tokens)  # "heat them up" names nothing
        if named or not any(token.has("pronouns") for token in tokens):
            return False
        rest = [word for start, end in self._pieces() for word in self._words[start:end]]
        return any(not token.senses for token in self._lexicon.tokens(rest))

    def _clauses(self) -> list[list[str]]:
        """The words of the spans, cut at pauses."""
        clauses: list[list[str]] = [[]]
        for span in self._spans:
            for word in self._words[span.start : span.end]:
                if word == PAUSE:
                    clauses.append([])
                else:
                    clauses[-1].append(word)
            clauses.append([])
        return [clause for clause in clauses if clause]

    def _paths(self, family: str) -> set[str]:
        return {signal.path for signal in self._lexicon.families[family].members.values()}

    def _pieces(self) -> list[tuple[int, int]]:
        """The words outside the spans, cut at pauses."""
        taken = [PAUSE if self._in_span(index) else word for index, word in enumerate(self._words)]
        pieces: list[tuple[int, int]] = []
        first = 0
        for index in range(len(taken) + 1):
            if index == len(taken) or taken[index] == PAUSE:
                if first < index:
                    pieces.append((first, index))
                first = index + 1
        return pieces

    def _in_span(self, index: int) -> bool:
        return any(span.start <= index < span.end for span in self._spans)

    def _piece(self, left: int, right: int) -> str:
        lists = self._lists
        words = without_phrases(self._words[left:right], lists["polite"])
        # "my back hurts" names no place
        words = without_phrases(words, lists["idioms"], ["it"])
        if words and self._takes_back(left, words):
            return "taken back"
        joined = bool(words) and self._lexicon.tokens(words[:1])[0].has("conj")
        while words and self._lexicon.tokens(words[:1])[0].has("conj"):
            words = words[1:]
        if not words or (not self._touches(left, right) and self._is_vocative(words)):
            return ""
        if find_phrase(words[1:] if self._hurries(left, words) else words, lists["not_now"]) is not None:
            return LATER
        if (reported(words) or find_phrase(words, lists["tells"]) is not None) or (
            self._touches(left, right) and (beyond(words) or beyond_across(self._clause_around(left, right)))
        ):
            return STORY
        if self._is_about_doing(left, words):
            return STORY
        if self._by_force(right, words) or self._against(right, words):
            return STORY
        if self._turns_round(left, words):
            return NEGATION
        tokens = self._lexicon.tokens(words)
        around = self._lexicon.tokens(list(self._clause_around(left, right)))
        if any(token.has("absent") for token in (*tokens, *around)) and words[0] not in _LOOSE:
            return STORY
        if right in {span.start for span in self._spans} and self._tells_of(words, tokens):
            return STORY
        beside = self._touches(left, right)
        if right in {span.start for span in self._spans} and (words[-1],) in lists["phrasal"]:
            return "words before it"
        telling = [t for t in tokens if not any(t.has(s) for s in _QUIET) or (beside and t.has("act"))]
        if not telling:
            return ""
        if self._points_outside(tokens):
            return "what the pronoun stands for"
        remark = self._is_clause(words) or self._is_clause(self._words[left:right])
        remark = remark or (not beside and self._states_something(words, tokens))
        if not remark and self._names_more(tokens, joined):
            return "another request"
        if self._details(telling, words, remark, beside):
            return "a place or an amount"
        return self._beside(left, right, words, remark)

    def _takes_back(self, left: int, words: Sequence[str]) -> bool:
        """True for "…, no, hers" behind a request: something else is meant, which nobody could read."""
        first = self._lexicon.tokens(list(words))[0]
        more = len(words) > len(first.text.split()) or left + len(words) < len(self._words)
        return left > self._spans[0].start and first.has("correction") and more

    def _is_vocative(self, words: Sequence[str]) -> bool:
        """True for "my lover" between two pauses: somebody is spoken to."""
        return words[0] == "my" and len(words) == 2 and not self._lexicon.tokens(list(words[1:]))[0].senses

    def _states_something(self, words: Sequence[str], tokens: Sequence[Token]) -> bool:
        """True for a statement between pauses about things nobody knows ("stuff's on the seat", "muddy paws").

        It begins with a strange word, so it can be neither a place nor a device nor what is to be done to one.
        """
        at = next((index for index, word in enumerate(words[:4]) if index and word in _STATES), 0)
        if at and not any(self._is_ours(token) for token in self._lexicon.tokens(list(words[:at]))):
            return True
        if words[0] in ("need", "gotta", "got", "must", "have") and not self._commands_later(words[1:]):
            return True
        if tokens[0].senses or any(token.has("act") and token.text in _RESULTS for token in tokens[-1:]):
            return False
        states = any(word in _STATES for word in words[1:]) or (bool(words[1:]) and words[1] in _WHERE)
        return states or not any(token.names() or token.has("number") for token in tokens)

    @staticmethod
    def _is_ours(token: Token) -> bool:
        return token.names() or any(token.has(s) for s in ("act", "light", "place", "pronouns", "number"))

    def _commands_later(self, words: Sequence[str]) -> bool:
        """True when a verb of ours follows: "need to open it" wishes, "need to check the oil" gives a reason."""
        rest = [
            token for token in self._lexicon.tokens(list(words)) if not (token.has("to") or token.text == "to")
        ]
        return not rest or any(token.has("act") or token.has("light") for token in rest[:1]) or len(rest) < 2

    def _touches(self, left: int, right: int) -> bool:
        """True when no pause divides the words from what was read."""
        return left in {span.end for span in self._spans} or right in {span.start for span in self._spans}

    def _clause_around(self, left: int, right: int) -> Sequence[str]:
        """The words up to the next pauses on both sides."""
        while left > 0 and self._words[left - 1] != PAUSE:
            left -= 1
        while right < len(self._words) and self._words[right] != PAUSE:
            right += 1
        return self._words[left:right]

    def _details(self, telling: Sequence[Token], words: Sequence[str], remark: bool, beside: bool) -> bool:
        """True when the words say where or how far, which the request then does not know."""
        of_person = words[0] in _PERSONS
        if words[0] in _LOOSE - {"so"} and remark:
            return False  # "because the ceiling is low"
        if not beside:  # "my friends are waiting" is nobody's place
            telling = [token for token in telling if token.text != "my"]
        if beside and any(token.has("level") or token.has("extreme") for token in telling):
            return True
        ages = of_person and not beside and words[0] in ("hes", "shes", "theyre")  # "he's nearly ten"
        if (not remark or beside or (of_person and not ages)) and any(
            token.has(sense) for token in telling for sense in _AMOUNTS
        ):
            return True
        if remark and not beside and not of_person:
            return False
        places = {token.senses["place"] for token in self._inside if token.has("place")}
        if places and remark and words[0] in _LOOSE:
            return False
        if words[:2] == ["for", "my"]:  # "for my guy here"
            telling = [token for token in telling if token.text != "my"]
        return any(token.senses["place"] not in places for token in telling if token.has("place"))

    def _hurries(self, left: int, words: Sequence[str]) -> bool:
        """True for "before it pours" right behind a request: that is now, whereas "before I get up" is later."""
        if words[0] != "before" or left not in {span.end for span in self._spans} or len(words) > _MAX_HURRY:
            return False
        if words[1:2] not in (["it"], ["the"], ["that"], ["this"], ["a"], ["another"]):
            return False
        soon = find_phrase(words[2:], self._lists["soon"]) is not None
        return soon and not self._lexicon.tokens(list(words[1:]))[0].names()

    def _by_force(self, right: int, words: Sequence[str]) -> bool:
        """True for "kick" right before "the boot open"."""
        meant = [span.meant for span in self._spans if span.start == right]
        paths = [wish.signal.path for one in meant for wish in one.requests]
        families = [family for path in paths if (family := self._lexicon.families.of(path)) is not None]
        return any(map(is_movable_by_hand, families)) and not self._lexicon.violent.isdisjoint(words[-_NEAR:])

    def _against(self, right: int, words: Sequence[str]) -> bool:
        """True for "close the" before a light's bare name, which by itself would call for it."""
        bare = [span for span in self._spans if span.start == right and not self._says_what(span)]
        near = self._lexicon.tokens(list(words))[-_NEAR:]
        return bool(bare) and any(token.senses.get("act") in _ENDING for token in near)

    def _says_what(self, span: Span) -> bool:
        tokens = self._lexicon.tokens(list(self._words[span.start : span.end]))
        return any(token.has("act") or token.has("pronouns") for token in tokens)

    def _is_about_doing(self, left: int, words: Sequence[str]) -> bool:
        """True for "is annoying" right behind "locking the doors": what is done is the subject, not a wish."""
        done = next((self._words[span.start : span.end] for span in self._spans if span.end == left), [])
        if words[0] not in _OF_DOING or not done or not done[0].endswith("ing"):
            return False
        named = self._lexicon.tokens(list(done[:1]))[0].names()
        return not named or tuple(done[1:2]) in {(word,) for word in _DETERMINERS}

    def _turns_round(self, left: int, words: list[str]) -> bool:
        """True for a negation that is no mere complaint ("I can't see a thing"), and for "leave … be"."""
        starts = [span.start for span in self._spans if span.end == left]
        if words[0] in ("be", "alone") and any(self._words[start] in ("leave", "let") for start in starts):
            return True
        told = words[0] in _LOOSE or (words[0] in _THERE and not _WANTING.intersection(words))
        if told and not self._names_moved(words):
            return False  # "so they can't fiddle with them", "there's not a lamp post for miles"
        for index in range(len(words)):
            if find_phrase(words[index : index + 2], self._lists["not"]) != 0:
                continue
            if find_phrase(words[index + 1 : index + 5], self._lists["complains"]) is None:
                return True
        return False

    def _names_moved(self, words: Sequence[str]) -> bool:
        """True when the words name a device that would move."""
        moved = {request.signal.path for span in self._spans for request in span.meant.requests}
        tokens = self._lexicon.tokens(list(words))
        return any(moved & self._paths(family) for t in tokens if t.names() for family in t.senses["noun"])

    @staticmethod
    def _names_more(tokens: Sequence[Token], joined: bool) -> bool:
        """True for a request that could not be read ("and start the popcorn machine", "the wipers fast-ish")."""
        acts = [token for token in tokens if token.senses.get("act") in _DEVICE_ACTS]
        joins = [token for token in tokens[:-1] if token.has("function")]  # "the dog's on the lead"
        if len(tokens) > 1 and any(token not in joins for token in acts):
            return True
        return any(token.names() for token in tokens) and (joined or all(token.senses for token in tokens))

    def _is_clause(self, words: Sequence[str]) -> bool:
        """True for a clause of its own that tells something ("it's distracting", "the sun is low")."""
        if len(words) < 2 or find_phrase(words[:2], self._lists["reason"]) != 0:
            return False
        told_by = words[0] in _NOMINATIVES and len(words) > 2  # "he left it open again"
        return told_by or find_phrase(words, self._lists["says_that"]) is not None

    def _beside(self, left: int, right: int, words: Sequence[str], remark: bool) -> str:
        """Doubt about words that no pause divides from what was read."""
        if left in {span.end for span in self._spans} and self._is_preposition(left, words):
            return "words after it"
        if right in {span.start for span in self._spans} and self._states(right, words):
            return "words before it"
        if right in {span.start for span in self._spans}:
            tokens = self._lexicon.tokens(list(words))
            if self._is_verb(left, right, words) or (words[-1] in ("so", "then") and self._is_clause(words)):
                return ""
            subject = (words[-1],) in self._lists["subjects"] and not tokens[-1].has("conj")
            verb = any((token.has("light") or token.has("act")) and token.text not in _LET for token in tokens)
            told = not self._commands(right) or find_phrase(words, self._lists["not"]) is not None
            if subject or told or (verb and not remark) or (len(words) > _MAX_VOCATIVE and not remark):
                return "words before it"
        if left in {span.end for span in self._spans} and not (remark or self._harmless_after(words)):
            return "words after it"
        return ""

    def _is_verb(self, left: int, right: int, words: Sequence[str]) -> bool:
        """True for a strange verb whose result is said: "whip | the rear window down", "hoy | that radio off".

        Doors and lids are left alone: they may be broken, kicked or painted open as well.
        """
        said = [word for word in words if not self._lexicon.tokens([word])[0].has("filler")]
        opens = left == 0 or self._words[left - 1] == PAUSE or (left in {span.end for span in self._spans})
        if len(said) != 1 or words[-1] != said[0] or not opens or self._careful():
            return False
        if self._lexicon.tokens(said)[0].senses or (said[0],) in self._lists["no_verbs"]:
            return False
        span = next(span for span in self._spans if span.start == right)
        tokens = [t for t in self._lexicon.tokens(list(self._words[right : span.end])) if not t.has("filler")]
        begins = self._words[right] in _DETERMINERS or self._words[right] in ("us", "them")
        results = any(token.senses.get("act") in _RESULTS for token in tokens[1:])
        return begins and results and said[0][-2:] not in ("ed", "es") and not said[0].endswith("ing")

    def _is_preposition(self, end: int, words: Sequence[str]) -> bool:
        """True when the last word read stands before what follows ("the windows on | that building")."""
        determined = words[0] in _DETERMINERS and not (words[1:] and words[1] in _VERBS)
        return self._words[end - 1] in _PREPOSITIONS and determined

    def _tells_of(self, words: Sequence[str], tokens: Sequence[Token]) -> bool:
        """True for words right before a request that make it a report: "I | have my window open"."""
        if any(token.has("condition") for token in tokens) or words[-1] in _SUBJECTS:
            return True
        if (words[-1],) in self._lists["quotes"]:
            return True
        persons = [*people().values(), self._lists["persons"]]
        return words[-2:-1] in (["my"], ["his"], ["her"], ["the"]) and any(
            (words[-1],) in names for names in persons
        )

    def _states(self, start: int, words: Sequence[str]) -> bool:
        """True for a subject that nobody knows before "have" and the like ("unicorns | have one horn")."""
        return self._words[start] in _VERBS and not self._lexicon.tokens(list(words[-1:]))[0].senses

    def _commands(self, start: int) -> bool:
        """True when the words from `start` on begin like a command ("turn …", "close …"), not like a report."""
        for token in self._lexicon.tokens(list(self._words[start:])):
            if token.has("filler") and not token.has("light"):
                continue
            verb = token.has("light") or (
                token.has("act") and not token.has("function") and not token.has("place")
            )
            return verb and not token.text.endswith(("s", "ed", "ing"))
        return False

    def _points_outside(self, tokens: Sequence[Token]) -> bool:
        """True when the request has only a pronoun where the words around it name a device."""
        named = any(token.names() for token in self._inside)
        pronoun = any(token.has("pronouns") for token in self._inside)
        return pronoun and not named and any(token.names() for token in tokens)

    def _harmless_after(self, words: Sequence[str]) -> bool:
        """True for a purpose ("so she can find it"), or "for …" and "at …" where no place is left to choose."""
        if words[0] in _LOOSE:
            return True
        if words[0] == "before":  # judged by `_piece`: "before the snow gets in"
            return True
        if words[0] == "to" and tuple(words[1:2]) in self._lists["purposes"]:
            return not self._careful() or self._explained(words[2:])
        if words[0] not in ("for", "at") or words[-1].endswith("ing"):  # "wipers up for washing"
            return False
        if self._careful() and not self._explained(words[1:]):
            return False
        if words[0] == "at":  # "honk at that heifer", but not "fog lights on at the next junction"
            return all(_path(span) == _HORN for span in self._spans)
        single = all(len(span.meant.requests) == 1 and _placeless(span) for span in self._spans)
        return single or (words[0] == "for" and any(token.has("place") for token in self._inside))

    def _careful(self) -> bool:
        """True when a door or a lid would move: that takes words that are all understood."""
        groups = self._lists["asks_first"]
        families = [self._lexicon.families.of(wish.signal.path) for s in self._spans for wish in s.meant.requests]
        return any(family is not None and (family.group,) in groups for family in families)

    def _explained(self, words: Sequence[str]) -> bool:
        """True when every word has a sense or is about a person ("for my mother", but not "for extraction")."""
        persons = frozenset({phrase for names in (*people().values(), self._lists["persons"]) for phrase in names})
        rest = without_phrases(words, persons)
        return all(token.senses for token in self._lexicon.tokens(rest))


def _placeless(span: Span) -> bool:
    """True when the device sits at one place only, so that nobody can mean another one."""
    return not any(part.startswith(("Row", "Driver", "Passenger")) for part in _path(span).split("."))


def _path(span: Span) -> str:
    return span.meant.requests[0].signal.path
