"""What a sentence is about, where that is not this car here and now: told, over, elsewhere, somebody else's."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.understanding.grammar.lexicon import Lexicon
from hmi.understanding.grammar.text import PAUSE
from hmi.understanding.llm.words import DETERMINERS, find_phrase, people, word_lists

_BEYOND = ("elsewhere", "others")
_TOLD = ("not_now", "tells", "past")
_PLACING = frozenset({"in", "at", "on", "of", "from", "near", "outside", "inside", "to", "over"})
_OURS = frozenset(
    {
        "here",
        "there",
        "car",
        "cabin",
        "vehicle",
        "me",
        "us",
        "you",
        "it",
        "this",
        "these",
        "face",
        "eyes",
        "neck",
        "road",
        "roadside",
    }
)
_TIMES = frozenset({"winter", "summer", "autumn", "spring", "morning", "evening", "afternoon", "day", "night"})


_SPEAKER = frozenset({"i", "ive", "as", "just", "already"})
"""Before a verb of `reports`, these make the speaker repeat an own wish ("I said louder", "like I just said")."""
_OTHER_CARS = frozenset({"that", "those", "his", "her", "their", "your", "another", "other"})


def told(words: Sequence[str]) -> bool:
    """True for words that put something off, make it a story, report it or say that it is over."""
    return reported(words) or any(find_phrase(words, word_lists()[name]) is not None for name in _TOLD)


def reported(words: Sequence[str]) -> bool:
    """True for words that report what somebody other than the speaker said ("he literally said, …")."""
    reports = word_lists()["reports"]
    for index in range(len(words)):
        if find_phrase(words[index : index + 2], reports) == 0:
            return index == 0 or words[index - 1] not in _SPEAKER
    return False


def elsewhere(words: Sequence[str]) -> bool:
    """True for words that name a thing or place outside this car."""
    return find_phrase(words, word_lists()["elsewhere"]) is not None


def asks_for_an_errand(words: Sequence[str]) -> bool:
    """True for words that want something else than a change of the car's devices."""
    return find_phrase(words, word_lists()["errands"]) is not None


def beyond(words: Sequence[str]) -> bool:
    """True for words that name a thing or place outside this car, or somebody else's.

    Other people's doings may well be a need ("that truck splashed the windscreen"), but no request.
    """
    return any(find_phrase(words, word_lists()[name]) is not None for name in _BEYOND)


def beyond_across(words: Sequence[str]) -> bool:
    """True for a phrase of such a thing that may reach into the request itself ("the temperature | outside")."""
    names = {phrase for name in _BEYOND for phrase in word_lists()[name] if len(phrase) > 1}
    return find_phrase(words, frozenset(names)) is not None


def wants_explanation(words: Sequence[str], lexicon: Lexicon) -> bool:
    """True for a question whose answer is an explanation ("why did you …", "how do I …"), not a state."""
    start = 0
    for token in lexicon.tokens(list(words)):
        if find_phrase(words[start : start + 3], word_lists()["asks"]) == 0:
            return True
        if not any(token.has(sense) for sense in ("filler", "conj", "pause")):
            return False
        start += len(token.text.split())
    return False


def placed_elsewhere(tail: Sequence[str], lexicon: Lexicon) -> bool:
    """True when words after a statement say that it holds in another place ("in Norway", "at the bus stop").

    `tail` is what follows the statement in its clause. Places in the car, and what touches a person, are here.
    """
    for index, word in enumerate(tail[:-1]):
        if word in _PLACING:
            named = tail[index + 1 :]
            if named[0] in _OTHER_CARS and named[1:2] in (["car"], ["cars"], ["vehicle"]):
                return True
            if named[0] in DETERMINERS and len(named) > 1:
                named = named[1:]
            if named[0] in _OURS or named[0] in _TIMES:
                return False
            return not lexicon.tokens(list(named))[0].senses
    return False


def about_another_thing(lead: Sequence[str], lexicon: Lexicon) -> bool:
    """True when the words before "is cold" and the like name a thing that is not the car's ("the beer")."""
    words = [word for word in lead if word != PAUSE and (word,) not in word_lists()["habitual"]]
    for index, word in enumerate(words[:-1]):
        owner = _is_person(word.removesuffix("s")) and word.endswith("s")
        if word in DETERMINERS or owner:
            rest = words[index + 1 :]
            persons = [*people().values(), word_lists()["persons"]]
            if any(find_phrase(rest, names) is not None for names in persons) or _OURS.intersection(rest):
                return False
            tokens = lexicon.tokens(list(rest))
            return any(not token.senses for token in tokens) or not any(
                tokens[-1].has(sense) for sense in ("noun", "place", "place_noun")
            )
    return False


def _is_person(word: str) -> bool:
    return any((word,) in names for names in (*people().values(), word_lists()["persons"]))
