"""`codriver verify` and its reports."""

import json
import re
import subprocess
import sys
from contextlib import nullcontext
from xml.etree import ElementTree

import pytest
from case_samples import BAD, GOOD, MY_WINDOW, write
from click.testing import CliRunner

from codriver.errors import FileFormatError, InputError, NotFoundError, ResourceError
from hmi.commands.verify import verify as command

HELD_OUT = BAD.replace("id: bad", "id: secret").replace(
    "open my window halfway", "open my window halfway, darling"
)
HOSTILE = f"""\
- id: hostile
  kind: direct
  say: "<script>alert(1)</script> & so on"
  expect: {{{MY_WINDOW}: 50}}
"""


@pytest.fixture
def verify(car, monkeypatch):
    monkeypatch.setattr("hmi.session.open_session", lambda *_, **__: nullcontext(car))

    def run(*arguments):
        return CliRunner().invoke(command, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def library(tmp_path):
    write(tmp_path, "library/develop/a.yaml", GOOD + BAD)
    write(tmp_path, "library/held_out/b.yaml", HELD_OUT)
    return tmp_path / "library"


def test_all_right_is_exit_code_0(verify, tmp_path):
    result = verify(write(tmp_path, "a.yaml", GOOD))
    assert result.exit_code == 0
    assert re.search(r"^cases +1 +1 +100\.0$", result.output, re.MULTILINE)


def test_something_wrong_is_exit_code_1_and_told(verify, tmp_path):
    result = verify(write(tmp_path, "a.yaml", GOOD + BAD))
    assert result.exit_code == 1
    assert "cases: 1 of 2 cases went wrong" in result.output
    assert 'bad: wrong actuation at "open my window halfway": lacks' in result.output


@pytest.mark.parametrize(
    ("text", "arguments", "error"),
    [
        (GOOD.replace(": 50", ": 5000"), [], FileFormatError),
        (GOOD, ["--split", "held_out"], InputError),
        (GOOD, ["--record", "x.json"], InputError),
        ("[]", [], InputError),
    ],
)
def test_bad_input_is_exit_code_2(verify, tmp_path, text, arguments, error):
    result = verify(write(tmp_path, "a.yaml", text), *arguments)
    assert isinstance(result.exception, error)
    assert result.exception.exit_code == 2


def test_the_real_command_line_reports_a_missing_file(tmp_path):
    found = subprocess.run(
        [sys.executable, "-m", "codriver", "verify", str(tmp_path / "none.yaml")], capture_output=True, text=True
    )
    assert found.returncode == 2
    assert found.stderr.strip() == f"codriver: There is no file or folder of cases at {tmp_path / 'none.yaml'}."


def test_the_library_can_be_given_and_the_missing_is_said(verify, tmp_path):
    assert isinstance(verify(tmp_path / "none").exception, NotFoundError)


def test_held_out_is_counted_on_its_own_and_not_told(verify, library):
    result = verify(library)
    assert result.exit_code == 1
    assert re.search(r"^develop +2 +1 +50\.0", result.output, re.MULTILINE)
    assert re.search(r"^held_out +1 +0 +0\.0", result.output, re.MULTILINE)
    assert "secret" not in result.output
    assert "held out: totals only" in result.output
    assert "secret: wrong actuation" in verify(library, "--split", "held_out").output


def test_every_report_is_written_and_keeps_held_out_cases_blind(verify, library, tmp_path):
    verify(library, "--report", tmp_path / "out")
    tree = ElementTree.parse(tmp_path / "out" / "junit.xml").getroot()  # noqa: S314 - written by this test
    suites = {suite.get("name"): suite for suite in tree}
    assert (suites["develop"].get("tests"), suites["develop"].get("failures")) == ("2", "1")
    failure = suites["develop"].find("testcase[@name='bad']/failure")
    assert failure.get("type") == "wrong actuation"
    assert "open my window halfway" in failure.text
    assert suites["held_out"].find("testcase/failure").get("message") == "wrong actuation"
    document = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert [suite["name"] for suite in document["suites"]] == ["develop", "held_out"]
    assert document["suites"][0]["results"][1]["turns"][0]["unwanted"] == {MY_WINDOW: 50}
    assert "results" not in document["suites"][1]
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    for text in ("1 failures by signal", "by rule", "by kind", "window: 1", "no rule spoke: 1", "direct: 1"):
        assert text in page, text
    assert "darling" not in page


def test_the_page_is_self_contained_and_safe(verify, tmp_path):
    verify(write(tmp_path, "a.yaml", HOSTILE), "--html", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert not re.search(r"(src|href)=['\"](?!#)|@import|url\(", page)


def test_the_trend_tells_what_has_changed(verify, tmp_path):
    file = write(tmp_path, "a.yaml", GOOD + BAD)
    first = verify(file, "--html", tmp_path / "page.html")
    assert "since the last run" not in first.output
    assert "first run that is remembered" in (tmp_path / "page.html").read_text(encoding="utf-8")
    write(tmp_path, "a.yaml", GOOD.replace(": 50", ": 49") + BAD.replace(": 20", ": 50"))
    second = verify(file, "--html", tmp_path / "page.html")
    assert "since the last run: 1 newly right" in second.output  # 49 counts as 50
    write(tmp_path, "a.yaml", GOOD.replace(": 50", ": 12") + BAD.replace(": 20", ": 50"))
    third = verify(file, "--html", tmp_path / "page.html")
    assert "0 newly right, 1 newly wrong" in third.output
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Newly wrong: 1" in page
    assert "<polyline" in page
    other = verify(write(tmp_path, "b.yaml", BAD))
    assert "since the last run" not in other.output


def test_a_broken_memory_is_begun_anew(verify, tmp_path):
    file = write(tmp_path, "a.yaml", GOOD)
    verify(file)
    (memory,) = (tmp_path / "data" / "codriver" / "verify").glob("trend-*.json")
    memory.write_text('{"totals": 3}', encoding="utf-8")
    assert verify(file).exit_code == 0
    assert json.loads(memory.read_text(encoding="utf-8"))["last"] == {"good": ["right"]}


def test_a_folder_that_cannot_be_written_is_said(verify, tmp_path):
    file = write(tmp_path, "a.yaml", GOOD)
    result = verify(file, "--html", file / "page.html")
    assert isinstance(result.exception, ResourceError)
    assert "page.html cannot be written: " in str(result.exception)


def test_disputed_cases_are_not_run_but_counted(verify, tmp_path):
    result = verify(write(tmp_path, "a.yaml", GOOD + BAD + "  verdict: disputed\n"))
    assert result.exit_code == 0
    assert "1 disputed cases were not run" in result.output


def test_the_oracle_records_what_the_library_can(verify, tmp_path):
    write(tmp_path, "lib/develop/a.yaml", BAD)
    result = verify(tmp_path / "lib", "--oracle", "--record", tmp_path / "record.json")
    assert result.exit_code == 0, result.output
    record = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
    assert (record["cases"], record["verified"]) == (1, 1)
    assert record["files"]["develop/a.yaml"]["cases"] == 1
    assert len(record["files"]["develop/a.yaml"]["sha256"]) == 64


def test_one_id_in_two_files_is_refused(verify, tmp_path):
    one, other = write(tmp_path, "a.yaml", GOOD), write(tmp_path, "b.yaml", GOOD)
    result = verify(one, other)
    assert "have a case 'good'; rename one of them" in str(result.exception)
    assert verify(one, one).exit_code == 0


def test_paths_of_cases_are_grouped_by_part_of_the_car(verify, tmp_path):
    assert re.search(r"by part of the car\n +windows +1 +1", verify(write(tmp_path, "a.yaml", GOOD)).output)


def plugin(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
    )


def test_the_pytest_plug_in_runs_the_same_files(tmp_path):
    write(tmp_path, "cases/a.yaml", GOOD + BAD)
    write(tmp_path, "cases/b.yaml", BAD.replace("id: bad", "id: unsure") + "  verdict: disputed\n")
    write(tmp_path, "cases/c.yaml", GOOD.replace("kind: direct", "kind: odd"))
    write(tmp_path, "test_other.py", "def test_other():\n    assert False\n")
    found = plugin(tmp_path, "--codriver-cases", "cases", "-rs", "--continue-on-collection-errors")
    assert found.returncode == 1
    assert "1 failed, 1 passed, 1 skipped, 1 error" in found.stdout, found.stdout
    assert 'driver: "open my window halfway"' in found.stdout
    assert "wrong actuation at" in found.stdout
    assert "kind: 'odd' is not one of" in found.stdout
    assert "test_other" not in found.stdout


def test_the_pytest_plug_in_says_what_is_missing(tmp_path):
    found = plugin(tmp_path, "--codriver-cases", "nowhere")
    assert found.returncode == 4
    assert "--codriver-cases: there is no file or folder at" in found.stderr
