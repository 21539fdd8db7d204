"""The review's API: pages, decisions, pictures, and who may call it."""

from __future__ import annotations

import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image
from review_kit import make_dataset

from codriver.web.access import Access
from codriver.web.app import document_of
from perception.dataset.dataset import Dataset
from perception.dataset.decision_log import NAME, DecisionLog
from perception.review.app import create_app
from perception.review.pictures import THUMB, crop_of
from perception.review.serving import export

API = "/api/v1"
TOKEN = "a-token-for-the-review"  # noqa: S105


@pytest.fixture
def folder(tmp_path):
    return make_dataset(tmp_path / "out", 6)


def app_for(folder, access=None):
    dataset = Dataset.open(str(folder))
    return create_app(dataset, DecisionLog(dataset.storage), lambda: export(dataset), access or Access(), who="me")


@pytest.fixture
def app(folder):
    return app_for(folder)


@pytest.fixture
def client(app):
    return app.test_client()


def decide(client, kind, **about):
    return client.post(f"{API}/decisions", json={"kind": kind, **about})


def test_clusters_are_paged_ranked_and_found_by_name(client):
    page = client.get(f"{API}/clusters?limit=2").json
    assert page["total"] == 4
    gains = [one["gain"] for one in client.get(f"{API}/clusters").json["clusters"]]
    assert gains == sorted(gains, reverse=True)
    rest = client.get(f"{API}/clusters?limit=2&offset=2").json["clusters"]
    assert {one["id"] for one in page["clusters"]}.isdisjoint(one["id"] for one in rest)
    assert [one["name"] for one in client.get(f"{API}/clusters?search=CON").json["clusters"]] == ["cone"]


def test_what_is_decided_leaves_the_open_ones_and_counts(client):
    answer = decide(client, "rename", clusters=[2], label="traffic sign").json
    assert answer["progress"]["settled"] == 6
    assert 2 not in [one["id"] for one in client.get(f"{API}/clusters").json["clusters"]]
    (found,) = client.get(f"{API}/clusters?shown=settled").json["clusters"]
    assert (found["id"], found["name"], found["source"]) == (2, "traffic sign", "person")


def test_the_export_shows_every_decision(client, folder):
    decide(client, "rename", clusters=[1], label="traffic cone")
    decide(client, "reject", clusters=[3])
    decide(client, "merge", clusters=[1, 2])
    hidden = client.get(f"{API}/frames/0").json["shapes"][3]
    client.post(f"{API}/completions", json={"segment": hidden["id"], "choice": 1})
    answer = client.post(f"{API}/export", json={}).json
    document = json.loads((folder / "annotations.json").read_text())
    assert answer["annotations"] == len(document["annotations"]) == 18
    names = {one["id"]: one["name"] for one in document["categories"]}
    of_first = [one for one in document["annotations"] if one["image_id"] == 1]
    assert [names[one["category_id"]] for one in of_first] == ["traffic cone", "traffic cone", "car"]
    assert [one["attributes"]["label_source"] for one in of_first] == ["person", "person", "detector"]
    assert {one["attributes"]["status"] for one in of_first} == {"known"}
    assert of_first[2]["attributes"]["amodal_method"] == "prior"
    assert of_first[2]["amodal_bbox"] == [20, 34, 24, 22]
    assert of_first[2]["attributes"]["occluded_by"] == [of_first[0]["id"]]


def test_decisions_are_there_after_a_restart(client, folder):
    decide(client, "rename", clusters=[1], label="traffic cone")
    line = json.loads((folder / NAME).read_text())
    assert (line["kind"], line["who"], len(line["members"])) == ("rename", "me", 6)
    # A copy, taken while the first review is still open: what a kill would leave.
    again = app_for(shutil.copytree(folder, folder.parent / "copy")).test_client()
    assert again.get(f"{API}/progress").json["settled"] == 6
    assert again.post(f"{API}/undo", json={}).status_code == 200
    assert again.get(f"{API}/progress").json["settled"] == 0


def test_a_proposal_that_is_not_there_cannot_be_chosen(client):
    first, *_, hidden = client.get(f"{API}/frames/0").json["shapes"]
    assert client.post(f"{API}/completions", json={"segment": first["id"], "choice": 0}).status_code == 400
    assert client.post(f"{API}/completions", json={"segment": hidden["id"], "choice": 2}).status_code == 400
    assert client.post(f"{API}/completions", json={"segment": 999, "choice": 0}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "rename", "clusters": [1]},
        {"kind": "rename", "clusters": [1], "label": " "},
        {"kind": "rename", "clusters": [1], "segments": [1], "label": "x"},
        {"kind": "reject"},
        {"kind": "reject", "clusters": [1], "label": "x"},
        {"kind": "merge", "segments": [1, 2]},
        {"kind": "split", "clusters": [1]},
        {"kind": "undo", "clusters": [1]},
        {"kind": "reject", "segments": ["1"]},
        {"kind": "reject", "clusters": [1], "who": "somebody"},
    ],
)
def test_what_is_no_decision_is_refused_and_not_kept(client, folder, body):
    answer = client.post(f"{API}/decisions", json=body)
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert answer.json["detail"].endswith(".")
    assert (folder / NAME).read_bytes() == b""


def test_pictures_are_made_once_and_kept(client, folder):
    first = client.get(f"{API}/segments/0/thumb")
    assert Image.open(io.BytesIO(first.data)).size == (THUMB, THUMB)
    assert "immutable" in first.headers["Cache-Control"]
    (kept,) = (folder / "review" / "thumbs").rglob("*.jpg")
    assert kept.read_bytes() == first.data
    assert Image.open(io.BytesIO(client.get(f"{API}/frames/0/image").data)).size == (96, 64)


def test_a_crop_shows_the_segment_bright_and_the_rest_dim(folder):
    record = Dataset.open(str(folder)).record("000.png")
    image = np.full((64, 96, 3), 200, np.uint8)
    for one in record.instances:
        crop = crop_of(image, one.mask)
        assert crop.shape == (THUMB, THUMB, 3)
        assert (crop > 195).all(axis=2).any()
        assert (crop <= 100).all(axis=2).any()


def test_a_dark_segment_is_lit_up_and_black_stays_black(folder):
    record = Dataset.open(str(folder)).record("000.png")
    image = np.full((64, 96, 3), 70, np.uint8)
    image[::2] = 0
    crop = crop_of(image, record.instances[0].mask)
    assert (crop > 180).all(axis=2).any()
    assert (crop_of(np.zeros_like(image), record.instances[0].mask).max(axis=2) == 0).any()


def test_a_frame_whose_file_has_gone_is_told(client, folder):
    for path in (folder.parent / "out-frames").iterdir():
        path.unlink()
    answer = client.get(f"{API}/segments/0/thumb")
    assert answer.status_code == 503
    assert "no longer there" in answer.json["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/static/../../../record.py",
        "/static/..%2f..%2frecord.py",
        "/shared/..%2faccess.py",
        f"{API}/frames/..%2f0",
    ],
)
def test_no_path_leads_out(client, path):
    assert client.get(path).status_code in (400, 404)


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_site_cannot_decide(client, folder, headers):
    for path, body in (("decisions", {"kind": "reject", "clusters": [1]}), ("undo", {}), ("export", {})):
        assert client.post(f"{API}/{path}", json=body, headers=headers).status_code == 403
    assert (folder / NAME).read_bytes() == b""
    assert not (folder / "annotations.json").exists()


def test_with_a_token_nothing_is_told_without_it(folder):
    client = app_for(folder, Access(TOKEN)).test_client()
    for path in ("/", f"{API}/clusters", f"{API}/segments/0/thumb", f"{API}/frames/0/image"):
        assert client.get(path).status_code == 401
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert client.get(f"{API}/clusters", headers=bearer).status_code == 200


def test_the_page_may_load_from_here_alone(client):
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_every_operation_is_documented_with_its_errors(app):
    document = document_of(app)
    assert set(document["paths"]) >= {f"{API}/clusters", f"{API}/decisions", f"{API}/undo", f"{API}/export"}
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            assert "application/problem+json" in operation["responses"]["400"]["content"]
