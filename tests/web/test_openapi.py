"""The OpenAPI document: it is 3.1, tells the truth about the API, and its page needs no network."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
import schemathesis
from web_fakes import MemorySession

sys.path.insert(0, str(Path(__file__).parents[1]))

from openapi_kit import CHECKS, requests

from codriver.web.app import document_of
from hmi.web.app import create_app

APP = create_app(MemorySession())
DOCUMENT = document_of(APP)
# The stream never ends, so it is left to the tests of the events.
api = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", APP).exclude(path="/api/v1/events")


@api.parametrize()
@requests(max_examples=25)
def test_the_api_does_what_its_document_says(case):
    case.call_and_validate(checks=CHECKS)


def test_the_document_is_openapi_3_1():
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert "<br" not in json.dumps(DOCUMENT)


def test_every_route_of_the_api_is_in_the_document():
    routes = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in APP.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.endpoint != "openapi_document"
    }
    assert routes == set(DOCUMENT["paths"])


@pytest.mark.parametrize(
    ("path", "method"), [(path, method) for path, found in DOCUMENT["paths"].items() for method in found]
)
def test_every_operation_is_described_and_names_its_errors(path, method):
    operation = DOCUMENT["paths"][path][method]
    assert operation["summary"]
    for status in ("400", "401", "403"):
        assert "application/problem+json" in operation["responses"][status]["content"]


def test_every_reference_leads_somewhere():
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(DOCUMENT)))
    assert names
    assert names <= set(DOCUMENT["components"]["schemas"])


def test_the_documentation_page_loads_everything_from_this_server():
    client = APP.test_client()
    page = client.get("/docs").data.decode()
    loads = re.findall(r'(?:src|href|data-document)="([^"]+)"', page)
    assert any("swagger-ui-bundle" in path for path in loads)
    for path in loads:
        assert path.startswith("/")
        assert client.get(path).status_code == 200


def test_a_file_outside_of_swagger_ui_is_not_served():
    client = APP.test_client()
    for name in ("../__init__.py", "..%2f__init__.py", "/etc/passwd", "../../plugins.py"):
        assert client.get(f"/docs/swagger/{name}", follow_redirects=True).status_code == 404
