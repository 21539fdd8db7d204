"""`codriver models export-sam`: SAM's checkpoint as ONNX files."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("export-sam")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--kind", default="vit_h", type=click.Choice(("vit_b", "vit_l", "vit_h")), show_default=True)
def export_sam(checkpoint: Path, folder: Path, kind: str) -> None:
    """Write a SAM CHECKPOINT of the segment-anything package as ONNX files into FOLDER.

    \b
    Example:
      codriver models export-sam sam_vit_h_4b8939.pth models/sam-vit-h
      codriver label drive/ --out labelled   # with perception.segmenter = "models/sam-vit-h"
    """
    from perception.models.export_sam import export_sam as write

    for path in write(checkpoint, kind, folder):
        click.echo(f"{path} is written.")
