"""`codriver export`: a dataset in the format that another tool reads."""

from __future__ import annotations

import click

from perception.wording import counted

_NAMES = ("coco", "cocoa", "cvat", "kins", "kitti", "label-studio", "openlabel", "yolo")


@click.command()
@click.argument("dataset", metavar="DIR")
@click.option("--format", "name", type=click.Choice(_NAMES), default="coco", show_default=True)
@click.option("--out", required=True, help="File to write, or new folder (kitti, yolo).")
def export(dataset: str, name: str, out: str) -> None:
    """Write the dataset in DIR, with all decisions of the review, for another tool.

    coco, cvat and label-studio keep every mask exactly. kins and cocoa tell whole shapes in the fields of these
    datasets. openlabel has outlines and the exact mask. yolo has one
    outline for each object without holes; kitti has boxes. DIR and --out may be URLs, as "s3://bucket/drive".

    \b
    Examples:
      codriver export labelled --out labelled.json
      codriver export labelled --format yolo --out yolo/
      codriver export labelled --format cvat --out for-cvat.xml
    """
    from perception.dataset.dataset import Dataset  # numpy and pycocotools take a while to load
    from perception.dataset.settled import settled_records
    from perception.formats.exporting import export as write

    opened = Dataset.open(dataset)
    count = write(settled_records(opened), name, out)
    click.echo(f"{counted(count, 'object')} of {counted(len(opened), 'frame')} written to {out} ({name}).")
