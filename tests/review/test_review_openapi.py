"""The review's OpenAPI document tells the truth, whatever is asked, and no request spoils what was decided."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import pytest
import schemathesis
from review_kit import make_dataset

sys.path.insert(0, str(Path(__file__).parents[1]))

from openapi_kit import CHECKS, negative_data_rejection, requests

from codriver.web.access import Access
from perception.dataset.dataset import Dataset
from perception.dataset.decision_log import DecisionLog
from perception.review.app import create_app
from perception.review.serving import export

# The tests are made for each operation of the document, so the app has to be there when they are collected.
_HELD = tempfile.TemporaryDirectory()
FOLDER = make_dataset(Path(_HELD.name) / "out", 2)


def open_app(folder):
    dataset = Dataset.open(str(folder))
    return create_app(dataset, DecisionLog(dataset.storage), lambda: export(dataset), Access(), who="me")


APP = open_app(FOLDER)
api = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", APP)


@pytest.fixture(scope="module", autouse=True)
def leave_no_folder():
    yield
    _HELD.cleanup()


@api.parametrize()
@requests(max_examples=15)
def test_the_api_does_what_its_document_says(case):
    response = case.call()
    # A list that is far too long makes a body that is too large, and is refused for that.
    refused = response.status_code == 413
    case.validate_response(
        response, checks=[one for one in CHECKS if not (refused and one is negative_data_rejection)]
    )


def test_what_was_decided_meanwhile_can_be_read_again(tmp_path):
    again = open_app(Path(shutil.copytree(FOLDER, tmp_path / FOLDER.name))).test_client()
    assert again.get("/api/v1/progress").json == APP.test_client().get("/api/v1/progress").json
