"""An endpoint for each test that wants one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from llm_endpoint import Endpoint


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint()
    yield server
    server.close()
