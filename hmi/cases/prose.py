"""Optional prose for the requirements document: one paragraph for each section, by the language model."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.cases.generate.answer import UnusableError, read_document
from hmi.cases.generate.readers import Writer
from hmi.cases.requirements import Requirement
from hmi.cases.specification import sections

_MAX_REQUIREMENTS = 25
"""Requirements of one section that the model sees; more would not fit a small one."""
_MAX_PROSE = 1200
_SCHEMA = {
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
    "additionalProperties": False,
}
_TASK = (
    "Write one short paragraph that introduces this section of a requirements document for an engineer. "
    "Say nothing that the requirements do not say. Answer with JSON: the paragraph under text."
)


def write_prose(writer: Writer, requirements: Sequence[Requirement]) -> dict[str, str]:
    """Section → paragraph; one for which the model gives none is left out. Raises the errors of the model."""
    prose: dict[str, str] = {}
    for title, items in sections(requirements):
        listed = "\n".join(f"{item.id}: {item.text}" for item in items[:_MAX_REQUIREMENTS])
        messages = [{"role": "system", "content": _TASK}, {"role": "user", "content": f"{title}\n{listed}"}]
        try:
            text = read_document(writer.complete(messages, _SCHEMA, limit=300)).get("text")
        except UnusableError:
            continue
        if isinstance(text, str) and text.strip():
            prose[title] = " ".join(text.split())[:_MAX_PROSE]
    return prose
