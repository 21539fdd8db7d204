import pytest
from example_car import Body, fresh_channel, write_files

from codriver.clock import VirtualClock
from hmi.vehicle import open as opening


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the files of the worked example, in which the program is run."""
    write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    return tmp_path


@pytest.fixture
def channel(folder, monkeypatch):
    """The example's bus, on a virtual channel instead of can0."""
    channel = fresh_channel()
    monkeypatch.setenv("CODRIVER_VEHICLE_INTERFACE", "virtual")
    monkeypatch.setenv("CODRIVER_VEHICLE_CHANNEL", channel)
    return channel


@pytest.fixture
def body(folder, channel, monkeypatch):
    """The example's body controller; the vehicle opened from the settings runs on its clock."""
    clock = VirtualClock()
    monkeypatch.setattr(opening, "RealClock", lambda: clock)
    body = Body(clock, channel, folder / "coupe.dbc")
    yield body
    body.close()
