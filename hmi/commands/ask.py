"""`codriver ask`: say a sentence, talk, or run a batch of sentences on the simulated vehicle."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from codriver.errors import InputError
from codriver.settings import Settings, load_settings
from hmi.settings import SPEAKER, VEHICLE

if TYPE_CHECKING:
    from hmi.assistant.answer import Answer
    from hmi.assistant.conversation import Conversations
    from hmi.session import Session

_CONVERSATION = "ask"
_LEAVE = frozenset({"quit", "exit", "bye"})
_PROMPT = "> "


@click.command()
@click.argument("text", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a sentence.")
@click.option(
    "--batch", metavar="FILE", help="Run the sentences of FILE, one JSON object per line; - reads standard input."
)
@click.option("--speaker", type=click.Choice(SPEAKER.choices), help=f"{SPEAKER.help} [setting {SPEAKER.key}]")
@click.option("--vehicle", type=click.Choice(VEHICLE.choices), help=f"{VEHICLE.help} [setting {VEHICLE.key}]")
def ask(text: str | None, as_json: bool, batch: str | None, speaker: str | None, vehicle: str | None) -> None:
    """Say TEXT to the car, and print its reply. Without TEXT: talk until "quit" or Ctrl-D.

    A batch runs on the simulated vehicle and prints one JSON object per line, in the order of the input. Each line
    is {"id": …, "text": "…", "session": …, "state": {…}}: lines of one session are one conversation, state puts
    signal values into the car before the sentence. A line that cannot be used gives {"id": …, "error": "…"}, and
    the exit code is 2 then; what the car does or refuses does not change the exit code.

    \b
    Examples:
      codriver ask "open my window halfway"
      codriver ask --json "is the trunk locked?"
      codriver ask --batch sentences.jsonl > answers.jsonl
    """
    if batch is not None:
        if text is not None:
            raise click.UsageError("Give either TEXT or --batch, not both.")
        _run_batch(load_settings({SPEAKER.key: speaker, VEHICLE.key: "simulated"}), batch)
        return
    settings = load_settings({SPEAKER.key: speaker, VEHICLE.key: vehicle})
    interactive = sys.stdin.isatty()
    if text is None and (as_json or not interactive):
        raise click.UsageError('Say something, as in codriver ask "open my window", or give --batch FILE.')
    with _session(settings) as session:
        if text is None:
            _talk(session, settings[SPEAKER])
        else:
            _say(session, text, settings[SPEAKER], as_json=as_json, follow_up=interactive)


@contextmanager
def _session(settings: Settings, conversations: Conversations | None = None) -> Iterator[Session]:
    from hmi.session import open_session  # the vehicle takes a moment to import; `codriver --help` need not wait

    virtual = settings[VEHICLE] == "simulated"
    with open_session(settings, virtual_time=virtual, conversations=conversations) as session:
        yield session


def _say(session: Session, text: str, speaker: str, *, as_json: bool, follow_up: bool) -> None:
    """Say one sentence; as long as the car asks back and a person is there, let the person answer."""
    answer = _ask(session, text, speaker)
    if as_json:
        click.echo(json.dumps(answer.as_json(), ensure_ascii=False))
        return
    click.echo(answer.reply)
    while follow_up and _asks(session):
        reply = _read_line()
        if not reply:
            return
        click.echo(_ask(session, reply, speaker).reply)


def _talk(session: Session, speaker: str) -> None:
    """Read sentences and print replies until the person leaves."""
    with suppress(ImportError):
        import readline  # noqa: F401 - importing it gives `input` a history and the arrow keys
    while (text := _read_line()) is not None:
        if text.lower() in _LEAVE:
            return
        if text:
            click.echo(_ask(session, text, speaker).reply)


def _ask(session: Session, text: str, speaker: str) -> Answer:
    from hmi.session import SPEAKERS

    return session.assistant.ask(text, _CONVERSATION, SPEAKERS[speaker])


def _asks(session: Session) -> bool:
    """True while a question of the car is open."""
    return bool(session.assistant.conversation(_CONVERSATION).open_question)


def _read_line() -> str | None:
    """What the person types, stripped; None at the end of the input."""
    try:
        return input(_PROMPT).strip()
    except EOFError:
        click.echo()
        return None


def _run_batch(settings: Settings, name: str) -> None:
    from hmi.assistant.batch import Batch, as_line, batch_conversations
    from hmi.session import SPEAKERS

    out = sys.stdout.buffer
    with _batch_input(name) as lines, _session(settings, batch_conversations()) as session:
        batch = Batch(session, SPEAKERS[settings[SPEAKER]])
        for document in batch.run(lines):
            out.write(as_line(document))
            out.flush()
    if batch.bad_lines:
        plural = "line" if batch.bad_lines == 1 else "lines"
        raise InputError(f'{batch.bad_lines} {plural} of the batch could not be used; see "error" in the output.')


@contextmanager
def _batch_input(name: str) -> Iterator[BinaryIO]:
    """The lines of the file `name`, or of standard input for "-". Raises `InputError`."""
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - closed below; only what opening raises is about the file
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"The batch file {name!r} cannot be read: {reason}.") from None
    with file:
        yield file
