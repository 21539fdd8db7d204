"""`run.json`: which source, models, versions and parameters a dataset comes from, and when it was made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from codriver.errors import FileFormatError, InputError
from perception.dataset.storage import Storage

FORMAT = "codriver-dataset/1"
NAME = "run.json"


@dataclass(frozen=True)
class RunFile:
    """The content of `run.json`."""

    source: str
    """The source as an absolute path or URL; a dataset has one source for ever."""
    state: str = "running"
    """Of the last run: "running", "stopped" (by a person), "failed", "finished".

    One that was killed could not write more than "running"; whoever can lock the folder (`Storage.locked`) knows
    that nobody works on it.
    """
    failure: str = ""
    """Why the last run failed, as it was told then."""
    result: str = ""
    """Identity of the finished result; "" before there is one."""
    stages: tuple[Mapping[str, Any], ...] = ()
    """{"name": …, "fingerprint": {…}} of each stage, in order: parameters, and models with sha256."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The options and settings in force."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of codriver, Python and the libraries."""
    frames: Mapping[str, int] = field(default_factory=dict)
    """Counts: "total", "failed", "computed" and "reused" by the last run."""
    times: tuple[Mapping[str, Any], ...] = ()
    """One entry for each time it was run: {"started": …, "ended": …, "seconds": …, "stage_seconds": {…}}."""
    format: str = FORMAT


def read_run(storage: Storage) -> RunFile | None:
    """The run file; None when there is none. Raises `FileFormatError`, or `InputError` for one of another kind."""
    path = storage.path(NAME)
    try:
        document = json.loads(storage.read(NAME))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise FileFormatError(f"{path} is damaged ({error}); mend it, or choose another folder.") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError(f"{path} is not of a dataset that this codriver can read; choose another folder.")
    known = {one.name for one in fields(RunFile)}
    values = {name: value for name, value in document.items() if name in known}
    try:
        run = RunFile(**{**values, "stages": tuple(values["stages"]), "times": tuple(values["times"])})
    except (KeyError, TypeError) as error:
        raise FileFormatError(f"{path} is damaged ({error}); mend it, or choose another folder.") from None
    return run


def write_run(storage: Storage, run: RunFile) -> None:
    """Replace the run file, in one step."""
    text = json.dumps(asdict(run), indent=2, ensure_ascii=False, default=str)
    storage.write(NAME, (text + "\n").encode())


def claim(storage: Storage, source: str) -> RunFile:
    """The run file of a dataset of `source` in `storage`, a new one where there is nothing yet.

    Raises `InputError` when the folder holds something else: other files, or the dataset of another source.
    """
    run = read_run(storage)
    if run is None:
        if not storage.is_empty():
            raise InputError(
                f"{storage} is not empty and holds no dataset; choose an empty or new folder with --out."
            )
        return RunFile(source)
    if run.source != source:
        raise InputError(
            f"{storage} holds the dataset of {run.source}, not of {source}; choose another folder with --out."
        )
    return run
