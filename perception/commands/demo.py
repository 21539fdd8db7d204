"""`codriver demo`: from nothing to a labelled dataset and its review, on street scenes rendered here."""

from __future__ import annotations

from pathlib import Path

import click

from perception.wording import counted

_MODELS = ("sam2-hiera-tiny", "mobilenet-v1")


@click.command()
@click.option("--out", default="codriver-demo", show_default=True, type=click.Path(path_type=Path))
@click.option("--frames", default=6, show_default=True, type=click.IntRange(2, 1000), help="Frames to render.")
@click.option("--review/--no-review", default=True, show_default=True, help="Serve the review page at the end.")
@click.pass_context
def demo(context: click.Context, out: Path, frames: int, *, review: bool) -> None:
    """Pull the models, render street frames, label them, and open the result.

    Run again, it goes on with what is there already.
    """
    from perception.commands.label import label  # numpy, OpenCV and SciPy take a while to load
    from perception.commands.review import review as review_command

    _pull()
    click.echo(f"Rendering {counted(frames, 'frame')} of a street into {out / 'scenes'} …", err=True)
    _render(out / "scenes", frames)
    labelled = out / "labelled"
    context.invoke(label, source=str(out / "scenes" / "images"), out=str(labelled), sequences="folder")
    sheet = (labelled / "contact_sheet.html").absolute()
    click.echo(f"The contact sheet is {sheet.as_uri()}")
    if review:
        click.launch(sheet.as_uri())
        context.invoke(review_command, folder=str(labelled), port="0", open_page=True)


def _pull() -> None:
    from codriver.commands.models import TerminalProgress
    from codriver.models import open_store

    store = open_store()
    missing = [name for name in _MODELS if not store.is_present(name)]
    if missing:
        click.echo(f"Pulling {' and '.join(missing)} …", err=True)
        store.pull(missing, progress=TerminalProgress())


def _render(folder: Path, frames: int) -> None:
    from perception.scenes.writing import SceneJob, write_scenes

    with click.progressbar(length=frames, label="rendering", show_pos=True) as bar:
        write_scenes(
            SceneJob(folder, count=frames, drive=frames), 1, lambda done, total: bar.update(done - bar.pos)
        )
