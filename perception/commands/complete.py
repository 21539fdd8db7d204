"""`codriver complete`: whole shapes for a COCO file of visible masks."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from codriver.errors import FileFormatError, InputError, ResourceError
from codriver.settings import Settings, load_settings
from perception.pipeline.progress import ProgressLine
from perception.settings import COMPLETE_METHODS

if TYPE_CHECKING:
    from perception.occlusion.coco_completing import Skip
    from perception.occlusion.completing import Completer
    from perception.occlusion.shapes import Shapes

_PATH = click.Path(path_type=Path)


@click.command()
@click.option("--coco", required=True, type=_PATH, help="COCO file with visible masks.")
@click.option(
    "--images",
    type=_PATH,
    help="Folder of its images: rough masks are fitted to them, and some methods look at them.",
)
@click.option("--out", required=True, type=_PATH, help="COCO file to write.")
@click.option(
    "--own-shapes/--no-own-shapes",
    default=True,
    show_default=True,
    help="Let whole objects of the file vote on hidden ones. Not where the same object is there hidden and whole, "
    "as in sets of make-occlusions, if quality is measured.",
)
@click.option(
    "--find-occluders",
    is_flag=True,
    help="Look in the pictures for things without a label that hide an object: about as long as labelling takes.",
)
@click.option("--methods", metavar="A,B", help=f"{COMPLETE_METHODS.help} [setting {COMPLETE_METHODS.key}]")
@click.option(
    "--appearance",
    type=_PATH,
    metavar="DIR",
    help="Folder for cut-outs of the whole objects, hidden parts painted, and for frames without them.",
)
def complete(
    coco: Path,
    images: Path | None,
    out: Path,
    own_shapes: bool,
    find_occluders: bool,
    methods: str | None,
    appearance: Path | None,
) -> None:
    """Add to each object who hides it, how much, and its whole mask.

    Known occluders (`attributes.occluded_by`, annotation ids) are used; where there are none, they are inferred.
    What cannot be completed is left as it is and named; the rest is completed.

    \b
    Examples:
      codriver complete --coco visible.json --out amodal.json
      codriver complete --coco visible.json --images frames/ --out amodal.json --find-occluders
      codriver complete --coco visible.json --images frames/ --out amodal.json --methods learned,prior,inpaint
      codriver complete --coco visible.json --images frames/ --out amodal.json --appearance objects/
    """
    # numpy and OpenCV take a while to load.
    from perception.occlusion.choosing import method_names
    from perception.occlusion.methods import SEES_PIXELS

    settings = load_settings({COMPLETE_METHODS.key: methods})
    looking = sorted(SEES_PIXELS & set(method_names(settings)))
    looking += ["--find-occluders"] * find_occluders + ["--appearance"] * (appearance is not None)
    _check_images(images, looking)
    document = _read(coco)
    completer_for = _completers(settings, own_shapes, find_occluders)
    paint = _painter(settings, appearance)
    try:
        skipped = _completed(document, completer_for, images)
    except InputError as error:
        raise FileFormatError(f"{coco}: {error}") from None
    _write(out, json.dumps(document))
    _tell(out, document, skipped, with_images=images is not None, found=find_occluders)
    if paint is not None and images is not None:
        paint(document, images)


def _completers(settings: Settings, own_shapes: bool, find_occluders: bool) -> Callable[[Shapes], Completer]:
    """What completes, for each set of whole shapes of the file. Raises as models and methods do."""
    from perception.occlusion.choosing import methods_by_shapes, open_finder
    from perception.occlusion.completing import Completer

    methods_for = methods_by_shapes(settings)
    find = open_finder(settings) if find_occluders else None
    return lambda own: Completer(methods_for(own if own_shapes else None), find)


def _completed(document: Any, completer_for: Callable[[Shapes], Completer], images: Path | None) -> Sequence[Skip]:
    """Completes the document in place; returns what was skipped. Raises as `complete_document` and methods do."""
    from perception.occlusion.appearance_files import read_picture
    from perception.occlusion.coco_completing import complete_document

    load = (lambda name: read_picture(images / name)) if images is not None else None
    with _progress("completing") as progress:
        return complete_document(document, completer_for, progress, load)


def _tell(out: Path, document: Any, skipped: Sequence[Skip], *, with_images: bool, found: bool) -> None:
    for line in skipped:
        click.echo(f"skipped {line}", err=True)
    info = document["info"]
    if rough := info["rough_images"]:
        done = f"in {info['fitted_images']} they were fitted to" if with_images else "--images has them fitted to"
        count = f"{rough} of {len(document['images'])} images"
        click.echo(f"Masks overlap and are taken for rough in {count}; {done} the edges in the picture.")
    if info["unexplained"] and not found:
        click.echo(
            f"{info['unexplained']} objects look as if something without a label hid them; --find-occluders with "
            "--images looks for it."
        )
    completed = sum("amodal_segmentation" in one for one in document["annotations"])
    click.echo(f"{out}: {completed} objects completed, {len(skipped)} skipped.")


def _painter(settings: Settings, folder: Path | None) -> Callable[[Any, Path], None] | None:
    """What writes the cut-outs of a completed document into the folder, if one is wanted.

    It is opened now, so that what cannot work is said before the work. Raises as `AppearanceFolder` and
    `open_inpainter` do.
    """
    if folder is None:
        return None
    from perception.occlusion.appearance_files import AppearanceFolder
    from perception.occlusion.choosing import open_inpainter

    opened = AppearanceFolder(folder, open_inpainter(settings))

    def paint(document: Any, images: Path) -> None:
        with _progress("painting") as progress:
            painted, left_out = opened.write(document, images, progress)
        click.echo(f"{folder}: {painted} objects cut out, {left_out} images skipped.")

    return paint


def _check_images(images: Path | None, looking: Sequence[str]) -> None:
    """Raises `InputError` when what looks at the pictures cannot."""
    if looking and images is None:
        raise InputError(f"{' and '.join(looking)} looks at the pictures; name their folder with --images.")
    if images is not None and not images.is_dir():
        raise InputError(f"{images} is not a folder; --images is the folder of the file's images.")


def _read(coco: Path) -> Any:
    """The JSON of a file. Raises `FileFormatError`."""
    try:
        return json.loads(coco.read_bytes())
    except OSError as error:
        raise FileFormatError(f"{coco} cannot be read ({error.strerror}).") from None
    except ValueError as error:
        raise FileFormatError(f"{coco} is not JSON ({error}).") from None


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int, int], None]]:
    line = ProgressLine()
    try:
        yield partial(line.step, label)
    finally:
        line.end()


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise ResourceError(f"{path} cannot be written ({error.strerror}); choose another place.") from None
