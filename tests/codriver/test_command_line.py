"""The root of the command line: exit codes, one-sentence errors and the settings table."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from codriver import cli
from codriver.errors import CodriverError, FileFormatError, InputError, NotFoundError, ResourceError


@pytest.fixture(autouse=True)
def nothing_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in [name for name in os.environ if name.startswith("CODRIVER_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def run_main(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Call `main` with arguments, and a throw-away subcommand `probe` that runs `body`; gives the exit code."""

    def run(*arguments: str, body: Callable[[], object] = lambda: None) -> int:
        monkeypatch.setattr(sys, "argv", ["codriver", *arguments])
        monkeypatch.setitem(cli.root.commands, "probe", click.command("probe")(body))
        try:
            cli.main()
        except SystemExit as stop:
            return stop.code if isinstance(stop.code, int) else 0
        return 0

    return run


def raising(error: BaseException) -> Callable[[], None]:
    def body() -> None:
        raise error

    return body


@pytest.mark.parametrize("kind", [InputError, NotFoundError, FileFormatError, ResourceError, CodriverError])
def test_an_error_of_the_interface_is_one_sentence_and_exit_code_2(
    run_main: Callable[..., int], capsys: pytest.CaptureFixture[str], kind: type[CodriverError]
) -> None:
    assert run_main("probe", body=raising(kind("The lid is stuck; free it."))) == 2
    captured = capsys.readouterr()
    assert captured.err == "codriver: The lid is stuck; free it.\n"
    assert captured.out == ""


def test_a_bug_shows_its_traceback(run_main: Callable[..., int]) -> None:
    with pytest.raises(ZeroDivisionError):
        run_main("probe", body=lambda: 1 // 0)


def test_exit_codes(run_main: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main("probe") == 0
    assert run_main("probe", body=lambda: click.get_current_context().exit(3)) == 3
    assert run_main("probe", body=lambda: "some result") == 0
    assert run_main("probe", body=raising(KeyboardInterrupt())) == 130
    assert run_main("--version") == 0
    assert run_main("probe", "--help") == 0
    capsys.readouterr()
    assert run_main("drive") == 2
    assert "No such command 'drive'" in capsys.readouterr().err
    assert run_main("settings", "--nonsense") == 2
    assert "No such option" in capsys.readouterr().err


def test_no_command_shows_what_there_is(run_main: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main() == 2
    assert "Usage: codriver" in capsys.readouterr().err


def test_installed_commands_are_listed_and_loaded_by_name() -> None:
    context = click.Context(cli.root)
    assert {"settings", "signals", "ask"} <= set(cli.root.list_commands(context))
    command = cli.root.get_command(context, "signals")
    assert command is not None
    assert command.name == "signals"
    assert cli.root.get_command(context, "drive") is None


def test_a_broken_plug_in_does_not_take_the_others_with_it(
    run_main: Callable[..., int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = EntryPoint("broken", "codriver.no_such_module:command", "codriver.commands")
    monkeypatch.setattr(cli, "entry_points", lambda group: [broken])
    assert run_main("--help") == 0
    assert "Cannot be loaded: No module named" in capsys.readouterr().out
    assert run_main("settings", "--json") == 0
    capsys.readouterr()
    assert run_main("broken", "--loud", "now") == 2
    assert capsys.readouterr().err == (
        "codriver: The command 'broken' cannot be loaded (No module named 'codriver.no_such_module'); "
        "reinstall the package it comes from.\n"
    )


def test_settings_table_and_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODRIVER_WEB_PORT", "9000")
    table = CliRunner().invoke(cli.root, ["settings"]).output
    assert "web.port = 9000\n" in table
    assert "[CODRIVER_WEB_PORT]" in table
    found = json.loads(CliRunner().invoke(cli.root, ["settings", "--json"]).output)
    assert found["web.port"] == {"value": 9000, "from": "CODRIVER_WEB_PORT"}
    assert found["web.host"] == {"value": "127.0.0.1", "from": "default"}


@pytest.mark.parametrize("arguments", [["settings"], ["settings", "--json"]])
def test_a_secret_is_never_printed(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    monkeypatch.setenv("CODRIVER_WEB_TOKEN", "hunter2")
    result = CliRunner().invoke(cli.root, arguments)
    assert result.exit_code == 0
    assert "hunter2" not in result.output
    assert "CODRIVER_WEB_TOKEN" in result.output


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("web.port = ", "codriver: codriver.toml cannot be read as TOML: "),
        (
            "web.prot = 1",
            "codriver: codriver.toml: there is no setting 'web.prot'; `codriver settings` lists them.\n",
        ),
        ("web.port = 'x'", "codriver: web.port (codriver.toml) is a whole number, not 'x'.\n"),
    ],
)
def test_a_bad_settings_file(
    run_main: Callable[..., int], capsys: pytest.CaptureFixture[str], toml: str, message: str
) -> None:
    Path("codriver.toml").write_text(toml, encoding="utf-8")
    assert run_main("settings") == 2
    assert capsys.readouterr().err.startswith(message)


def test_a_bad_variable(
    run_main: Callable[..., int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODRIVER_WEB_PORT", "many")
    assert run_main("settings") == 2
    assert capsys.readouterr().err == "codriver: web.port (CODRIVER_WEB_PORT) is a whole number, not 'many'.\n"


def test_a_reader_that_goes_away_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    code = "from codriver.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "settings"], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")
