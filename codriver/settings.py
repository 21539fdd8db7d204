"""Settings: declared once, read from a flag, the environment, a file or the default, in this order.

A package declares its settings as `Setting` objects and registers the list under the entry point group
`codriver.settings`; code reads them as `settings[WEB_PORT]`. The file is `codriver.toml` in the working folder,
else in the user's config folder; the variable for `web.port` is `CODRIVER_WEB_PORT`.
"""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Generic, TypeVar

from codriver.errors import FileFormatError, InputError

T = TypeVar("T", bool, int, float, str, list[str])

_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


@dataclass(frozen=True, eq=False)
class Setting(Generic[T]):
    """One key of the configuration, with its default, meaning and, where they exist, limits."""

    key: str
    """Dotted, section first: "web.port"."""
    default: T
    help: str
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    secret: bool = False
    """Printed as dots."""

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return "CODRIVER_" + self.key.replace(".", "_").replace("-", "_").upper()

    def parse(self, raw: Any, origin: str) -> T:
        """`raw` (a text, or a value from TOML or a flag) as this setting's type.

        Raises `InputError` naming the key and `origin` (where the value comes from).
        """
        value = self._from_text(raw, origin) if isinstance(raw, str) else self._from_toml(raw, origin)
        if self.choices and value not in self.choices:
            raise InputError(f"{self.key} ({origin}) cannot be {value!r}; use one of {', '.join(self.choices)}.")
        if isinstance(value, int | float) and not isinstance(value, bool):
            low, high = self.minimum, self.maximum
            if not math.isfinite(value):
                raise InputError(f"{self.key} ({origin}) is {value}; it must be a finite number.")
            if (low is not None and value < low) or (high is not None and value > high):
                limits = f"{'' if low is None else f'{low:g}'}..{'' if high is None else f'{high:g}'}"
                raise InputError(f"{self.key} ({origin}) is {value}; it must be in {limits}.")
        return value

    def _from_text(self, raw: str, origin: str) -> T:
        default: Any = self.default
        if isinstance(default, bool):
            lowered = raw.strip().lower()
            if lowered not in _TRUE | _FALSE:
                raise InputError(f"{self.key} ({origin}) is true or false, not {raw!r}.")
            return lowered in _TRUE  # type: ignore[return-value]
        if isinstance(default, list):
            return [part.strip() for part in raw.split(",") if part.strip()]  # type: ignore[return-value]
        try:
            value: T = type(default)(raw)
        except ValueError:
            raise InputError(f"{self.key} ({origin}) is a {_kind(default)}, not {self._shown(raw)}.") from None
        return value

    def _from_toml(self, raw: Any, origin: str) -> T:
        default: Any = self.default
        if isinstance(raw, tuple):  # what a flag that may be repeated gives
            raw = list(raw)
        if isinstance(default, float) and isinstance(raw, int) and not isinstance(raw, bool):
            raw = float(raw)
        fits = type(raw) is type(default)
        if isinstance(default, list) and fits:
            fits = all(isinstance(item, str) for item in raw)
        if not fits:
            raise InputError(f"{self.key} ({origin}) is a {_kind(default)}, not {self._shown(raw)}.")
        value: T = raw
        return value

    def _shown(self, raw: Any) -> str:
        """`raw` for a message; a secret stays one there too."""
        return "the given value" if self.secret else repr(raw)


def _kind(default: object) -> str:
    names = {bool: "true/false", int: "whole number", float: "number", str: "text", list: "list of texts"}
    return names[type(default)]


@dataclass(frozen=True)
class InForce:
    """A setting's value and where it comes from ("flag", "CODRIVER_…", a file's path or "default")."""

    setting: Setting[Any]
    value: Any
    origin: str


@dataclass
class Settings:
    """All declared settings with the values in force."""

    entries: Mapping[str, InForce] = field(default_factory=dict)

    def __getitem__(self, setting: Setting[T]) -> T:
        """The value in force of `setting`; its default when it was not loaded."""
        entry = self.entries.get(setting.key)
        return setting.default if entry is None else entry.value

    def __iter__(self) -> Iterator[InForce]:
        return iter(self.entries.values())


def declared_settings() -> list[Setting[Any]]:
    """Every setting that an installed package registers, by key."""
    found: list[Setting[Any]] = []
    for point in entry_points(group="codriver.settings"):
        found.extend(point.load())
    return sorted(found, key=lambda setting: setting.key)


def config_files() -> Sequence[Path]:
    """Where a settings file may be, the first existing one counts."""
    config_home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Path("codriver.toml"), config_home / "codriver" / "codriver.toml"


def load_settings(
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    files: Sequence[Path] | None = None,
    declared: Iterable[Setting[Any]] | None = None,
) -> Settings:
    """Gather the values in force. `flags` maps setting keys to values; None or () there means "not given".

    Raises `InputError` for an unknown key or a value that does not fit, `FileFormatError` for broken TOML.
    """
    environ = os.environ if environ is None else environ
    known = {setting.key: setting for setting in (declared_settings() if declared is None else declared)}
    path = next((file for file in (config_files() if files is None else files) if file.is_file()), None)
    from_file = _read_toml(path) if path else {}
    for key in from_file:
        if key not in known:
            raise InputError(f"{path}: there is no setting {key!r}; `codriver settings` lists them.")
    given = {key: value for key, value in (flags or {}).items() if value not in (None, ())}
    entries: dict[str, InForce] = {}
    for key, setting in known.items():
        if key in given:
            value, origin = given[key], "flag"
        elif setting.variable in environ:
            value, origin = environ[setting.variable], setting.variable
        elif key in from_file:
            value, origin = from_file[key], str(path)
        else:
            entries[key] = InForce(setting, setting.default, "default")
            continue
        entries[key] = InForce(setting, setting.parse(value, origin), origin)
    return Settings(entries)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise FileFormatError(f"{path} cannot be read as TOML: {error}.") from None
    return dict(_flatten(document, ""))


def _flatten(table: Mapping[str, Any], prefix: str) -> Iterable[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
