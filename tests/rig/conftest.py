import pytest
from rig_kit import EXAMPLE, Bench, devices, window, write_file


@pytest.fixture
def bench_of(tmp_path, monkeypatch):
    """Puts a rig of these devices on the bench; closes it afterwards."""
    monkeypatch.delenv("CODRIVER_RIG_FILE", raising=False)
    opened = []

    def put(document):
        opened.append(Bench(write_file(tmp_path, document)))
        return opened[-1]

    yield put
    for bench in opened:
        bench.close()


@pytest.fixture
def bench(bench_of):
    """One window between two end switches."""
    return bench_of(devices(**{"driver window": window()}))


@pytest.fixture
def example(tmp_path, monkeypatch):
    """The example rig of the documentation, its thermometer's bus in a folder of the test."""
    monkeypatch.delenv("CODRIVER_RIG_FILE", raising=False)
    text = EXAMPLE.read_text(encoding="utf-8").replace("type: ds18b20", f"type: ds18b20\n    folder: {tmp_path}")
    path = tmp_path / "rig.yaml"
    path.write_text(text, encoding="utf-8")
    bench = Bench(path)
    yield bench
    bench.close()
