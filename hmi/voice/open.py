"""Opens a spoken dialogue as the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codriver.settings import Settings
from hmi.voice.settings import REPAIR, VOCABULARY, WAKE_WORD

if TYPE_CHECKING:
    from hmi.catalogue.family_file import Families
    from hmi.session import Session
    from hmi.voice.dialogue import Dialogue
    from hmi.voice.hearing import Ears
    from hmi.voice.repair import Repairer


def open_dialogue(settings: Settings, session: Session, conversation: str = "voice") -> Dialogue:
    """A dialogue with the assistant of `session`. Raises `ResourceError` when the speech model cannot be used."""
    from hmi.voice.dialogue import Dialogue

    ears = open_ears_of(settings, session.families)
    repairer = open_repairer(session) if settings[REPAIR] else None
    return Dialogue(session.assistant, ears, repairer, settings[WAKE_WORD], conversation)


def open_ears_of(settings: Settings, families: Families) -> Ears:
    """The speech model of `settings`, with the words of `families` as a hint. Raises `ResourceError`."""
    from hmi.voice.hearing import open_ears
    from hmi.voice.hint import hint_for

    return open_ears(settings, hint_for(families) if settings[VOCABULARY] else "")


def open_repairer(session: Session) -> Repairer:
    """Repairs with the words of the car of `session`."""
    from hmi.understanding.grammar.recogniser import GrammarRecogniser
    from hmi.voice.repair import Repairer
    from hmi.voice.vocabulary import vocabulary_of

    return Repairer(
        session.assistant.recogniser, GrammarRecogniser(session.families), vocabulary_of(session.families)
    )
