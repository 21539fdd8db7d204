import pickle

import numpy as np
import pytest

from codriver.errors import CodriverError, InputError, NotFoundError
from codriver.models import open_store
from codriver.settings import InForce, Settings
from codriver.yaml_files import load_yaml
from perception.discovery import settings as keys
from perception.discovery.choosing import choose_embedder, choose_namer, dataset_stages, frame_stages
from perception.models.image_classifier import _STREET as STREET
from perception.models.image_classifier import ImageClassifier
from perception.models.vision_language import VisionLanguageNamer


@pytest.fixture(scope="module")
def classifier():
    store = open_store()
    if not store.is_present("mobilenet-v1"):
        try:
            store.pull(["mobilenet-v1"])
        except CodriverError as error:
            pytest.skip(f"mobilenet-v1 cannot be had: {error}")
    return ImageClassifier(store)


def pictures(seed, count):
    return list(np.random.default_rng(seed).integers(0, 255, (count, 64, 64, 3)).astype(np.uint8))


@pytest.mark.network
def test_vectors_have_length_one_and_do_not_depend_on_the_batch(classifier):
    crops = pictures(0, 18)
    together = classifier.embed_crops(crops)
    assert together.shape == (18, 1024)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    assert classifier.embed_crops(crops[17:]) == pytest.approx(together[17:], abs=1e-4)
    assert classifier.embed_crops([]).shape == (0, 1024)


@pytest.mark.network
def test_names_are_probabilities_best_first(classifier):
    found = classifier.name_crops(pictures(1, 3))
    assert 1 <= len(found) <= 3
    assert [one.confidence for one in found] == sorted((one.confidence for one in found), reverse=True)
    assert all(0 <= one.confidence <= 1 and one.label for one in found)
    assert classifier.name_crops([]) == []


@pytest.mark.network
def test_its_names_for_vehicles_count_together(classifier):
    assert {"car", "truck", "bus", "bicycle", "street sign"} <= set(classifier._labels)
    assert "minivan" not in classifier._labels
    assert len(classifier._labels) == 1001


@pytest.mark.network
def test_only_what_can_stand_in_a_street_is_a_name_and_the_rest_is_doubt(classifier, monkeypatch):
    names = classifier._names.read_text(encoding="utf-8").splitlines()
    belief = np.zeros((2, len(names)), np.float32)
    belief[:, names.index("whistle")] = 0.8
    belief[:, names.index("ashcan")] = 0.2
    monkeypatch.setattr(classifier, "_run", lambda crops, output: belief)
    best = classifier.name_crops(pictures(3, 2))[0]
    assert best.label == "trash can"
    assert best.confidence < keys.NAME_CONFIDENCE.default
    belief[:, names.index("minivan")] = belief[:, names.index("cab")] = 0.3
    best = classifier.name_crops(pictures(3, 2))[0]
    assert best.label == "car"
    assert keys.NAME_CONFIDENCE.default < best.confidence < 1


@pytest.mark.network
def test_every_class_that_counts_for_a_name_is_one_of_the_model(classifier):
    names = set(classifier._names.read_text(encoding="utf-8").splitlines())
    street = load_yaml(STREET)
    members = [member for one in street.values() for member in one]
    assert set(members) <= names
    assert len(members) == len(set(members))
    assert not set(members) & {"whistle", "nail", "can opener", "digital watch"}


@pytest.mark.network
def test_it_can_be_sent_to_a_worker(classifier):
    before = classifier.embed_crops(pictures(2, 1))
    assert np.array_equal(pickle.loads(pickle.dumps(classifier)).embed_crops(pictures(2, 1)), before)  # noqa: S301


def settings(**values):
    chosen = {getattr(keys, name.upper()): value for name, value in values.items()}
    return Settings({one.key: InForce(one, value, "flag") for one, value in chosen.items()})


def test_none_is_none_and_a_model_needs_its_settings(tmp_path):
    store = open_store()
    assert choose_embedder(settings(embedder="none"), store) is None
    assert choose_namer(settings(namer="none"), store) is None
    with pytest.raises(InputError, match="namer-url"):
        choose_namer(settings(namer="vlm"), store)
    with pytest.raises(InputError, match="vocabulary"):
        choose_namer(settings(namer=str(tmp_path)), store)
    with pytest.raises(NotFoundError, match="vision_model"):
        choose_embedder(settings(embedder=str(tmp_path)), store)
    vlm = choose_namer(settings(namer="vlm", namer_url="http://127.0.0.1:1/v1", namer_model="m"), store)
    assert isinstance(vlm, VisionLanguageNamer)


def test_the_stages_are_those_of_the_settings():
    store = open_store()
    assert frame_stages(settings(embedder="none"), store) == []
    track, cluster = dataset_stages(settings(namer="none", seed=7, name_confidence=0.9), store)
    assert (track.name, cluster.name) == ("track", "cluster")
    assert (cluster.fingerprint()["seed"], cluster.fingerprint()["confidence"]) == (7, 0.9)
    assert pickle.loads(pickle.dumps(cluster)).fingerprint() == cluster.fingerprint()  # noqa: S301
