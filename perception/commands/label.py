"""`codriver label`: camera frames become a labelled dataset."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from codriver.errors import ResourceError
from codriver.settings import Setting, Settings, load_settings
from perception.settings import (
    ANNOTATIONS,
    DETECTOR,
    DETECTOR_CLASSES,
    HEAD,
    MEGAPIXELS,
    PROVIDER,
    SEGMENTER,
    THREADS,
)

if TYPE_CHECKING:
    from perception.formats.coco_import import KnownLabels
    from perception.frames.source import Source
    from perception.pipeline.engines import Engine
    from perception.pipeline.run import Plan, Summary

_FLAGS: dict[str, Setting[Any]] = {
    "segmenter": SEGMENTER,
    "detector": DETECTOR,
    "known_classes": DETECTOR_CLASSES,
    "max_annotations": ANNOTATIONS,
    "threads": THREADS,
}


@click.command()
@click.argument("source")
@click.option("--out", required=True, help="Folder or URL of the dataset; an unfinished one goes on.")
@click.option("--segmenter", metavar="NAME", help=f"{SEGMENTER.help} [setting {SEGMENTER.key}]")
@click.option("--detector", metavar="NAME", help=f"{DETECTOR.help} [setting {DETECTOR.key}]")
@click.option("--known-classes", metavar="A,B", help=f"{DETECTOR_CLASSES.help} [setting {DETECTOR_CLASSES.key}]")
@click.option("--max-annotations", type=int, help=f"{ANNOTATIONS.help} [setting {ANNOTATIONS.key}]")
@click.option("--threads", type=int, help=f"{THREADS.help} [setting {THREADS.key}]")
@click.option(
    "--calibrate",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Learn first from your labelled frames which masks are things: pictures and one COCO file.",
)
@click.option("--import-coco", type=click.Path(path_type=Path), help="Existing labels, kept as known.")
@click.option("--stride", type=click.IntRange(1), default=1, show_default=True, help="Take every n-th frame.")
@click.option(
    "--sequences",
    type=click.Choice(["auto", "folder", "none"]),
    default="auto",
    show_default=True,
    help="What follows in time: videos, KITTI and nuScenes (auto), each folder too, or nothing.",
)
@click.option("--complete", is_flag=True, help="Also who hides whom, and the whole shape of what is hidden.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes or Ray actors.")
@click.option("--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True)
def label(source: str, out: str, import_coco: Path | None, **options: Any) -> None:
    """Label the frames of SOURCE: a folder, a glob, an image, a video, or an fsspec URL.

    Everything that is a thing is segmented; what a detector or existing labels explain is known, the rest is
    unknown and grouped by what it looks like. DIR gets annotations.json (COCO), contact_sheet.html, run.json and
    the log. Ctrl-C stops cleanly; the same command goes on, also after a crash.

    \b
    Examples:
      codriver label drive/ --out labelled
      codriver label clip.mp4 --stride 10 --out labelled
      codriver label "drive/**/*.jpg" --out labelled --detector yolo11n-seg --known-classes car,bus
      codriver label drive/ --out labelled --import-coco existing.json --workers 4
    """
    settings = load_settings({setting.key: options[name] for name, setting in _FLAGS.items()})
    from perception.formats.coco_import import read_known_labels  # numpy and OpenCV take a while to load
    from perception.frames.source import SourceOptions, open_source
    from perception.pipeline.calibration import calibrated_head
    from perception.pipeline.run import run
    from perception.pipeline.watching import TerminalWatcher

    known = read_known_labels(import_coco) if import_coco else None
    opened = open_source(
        source, SourceOptions(options["stride"], options["sequences"], max_megapixels=settings[MEGAPIXELS])
    )
    if known is not None:
        known.require_some((ref.id for ref in opened.refs), source)
    with TerminalWatcher() as watcher:
        if options["calibrate"] is not None:
            settings = with_value(settings, HEAD, str(calibrated_head(options["calibrate"], settings, watcher)))
        lines: list[str] = []
        planned = _plan(opened, out, known, settings, {**options, "import_coco": import_coco})
        summary = run(replace(planned, finish=_finishing(out, opened, lines)), watcher)
        if summary.stopped:
            raise ResourceError(f"Stopped; the same command goes on where it was, {out} keeps what is finished.")
    click.echo("\n".join(lines))
    click.echo(f"Look at {out.rstrip('/')}/contact_sheet.html, or settle the groups: codriver review {out}")


def _plan(
    opened: Source, out: str, known: KnownLabels | None, settings: Settings, options: Mapping[str, Any]
) -> Plan:
    from perception.pipeline.run import Plan
    from perception.pipeline.stages import ModelStages, dataset_stages

    recipe = ModelStages(_with_threads(settings, options["workers"]), known, options["complete"])
    engine = _engine(options["engine"], options["workers"], settings)
    return Plan(opened, out, recipe, dataset_stages(settings), engine, {**_in_force(settings), **_given(options)})


def _finishing(out: str, opened: Source, lines: list[str]) -> Callable[[Summary], None]:
    """What writes the files for people, and adds what is to be told of them to `lines`."""
    from perception.pipeline.outputs import write_outputs
    from perception.pipeline.run import check_any_good

    def finish(summary: Summary) -> None:
        lines.extend(write_outputs(out, opened, summary))
        check_any_good(summary)

    return finish


def _engine(name: str, workers: int, settings: Settings) -> Engine:
    from perception.pipeline.engines import InProcess, Processes
    from perception.pipeline.ray_engine import OnRay

    if name == "ray":
        return OnRay(workers, gpus=settings[PROVIDER] not in ("cpu", "coreml"))
    return Processes(workers) if workers > 1 else InProcess()


def _in_force(settings: Settings) -> dict[str, Any]:
    return {
        one.setting.key: one.value
        for one in settings
        if one.setting.key.startswith("perception.") and not one.setting.secret
    }


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that no setting tells of."""
    names, paths = ("stride", "sequences", "workers", "engine"), ("calibrate", "import_coco")
    return {name: options[name] for name in names} | {name: str(options[name] or "") for name in paths}


def _with_threads(settings: Settings, workers: int) -> Settings:
    """Several workers share the cores, unless somebody said otherwise."""
    entry = settings.entries[THREADS.key]
    if workers == 1 or entry.origin != "default":
        return settings
    return with_value(settings, THREADS, max(1, (os.cpu_count() or 1) // workers))


def with_value(settings: Settings, setting: Setting[Any], value: Any) -> Settings:
    """The same settings with another value for one of them."""
    entry = replace(settings.entries[setting.key], value=value)
    return Settings({**settings.entries, setting.key: entry})
