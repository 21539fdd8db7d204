from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from grouping_kit import info, kinds, load, mask, no_progress, records, unknown
from hypothesis import given, settings
from hypothesis import strategies as st

from codriver.errors import ResourceError
from perception.dataset.clusters import Cluster
from perception.discovery.cluster_stage import ClusterStage
from perception.discovery.crops import GREY, crop
from perception.discovery.embed_stage import EmbedStage
from perception.discovery.grouping import clustering
from perception.discovery.grouping.clustering import group
from perception.discovery.grouping.collecting import Members
from perception.discovery.grouping.mixing import mix
from perception.discovery.grouping.ranking import clusters_of, ranked
from perception.discovery.pooling import pooled
from perception.evaluation.groups import agreement
from perception.models.roles import Embedding, NameProposal
from perception.record import FrameRecord

# The clustering library is compiled when it is first used, which takes minutes on a busy computer.
pytestmark = pytest.mark.timeout(900)


def run(some, namer=None, **options):
    """The clusters, and the records as they are afterwards."""
    found = list(ClusterStage(namer, **options).run(some, load, no_progress))
    clusters = [one for one in found if isinstance(one, Cluster)]
    changed = {one.frame.id: one for one in found if isinstance(one, FrameRecord)}
    return clusters, [changed.get(one.frame.id, one) for one in some]


def cluster_ids(some):
    return [one.cluster_id for record in some for one in record.instances]


@pytest.mark.parametrize("count", [12, 400])
def test_kinds_are_told_apart_whether_few_or_many(count):
    vectors, kind = kinds(count)
    clusters, after = run(records(vectors))
    figures = agreement([str(one) for one in kind], cluster_ids(after))
    assert figures.purity > 0.95
    assert figures.nmi > 0.7
    assert sum(one.size for one in clusters) == count


def test_the_same_seed_gives_the_same_result():
    vectors, _ = kinds(300, spread=0.6)
    first, second = run(records(vectors), seed=3), run(records(vectors), seed=3)
    assert first[0] == second[0]
    assert cluster_ids(first[1]) == cluster_ids(second[1])


def test_a_cluster_with_a_name_comes_before_a_somewhat_larger_one_without():
    unnamed, named, small = (
        Cluster(1, 9, rank=0),
        Cluster(2, 6, "car", 0.8, "namer", rank=1),
        Cluster(3, 4, rank=2),
    )
    single, stuff = Cluster(4, 1, "car", 0.9, "namer", rank=3), Cluster(5, 20, "car", 0.9, "namer", 4, stuff=0.9)
    assert [one.id for one in ranked([unnamed, named, small, single, stuff])] == [2, 1, 3, 5, 4]
    assert [one.rank for one in ranked([single, named])] == [0, 1]


@given(st.integers(0, 8), st.integers(0, 10_000))
@settings(max_examples=25)
def test_any_small_number_of_segments_is_grouped(count, seed):
    vectors, _ = kinds(count, seed=seed) if count else (np.zeros((0, 4), np.float32), None)
    clusters, after = run(records(vectors))
    assert sorted(set(cluster_ids(after))) == [one.id for one in clusters]
    assert sum(one.size for one in clusters) == count


@pytest.mark.parametrize("count", [3, 80, 300])
def test_equal_vectors_are_one_group(count):
    groups = group(mix([(np.ones((count, 8), np.float32), 1.0)]))
    assert len(set(groups.tolist())) == 1


def test_many_copies_of_a_handful_of_things_are_those_things():
    vectors = np.repeat(np.eye(3, 16, dtype=np.float32), 40, axis=0)
    groups = group(mix([(vectors, 1.0)]))
    assert agreement([str(i // 40) for i in range(120)], groups.tolist()).purity == 1


def test_large_clusters_come_first_and_what_looks_like_stuff_and_single_ones_last():
    groups = np.array([5] * 6 + [-1] + [2] * 9 + [0] * 8)
    stuff_like = [0.9] * 16 + [0.2] * 8
    members = Members(["a.png"] * 24, list(range(24)), stuff_like, [None] * 24)
    vectors = np.eye(24, dtype=np.float32)[groups]
    clusters, ids = clusters_of(vectors, groups, members)
    assert [(one.id, one.rank, one.size) for one in clusters] == [(1, 0, 9), (2, 1, 6), (3, 2, 8), (4, 3, 1)]
    assert clusters[2].stuff == pytest.approx(0.8)
    assert ids.tolist() == [2] * 6 + [4] + [1] * 9 + [3] * 8


def test_representatives_are_typical_members_from_different_frames_first():
    vectors, _ = kinds(60, of=2, spread=0.1)
    clusters, after = run(records(vectors, per_frame=10))
    largest = clusters[0]
    members = {(r.frame.id, one.id) for r in after for one in r.instances if one.cluster_id == largest.id}
    assert set(largest.representatives) <= members
    assert len({frame for frame, _ in largest.representatives[:6]}) == 6


def test_known_instances_and_those_without_vectors_are_left_alone():
    vectors, _ = kinds(20)
    some = records(vectors)
    first = some[0].instances
    some[0] = some[0].with_instances(
        (replace(first[0], status="known", label="car", label_source="detector"), *first[1:], unknown(77))
    )
    _, after = run(some)
    assert after[0].instance(1) == some[0].instance(1)
    assert after[0].instance(77).cluster_id is None
    assert after[0].instance(2).cluster_id is not None


def test_the_members_of_a_track_stay_together():
    vectors, _ = kinds(40, of=4)
    some = [
        replace(
            record,
            frame=info(record.frame.id, "drive", i),
            instances=tuple(replace(one, track_id=1) if one.id == 1 else one for one in record.instances),
        )
        for i, record in enumerate(records(vectors, per_frame=4))
    ]
    some[3].vectors["segmenter"].rows[0] = vectors[1]  # looks like another kind in one frame
    _, after = run(some)
    assert len({record.instance(1).cluster_id for record in after}) == 1


class Called:
    """A namer that gives one answer."""

    name = "called"

    def __init__(self, *answers):
        self.answers, self.asked = answers, []

    def files_sha256(self):
        return {}

    def name_crops(self, crops):
        self.asked.append(len(crops))
        if isinstance(self.answers[0], Exception):
            raise self.answers[0]
        return list(self.answers)


def test_a_confident_name_is_proposed_with_its_source():
    vectors, _ = kinds(20, of=2)
    namer = Called(NameProposal("cone", 0.8), NameProposal("car", 0.1))
    clusters, after = run(records(vectors), namer, confidence=0.5)
    assert {(one.label, one.confidence, one.label_source) for one in clusters if one.size > 1} == {
        ("cone", 0.8, "called")
    }
    one = after[0].instances[0]
    assert (one.status, one.label, one.label_source) == ("unknown", "cone", "cluster:called")
    assert all(1 <= count <= 8 for count in namer.asked)


@pytest.mark.parametrize("answers", [[NameProposal("cone", 0.4)], [ResourceError("The model is away.")]])
def test_without_a_confident_name_a_cluster_stays_unnamed(answers, caplog):
    vectors, _ = kinds(20, of=2)
    clusters, after = run(records(vectors), Called(*answers), confidence=0.5)
    assert {one.label for one in clusters} == {""}
    assert {one.label_source for record in after for one in record.instances} == {""}
    assert ("The model is away." in caplog.text) == isinstance(answers[0], Exception)


def test_what_a_person_named_keeps_its_name():
    vectors, _ = kinds(10, of=2)
    some = [
        record.with_instances(tuple(replace(one, label="tram", label_source="person") for one in record.instances))
        for record in records(vectors)
    ]
    _, after = run(some, Called(NameProposal("cone", 0.9)))
    assert {one.label for record in after for one in record.instances} == {"tram"}


def test_another_run_changes_nothing_more():
    vectors, _ = kinds(20, of=2)
    _, after = run(records(vectors), Called(NameProposal("cone", 0.9)))
    again = list(ClusterStage(Called(NameProposal("cone", 0.9))).run(after, load, no_progress))
    assert all(isinstance(one, Cluster) for one in again)


def test_the_pooled_feature_is_the_mean_over_the_mask():
    features = np.zeros((2, 8, 12), np.float32)
    features[0, :, :6], features[1, :, 6:] = 3, 5
    left, right = unknown(4, mask=mask(0, 0, 24, 32)), unknown(7, mask=mask(24, 0, 24, 32))
    both = unknown(9, mask=mask(12, 8, 24, 16))
    vectors = pooled(Embedding(features, 48, 32), [left, right, both])
    assert vectors.ids == (4, 7, 9)
    assert vectors.rows.tolist() == [[3, 0], [0, 5], [1.5, 2.5]]
    assert pooled(Embedding(features, 48, 32), []).rows.shape == (0, 2)


def test_a_crop_is_square_centred_and_grey_around_the_thing():
    image = np.zeros((32, 48, 3), np.uint8)
    image[8:16, 20:28] = (200, 100, 50)
    isolated = crop(image, mask(20, 8, 8, 8), isolated=True, margin=1.0)
    assert isolated.shape == (224, 224, 3)
    assert isolated[112, 112].tolist() == [200, 100, 50]
    assert isolated[1, 1].tolist() == [GREY] * 3
    assert crop(image, mask(20, 8, 8, 8), isolated=False, margin=1.0)[1, 1].tolist() == [0, 0, 0]


class Brightness:
    name = "brightness"

    def files_sha256(self):
        return {"file": "00"}

    def embed_crops(self, crops):
        return np.array([[one.mean(), 1.0] for one in crops], np.float32).reshape(-1, 2)


def test_the_embed_stage_gives_unknown_instances_vectors_and_keeps_the_others():
    (record,) = records(np.ones((2, 3), np.float32))
    record = record.with_instances((replace(record.instances[0], status="known"), record.instances[1]))
    after = EmbedStage(Brightness()).run(load("00000.png"), record)
    assert after.vectors["appearance"].ids == (2,)
    assert after.vectors["segmenter"] is record.vectors["segmenter"]
    assert after.instances == record.instances
    assert EmbedStage(Brightness()).fingerprint()["files"] == {"file": "00"}


def test_the_first_grouping_says_that_it_takes_longer_and_no_later_one_does(tmp_path, monkeypatch, caplog):
    library = tmp_path / "evoc"
    (library / "__pycache__").mkdir(parents=True)
    (library / "__init__.py").touch()
    monkeypatch.setattr(
        "perception.discovery.grouping.clustering.find_spec",
        lambda name: SimpleNamespace(origin=str(library / "__init__.py")),
    )
    clustering._tell_of_compiling()
    assert "compiles its code" in caplog.text
    caplog.clear()
    (library / "__pycache__" / "knn.nbc").touch()
    clustering._tell_of_compiling()
    assert not caplog.text
