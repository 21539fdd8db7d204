"""Natural speech for tests: Piper's voice joe from the model store, spoken from phonemes by onnxruntime alone."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from codriver.errors import CodriverError
from codriver.models import open_store
from hmi.voice.audio import RATE, resample

VOICE = "piper-en-us-joe"
EARS = "whisper-tiny"
PHONEMES = {
    "Open my window halfway.": "ˈoʊpən maɪ wˈɪndoʊ hˈæfweɪ.",
    "Plus all the windows.": "plˈʌs ˈɔːl ðə wˈɪndoʊz.",
    "Turn on the dome light.": "tˈɜːn ˈɔn ðə dˈoʊm lˈaɪt.",
    "Open all the windows.": "ˈoʊpən ˈɔːl ðə wˈɪndoʊz.",
    "Stop!": "stˈɑːp!",
}
"""Sentences as espeak-ng writes their sounds."""
_START, _PAD, _END = 1, 0, 2


def need(*names: str) -> None:
    """Pull models that are not there yet; skip where they cannot be had."""
    store = open_store()
    try:
        store.pull(name for name in names if not store.is_present(name))
    except CodriverError as error:
        pytest.skip(f"a model cannot be had here: {error}")


@cache
def speech(sentence: str, pause: float = 0.5) -> np.ndarray:
    """`sentence` with `pause` seconds of silence around it. Without noise the same sound every time."""
    import onnxruntime

    folder = Path(open_store().folder(VOICE))
    (model,) = folder.glob("*.onnx")
    settings = json.loads(model.with_suffix(".onnx.json").read_text(encoding="utf-8"))
    ids = [_START, _PAD]
    for sound in PHONEMES[sentence]:
        ids += [*settings["phoneme_id_map"][sound], _PAD]
    inputs = {
        "input": np.array([[*ids, _END]], np.int64),
        "input_lengths": np.array([len(ids) + 1], np.int64),
        "scales": np.array([0.0, 1.0, 0.0], np.float32),
    }
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    sound = np.ravel(session.run(None, inputs)[0]).astype(np.float32)
    return np.pad(resample(sound, settings["audio"]["sample_rate"]), int(pause * RATE))
