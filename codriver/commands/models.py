"""`codriver models`: which weights there are, fetch them, check them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from typing import Any

import click

from codriver.errors import InputError, ResourceError
from codriver.models import FileCheck, Model, ModelStore, Report, human_size, open_store
from codriver.models.settings import MANIFESTS, TIMEOUT
from codriver.settings import load_settings

_HEADINGS = ("name", "role", "licence", "size", "present")


class TerminalProgress:
    """Bars on a terminal, plain lines elsewhere; all on stderr, because stdout is for results."""

    def __init__(self, lines: bool = True) -> None:
        """`lines` false: where there is no terminal, steps are not told."""
        self._terminal = sys.stderr.isatty()
        self._lines = lines

    @contextmanager
    def step(self, what: str, total: int | None) -> Iterator[Report]:
        """A bar from 0 to `total` bytes, or a line where there is no terminal or no total."""
        if not self._terminal or total is None:
            if self._terminal or self._lines:
                self.note(what + ("" if total is None else f" ({human_size(total)})"))
            yield lambda done: None
            return
        template = f"%(label)s  [%(bar)s]  {human_size(total)}  %(info)s"
        with click.progressbar(length=total, label=what, file=sys.stderr, bar_template=template) as bar:
            yield lambda done: bar.update(min(done, total) - bar.pos)
            bar.update(total - bar.pos)

    def note(self, text: str) -> None:
        """A line of its own."""
        click.echo(text, err=True)


_manifests_flag = click.option(
    "--manifest", "manifests", metavar="FILE", multiple=True, help=f"{MANIFESTS.help} [setting {MANIFESTS.key}]"
)


def _open(manifests: tuple[str, ...], timeout: float | None = None) -> ModelStore:
    return open_store(load_settings({MANIFESTS.key: manifests, TIMEOUT.key: timeout}))


class _ModelsGroup(click.Group):
    """Takes further commands from the entry point group `codriver.models_commands`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *entry_points(group="codriver.models_commands").names})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = super().get_command(ctx, cmd_name)
        for point in entry_points(group="codriver.models_commands", name=cmd_name) if found is None else ():
            loaded: click.Command = point.load()
            return loaded
        return found


@click.group(cls=_ModelsGroup)
def models() -> None:
    """List, fetch and check the weights of models.

    They are kept in the folder CODRIVER_MODELS, else in codriver/models of the user's cache folder.
    """


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of the table.")
@_manifests_flag
def list_models(as_json: bool, manifests: tuple[str, ...]) -> None:
    """Show every model with its role, the licence of its weights, its size and whether it is here."""
    store = _open(manifests)
    if as_json:
        described = [describe(store, model) for model in store.models.values()]
        click.echo(json.dumps(described, ensure_ascii=False, indent=2))
        return
    for line in table(store):
        click.echo(line)


@models.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option(
    "--accept-licence", "accepted", metavar="NAME", multiple=True, help="Accept the licence of NAME's weights."
)
@click.option("--timeout", type=float, metavar="SECONDS", help=f"{TIMEOUT.help} [setting {TIMEOUT.key}]")
@_manifests_flag
def pull(
    names: tuple[str, ...], accepted: tuple[str, ...], timeout: float | None, manifests: tuple[str, ...]
) -> None:
    """Fetch models, or what is missing or broken of them.

    \b
    Examples:
      codriver models pull smollm2-135m-instruct
      codriver models pull yolo11n-seg --accept-licence yolo11n-seg
    """
    store = _open(manifests, timeout)
    for name in accepted:
        if name not in names:
            raise InputError(
                f"--accept-licence {name} names a model that is not to be pulled; name it there as well."
            )
    # One by one, so that each is told as soon as it is here; refusals still come before the first download.
    chosen = [store.model(name) for name in dict.fromkeys(names)]
    store.licences.refuse_open(chosen, accepted)
    for model in chosen:
        store.pull([model.name], TerminalProgress(), allow=accepted)
        click.echo(
            f"{model.name} is in {store.folder(model.name)} ({human_size(model.size)}, {_licence(store, model)})."
        )
        if model.note:
            click.echo(f"  {model.note}")


@models.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of the lines.")
@_manifests_flag
def verify(names: tuple[str, ...], as_json: bool, manifests: tuple[str, ...]) -> None:
    """Hash every file that is here; exit code 2 and the names when one is not what it should be."""
    store = _open(manifests)
    checks = store.verify(names, TerminalProgress(lines=False))
    if as_json:
        click.echo(json.dumps([_described(check) for check in checks], ensure_ascii=False, indent=2))
    else:
        for check in checks:
            click.echo(f"{check.model}/{check.file}: {check.problem or 'good'}")
        if not checks:
            click.echo("There is nothing to check: none of these models is here.")
    broken = [check for check in checks if check.problem]
    if broken:
        files = ", ".join(f"{check.model}/{check.file} ({check.problem})" for check in broken)
        again = " ".join(dict.fromkeys(check.model for check in broken))
        raise ResourceError(f"Not as they should be: {files}; `codriver models pull {again}` fetches them again.")


def _described(check: FileCheck) -> dict[str, Any]:
    return {"model": check.model, "file": check.file, "good": not check.problem, "problem": check.problem or None}


def describe(store: ModelStore, model: Model) -> dict[str, Any]:
    """The model as a JSON object; `path` of a file is null while it is not here."""
    here = {file.name: store.root / model.name / file.name for file in model.files}
    return {
        "name": model.name,
        "role": model.role,
        "licence": model.licence,
        "permissive": model.permissive,
        "licence_accepted": store.licences.accepted(model),
        "note": model.note or None,
        "size": model.size,
        "present": store.presence(model.name),
        "files": [
            {
                "name": file.name,
                "size": file.size,
                "sha256": file.sha256,
                "sources": [str(source) for source in file.sources],
                "path": str(here[file.name]) if here[file.name].is_file() else None,
            }
            for file in model.files
        ],
    }


def table(store: ModelStore) -> Sequence[str]:
    """Lines of a table with one line per model, under a line of headings."""
    rows = [
        _HEADINGS,
        *(
            (model.name, model.role, _licence(store, model), human_size(model.size), store.presence(model.name))
            for model in store.models.values()
        ),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _licence(store: ModelStore, model: Model) -> str:
    if model.permissive:
        return model.licence
    return f"{model.licence} ({'accepted' if store.licences.accepted(model) else 'to be accepted'})"
