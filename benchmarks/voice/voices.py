"""Makes the speech of the benchmark: five natural voices at three speeds, each sentence by one of them."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codriver.errors import ResourceError
from hmi.cases.case import Case

VOICES = ("joe", "af_heart", "bm_george", "bf_emma", "am_michael")
"""joe: Piper. The others: Kokoro; American (a) and British (b), female (f) and male (m)."""
SPEEDS = (1.0, 0.85, 1.2)
_SPEAKER = Path(__file__).with_name("neural_voices.py")


@dataclass(frozen=True, slots=True)
class Spoken:
    """One sentence of the benchmark as sound."""

    case: Case
    voice: str
    speed: float
    file: Path

    @property
    def text(self) -> str:
        """What is said."""
        return self.case.turns[0].say


def plan(cases: Sequence[Case], folder: Path) -> list[Spoken]:
    """Who says what, and how fast: voices and speeds take turns."""
    spoken = []
    for number, case in enumerate(cases):
        voice, speed = VOICES[number % len(VOICES)], SPEEDS[(number // len(VOICES)) % len(SPEEDS)]
        spoken.append(Spoken(case, voice, speed, folder / f"{case.id}-{voice}-{speed}.wav"))
    return spoken


def synthesise(spoken: Sequence[Spoken], python: str, kokoro_voices: str) -> None:
    """Make the files that are not there yet. Raises `ResourceError` when the voices are not set up."""
    missing = [item for item in spoken if not item.file.exists()]
    if not missing:
        return
    if not python or not kokoro_voices:
        raise ResourceError(
            f"{len(missing)} recordings are missing; give --python and --kokoro-voices as docs/voice.md says."
        )
    jobs = [
        {"text": item.text, "voice": item.voice, "speed": item.speed, "file": str(item.file)} for item in missing
    ]
    missing[0].file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write("\n".join(json.dumps(job) for job in jobs))
        file.flush()
        try:
            subprocess.run([python, str(_SPEAKER), file.name, kokoro_voices], check=True, capture_output=True)
        except OSError as error:
            raise ResourceError(f"{python} cannot be run ({error.strerror}); docs/voice.md sets it up.") from None
        except subprocess.CalledProcessError as error:
            raise ResourceError(f"The voices could not speak: {error.stderr.decode()[-400:]}") from None
