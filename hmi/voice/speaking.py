"""Text to speech. Every voice can be interrupted at any moment."""

from __future__ import annotations

import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any, Protocol

from codriver.errors import CodriverError, ResourceError
from codriver.settings import Settings
from hmi.voice.settings import ESPEAK_VOICE, PIPER_VOICE, REPLY


class Voice(Protocol):
    """Speaks replies, one at a time."""

    def say(self, text: str) -> None:
        """Begin to speak, instead of what is being said; returns at once."""

    def stop(self) -> None:
        """Be silent at once."""

    @property
    def speaking(self) -> bool:
        """True while something is being said."""


class Silence:
    """Says nothing."""

    speaking = False

    def say(self, text: str) -> None:
        """Say nothing."""

    def stop(self) -> None:
        """Nothing to stop."""


class Espeak:
    """espeak-ng as a program of its own."""

    def __init__(self, voice: str, program: str = "espeak-ng") -> None:
        """Raises `ResourceError` when the program is not installed."""
        found = shutil.which(program)
        if found is None:
            raise ResourceError(
                f"{program} is not installed; apt install espeak-ng, or set voice.reply to piper or none."
            )
        self._command = [found, "-v", voice, "--stdin"]
        self._process: subprocess.Popen[bytes] | None = None

    def say(self, text: str) -> None:
        """Speak `text`."""
        self.stop()
        # The text goes through a pipe: as an argument it could be an option.
        self._process = subprocess.Popen(  # noqa: S603 - the program is the one found above
            self._command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if self._process.stdin is not None:
            try:
                self._process.stdin.write(text.encode())
                self._process.stdin.close()
            except BrokenPipeError:  # it ended at once: no sound device; the reply is on the screen as well
                self._process.wait()

    def stop(self) -> None:
        """End the program."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()

    @property
    def speaking(self) -> bool:
        """True while the program runs."""
        return self._process is not None and self._process.poll() is None


class Piper:
    """A Piper voice, played through sounddevice. The library `piper-tts` is GPL-3.0 and not a part of codriver."""

    def __init__(self, voice: str) -> None:
        """`voice` is a file or a name in the model store. Raises `ResourceError` when a part is missing."""
        try:
            import piper  # type: ignore[import-not-found, unused-ignore]
            import sounddevice
        except (ImportError, OSError) as error:
            raise ResourceError(
                f"Piper needs piper-tts (GPL-3.0) and sounddevice ({error}); pip install '.[voice,piper]' in "
                "codriver's folder."
            ) from None
        file = _piper_file(voice)
        try:
            self._voice: Any = piper.PiperVoice.load(str(file))
        except (OSError, ValueError, RuntimeError) as error:
            raise ResourceError(f"The Piper voice {str(file)!r} cannot be loaded: {error}.") from None
        self._player = sounddevice
        self._said = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def say(self, text: str) -> None:
        """Speak `text`."""
        self.stop()
        with self._lock:
            turn = self._said
        self._thread = threading.Thread(target=self._speak, args=(text, turn), name="codriver-piper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the sound."""
        with self._lock:
            self._said += 1
            self._player.stop()

    @property
    def speaking(self) -> bool:
        """True from `say` to the last sound."""
        return self._thread is not None and self._thread.is_alive()

    def _speak(self, text: str, turn: int) -> None:
        for chunk in self._voice.synthesize(text):
            with self._lock:
                if turn != self._said:
                    return
                self._player.play(chunk.audio_float_array, chunk.sample_rate)
            self._player.wait()


def _piper_file(voice: str) -> Path:
    """The .onnx file of `voice`. Raises `ResourceError`."""
    path = Path(voice).expanduser()
    if path.is_file():
        return path
    from codriver.models import open_store

    try:
        folder = open_store().folder(voice)
    except CodriverError as error:
        raise ResourceError(str(error)) from None
    return next(folder.glob("*.onnx"))


def open_voice(settings: Settings) -> Voice:
    """The voice of `settings`. Raises `ResourceError`."""
    if settings[REPLY] == "espeak":
        return Espeak(settings[ESPEAK_VOICE])
    return Piper(settings[PIPER_VOICE]) if settings[REPLY] == "piper" else Silence()
