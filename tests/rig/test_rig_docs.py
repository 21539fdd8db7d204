"""The documentation shows what the program says."""

from pathlib import Path

from click.testing import CliRunner
from rig_kit import EXAMPLE

from hmi.commands.rig import rig

DOCS = (Path(__file__).parents[2] / "docs" / "rig.md").read_text(encoding="utf-8")


def printed(*arguments):
    result = CliRunner().invoke(rig, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output


def test_the_wiring_table_is_that_of_the_example():
    assert printed("diagram", "--file", str(EXAMPLE)) in DOCS


def test_the_types_are_all_there():
    assert printed("types") in DOCS


def test_every_subcommand_is_mentioned():
    for name in rig.commands:
        assert f"codriver rig {name}" in DOCS, name
