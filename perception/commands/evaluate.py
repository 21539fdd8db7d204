"""`codriver evaluate`: annotations against a ground truth."""

from __future__ import annotations

import json
from pathlib import Path

import click

from codriver.errors import InputError

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("predictions", metavar="PRED", type=_PATH)
@click.option("--truth", required=True, type=_PATH, help="COCO file, folder with one, or folder of class maps.")
@click.option("--classes", metavar="A,B", help="Classes of the truth that count; all, if not given.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1), help="Annotations per frame.")
@click.option("--names", default="", help='What the values of class maps mean: a YAML file, or "camvid".')
@click.option(
    "--min-area", default=150, show_default=True, type=click.IntRange(1), help="Pixels of an object in class maps."
)
@click.option(
    "--background",
    type=click.Choice(["stuff", "unjudged"]),
    default="stuff",
    show_default=True,
    help="What is where a COCO truth without stuff categories has no object.",
)
@click.option("--amodal", is_flag=True, help="Also completed masks and the order of occlusion.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of the table.")
def evaluate(
    predictions: Path,
    truth: Path,
    classes: str | None,
    limit: int,
    *,
    amodal: bool,
    as_json: bool,
    **reading: str,
) -> None:
    """Measure the annotations in PRED (a COCO file, or the folder of `codriver label`) against the truth.

    Masks (COCO's AP and AR), how many objects were found, how many "objects" are stuff, how pure the clusters are.

    \b
    Examples:
      codriver evaluate labelled --truth truth.json
      codriver evaluate labelled --truth maps/ --names camvid --classes Car,Pedestrian --limit 30
      codriver evaluate completed.json --truth truth.json --amodal --json
    """
    from perception.evaluation.annotations import compare  # numpy, OpenCV and scikit-learn take a while to load
    from perception.evaluation.opening import open_predictions, open_truth
    from perception.evaluation.report import evaluate as measure
    from perception.evaluation.report import lines

    chosen = [name.strip() for name in (classes or "").split(",") if name.strip()]
    if classes is not None and not chosen:
        raise InputError("--classes names no class; leave it out to count all.")
    found = open_truth(
        truth,
        reading["names"],
        int(reading["min_area"]),
        background_is_stuff=reading["background"] == "stuff",
    )
    report = measure(compare(open_predictions(predictions), found), chosen, limit, amodal=amodal)
    if as_json:
        click.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=2))
        return
    for line in lines(report):
        click.echo(line)
