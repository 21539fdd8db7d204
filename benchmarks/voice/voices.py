"""Makes the speech of the benchmark: three synthetic voices at three speeds, each sentence by one of each."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codriver.errors import ResourceError
from hmi.cases.case import Case

VOICES = ("joe", "slt", "rms")
"""joe: neural (Piper). slt, rms: statistical parametric voices of a woman and a man (flite)."""
SPEEDS = (0.85, 1.0, 1.2)
_PIPER = Path(__file__).with_name("piper_voice.py")


@dataclass(frozen=True, slots=True)
class Spoken:
    """One sentence of the benchmark as sound."""

    case: Case
    voice: str
    speed: float
    file: Path


def plan(cases: Sequence[Case], folder: Path, all_voices: bool = False) -> list[Spoken]:
    """Who says what, and how fast: voices and speeds take turns; with `all_voices` every voice says everything."""
    spoken = []
    for number, case in enumerate(cases):
        speed = SPEEDS[(number // len(VOICES)) % len(SPEEDS)]
        voices = VOICES if all_voices else (VOICES[number % len(VOICES)],)
        spoken += [Spoken(case, voice, speed, folder / f"{case.id}-{voice}-{speed}.wav") for voice in voices]
    return spoken


def synthesise(spoken: Sequence[Spoken], piper: str, flite: str) -> None:
    """Make the files that are not there yet, with the Python of Piper's environment and the program flite."""
    missing = [item for item in spoken if not item.file.exists()]
    for item in missing:
        item.file.parent.mkdir(parents=True, exist_ok=True)
        if item.voice != "joe":
            stretch = f"duration_stretch={1 / item.speed:.3f}"
            part = item.file.with_suffix(".part")
            text = item.case.turns[0].say
            _call([flite, "-voice", item.voice, "--setf", stretch, "-t", text, "-o", str(part)])
            part.rename(item.file)
    neural = [item for item in missing if item.voice == "joe"]
    if neural:
        jobs = [{"text": i.case.turns[0].say, "speed": i.speed, "file": str(i.file)} for i in neural]
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write("\n".join(json.dumps(job) for job in jobs))
            file.flush()
            _call([piper, str(_PIPER), file.name])


def _call(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, env=os.environ)
    except FileNotFoundError:
        raise ResourceError(f"{command[0]} is not installed; docs/voice.md says how to get the voices.") from None
    except subprocess.CalledProcessError as error:
        raise ResourceError(f"{command[0]} could not speak: {error.stderr.decode()[-300:]}") from None
