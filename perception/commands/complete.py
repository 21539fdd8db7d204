"""`codriver complete`: whole shapes for a COCO file of visible masks."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from codriver.errors import FileFormatError, InputError, ResourceError
from codriver.settings import load_settings

_PATH = click.Path(path_type=Path)


@click.command()
@click.option("--coco", required=True, type=_PATH, help="COCO file with visible masks.")
@click.option(
    "--images", type=_PATH, help="Folder of its images; they are looked for, their pixels are not needed."
)
@click.option("--out", required=True, type=_PATH, help="COCO file to write.")
@click.option(
    "--own-shapes/--no-own-shapes",
    default=True,
    show_default=True,
    help="Let whole objects of the file vote on hidden ones. Not where the same object is there hidden and whole, "
    "as in sets of make-occlusions, if quality is measured.",
)
def complete(coco: Path, images: Path | None, out: Path, own_shapes: bool) -> None:
    """Add to each object who hides it, how much, and its whole mask.

    Known occluders (`attributes.occluded_by`, annotation ids) are used; where there are none, they are inferred.
    What cannot be completed is left as it is and named; the rest is completed.

    \b
    Example:
      codriver complete --coco visible.json --images frames/ --out amodal.json
    """
    from perception.models.sessions import Runtime
    from perception.occlusion.coco_completing import complete_document  # numpy and OpenCV take a while to load
    from perception.occlusion.completing import Completer
    from perception.occlusion.methods import shipped_methods
    from perception.occlusion.shapes import Shapes

    try:
        document = json.loads(coco.read_bytes())
    except OSError as error:
        raise FileFormatError(f"{coco} cannot be read ({error.strerror}).") from None
    except ValueError as error:
        raise FileFormatError(f"{coco} is not JSON ({error}).") from None
    if images is not None and not images.is_dir():
        raise InputError(f"{images} is not a folder; --images is the folder of the file's images.")
    runtime = Runtime.from_settings(load_settings())

    def completer_for(own: Shapes) -> Completer:
        return Completer(shipped_methods(runtime, own if own_shapes else None))

    with click.progressbar(length=1, label="completing", show_pos=True) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        try:
            skipped = complete_document(document, completer_for, progress)
        except InputError as error:
            raise FileFormatError(f"{coco}: {error}") from None
    _write(out, json.dumps(document))
    for line in skipped:
        click.echo(f"skipped {line}", err=True)
    done = sum("amodal_segmentation" in one for one in document["annotations"])
    click.echo(f"{out}: {done} objects completed, {len(skipped)} skipped.")


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise ResourceError(f"{path} cannot be written ({error.strerror}); choose another place.") from None
