"""The settings of the voice."""

from __future__ import annotations

from typing import Any

from codriver.settings import Setting

MODEL = Setting("voice.model", "whisper-base", "speech model of the model store, or a folder that onnx-asr reads")
MODEL_TYPE = Setting("voice.model-type", "whisper", "the kind of that model, as onnx-asr names it")
QUANTIZATION = Setting("voice.quantization", "quantized", "suffix of the model's files; empty: none")
LANGUAGE = Setting("voice.language", "en", "language that is spoken, as two letters")
VOCABULARY = Setting("voice.vocabulary", True, "tell the speech model the words of this car beforehand")
REPAIR = Setting("voice.repair", True, "repair misheard words with the words of this car")
DETECTOR = Setting("voice.detector", "silero-vad", "speech detector of the model store, or the path of its file")
THREADS = Setting("voice.threads", 0, "CPU threads of the speech model; 0: as many as there are", minimum=0)
KEEP_MEMORY = Setting(
    "voice.keep-memory", True, "keep the speech model's working memory between sentences: faster, and much larger"
)

WAKE_WORD = Setting("voice.wake-word", "", "word that a request must begin with; empty: none")
PAUSE = Setting("voice.pause", 0.6, "seconds of silence that end a sentence", minimum=0.2, maximum=3.0)
MICROPHONE = Setting("voice.microphone", "", "name or number of the input device; empty: the default one")

REPLY = Setting("voice.reply", "espeak", "what speaks the replies", choices=("espeak", "piper", "none"))
ESPEAK_VOICE = Setting("voice.espeak-voice", "en", "voice of espeak-ng")
PIPER_VOICE = Setting(
    "voice.piper-voice", "piper-en-us-joe", "Piper voice of the model store, or the path of its .onnx file"
)
BARGE_IN = Setting("voice.barge-in", True, "speech during a reply stops the reply")

SETTINGS: list[Setting[Any]] = [value for value in list(globals().values()) if isinstance(value, Setting)]
