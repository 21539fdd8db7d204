"""`codriver testgen`: let the language model write test cases, verify them, and settle what is disputed."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codriver.errors import InputError, NotFoundError
from codriver.settings import Settings, load_settings
from hmi.settings import LLM_LEVEL, VEHICLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hmi.cases.case import CaseKind
    from hmi.cases.generate.assignment import Choices
    from hmi.cases.generate.store import CaseStore
    from hmi.cases.generate.writing_run import Counts
    from hmi.catalogue.signal import Signal
    from hmi.session import Session

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(invoke_without_command=True)
@click.option("--signals", multiple=True, metavar="GLOB", help="What the cases are about; may be repeated.")
@click.option("--n", "count", default=20, show_default=True, type=click.IntRange(1, 10_000), help="Cases wanted.")
@click.option("--kinds", multiple=True, metavar="KIND", help="Kinds of cases; none: all. See docs/cases.md.")
@click.option("--persona", multiple=True, metavar="TEXT", help="Who speaks; none: a variety of people.")
@click.option("--noise", multiple=True, metavar="NAME", help="clean, hesitation, misheard, fragment, or a text.")
@click.option(
    "--out", type=_FILE, default="cases.yaml", show_default=True, help="The case file to write or go on with."
)
@click.option(
    "--seed", default=1, show_default=True, help="Chooses what is asked for; the same seed asks the same."
)
@click.option("--batch", default=3, show_default=True, type=click.IntRange(1, 20), help="Cases in one question.")
@click.pass_context
def testgen(context: click.Context, /, *, count: int, out: Path, seed: int, **options: object) -> None:
    """Let the configured language model write N cases about the signals that fit GLOB, and verify each.

    A case is kept when it fits the catalogue, the simulated vehicle can do it, and it is not nearly the same as
    one that is there. It is verified when an independent reading of its sentences means the same, else disputed:
    `codriver testgen review FILE` lets a person decide. Run it again with the same FILE to go on where it stopped.

    \b
    Examples:
      codriver testgen --signals "Cabin.HVAC.*" --n 50 --out climate.yaml
      codriver testgen --signals "*Window*" --kinds follow_up --persona "a sleepy trucker" --noise hesitation
      codriver testgen review climate.yaml
    """
    if context.invoked_subcommand is not None:
        return
    from hmi.session import open_session

    settings = _settings()
    with open_session(settings, virtual_time=True) as session:
        choices = _choices(session, **options)  # type: ignore[arg-type]
        counts, store = _write(settings, session, choices, count, out, seed)
    click.echo(
        f"{counts.verified} verified, {counts.disputed} disputed, {counts.invalid} invalid, "
        f"{counts.duplicate} near-duplicates dropped; {out} has {len(store.cases)} cases."
    )
    if counts.disputed:
        click.echo(f"Settle the disputed ones with `codriver testgen review {out}`.")
    if counts.invalid:
        click.echo(f"What was invalid, and why, is in {store.rejected_file}.")


def _settings() -> Settings:
    # The checker reads with the grammar and asks the model itself, so the session needs no level of its own.
    return load_settings({VEHICLE.key: "simulated", LLM_LEVEL.key: False})


def _write(
    settings: Settings, session: Session, choices: Choices, count: int, out: Path, seed: int
) -> tuple[Counts, CaseStore]:
    from hmi.cases.generate.assignment import Assignments
    from hmi.cases.generate.check import Checker
    from hmi.cases.generate.guided import Guide
    from hmi.cases.generate.model import open_writer, small_model
    from hmi.cases.generate.similar import Known
    from hmi.cases.generate.store import CaseStore
    from hmi.cases.generate.writing_run import WritingRun
    from hmi.cases.library import LIBRARY
    from hmi.cases.reading import load_cases
    from hmi.understanding.grammar.recogniser import GrammarRecogniser

    store = CaseStore.open(out, session.catalogue)
    known = Known.of(store.cases)
    library = load_cases(LIBRARY)
    for case in library:
        known.add(case)
    guide = None
    if small_model(settings):
        guide = Guide(session.catalogue, session.families, (case for case in library if case.split != "held_out"))
        choices = _guided(choices)
    hidden = not sys.stderr.isatty()
    with open_writer(settings) as (writer, model):
        checker = Checker(session, GrammarRecogniser(session.families), writer, known, model_reads=guide is None)
        with click.progressbar(length=count, label=f"{model} writes", file=sys.stderr, hidden=hidden) as bar:
            run = WritingRun(
                writer=writer,
                model=model,
                checker=checker,
                store=store,
                assignments=Assignments(choices, session.families, session.policy, seed),
                guide=guide,
                date=datetime.now(UTC).date().isoformat(),
                on_progress=lambda done: bar.update(done - bar.pos),
            )
            return run.run(count), store


def _guided(choices: Choices) -> Choices:
    """What a small model can write of `choices`. Raises `InputError` when that is nothing."""
    from hmi.cases.generate.guided import KINDS

    kinds = tuple(kind for kind in choices.kinds if kind in KINDS)
    if not kinds:
        raise InputError(
            f"A small model writes the kinds {' and '.join(KINDS)} only; "
            "set llm.url and llm.model for the others, or llm.style = free to let it try."
        )
    if kinds != choices.kinds:
        click.echo(f"A small model only words given wishes, so the kinds are {' and '.join(kinds)}.", err=True)
    return replace(choices, kinds=kinds)


def _choices(
    session: Session,
    signals: Sequence[str],
    kinds: Sequence[str],
    persona: Sequence[str],
    noise: Sequence[str],
    batch: int,
) -> Choices:
    from hmi.cases.generate.assignment import NOISES, PERSONAS, Choices

    if not signals:
        raise click.UsageError('Name the signals, as in --signals "Cabin.HVAC.*"; `codriver signals` lists them.')
    return Choices(
        _signals(session, signals), _kinds(kinds), tuple(persona) or PERSONAS, tuple(noise) or tuple(NOISES), batch
    )


def _signals(session: Session, patterns: Sequence[str]) -> tuple[Signal, ...]:
    """The signals that fit `patterns` and that the vehicle can show."""
    from hmi.commands.signals import select

    found: dict[str, Signal] = {}
    for pattern in patterns:
        fitting = [
            signal
            for signal in select(session.catalogue.signals(), pattern, writable=True)
            if signal.path in session.vehicle.bindings
        ]
        if not fitting:
            raise NotFoundError(f"No signal that a sentence can change fits {pattern!r}; see `codriver signals`.")
        found |= {signal.path: signal for signal in fitting}
    return tuple(found.values())


def _kinds(names: Sequence[str]) -> tuple[CaseKind, ...]:
    from hmi.cases.generate.assignment import KINDS

    known = {kind.value: kind for kind in KINDS}
    for name in names:
        if name not in known:
            raise InputError(f"There is no kind {name!r}; use one of {', '.join(known)}.")
    return tuple(known[name] for name in names) or tuple(KINDS)


@testgen.command()
@click.argument("file", type=_FILE)
def review(file: Path) -> None:
    """Settle the disputed cases of FILE, one key for each; every decision is saved at once."""
    from hmi.cases.generate.review import Review
    from hmi.cases.generate.store import CaseStore
    from hmi.session import open_session

    if not file.is_file():
        raise NotFoundError(f"There is no case file {file}.")

    def decide(keys: str) -> str:
        click.echo(f"  {keys}? ", nl=False)
        try:
            pressed = click.getchar()
        except OSError:
            raise InputError("Disputes are settled key by key; start this in a terminal.") from None
        click.echo(pressed if pressed.isprintable() else "")
        return pressed

    with open_session(_settings(), virtual_time=True) as session:
        store = CaseStore.open(file, session.catalogue)
        settled = Review(store, session, click.echo, decide, _edit).run()
    click.echo(f"{settled.kept} kept, {settled.dropped} dropped, {settled.left} still disputed.")


def _edit(text: str) -> str | None:
    """`text` as the person changed it in their editor; None when they left it as it was."""
    return click.edit(text, extension=".yaml")
