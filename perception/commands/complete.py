"""`codriver complete`: whole shapes for a COCO file of visible masks."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from codriver.errors import FileFormatError, InputError, ResourceError
from codriver.settings import Settings, load_settings
from perception.pipeline.watcher import Progress, StoppedError, until_stopped
from perception.settings import COMPLETE_METHODS
from perception.wording import counted

if TYPE_CHECKING:
    from perception.occlusion.coco_completing import Skip
    from perception.occlusion.completing import Completer
    from perception.occlusion.journal import JournalFile
    from perception.occlusion.shapes import Shapes
    from perception.pipeline.watching import TerminalWatcher

_CHUNK = 32_000_000
"""Bytes that are read at once; of larger files it is told how far they are read."""
_PATH = click.Path(path_type=Path)


@click.command()
@click.option("--coco", required=True, type=_PATH, help="COCO file with visible masks.")
@click.option(
    "--images",
    type=_PATH,
    help="Folder of its images: rough masks are fitted to them, and some methods look at them.",
)
@click.option(
    "--out", required=True, type=_PATH, help="COCO file to write; until then, OUT.part keeps what is finished."
)
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
    What cannot be completed is left as it is and named; the rest is completed. Ctrl-C stops cleanly; the same
    command goes on, also after a crash.

    \b
    Examples:
      codriver complete --coco visible.json --out amodal.json
      codriver complete --coco visible.json --images frames/ --out amodal.json --find-occluders
      codriver complete --coco visible.json --images frames/ --out amodal.json --methods learned,prior,inpaint
      codriver complete --coco visible.json --images frames/ --out amodal.json --appearance objects/
    """
    from perception.pipeline.watching import TerminalWatcher  # takes a while to load

    settings = load_settings({COMPLETE_METHODS.key: methods})
    _check_images(images, _looking(settings, find_occluders, appearance))
    out = _checked_out(out, coco, appearance)
    watcher = TerminalWatcher()
    document, digest = _read(coco, watcher)
    _tell_of_wrong_folder(images, document)
    completer_for, of = _completers(settings, own_shapes, find_occluders)
    paint = _painter(settings, appearance)
    of |= {"input": digest, "options": [own_shapes, find_occluders]}
    with _journal(out, of, images, watcher) as journal:
        with watcher:
            with _naming(coco):
                skipped = _completed(document, completer_for, images, until_stopped(watcher), journal)
            _write(out, json.dumps(document))
        _tell_of_changed(journal)
        _tell(out, document, skipped, with_images=images is not None, found=find_occluders)
        if paint is not None and images is not None:
            with watcher:
                told = paint(document, images, until_stopped(watcher))
            click.echo(told)


def _completers(
    settings: Settings, own_shapes: bool, find_occluders: bool
) -> tuple[Callable[[Shapes], Completer], dict[str, Any]]:
    """What completes, for each set of whole shapes of the file, and what its results follow from.

    Raises as models and methods do.
    """
    from perception.occlusion.choosing import follows_from, methods_by_shapes, open_finder
    from perception.occlusion.completing import Completer

    methods_for = methods_by_shapes(settings)
    find = open_finder(settings) if find_occluders else None
    of = follows_from(settings, methods_for(None), find)
    return lambda own: Completer(methods_for(own if own_shapes else None), find), of


def _completed(
    document: Any,
    completer_for: Callable[[Shapes], Completer],
    images: Path | None,
    progress: Progress,
    journal: JournalFile,
) -> Sequence[Skip]:
    """Completes the document in place; returns what was skipped. Raises as `complete_document` and methods do."""
    from perception.occlusion.appearance_files import read_picture
    from perception.occlusion.coco_completing import complete_document

    load = (lambda name: read_picture(images / name)) if images is not None else None
    return complete_document(document, completer_for, progress, load, journal)


@contextmanager
def _journal(
    out: Path, of: Mapping[str, Any], images: Path | None, watcher: TerminalWatcher
) -> Iterator[JournalFile]:
    """What is finished of `out`, in a file beside it that is removed at the end, or else said to be there.

    Raises as `JournalFile` does, and `ResourceError` when somebody stopped the work.
    """
    from perception.occlusion.journal import JournalFile

    with watcher:
        journal = JournalFile(out.with_name(f"{out.name}.part"), of, images)
    if journal.found:
        which = " with those whose pictures are the same" if images is not None else ""
        click.echo(f"{journal.path} keeps {counted(journal.found, 'finished image')}; going on{which}.", err=True)
    try:
        yield journal
        journal.remove()
    except StoppedError:
        kept = f"{journal.path} keeps what is finished" if len(journal) else "no image was finished yet"
        raise ResourceError(f"Stopped; the same command goes on where it was, {kept}.") from None
    except BaseException:
        if len(journal):
            click.echo(f"The same command goes on where it was; {journal.path} keeps what is finished.", err=True)
        raise
    finally:
        journal.close()


def _tell_of_changed(journal: JournalFile) -> None:
    if changed := journal.found - journal.taken_up:
        again = f"{changed} of {counted(journal.found, 'finished image')}"
        click.echo(
            f"{again} had to be completed again, as their pictures have changed or were not given before.",
            err=True,
        )


def _tell(out: Path, document: Any, skipped: Sequence[Skip], *, with_images: bool, found: bool) -> None:
    for line in skipped:
        click.echo(f"skipped {line}", err=True)
    info = document["info"]
    if rough := info["rough_images"]:
        done = f"in {info['fitted_images']} they were fitted to" if with_images else "--images has them fitted to"
        count = f"{rough} of {len(document['images'])} images"
        click.echo(f"Masks overlap and are taken for rough in {count}; {done} the edges in the picture.")
    if info["unexplained"]:
        still = "still look" if found else "look"
        looks = "" if found else "; --find-occluders with --images looks for it, where no occluded_by is given"
        count = counted(info["unexplained"], "object")
        click.echo(f"{count} {still} as if something that is not known hid them{looks}.")
    completed = sum("amodal_segmentation" in one for one in document["annotations"])
    click.echo(f"{out}: {completed} objects completed, {len(skipped)} skipped.")


def _painter(settings: Settings, folder: Path | None) -> Callable[[Any, Path, Progress], str] | None:
    """What writes the cut-outs of a completed document into the folder, if one is wanted, and tells of it.

    It is opened now, so that what cannot work is said before the work. Raises as `AppearanceFolder` and
    `open_inpainter` do.
    """
    if folder is None:
        return None
    from perception.occlusion.appearance_files import AppearanceFolder
    from perception.occlusion.choosing import open_inpainter

    opened = AppearanceFolder(folder, open_inpainter(settings))

    def paint(document: Any, images: Path, progress: Progress) -> str:
        painted, left_out = opened.write(document, images, partial(progress, "painting"))
        return f"{folder}: {painted} objects cut out, {left_out} images skipped."

    return paint


@contextmanager
def _naming(coco: Path) -> Iterator[None]:
    """Makes an `InputError` of the document a `FileFormatError` that names its file."""
    try:
        yield
    except InputError as error:
        raise FileFormatError(f"{coco}: {error}") from None


def _looking(settings: Settings, find_occluders: bool, appearance: Path | None) -> list[str]:
    """The methods and options that look at the pictures. Raises as `method_names` does."""
    from perception.occlusion.choosing import method_names  # numpy and OpenCV take a while to load
    from perception.occlusion.methods import SEES_PIXELS

    looking = sorted(SEES_PIXELS & set(method_names(settings)))
    return looking + ["--find-occluders"] * find_occluders + ["--appearance"] * (appearance is not None)


def _check_images(images: Path | None, looking: Sequence[str]) -> None:
    """Raises `InputError` when what looks at the pictures cannot."""
    if looking and images is None:
        raise InputError(f"{' and '.join(looking)} looks at the pictures; name their folder with --images.")
    if images is not None and not images.is_dir():
        raise InputError(f"{images} is not a folder; --images is the folder of the file's images.")


def _tell_of_wrong_folder(images: Path | None, document: Any) -> None:
    """Says so where the folder has none of the file's pictures."""
    listed = document.get("images") if isinstance(document, dict) else None
    if images is None or not isinstance(listed, list):
        return
    names = [str(one.get("file_name")) for one in listed if isinstance(one, dict)]
    # Path's own raises for a name that is too long or a forbidden folder.
    if names and not any(os.path.isfile(images / name) for name in names):  # noqa: PTH113
        click.echo(
            f"None of the file's pictures is in {images}: there is no {images / names[0]}. --images is the folder "
            "that each file_name starts from.",
            err=True,
        )


def _checked_out(out: Path, coco: Path, appearance: Path | None) -> Path:
    """The file to write; of a link, the one that it names, so that both have one journal.

    Raises `InputError` where there can be no such file, or when it must not be replaced.
    """
    try:
        out = out.resolve() if out.is_symlink() else out
        if not out.parent.is_dir():
            raise InputError(f"{out.parent} is no folder that is there; --out is the COCO file to write in one.")
        if out.exists() and not out.is_file():
            raise InputError(f"{out} is not a file; --out is the COCO file to write.")
        same = out.exists() and coco.exists() and out.samefile(coco)
    except (OSError, RuntimeError) as error:  # RuntimeError: of a link to itself
        raise InputError(f"{out} cannot be written ({error}); --out is the COCO file to write.") from None
    if same and appearance is not None:
        raise InputError(
            "With --appearance, --out cannot be the input: who stops while it paints could not go on without that."
        )
    return out


def _read(coco: Path, watcher: TerminalWatcher) -> tuple[Any, str]:
    """The JSON of a file, and the file's sha256. Raises `FileFormatError`, or `ResourceError` when stopped."""
    content, digest = bytearray(), sha256()
    try:
        total = coco.stat().st_size
        with watcher, coco.open("rb") as file:
            while not watcher.stopped() and (some := file.read(_CHUNK)):
                content += some
                digest.update(some)
                if total > _CHUNK:
                    watcher.step("reading, MB", len(content) // 1_000_000, total // 1_000_000)
            document = None if watcher.stopped() else json.loads(content)
    except OSError as error:
        raise FileFormatError(f"{coco} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise FileFormatError(f"{coco} is not UTF-8; save it as UTF-8, as JSON files are.") from None
    except ValueError as error:
        raise FileFormatError(f"{coco} is not JSON ({error}).") from None
    if watcher.stopped():
        raise ResourceError(f"Stopped while {coco} was read; nothing has changed.")
    return document, digest.hexdigest()


def _write(path: Path, text: str) -> None:
    """At once or not at all. Raises `ResourceError`."""
    from perception.occlusion.journal import sync_folder

    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise ResourceError(f"{path} cannot be written ({error.strerror}).") from None
    finally:
        with suppress(OSError):
            part.unlink()
    sync_folder(path.parent)
