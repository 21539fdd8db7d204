"""Which licences a person has accepted. Weights that are not permissive are pulled only after that."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path

from codriver.errors import InputError
from codriver.models.disk import locked, read_json_table, write_json_table
from codriver.models.manifest import Model


class Licences:
    """The record in the store's folder: model, licence and the time of acceptance."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "licences.json"
        self._lock = folder / ".locks" / ".licences"

    def accepted(self, model: Model) -> str | None:
        """When this licence of this model was accepted (ISO 8601, UTC), or None.

        A model whose licence has changed since has to be accepted again.
        """
        entry = read_json_table(self._path).get(model.name)
        if not isinstance(entry, dict) or entry.get("licence") != model.licence:
            return None
        when = entry.get("accepted")
        return when if isinstance(when, str) else None

    def refuse_open(self, models: Iterable[Model], allow: Collection[str]) -> None:
        """Raise `InputError` when one of `models` is not permissive, not named in `allow` and never accepted."""
        for model in models:
            if not model.permissive and model.name not in allow and self.accepted(model) is None:
                raise InputError(
                    f"The weights of {model.name} are under {model.licence}, which is not a permissive licence; "
                    f"read it, and pull them with --accept-licence {model.name} if you accept it."
                )

    def record(self, models: Iterable[Model]) -> None:
        """Note that the licences of `models` are accepted now; an earlier acceptance keeps its time."""
        new = [model for model in models if not model.permissive and self.accepted(model) is None]
        if not new:
            return
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with locked(self._lock):
            table = read_json_table(self._path)
            table.update({model.name: {"licence": model.licence, "accepted": now} for model in new})
            write_json_table(self._path, table)
