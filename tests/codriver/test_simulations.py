"""Finding a simulated vehicle by the name under which it is installed."""

from importlib.metadata import EntryPoint

import pytest

from codriver import simulation
from codriver.clock import VirtualClock
from codriver.errors import NotFoundError


def make_nothing(*, virtual_time: bool) -> tuple[str, bool]:
    return "nothing", virtual_time


@pytest.fixture
def one_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VirtualClock, "make_nothing", staticmethod(make_nothing), raising=False)
    point = EntryPoint("nothing", "codriver.clock:VirtualClock.make_nothing", "codriver.simulations")
    monkeypatch.setattr(simulation, "entry_points", lambda group: [point])


@pytest.mark.usefixtures("one_installed")
def test_an_installed_simulation_is_started_with_the_wanted_time() -> None:
    assert simulation.start_simulation("nothing", virtual_time=True) == ("nothing", True)
    assert simulation.start_simulation("nothing", virtual_time=False) == ("nothing", False)


@pytest.mark.usefixtures("one_installed")
def test_an_unknown_simulation_is_answered_with_those_that_are_there() -> None:
    with pytest.raises(NotFoundError, match=r"No simulation 'some' is installed \(available: nothing\)\."):
        simulation.start_simulation("some", virtual_time=True)


def test_no_simulation_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "entry_points", lambda group: [])
    with pytest.raises(NotFoundError, match="available: none"):
        simulation.start_simulation("can", virtual_time=True)
