"""One simulated vehicle for all tests of cases, with the grammar as its only level, and no trace left behind."""

import os

import pytest

from codriver.settings import load_settings
from hmi.session import open_session
from hmi.understanding.grammar.recogniser import GrammarRecogniser


@pytest.fixture(scope="session")
def _car():
    environ = {"CODRIVER_UNDERSTANDING_LLM": "false"}
    with open_session(load_settings({}, environ=environ, files=[]), virtual_time=True) as session:
        yield session, GrammarRecogniser(session.families)


@pytest.fixture
def car(_car):
    """The session, as new, with the grammar as its recogniser."""
    session, session.assistant.recogniser = _car
    session.reset()
    return session


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    """Settings and data of the person who runs the tests stay out of them."""
    for name in [name for name in os.environ if name.startswith("CODRIVER_") and name != "CODRIVER_MODELS"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CODRIVER_UNDERSTANDING_LLM", "false")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
