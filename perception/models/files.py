"""The files behind a model: of the model store by name, or anywhere by path."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from codriver.errors import FileFormatError, NotFoundError, ResourceError
from codriver.models import ModelStore

_MODEL_SUFFIXES = (".onnx", ".ort")


@dataclass(frozen=True)
class ModelFiles:
    """A model's files with their hashes."""

    name: str
    """In the store, or the file's or folder's own name."""
    paths: Mapping[str, Path]
    """File name → where it is."""
    sha256: Mapping[str, str] = field(default_factory=dict)

    def containing(self, word: str) -> Path:
        """The one model file with `word` in its name. Raises `FileFormatError` unless there is exactly one."""
        found = [
            path
            for name, path in sorted(self.paths.items())
            if word in Path(name).name.lower() and path.suffix in _MODEL_SUFFIXES
        ]
        if len(found) != 1:
            raise FileFormatError(
                f"The model {self.name} has {len(found)} ONNX files with {word!r} in their name; it needs one."
            )
        return found[0]

    def only(self) -> Path:
        """The single ONNX or ORT file. Raises `FileFormatError` when there is not exactly one."""
        return self.containing("")


def locate(reference: str, store: ModelStore) -> ModelFiles:
    """The files of a model: `reference` is a name of the store, an ONNX file, or a folder with such files.

    Raises `NotFoundError` when there is no such model or it has not been pulled, `ResourceError` when a file of
    the store is not what its manifest says.
    """
    path = Path(reference).expanduser()
    if reference not in store.models and path.exists():
        return _from_path(path)
    if reference not in store.models and (path.suffix in _MODEL_SUFFIXES or len(path.parts) > 1):
        raise NotFoundError(f"There is no model file or folder {reference}.")
    model = store.model(reference)
    folder = store.folder(reference)
    paths = {file.name: folder / file.name for file in model.files}
    hashes = {name: sha256_of_file(path) for name, path in paths.items()}
    for file in model.files:
        if hashes[file.name] != file.sha256:
            raise ResourceError(
                f"{paths[file.name]} is not the file that the manifest describes (its sha256 is wrong); "
                f"`codriver models pull {reference}` fetches it again."
            )
    return ModelFiles(reference, paths, hashes)


def _from_path(path: Path) -> ModelFiles:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    models = {file.name: file for file in files if file.suffix in _MODEL_SUFFIXES}
    if not models:
        raise FileFormatError(f"{path} is not an ONNX model, nor a folder with one.")
    # External weights ("model.onnx.data") belong to the model's identity as well.
    weights = {file.name: file for file in files if any(file.name.startswith(name) for name in models)}
    return ModelFiles(path.name, models, {name: sha256_of_file(file) for name, file in weights.items()})


def sha256_of_file(path: Path) -> str:
    """Of the file's bytes, hexadecimal. Raises `ResourceError` when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ResourceError(f"{path} cannot be read: {error.strerror}.") from None
