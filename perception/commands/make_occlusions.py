"""`codriver make-occlusions`: evaluation sets for completed shapes, from any dataset."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from codriver.errors import InputError

_PATH = click.Path(path_type=Path)


@click.command("make-occlusions")
@click.argument("truth", metavar="TRUTH", type=_PATH)
@click.option("--images", required=True, type=_PATH, help="Folder of the images that TRUTH names.")
@click.option("--out", required=True, type=_PATH, help="Folder to write; it must be new or empty.")
@click.option("--names", default="", help='What the values of class maps mean: a YAML file, or "camvid".')
@click.option(
    "--classes", default="", metavar="A,B", help="Classes that are hidden and cut out; all, if not given."
)
@click.option("--count", default=300, show_default=True, type=click.IntRange(1), help="Scenes at most.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="The same seed, the same set.")
@click.option(
    "--hidden",
    default=(0.2, 0.6),
    show_default=True,
    type=(click.FloatRange(0.01, 0.99), click.FloatRange(0.01, 0.99)),
    help="Lowest and highest hidden share.",
)
@click.option(
    "--extent",
    type=click.Choice(["any", "visible", "hidden"]),
    default="any",
    show_default=True,
    help="Whether the visible part shows how far the object reaches.",
)
@click.option("--min-area", default=400, show_default=True, type=click.IntRange(16), help="Pixels of an object.")
@click.option(
    "--mask-error",
    default=0,
    show_default=True,
    type=click.IntRange(0, 50),
    help="Pixels the given masks are off.",
)
@click.option(
    "--occluders",
    type=click.Choice(["masks", "order", "none"]),
    default="masks",
    show_default=True,
    help="What is given of occluders: their masks, also whom they hide, or nothing.",
)
def make_occlusions(truth: Path, images: Path, out: Path, **options: object) -> None:
    """Hide whole objects of the dataset TRUTH (COCO file or class maps) by cut-outs of others.

    Writes images, truth.json with the exact visible and whole masks, and input.json with what a completer gets.

    \b
    Example:
      codriver make-occlusions maps/ --names camvid --images images/ --out hidden --classes Car,Pedestrian
      codriver complete --coco hidden/input.json --images hidden/images --out completed.json
      codriver evaluate completed.json --truth hidden/truth.json --amodal
    """
    from perception.evaluation.occlusion_files import Given, image_loader, write_occlusions
    from perception.evaluation.occlusion_sets import Extent, OcclusionOptions
    from perception.evaluation.occlusion_sets import make_occlusions as make
    from perception.evaluation.opening import open_truth

    low, high = cast(tuple[float, float], options["hidden"])
    if low > high:
        raise InputError(f"--hidden {low:g} {high:g} has its lowest share above its highest one; swap them.")
    given, extent = cast(Given, options["occluders"]), cast(Extent, options["extent"])
    count, seed, area, error = (cast(int, options[name]) for name in ("count", "seed", "min_area", "mask_error"))
    wanted = OcclusionOptions(count, seed, (low, high), extent, area)
    found = open_truth(truth, str(options["names"]), area)
    classes = [name.strip() for name in str(options["classes"]).split(",") if name.strip()]
    for name in classes:
        if name not in found.classes:
            raise InputError(f"{truth} has no class {name!r}; it has {', '.join(found.classes) or 'none'}.")
    info = {"description": "synthetic occlusion", "given": given, **{k: v for k, v in options.items() if v != ""}}
    scenes = make(found, image_loader(images), classes, wanted)
    made = write_occlusions(scenes, out, info, given=given, mask_error=error, seed=seed)
    if made < count:
        click.echo(
            f"Only {made} scenes could be made; objects must be whole and hidden as far as asked.", err=True
        )
    click.echo(f"{out} holds {made} scenes.")
