"""The root of the command line. Subcommands are entry points of the group `codriver.commands`."""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import click

from codriver import __version__
from codriver.errors import CodriverError, ResourceError
from codriver.settings import load_settings


class PluginGroup(click.Group):
    """A group whose commands are loaded from entry points, each only when it is needed."""

    def _points(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group="codriver.commands")}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all installed commands."""
        return sorted({*super().list_commands(ctx), *self._points()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command `cmd_name`, imported now; one that cannot be imported says so when it is run."""
        point = self._points().get(cmd_name)
        if point is None:
            return super().get_command(ctx, cmd_name)
        try:
            command: click.Command = point.load()
        except ImportError as error:
            # One broken plug-in must not take the help and all other commands with it.
            return _unavailable(cmd_name, error)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; that the reader of our output has gone (`… | head`) is no error of ours."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Here and not in `main`, because click turns the exception into exit code 1 before `main` sees it.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise click.exceptions.Exit(0) from None


def _unavailable(name: str, error: ImportError) -> click.Command:
    def refuse(arguments: tuple[str, ...]) -> None:
        raise ResourceError(
            f"The command {name!r} cannot be loaded ({error}); reinstall the package it comes from."
        )

    argument = click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)
    settings = {"ignore_unknown_options": True}
    return click.Command(name, settings, refuse, [argument], short_help=f"Cannot be loaded: {error}.")


@click.group(cls=PluginGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="codriver")
def root() -> None:
    """Say what the car should do.

    Foundation models propose, deterministic code verifies, a person stays in charge.
    """


@root.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of the table.")
def settings(as_json: bool) -> None:
    """Print every setting that is in force, and where it comes from."""
    entries = list(load_settings())
    shown = {
        entry.setting.key: "••••" if entry.setting.secret and entry.value else entry.value for entry in entries
    }
    if as_json:
        click.echo(json.dumps({e.setting.key: {"value": shown[e.setting.key], "from": e.origin} for e in entries}))
        return
    for entry in entries:
        click.echo(f"{entry.setting.key} = {json.dumps(shown[entry.setting.key], ensure_ascii=False)}")
        click.echo(f"    {entry.setting.help} [{entry.origin}]")


def main() -> None:
    """Run the command line; an error of the interface becomes one sentence and its exit code."""
    try:
        result = root.main(prog_name="codriver", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except CodriverError as error:
        click.echo(f"codriver: {error}", err=True)
        sys.exit(error.exit_code)
    if type(result) is int:  # what a command gave to `ctx.exit`
        sys.exit(result)
