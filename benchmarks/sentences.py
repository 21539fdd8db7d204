"""Sentences to measure with: the shipped library's, each of them once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from codriver.yaml_files import load_yaml

LIBRARY = Path(__file__).parent.parent / "hmi" / "cases" / "library"


@lru_cache(maxsize=1)
def library_sentences() -> tuple[str, ...]:
    """All single-turn sentences of the develop split, in the order of the files."""
    found: list[str] = []
    for file in sorted((LIBRARY / "develop").glob("*.yaml")):
        document = load_yaml(file)
        cases = document["cases"] if isinstance(document, dict) else document
        found.extend(case["say"] for case in cases if "say" in case)
    return tuple(found)
