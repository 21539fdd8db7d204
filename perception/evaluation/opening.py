"""Opens predictions and truths, whatever form they come in."""

from __future__ import annotations

from pathlib import Path

from codriver.errors import InputError
from perception.evaluation.annotations import AnnotationSet
from perception.evaluation.class_maps import read_class_maps, read_names
from perception.evaluation.coco_files import read_coco

COCO_NAMES = ("annotations.json", "truth.json", "coco.json")
"""What the COCO file in a folder is called."""


def open_predictions(path: Path) -> AnnotationSet:
    """The annotations of a COCO file or of a dataset's folder. Raises as `read_coco` does."""
    file = _coco_file(path)
    if file is None:
        raise InputError(
            f"There are no annotations at {path}; give a COCO file or the folder of `codriver label`."
        )
    return read_coco(file, background_is_stuff=False)


def open_truth(path: Path, names: str, minimum_area: int, *, background_is_stuff: bool = True) -> AnnotationSet:
    """The truth in a COCO file, in a folder with one, or in a folder of class maps.

    Raises as `read_coco` and `read_class_maps` do, and `InputError` for class maps without names.
    """
    file = _coco_file(path)
    if file is not None:
        return read_coco(file, background_is_stuff=background_is_stuff)
    if not path.is_dir():
        raise InputError(f"There is no truth at {path}; give a COCO file or a folder of class maps.")
    found = names or str(path / "names.yaml")
    if not names and not Path(found).is_file():
        raise InputError(f"The class maps in {path} need names; give --names FILE (or camvid).")
    return read_class_maps(path, read_names(found), minimum_area)


def _coco_file(path: Path) -> Path | None:
    if path.is_file():
        return path
    return next((path / name for name in COCO_NAMES if (path / name).is_file()), None)
