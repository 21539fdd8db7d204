import json

import numpy as np
import pytest

from codriver.errors import InputError, NotFoundError, ResourceError
from perception.dataset.clusters import Cluster
from perception.dataset.dataset import Dataset
from perception.dataset.log import FrameLog, frame_keys
from perception.dataset.result import write_result
from perception.dataset.run_file import RunFile, claim, write_run
from perception.dataset.storage import Storage
from perception.dataset.table import NONE, table_of
from perception.frame import FrameInfo
from perception.masks import Mask
from perception.record import FrameRecord, Instance
from perception.vectors import InstanceVectors


def stage(name, **parameters):
    return name, parameters


def info(name="a.png", sha256="00"):
    return FrameInfo(name, f"/drive/{name}", width=9, height=5, sha256=sha256)


def record(name="a.png", count=2):
    pixels = np.zeros((5, 9), bool)
    pixels[1:3, 2:6] = True
    mask = Mask.from_array(pixels)
    found = tuple(
        Instance(
            id=i + 1,
            mask=mask,
            score=0.1 + i / 3,
            status="unknown",
            label="cone" if i else "",
            cluster_id=i or None,
        )
        for i in range(count)
    )
    vectors = {"crops": InstanceVectors((1, 2), np.array([[0.1, 1], [2, 3]], np.float16))}
    return FrameRecord(info(name), found, timings_s={"x": 0.1}, vectors=vectors)


def dataset_in(url, records, clusters=()):
    storage = Storage(url)
    log, keys = FrameLog(storage), {}
    for position, one in enumerate(records):
        keys[one.frame.id] = f"{position:064x}"
        log.put(keys[one.frame.id], one)
    write_result(storage, "first", records, keys, clusters)
    write_run(storage, RunFile("/drive", result="first", state="finished"))
    return Dataset.open(url)


@pytest.fixture(params=["folder", "memory"])
def url(request, tmp_path):
    return str(tmp_path / "out") if request.param == "folder" else f"memory://{tmp_path.name}/out"


def test_the_log_gives_back_what_was_put_for_any_frame_of_the_same_content(url):
    log = FrameLog(Storage(url))
    put = log.put("ab" * 32, record())
    got = log.get("ab" * 32, info("other.png"))
    assert got.instances == put.instances == record().instances
    assert got.frame.id == "other.png"
    rows = got.vectors["crops"]
    assert rows.rows.dtype == np.float16
    assert np.array_equal(rows.of(2), [2, 3])
    with pytest.raises(KeyError):
        rows.of(3)
    assert log.get("cd" * 32, info()) is None


def test_a_record_cut_short_counts_as_missing(tmp_path):
    log = FrameLog(Storage(str(tmp_path)))
    log.put("ab" * 32, record())
    path = tmp_path / "log" / "ab" / f"{'ab' * 32}.json"
    path.write_bytes(path.read_bytes()[:-30])
    assert log.get("ab" * 32, info()) is None


def test_a_key_depends_on_content_and_on_every_stage_so_far():
    before = frame_keys(info(), [stage("a", x=1), stage("b", y=1), stage("c")])
    after = frame_keys(info("renamed.png"), [stage("a", x=1), stage("b", y=2), stage("c")])
    assert before[0] == after[0]
    assert before[1] != after[1]
    assert before[2] != after[2]
    assert frame_keys(info(sha256="01"), [stage("a", x=1)])[0] != before[0]


def test_what_was_seen_counts_only_for_the_same_token(url):
    log = FrameLog(Storage(url))
    log.remember(info(), "10-20")
    assert log.seen("a.png", "10-20") == info()
    assert log.seen("a.png", "10-21") is None


def test_a_dataset_is_read_lazily_with_its_vectors_table_and_clusters(url):
    clusters = (Cluster(1, 2, rank=1), Cluster(2, 1, "cone", 0.5, "clip", 0, 0.1, (("b.png", 2),)))
    made = [record("b.png"), record("a.png", count=0), FrameRecord(info("broken.png"), failure="It is truncated.")]
    dataset = dataset_in(url, made, clusters)
    assert dataset.frame_ids == ("b.png", "a.png", "broken.png")
    assert list(dataset.records()) == made
    assert dataset[-1].failure == "It is truncated."
    assert np.array_equal(dataset.record("b.png").vectors["crops"].of(1), np.float16([0.1, 1]))
    assert [one.id for one in dataset.clusters] == [2, 1]
    assert dataset.clusters[0].representatives == (("b.png", 2),)
    table = dataset.table
    assert table.labels[table.label[1]] == "cone"
    assert table.cluster.tolist() == [NONE, 1]
    assert table.box.tolist() == [[2, 1, 4, 2]] * 2
    assert table.area.tolist() == [8, 8]
    with pytest.raises(NotFoundError, match="no frame 'zzz'"):
        dataset.record("zzz")


def test_an_empty_table_has_its_columns():
    table = table_of([])
    assert len(table) == 0
    assert table.box.shape == (0, 4)


def test_folders_of_others_are_refused(tmp_path):
    with pytest.raises(NotFoundError, match="There is no dataset"):
        Dataset.open(str(tmp_path))
    (tmp_path / "thesis.doc").write_text("precious")
    with pytest.raises(InputError, match="not empty and holds no dataset"):
        claim(Storage(str(tmp_path)), "/drive")
    dataset_in(str(tmp_path / "out"), [record()])
    with pytest.raises(InputError, match="holds the dataset of /drive, not of /other"):
        claim(Storage(str(tmp_path / "out")), "/other")
    (tmp_path / "out" / "run.json").write_text(json.dumps({"format": "something/7"}))
    with pytest.raises(InputError, match="not of a dataset"):
        claim(Storage(str(tmp_path / "out")), "/drive")


def test_two_writers_are_one_too_many(tmp_path):
    with (
        Storage(str(tmp_path)).locked(),
        pytest.raises(ResourceError, match="Another codriver is writing"),
        Storage(str(tmp_path)).locked(),
    ):
        pass


def test_what_cannot_be_written_is_one_sentence_and_leaves_the_old_file(tmp_path):
    storage = Storage(str(tmp_path))
    storage.write("a.json", b"old")
    with pytest.raises(RuntimeError), storage.writing("a.json") as file:
        file.write(b"half")
        raise RuntimeError
    assert storage.read("a.json") == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.json"]
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError, match="is no folder"), Storage(str(tmp_path / "file" / "out")).locked():
        pass


def test_a_protocol_nobody_knows_is_one_sentence():
    with pytest.raises(InputError, match="cannot be opened"):
        Storage("nowhere://bucket")
