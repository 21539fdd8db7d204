"""What one conversation remembers: its turns, the open question, and what can be taken back."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from codriver.errors import NotFoundError
from hmi.assistant.answer import Answer
from hmi.catalogue.signal import SignalValue
from hmi.requests import Question, Request

MAX_TURNS = 100
"""Turns kept for the history; older ones are forgotten."""
MAX_UNDO = 20
"""How many acting turns can be taken back, one after the other."""
MAX_CONVERSATIONS = 1000
QUESTION_LIFETIME = 120.0
"""Seconds after which an open question lapses: a "yes" minutes later is not meant for it."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A value to go back to, and the phase in which it was given up."""

    before: SignalValue
    phase: int = 0


TakeBack = tuple[Restored, ...]
"""What undoing one turn has to restore; empty when the turn changed nothing."""


@dataclass(frozen=True, slots=True)
class Job:
    """Absolute or relative wishes to be planned and carried out, and where they come from."""

    requests: tuple[Request, ...]
    speaker: tuple[int, str]
    takes_back: TakeBack = ()
    """For undo and corrections: the turn whose changes are restored."""
    is_undo: bool = False


@dataclass(frozen=True, slots=True)
class Pending:
    """A plan that waits for a yes."""

    job: Job
    acknowledged: frozenset[str]
    """Ids of the rules that asked."""
    question: str
    asked_at: float


@dataclass(frozen=True, slots=True)
class OpenChoice:
    """A clarifying question that waits for a choice."""

    question: Question
    understood_by: str
    asked_at: float


class Conversation:
    """One person's thread with the assistant. Its lock is held for a whole turn, so turns never interleave."""

    def __init__(self, conversation_id: str, turns: int = MAX_TURNS) -> None:
        self.id = conversation_id
        self.lock = threading.RLock()
        self.turns: deque[Answer] = deque(maxlen=turns)
        self.memory: Any = None
        self.pending: Pending | None = None
        self.choice: OpenChoice | None = None
        self.undo_stack: deque[TakeBack] = deque(maxlen=MAX_UNDO)
        self.last_changes: TakeBack = ()
        """What the last turn that asked for changes did, for corrections ("no, the other one")."""
        self.speaker: tuple[int, str] = (1, "driver")

    @property
    def open_question(self) -> str:
        """The question that waits for an answer, empty when none does."""
        if self.pending is not None:
            return self.pending.question
        return self.choice.question.text if self.choice is not None else ""

    def close_questions(self) -> None:
        """Drop what is open, silently."""
        self.pending = None
        self.choice = None

    def expire_questions(self, now: float) -> None:
        """Drop a question that nobody answered within `QUESTION_LIFETIME` seconds."""
        asked = self.pending or self.choice
        if asked is not None and now - asked.asked_at > QUESTION_LIFETIME:
            self.close_questions()

    def remember(self, changes: TakeBack) -> None:
        """Note what a turn that asked for changes did, for undo and corrections."""
        self.last_changes = changes
        if changes:
            self.undo_stack.append(changes)

    def forget_past(self) -> None:
        """Drop what is open and all that could be taken back; the history stays."""
        self.close_questions()
        self.undo_stack.clear()
        self.last_changes = ()

    def pop_undo(self, entry: TakeBack) -> None:
        """Take `entry` off the undo stack if it is the newest there."""
        if self.undo_stack and self.undo_stack[-1] == entry:
            self.undo_stack.pop()
        self.last_changes = ()

    def as_json(self) -> dict[str, Any]:
        """The form of the API: id, open question and turns, oldest first."""
        return {
            "id": self.id,
            "question": self.open_question,
            "turns": [turn.as_json() for turn in self.turns],
        }


@dataclass(slots=True)
class Conversations:
    """All conversations, the longest unused one forgotten first. Thread-safe."""

    limit: int = MAX_CONVERSATIONS
    turns: int = MAX_TURNS
    """Turns of history that each conversation keeps."""
    _threads: OrderedDict[str, Conversation] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self, conversation_id: str) -> Conversation:
        """The conversation of that id, begun now if there is none."""
        with self._lock:
            found = self._threads.get(conversation_id)
            if found is None:
                found = self._threads[conversation_id] = Conversation(conversation_id, self.turns)
            self._threads.move_to_end(conversation_id)
            while len(self._threads) > self.limit:
                self._threads.popitem(last=False)
            return found

    def get(self, conversation_id: str) -> Conversation:
        """The conversation of that id. Raises `NotFoundError`."""
        with self._lock:
            found = self._threads.get(conversation_id)
        if found is None:
            raise NotFoundError(
                f"There is no conversation {conversation_id!r}; it was never begun or has been forgotten."
            )
        return found

    def forget(self, conversation_id: str) -> None:
        """Drop a conversation; one that does not exist is no error."""
        with self._lock:
            self._threads.pop(conversation_id, None)

    def clear(self) -> None:
        """Drop all."""
        with self._lock:
            self._threads.clear()

    def forget_past(self) -> None:
        """Let every conversation forget its open question and what it could take back."""
        with self._lock:
            threads = tuple(self._threads.values())
        for conversation in threads:
            conversation.forget_past()

    def ids(self) -> Sequence[str]:
        """Ids, the longest unused first."""
        with self._lock:
            return tuple(self._threads)
