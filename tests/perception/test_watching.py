import signal
import sys
import time

import pytest

from perception.pipeline.progress import ProgressLine
from perception.pipeline.watching import TerminalWatcher


def test_progress_tells_for_how_long_there_was_no_news(capsys):
    with TerminalWatcher(silence_s=0.05) as watcher:
        watcher.step("first frame from Ray", 0, 1)
        time.sleep(0.3)
        watcher.step("first frame from Ray", 1, 1)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "first frame from Ray: 0/1"
    assert "first frame from Ray: 0/1, waiting for 0:00" in lines[1:-1]
    assert lines[-1] == "first frame from Ray: 1/1"


def test_lines_are_few_and_say_how_much_is_left(capsys):
    with TerminalWatcher() as watcher:
        for done in range(1001):
            watcher.step("frames", done, 1000)
        watcher.step("track", 1, 2)
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["frames: 0/1000", "frames: 1000/1000", "track: 1/2"]


def test_it_may_be_entered_again_and_is_silent_between(capsys):
    watcher = TerminalWatcher(silence_s=0.05)
    for what in ("calibrating", "frames"):
        with watcher:
            watcher.step(what, 0, 1)
            time.sleep(0.3)
        lines = capsys.readouterr().err.splitlines()
        assert lines[0] == f"{what}: 0/1"
        assert lines[1].startswith(f"{what}: 0/1, waiting for 0:0")
        time.sleep(0.1)
        assert capsys.readouterr().err == ""


def test_a_signal_ends_the_line_and_the_same_step_goes_on_below(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with TerminalWatcher() as watcher:
        watcher.step("frames", 0, 2)
        signal.raise_signal(signal.SIGTERM)
        assert watcher.stopped()
        watcher.step("frames", 2, 2)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    lines = capsys.readouterr().err.split("\n")
    assert [line.rpartition("] ")[2] for line in lines] == [
        "frames: 0/2",
        "Stopping once what is under way is finished; again to stop at once.",
        "frames: 2/2",
        "",
    ]


def test_after_another_line_it_still_tells_how_long_it_waits(capsys):
    line = ProgressLine()
    line.step("frames", 1, 3)
    line.end_line()
    line.wait(0.0)
    line.end()
    line.wait(0.0)
    assert [one.split(", ")[0] for one in capsys.readouterr().err.splitlines()] == ["frames: 1/3"] * 2
