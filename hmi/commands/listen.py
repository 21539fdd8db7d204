"""`codriver listen`: talk to the car, or let it hear recordings."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codriver.errors import InputError, ResourceError
from codriver.settings import Settings, load_settings
from hmi.settings import SPEAKER, VEHICLE
from hmi.voice.settings import BARGE_IN, DETECTOR, MICROPHONE, MODEL, PAUSE, REPLY, WAKE_WORD

if TYPE_CHECKING:
    from hmi.voice.dialogue import Heard
    from hmi.voice.speaking import Voice


@click.command()
@click.option(
    "--wav", "recordings", metavar="PATH", multiple=True, type=click.Path(path_type=Path),
    help="Hear this WAV file instead of the microphone, or all those of a folder; may be repeated.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object per request instead of text.")
@click.option("--model", metavar="NAME", help=f"{MODEL.help} [setting {MODEL.key}]")
@click.option("--wake-word", metavar="WORD", help=f"{WAKE_WORD.help} [setting {WAKE_WORD.key}]")
@click.option("--speaker", type=click.Choice(SPEAKER.choices), help=f"{SPEAKER.help} [setting {SPEAKER.key}]")
@click.option("--vehicle", type=click.Choice(VEHICLE.choices), help=f"{VEHICLE.help} [setting {VEHICLE.key}]")
def listen(
    recordings: tuple[Path, ...], as_json: bool, model: str | None, wake_word: str | None, speaker: str | None,
    vehicle: str | None,
) -> None:  # fmt: skip
    """Listen to the microphone and do what is said, until Ctrl-C.

    With --wav: each recording is one request, all of them are one conversation, in their order. Printed are the
    transcript, its repair if it had to be repaired, and the reply. The exit code is 2 when a recording cannot be
    used.

    \b
    Examples:
      codriver models pull whisper-base silero-vad
      codriver listen
      codriver listen --wav request.wav --json
    """
    flags = {MODEL.key: model, WAKE_WORD.key: wake_word, SPEAKER.key: speaker, VEHICLE.key: vehicle}
    settings = load_settings(flags)
    if recordings:
        _hear_recordings(settings, files_of(recordings), as_json)
        return
    with suppress(KeyboardInterrupt):
        _hear_microphone(settings, _Screen(as_json))


def files_of(paths: tuple[Path, ...]) -> list[Path]:
    """The recordings at `paths`; those of a folder by name. Raises `InputError` for a folder without any."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = sorted(file for file in path.iterdir() if file.suffix.lower() == ".wav")
            if not found:
                raise InputError(f"The folder {str(path)!r} has no .wav files.")
            files += found
        else:
            files.append(path)
    return files


def _hear_recordings(settings: Settings, files: list[Path], as_json: bool) -> None:
    from hmi.session import SPEAKERS, open_session
    from hmi.voice.audio import read_wav
    from hmi.voice.open import open_dialogue

    bad = 0
    with open_session(settings, virtual_time=settings[VEHICLE] == "simulated") as session:
        dialogue = open_dialogue(settings, session)
        for file in files:
            try:
                heard = dialogue.turn(read_wav(file), SPEAKERS[settings[SPEAKER]])
            except InputError as error:
                if len(files) == 1:
                    raise
                bad += 1
                click.echo(json.dumps({"file": str(file), "error": str(error)}) if as_json else f"{file}: {error}")
                continue
            if as_json:
                click.echo(json.dumps({"file": str(file), **heard.as_json()}, ensure_ascii=False))
            else:
                show(heard, str(file) if len(files) > 1 else "")
    if bad:
        raise InputError(f"{bad} of {len(files)} recordings could not be used; see above.")


class _Screen:
    """The terminal; the partial transcript stands on the last line until the request is complete."""

    def __init__(self, as_json: bool) -> None:
        self._json = as_json
        self._live = sys.stderr.isatty()

    def partial(self, text: str) -> None:
        if self._live and text:
            click.echo(f"\r\033[K… {text}", nl=False, err=True)

    def heard(self, heard: Heard) -> None:
        if self._live:
            click.echo("\r\033[K", nl=False, err=True)
        if heard.turn in ("nothing_heard", "not_addressed"):
            return
        if self._json:
            click.echo(json.dumps(heard.as_json(), ensure_ascii=False))
        else:
            show(heard)


def _hear_microphone(settings: Settings, screen: _Screen) -> None:
    from hmi.session import SPEAKERS, open_session
    from hmi.voice.detector import open_detector
    from hmi.voice.listening import Listening
    from hmi.voice.microphone import Microphone
    from hmi.voice.open import open_dialogue
    from hmi.voice.segmenter import Segmenter

    detector = open_detector(settings[DETECTOR])
    voice = _voice(settings)
    with open_session(settings) as session:
        dialogue = open_dialogue(settings, session)
        listening = Listening(
            dialogue, detector, Segmenter(settings[PAUSE]), voice, screen,
            speaker=SPEAKERS[settings[SPEAKER]], barge_in=settings[BARGE_IN],
        )  # fmt: skip
        with Microphone(settings[MICROPHONE]) as microphone:
            click.echo("Listening. Ctrl-C ends.", err=True)
            listening.run(microphone.frames())


def _voice(settings: Settings) -> Voice:
    """The voice of the settings; where nobody chose one and espeak-ng is missing, replies are only printed."""
    from hmi.voice.speaking import Silence, open_voice

    try:
        return open_voice(settings)
    except ResourceError as error:
        if settings.entries[REPLY.key].origin != "default":
            raise
        click.echo(f"Replies are not spoken: {error}", err=True)
        return Silence()


def show(heard: Heard, name: str = "") -> None:
    """Print what was heard, what became of it, and the reply."""
    if name:
        click.echo(name)
    click.echo(f"heard:    {heard.transcript or '(nothing)'}")
    if heard.repaired:
        click.echo(f"repaired: {heard.text}")
    if heard.reply:
        click.echo(f"reply:    {heard.reply}")
