import json

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from external_kit import RUNTIME, SHAPE, save_model, task

from codriver.errors import InputError
from codriver.settings import load_settings
from perception import settings as keys
from perception.commands.complete import complete
from perception.masks import Mask
from perception.models.roles import Embedding, MaskCandidates
from perception.occlusion import choosing, inpainting
from perception.occlusion.inpainting import Inpaint
from perception.occlusion.methods import SEES_PIXELS
from perception.occlusion.task import Task
from perception.settings import SETTINGS


def settings(**values):
    flags = {f"perception.{name.replace('_', '-')}": value for name, value in values.items()}
    return load_settings(flags, {}, [], SETTINGS)


def test_the_methods_are_those_of_the_settings_in_their_order(tmp_path):
    save_model(tmp_path / "m.onnx", ["x"], [4])
    chosen = choosing.chosen_methods(
        settings(
            complete_methods="http,prior,onnx",
            amodal_url="http://localhost:9",
            amodal_model=str(tmp_path / "m.onnx"),
            provider="cpu",
            threads=1,
        )
    )
    assert [one.name for one in chosen] == ["http", "prior", "onnx"]
    assert [one.name for one in choosing.chosen_methods(settings(provider="cpu"))] == ["learned", "prior"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"complete_methods": "guess"}, "names 'guess'; there are learned, prior, video, inpaint, onnx, http"),
        ({"complete_methods": "onnx"}, "needs perception.amodal-model"),
        ({"complete_methods": "http"}, "needs perception.amodal-url"),
        ({"complete_methods": "onnx", "amodal_model": "m.onnx", "amodal_inputs": "depth"}, "names 'depth'"),
    ],
)
def test_what_does_not_fit_is_told(values, words):
    with pytest.raises(InputError, match=words):
        choosing.chosen_methods(settings(**values, provider="cpu"))


def test_results_follow_from_the_provider_that_auto_becomes(monkeypatch):
    def of(**values):
        return choosing.follows_from(settings(**values), [], None)["provider or precision"]

    assert of(provider="auto") == of(provider="cpu")
    offered = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: offered)
    assert of(provider="auto") == of(provider="cuda") != of(provider="cpu")


class Painter:
    """Fills the hole with the object's colour, as a good inpainter would."""

    name = "painter"

    def files_sha256(self):
        return {"painter": "1"}

    def inpaint(self, image, hole):
        return np.where(hole[..., None], np.uint8([250, 120, 10]), image).astype(np.uint8)


class ByColour:
    """A segmenter that finds the pixels that look as the first prompted one."""

    name = "by colour"

    def __init__(self):
        self.embedded = 0

    def files_sha256(self):
        return {"by colour": "2"}

    def embed(self, image):
        self.embedded += 1
        return Embedding(np.zeros((1, 1, 1), np.float32), image.shape[1], image.shape[0], image)

    def decode(self, embedding, prompts):
        x, y = prompts.points[0, 0].astype(int)
        image = embedding.inner.astype(int)
        alike = (np.abs(image - image[y, x]).sum(axis=2) < 30).astype(np.float32)
        found = np.stack([np.ones_like(alike), alike - 0.5, alike - 0.5])
        return MaskCandidates(found[None], np.ones((1, 3), np.float32))


def test_inpainting_finds_what_continues_behind_the_occluder():
    segmenter = ByColour()
    method = Inpaint(Painter(), segmenter)
    ((whole, confidence),) = method.complete([task()])
    given = task()
    assert 0.3 < confidence <= 0.45
    assert (whole & given.may_hide).sum() > 0.8 * given.may_hide.sum()
    assert not (whole & ~given.visible & ~given.may_hide).any()
    nothing = Task(given.visible, np.zeros(SHAPE, bool), "car", image=given.image)
    assert method.complete([nothing, Task(given.visible, given.may_hide, "car")]) == [None, None]
    assert segmenter.embedded == 1
    assert method.identity() == {"inpainter": Painter().files_sha256(), "segmenter": segmenter.files_sha256()}


def test_a_visible_part_of_one_pixels_width_prompts_the_segmenter_too():
    thin = np.zeros(SHAPE, bool)
    thin[20:40, 30] = True
    prompts = inpainting._prompts(thin)
    assert 1 <= prompts.points.shape[1] == prompts.labels.shape[1]
    assert all(thin[int(y), int(x)] for x, y in prompts.points[0])


def test_inpainting_has_no_idea_where_the_new_mask_does_not_fit_the_visible_part():
    class Everything(ByColour):
        def decode(self, embedding, prompts):
            shape = embedding.inner.shape[:2]
            return MaskCandidates(np.ones((1, 3, *shape), np.float32), np.ones((1, 3), np.float32))

    assert Inpaint(Painter(), Everything()).complete([task()]) == [None]


@pytest.fixture
def files(tmp_path):
    given = task()
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "a.png"), cv2.cvtColor(given.image, cv2.COLOR_RGB2BGR))
    masks = [Mask.from_array(one).to_coco() for one in (given.visible, given.may_hide)]
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": SHAPE[1], "height": SHAPE[0]}],
        "categories": [{"id": 1, "name": "car"}],
        "annotations": [
            {"id": i, "image_id": 1, "category_id": 1, "segmentation": mask, "attributes": {"occluded_by": by}}
            for i, (mask, by) in enumerate(zip(masks, ([2], []), strict=True), 1)
        ],
    }
    (tmp_path / "in.json").write_text(json.dumps(document))
    return tmp_path


def run(folder, *more):
    arguments = ["--coco", str(folder / "in.json"), "--out", str(folder / "out.json"), *more]
    return CliRunner().invoke(complete, arguments)


def test_the_command_uses_the_methods_and_writes_the_appearance(files, monkeypatch):
    monkeypatch.setattr(choosing, "open_inpainter", lambda settings: Painter())
    monkeypatch.setitem(choosing._EXTRA, "inpaint", lambda settings: Inpaint(Painter(), ByColour()))
    images = str(files / "images")
    shown = str(files / "objects")
    result = run(files, "--images", images, "--methods", "inpaint", "--appearance", shown)
    assert result.exit_code == 0, result.output
    first = json.loads((files / "out.json").read_text())["annotations"][0]
    assert first["attributes"]["amodal_method"] == "inpaint"
    assert "2 objects cut out" in result.output
    assert len(list((files / "objects" / "objects").glob("*.png"))) == 2
    assert run(files, "--images", images, "--methods", "inpaint", "--appearance", shown).exit_code == 0


def test_pictures_are_asked_for_only_where_something_looks_at_them(files):
    for more in (["--methods", "inpaint"], ["--appearance", str(files / "objects")]):
        result = run(files, *more)
        assert isinstance(result.exception, InputError)
        assert "--images" in str(result.exception)
    assert run(files, "--methods", "prior").exit_code == 0
    told = run(files, "--images", str(files / "images"), "--methods", "http").exception
    assert str(told) == "The method http needs perception.amodal-url, the address of the model."


def test_the_settings_name_every_extra_method():
    assert all(name in keys.COMPLETE_METHODS.help for name in choosing._EXTRA)
    assert choosing._EXTRA.keys() >= SEES_PIXELS
    assert RUNTIME.provider == "cpu"
