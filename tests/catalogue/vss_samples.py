"""Small VSS declarations for the tests of this folder."""

from typing import Any

LEAF = {"type": "actuator", "datatype": "uint8", "unit": "percent", "min": 0, "max": 100, "description": "A flap."}


def export(**children: Any) -> dict[str, Any]:
    """A nested export with `children` under Vehicle."""
    return {"Vehicle": {"type": "branch", "description": "A car.", "children": children}}
