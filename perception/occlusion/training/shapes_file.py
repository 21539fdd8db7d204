"""`python -m perception.occlusion.training.shapes_file`: draw the silhouettes that the package carries."""

from __future__ import annotations

import click
import numpy as np

from perception.occlusion.network_input import KINDS
from perception.occlusion.shapes import RENDERED, shapes_of
from perception.occlusion.training.library import draw

_KIND_OF = {"car": "vehicle", "lorry": "vehicle", "person": "person", "cyclist": "cycle", "bicycle": "cycle"}


@click.command()
@click.option("--count", default=3000, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(count: int, seed: int) -> None:
    """Write the silhouettes of road users, one bit for each of 32×32 cells."""
    drawn = [(mask, KINDS.index(_KIND_OF[kind])) for kind, mask in draw(count, seed) if kind in _KIND_OF]
    shapes = shapes_of(drawn)
    np.savez_compressed(
        RENDERED,
        bits=np.packbits(shapes.grids > 0.5, axis=1),
        aspects=shapes.aspects.astype(np.float16),
        kinds=shapes.kinds.astype(np.int8),
    )
    click.echo(f"{len(shapes)} silhouettes in {RENDERED} ({RENDERED.stat().st_size} bytes)")


if __name__ == "__main__":
    main()
