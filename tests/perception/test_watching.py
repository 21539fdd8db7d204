import time

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
