"""The store: models of the manifests as checked files in one folder, `FOLDER/MODEL/FILE`.

The folder is what CODRIVER_MODELS says, else `codriver/models` in the user's cache folder. A file appears there in
one step and only after its hash was found right, so what is there may be used without hashing it again.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from codriver.errors import NotFoundError, ResourceError
from codriver.models.disk import check_space, disk_problems, home_path, locked, place
from codriver.models.hub import Hub
from codriver.models.licences import Licences
from codriver.models.manifest import Model, ModelFile
from codriver.models.manifest_file import PART_SUFFIX, read_manifests
from codriver.models.progress import Progress, Quiet
from codriver.models.settings import MANIFESTS, TIMEOUT
from codriver.models.sources import Sources, check_content
from codriver.models.transfer import BadContentError, SourceFailedError, sha256_of
from codriver.settings import Settings, load_settings

BUILT_IN = Path(__file__).parent.parent / "data" / "models.yaml"
Presence = Literal["yes", "partly", "no"]


@dataclass(frozen=True)
class FileCheck:
    """What `verify` found about one file."""

    model: str
    file: str
    problem: str = ""
    """Empty when the file is what the manifest says."""


class ModelStore:
    """The models of the manifests, and what of them is on this computer."""

    def __init__(self, models: Mapping[str, Model], root: Path, hub: Hub | None = None) -> None:
        self.models = models
        self.root = root
        self.licences = Licences(root)
        self._hub = Hub() if hub is None else hub

    def model(self, name: str) -> Model:
        """The manifest's entry. Raises `NotFoundError`, with the nearest names."""
        found = self.models.get(name)
        if found is None:
            near = difflib.get_close_matches(name, self.models, n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else "`codriver models list` shows them all."
            raise NotFoundError(f"There is no model {name!r} in the manifests; {hint}")
        return found

    def presence(self, name: str) -> Presence:
        """Whether the model's files are here with their sizes; hashing them is `verify`."""
        model = self.model(name)
        here = sum(self._is_here(model, file) for file in model.files)
        return "yes" if here == len(model.files) else "partly" if here else "no"

    def is_present(self, name: str) -> bool:
        """Whether all of the model's files are here."""
        return self.presence(name) == "yes"

    def path(self, name: str, file: str | None = None) -> Path:
        """Where a file of a model is; `file` may be left out when it is the only one.

        Raises `NotFoundError` for an unknown name, and when the file has not been pulled.
        """
        model = self.model(name)
        wanted = model.file(file)
        if not self._is_here(model, wanted):
            raise NotFoundError(
                f"{wanted.name} of the model {name} is not on this computer; "
                f"`codriver models pull {name}` fetches it."
            )
        return self.root / name / wanted.name

    def folder(self, name: str) -> Path:
        """The folder with all files of a model. Raises `NotFoundError` as `path` does."""
        for file in self.model(name).files:
            self.path(name, file.name)
        return self.root / name

    def pull(self, names: Iterable[str], progress: Progress | None = None, allow: Collection[str] = ()) -> None:
        """Fetch what is missing or broken of the models `names`; `allow` names those whose licence is accepted.

        Raises `NotFoundError` (unknown name) and `InputError` (licence not accepted) before anything is fetched,
        `ResourceError` when no source could give a file or the disk refuses it.
        """
        progress = Quiet() if progress is None else progress
        models = [self.model(name) for name in dict.fromkeys(names)]
        with disk_problems(self.root):
            self.licences.refuse_open(models, allow)
            self.licences.record(model for model in models if model.name in allow)
        sources = Sources(self._hub, self._hub.timeout, progress)
        for model in models:
            self._pull_model(model, sources, progress)

    def verify(self, names: Iterable[str] = (), progress: Progress | None = None) -> list[FileCheck]:
        """Hash every file that is here; no names means all models. Models that are not here are passed over."""
        progress = Quiet() if progress is None else progress
        models = [self.model(name) for name in dict.fromkeys(names)] or list(self.models.values())
        checks = []
        for model in models:
            if any((self.root / model.name / file.name).exists() for file in model.files):
                checks += [self._check(model, file, progress) for file in model.files]
        return checks

    def _is_here(self, model: Model, file: ModelFile) -> bool:
        path = self.root / model.name / file.name
        return path.is_file() and path.stat().st_size == file.size

    def _check(self, model: Model, file: ModelFile, progress: Progress) -> FileCheck:
        path = self.root / model.name / file.name
        problem = ""
        try:
            with progress.step(f"checking {model.name}/{file.name}", file.size) as report:
                if not path.exists():
                    problem = "missing"
                elif path.stat().st_size != file.size:
                    problem = f"{path.stat().st_size} bytes instead of {file.size}"
                elif sha256_of(path, report) != file.sha256:
                    problem = "wrong sha256"
        except OSError as error:
            problem = f"cannot be read ({error.strerror})"
        return FileCheck(model.name, file.name, problem)

    def _pull_model(self, model: Model, sources: Sources, progress: Progress) -> None:
        folder = self.root / model.name

        def waiting() -> None:
            progress.note(f"Another codriver is pulling {model.name}; waiting for it.")

        with disk_problems(folder), locked(self.root / ".locks" / model.name, waiting):
            folder.mkdir(parents=True, exist_ok=True)
            missing = [file for file in model.files if not _is_good(folder / file.name, file)]
            if not missing:
                return
            check_space(folder, _space_for(missing), model.name)
            with sources.opened(folder):
                for file in missing:
                    self._pull_file(model, file, sources, progress)

    def _pull_file(self, model: Model, file: ModelFile, sources: Sources, progress: Progress) -> None:
        final = self.root / model.name / file.name
        part = final.with_name(final.name + PART_SUFFIX)
        final.parent.mkdir(parents=True, exist_ok=True)
        if not _is_good(part, file):  # as after a kill just before it was put into place
            try:
                self._fetch_from_any(model, file, part, sources, progress)
            except OSError:
                with suppress(OSError):  # a full disk gets its space back
                    part.unlink(missing_ok=True)
                raise
        place(part, final)

    def _fetch_from_any(
        self, model: Model, file: ModelFile, part: Path, sources: Sources, progress: Progress
    ) -> None:
        failures = []
        for source in file.sources:
            try:
                return sources.fetch(file, source, part)
            except SourceFailedError as error:
                failures.append(f"{source}: {error}")
                progress.note(f"{source} did not give {file.name}: {error}.")
        again = "; run it again to continue where it stopped" if part.exists() else ""
        raise ResourceError(f"{file.name} of {model.name} could not be pulled: {'; '.join(failures)}{again}.")


def _is_good(path: Path, file: ModelFile) -> bool:
    if not path.is_file():
        return False
    try:
        check_content(file, path)
    except BadContentError:
        return False
    return True


def _space_for(files: Iterable[ModelFile]) -> int:
    """Bytes needed at the worst moment: the files and their packages, which clients hold twice for a while."""
    wanted = list(files)
    packages = {package for file in wanted for package in file.packages[:1]}
    return sum(file.size for file in wanted) + 2 * sum(package.size or 0 for package in packages)


def store_folder(environ: Mapping[str, str] | None = None) -> Path:
    """The folder of CODRIVER_MODELS, else `codriver/models` in the user's cache folder."""
    environ = os.environ if environ is None else environ
    if chosen := environ.get("CODRIVER_MODELS"):
        return home_path(chosen).absolute()
    cache = environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache").absolute() / "codriver" / "models"


def open_store(settings: Settings | None = None) -> ModelStore:
    """The store of this user with codriver's own models and those of the setting `models.manifests`.

    Raises `FileFormatError` for a manifest that cannot be read, `InputError` for a wrong HF_ENDPOINT.
    """
    settings = load_settings() if settings is None else settings
    manifests = [BUILT_IN, *(home_path(path) for path in settings[MANIFESTS])]
    return ModelStore(read_manifests(manifests), store_folder(), Hub.from_environment(settings[TIMEOUT]))
