"""`codriver scenes`: rendered street scenes with exact ground truth."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from codriver.errors import InputError
from perception.wording import counted


@click.command()
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the scenes."
)
@click.option("--count", default=20, show_default=True, type=click.IntRange(1), help="Frames.")
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(0), help="The same seed, the same scenes."
)
@click.option("--size", default="480x360", show_default=True, metavar="WxH", help="Pixels.")
@click.option(
    "--drive",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Frames in a row from one rolling camera.",
)
@click.option(
    "--samples", default=2, show_default=True, type=click.IntRange(1, 8), help="Its square: rays for each pixel."
)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1), help="Processes.")
def scenes(out: Path, size: str, workers: int, **options: Any) -> None:
    """Render street scenes: pictures, visible and whole masks, who hides whom, class maps.

    Stopped and started again, it goes on where it was.

    \b
    Examples:
      codriver scenes --out scenes --count 100
      codriver scenes --out drive --count 24 --drive 8 --size 960x540
    """
    sides = re.fullmatch(r"(\d{2,4})x(\d{2,4})", size)
    if sides is None:
        raise InputError(f"--size is {size!r}; it must be width x height in pixels, as 480x360.")
    from perception.scenes.writing import SceneJob, write_scenes  # numpy, SciPy and OpenCV take a while to load

    job = SceneJob(out, size=(int(sides[1]), int(sides[2])), **options)
    with click.progressbar(length=1, label="rendering", show_pos=True) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        path = write_scenes(job, workers, progress)
    click.echo(
        f"{counted(options['count'], 'frame')} with truth written to {out}; the annotations are {path.name}."
    )
