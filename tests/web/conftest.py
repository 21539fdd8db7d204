from __future__ import annotations

import pytest
from web_fakes import MemorySession

from hmi.web.app import create_app, hub_of


@pytest.fixture
def session():
    return MemorySession()


@pytest.fixture
def app(session):
    app = create_app(session)
    yield app
    hub_of(app).close()


@pytest.fixture
def client(app):
    return app.test_client()
