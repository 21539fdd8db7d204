"""How often a spoken sentence ends in exactly the change that it asks for, by model and by noise."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.measure import Measurement
from benchmarks.voice.noise import Sound, with_noise
from benchmarks.voice.remembered import RememberedEars, memory_of
from benchmarks.voice.voices import Spoken
from codriver.settings import load_settings
from hmi.assistant.answer import Outcome
from hmi.cases.judge import Judged, Verdict, judge
from hmi.cases.run import closeness
from hmi.session import SPEAKERS, Session, open_session
from hmi.understanding.grammar.text import words_of
from hmi.voice.audio import RATE, read_wav
from hmi.voice.dialogue import Dialogue, Heard, Turn
from hmi.voice.hint import hint_for
from hmi.voice.open import open_ears_of, open_repairer

CONDITIONS = ("clean", "10", "5")
"""Without noise, or the ratio of speech to road noise in decibels."""
_GOALS = {("whisper-base", "clean"): ">= 85", ("whisper-base", "10"): ">= 70"}
_CONVERSATION = "voice"


@dataclass(frozen=True, slots=True)
class Result:
    """One recording: what was heard, and what came of it."""

    spoken: Spoken
    model: str
    condition: str
    heard: Heard
    judged: Judged | None
    """None when nothing reached the assistant."""

    @property
    def right(self) -> bool:
        """True when the vehicle proved all changes that the sentence asks for, and no others were asked for."""
        return bool(
            self.judged
            and self.judged.verdict is Verdict.RIGHT
            and self.judged.answer.outcome in (Outcome.DONE, Outcome.NOTHING_TO_DO)
        )

    @property
    def wrong(self) -> bool:
        """True when something moved, or would on a yes, that the sentence does not ask for."""
        return self.judged is not None and self.judged.verdict in (Verdict.WRONG, Verdict.MOVED)

    @property
    def verbatim(self) -> bool:
        """True when the transcript has the words that were said."""
        return words_of(self.heard.transcript) == words_of(self.spoken.text)

    def as_json(self) -> str:
        """For the file of details."""
        verdict = str(self.judged.verdict) if self.judged else str(self.heard.turn)
        return json.dumps(
            {
                "id": self.spoken.case.id, "model": self.model, "condition": self.condition,
                "voice": self.spoken.voice, "speed": self.spoken.speed, "said": self.spoken.text,
                "transcript": self.heard.transcript, "text": self.heard.text, "repaired": self.heard.repaired,
                "right": self.right, "verdict": verdict, "problem": self.judged.problem if self.judged else "",
                "options": list(self.heard.options),
                "ms": {step: round(ms) for step, ms in self.heard.latency_ms.items()},
            }
        )  # fmt: skip


def run(
    spoken: Sequence[Spoken],
    model: str,
    condition: str,
    on_result: Callable[[Result], None],
    repair: bool = True,
) -> list[Result]:
    """Let `model` hear every recording in `condition`, each on a fresh simulated vehicle.

    What it hears is kept beside the recordings and not asked again.
    """
    settings = load_settings({"voice.model": model, "understanding.llm": False}, files=[])
    results = []
    with open_session(settings, virtual_time=True) as session:
        memory = memory_of(spoken[0].file.parent, model, hint_for(session.families))
        ears = RememberedEars(open_ears_of(settings, session.families), memory)
        repairer = open_repairer(session) if repair else None
        dialogue = Dialogue(session.assistant, ears, repairer, conversation=_CONVERSATION)
        for number, item in enumerate(spoken):
            samples = _sound(read_wav(item.file), condition, number)
            results.append(_turn(session, dialogue, item, model, condition, samples))
            on_result(results[-1])
    return results


def _sound(speech: Sound, condition: str, seed: int) -> Sound:
    return np.pad(speech, RATE // 2) if condition == "clean" else with_noise(speech, float(condition), seed)


def _turn(
    session: Session, dialogue: Dialogue, spoken: Spoken, model: str, condition: str, samples: Sound
) -> Result:
    session.reset()
    turn = spoken.case.turns[0]
    session.stage({**spoken.case.state, **turn.state})
    dialogue.forget()
    heard = dialogue.turn(samples, SPEAKERS[spoken.case.speaker])
    judged = judge(turn, heard.answer, closeness(session)) if heard.answer else None
    return Result(spoken, model, condition, heard, judged)


def figures(results: Sequence[Result]) -> Iterator[Measurement]:
    """The shares by model and condition."""
    for model, condition in dict.fromkeys((result.model, result.condition) for result in results):
        some = [result for result in results if (result.model, result.condition) == (model, condition)]
        name = f"{model}, {'clean' if condition == 'clean' else f'road noise at {condition} dB'}"
        goal = _GOALS.get((model, condition), "")

        def share(what: Callable[[Result], bool], of: Sequence[Result] = some) -> float:
            return 100 * sum(map(what, of)) / len(of)

        yield Measurement(f"{name}: correct changes", share(lambda result: result.right), "%", goal)
        yield Measurement(f"{name}: wrong changes", share(lambda result: result.wrong), "%")
        yield Measurement(f"{name}: asked which", share(lambda result: result.heard.turn is Turn.WHICH), "%")
        yield Measurement(f"{name}: transcript word for word", share(lambda result: result.verbatim), "%")
        yield Measurement(f"{name}: repaired", share(lambda result: result.heard.repaired), "%")


def keep(results: Sequence[Result], file: Path) -> None:
    """Add one line for each recording."""
    with file.open("a", encoding="utf-8") as lines:
        lines.writelines(f"{result.as_json()}\n" for result in results)
