"""The methods of completing that the settings ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from codriver import __version__
from codriver.errors import InputError
from codriver.models import open_store
from codriver.settings import Settings
from perception import settings as keys
from perception.models.files import locate
from perception.models.migan import Migan
from perception.models.sessions import Runtime, providers
from perception.occlusion.external.crop import PLANES, Plane
from perception.occlusion.external.http_model import HttpAmodal
from perception.occlusion.external.onnx_model import OnnxAmodal, OnnxDescription
from perception.occlusion.inpainting import Inpaint
from perception.occlusion.methods import shipped_methods
from perception.occlusion.network import Network
from perception.occlusion.shapes import Shapes
from perception.occlusion.stage import fingerprint_of
from perception.occlusion.task import Method
from perception.occlusion.tracks import Video
from perception.occlusion.unlabelled import StageFinder


def chosen_methods(settings: Settings, own: Shapes | None = None) -> list[Method]:
    """Those of `perception.complete-methods`; `own` are whole shapes of the data set.

    Raises as `methods_by_shapes` does.
    """
    return methods_by_shapes(settings)(own)


def methods_by_shapes(settings: Settings) -> Callable[[Shapes | None], list[Method]]:
    """The methods of `perception.complete-methods` for each set of whole shapes; what they share is opened once.

    Raises `InputError` for a name that is none or a setting that is missing, and as models do.
    """
    names = list(dict.fromkeys(method_names(settings)))
    runtime = Runtime.from_settings(settings)
    network = Network(runtime=runtime)
    extra = {name: _EXTRA[name](settings) for name in names if name in _EXTRA}

    def methods(own: Shapes | None) -> list[Method]:
        opened = {one.name: one for one in shipped_methods(runtime, own, network)} | extra
        return [opened[name] for name in names]

    return methods


def method_names(settings: Settings) -> list[str]:
    """What `perception.complete-methods` names. Raises `InputError` for a name that is none, or for no name."""
    names = settings[keys.COMPLETE_METHODS]
    known = ("learned", "prior", *_EXTRA)
    for name in names:
        if name not in known:
            raise InputError(f"perception.complete-methods names {name!r}; there are {', '.join(known)}.")
    if not names:
        raise InputError(f"perception.complete-methods is empty; name some of {', '.join(known)}.")
    return list(names)


def open_inpainter(settings: Settings) -> Migan:
    """The one of `perception.inpainter`. Raises `NotFoundError`, `FileFormatError` or `ResourceError`."""
    return Migan(locate(settings[keys.INPAINTER], open_store()), Runtime.from_settings(settings))


def open_finder(settings: Settings) -> StageFinder:
    """What finds things by the models that `codriver label` finds them with. Raises as `choose_segmenter` does."""
    from perception.proposals.choosing import frame_stages

    (stage,) = frame_stages(settings, open_store())
    return StageFinder(stage)


def follows_from(settings: Settings, methods: Sequence[Method], finder: StageFinder | None) -> dict[str, Any]:
    """What completed shapes follow from, beside masks and pictures, as plain JSON values by name.

    How many threads there are should not matter, and is left out.
    """
    return {
        "methods or models": fingerprint_of(methods),
        "finder": None if finder is None else finder.stage.fingerprint(),
        "provider or precision": [providers(Runtime.from_settings(settings)), settings[keys.PRECISION]],
        "version of codriver": __version__,
    }


def _inpaint(settings: Settings) -> Method:
    from perception.proposals.choosing import choose_segmenter

    return Inpaint(open_inpainter(settings), choose_segmenter(settings, open_store()))


def _onnx(settings: Settings) -> Method:
    if not settings[keys.AMODAL_MODEL]:
        raise InputError("The method onnx needs perception.amodal-model, the path of an ONNX file.")
    planes = settings[keys.AMODAL_INPUTS]
    for name in planes:
        if name not in PLANES:
            raise InputError(f"perception.amodal-inputs names {name!r}; there are {', '.join(PLANES)}.")
    description = OnnxDescription(
        cast(tuple[Plane, ...], tuple(planes)),
        imagenet=settings[keys.AMODAL_NORMALISATION] == "imagenet",
        logits=settings[keys.AMODAL_OUTPUT] == "logits",
        confidence=settings[keys.AMODAL_CONFIDENCE],
    )
    files = locate(settings[keys.AMODAL_MODEL], open_store())
    return OnnxAmodal(files, description, Runtime.from_settings(settings))


def _http(settings: Settings) -> Method:
    if not settings[keys.AMODAL_URL]:
        raise InputError("The method http needs perception.amodal-url, the address of the model.")
    return HttpAmodal(
        settings[keys.AMODAL_URL],
        key=settings[keys.AMODAL_KEY],
        timeout_s=settings[keys.AMODAL_TIMEOUT],
        confidence=settings[keys.AMODAL_CONFIDENCE],
    )


_EXTRA: Mapping[str, Callable[[Settings], Method]] = {
    "video": lambda settings: Video(),
    "inpaint": _inpaint,
    "onnx": _onnx,
    "http": _http,
}
