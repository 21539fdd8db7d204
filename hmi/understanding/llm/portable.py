"""JSON schemas as every endpoint takes them: the subset that services with strict structured output accept.

OpenAI's strict mode wants an object at the root, every property required, `additionalProperties: false`, and a
`type` beside each `enum`, and refuses bounds on the length of texts. The schemas here are written like that; only
the bounds, which help a small model, have to go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_REFUSED = frozenset({"minLength", "maxLength"})


def portable(schema: Mapping[str, Any]) -> dict[str, Any]:
    """`schema` without the keywords that strict endpoints refuse; `ValueError` when its root is no object."""
    if schema.get("type") != "object":
        raise ValueError("a schema for an endpoint must have an object at its root")
    return {name: _without(part, inside=name) for name, part in schema.items()}


def _without(part: Any, inside: str) -> Any:
    if isinstance(part, Mapping):
        named = inside == "properties"  # there the keys are names of ours, whatever they are
        return {key: _without(value, key) for key, value in part.items() if named or key not in _REFUSED}
    if isinstance(part, list | tuple):
        return [_without(item, inside="") for item in part]
    return part
