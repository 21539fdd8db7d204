"""Writes the requirements as one document: Markdown, and a self-contained HTML page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from hmi.cases.page import page
from hmi.cases.requirements import RULES, SPEECH, Level, Requirement, Traced

TITLE = "Requirements of the system and its software"
Prose = Mapping[str, str]
"""Section → a paragraph that a language model wrote about it."""


def markdown(requirements: Sequence[Requirement], date: str, prose: Prose, model: str) -> str:
    """The document as Markdown."""
    return "\n".join(_markdown(requirements, date, prose, model)) + "\n"


def html(requirements: Sequence[Requirement], date: str, prose: Prose, model: str) -> str:
    """The document as HTML."""
    return page(TITLE, "".join(_html(requirements, date, prose, model)))


def untested(requirements: Iterable[Requirement]) -> list[Requirement]:
    """The requirements that no case tests."""
    return [item for item in requirements if not item.tests]


def sections(requirements: Sequence[Requirement]) -> list[tuple[str, list[Requirement]]]:
    """The requirements by level and section, in the order of the document: system before software."""
    grouped: dict[tuple[Level, str], list[Requirement]] = {}
    for item in requirements:
        grouped.setdefault((item.level, item.section), []).append(item)
    first = {SPEECH: 0, RULES: 1}
    order = sorted(grouped, key=lambda key: (key[0] is Level.SOFTWARE, first.get(key[1], 2)))
    return [(f"{level}: {section}", grouped[level, section]) for level, section in order]


def counted(tests: Sequence[Traced]) -> str:
    """The tests in numbers: "12 of 14 right; held out 3 of 5"."""
    seen = [test for test in tests if not test.held_out]
    blind = [test for test in tests if test.held_out]
    parts = []
    if seen:
        parts.append(f"{_right(seen)} of {len(seen)} right")
    if blind:
        parts.append(f"held out {_right(blind)} of {len(blind)}")
    return "; ".join(parts) or "none"


def _right(tests: Sequence[Traced]) -> int:
    return sum(test.verdict == "right" for test in tests)


def _listed(tests: Sequence[Traced]) -> Iterator[tuple[str, str]]:
    """Verdict and ids of the cases that have it; held-out cases are only counted."""
    by_verdict: dict[str, list[str]] = {}
    for test in tests:
        if not test.held_out:
            by_verdict.setdefault(test.verdict, []).append(test.id)
    for verdict, ids in sorted(by_verdict.items()):
        yield verdict, ", ".join(ids)


def _totals(requirements: Sequence[Requirement]) -> str:
    counts = Counter(item.verdict for item in requirements)
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    return f"{len(requirements)} requirements: {told}."


def _markdown(requirements: Sequence[Requirement], date: str, prose: Prose, model: str) -> Iterator[str]:
    yield f"# {TITLE}\n"
    yield f"Derived on {date} from the signal catalogue, the rules and the test cases. {_totals(requirements)}\n"
    yield "## Without a test\n"
    missing = untested(requirements)
    yield "\n".join(f"- {item.id}: {_md(item.text)}" for item in missing) or "Every requirement has a test."
    for title, items in sections(requirements):
        yield f"\n## {title}\n"
        if title in prose:
            yield f"> {_md(prose[title])}\n>"
            yield f"> *Prose written by the language model {_md(model)}; not verified.*\n"
        yield "| id | requirement | source | tests | verdict |\n|-|-|-|-|-|"
        for item in items:
            cells = (item.id, item.text, item.source, counted(item.tests), item.verdict)
            yield f"| {' | '.join(map(_md, cells))} |"
    yield "\n## Trace\n\nHeld-out cases are counted above and not named.\n"
    for item in requirements:
        for verdict, ids in _listed(item.tests):
            yield f"- {item.id}, {verdict}: {ids}"


def _md(text: str) -> str:
    """`text` on one line, as Markdown that shows it as it is."""
    return re.sub(r"([\\|*_<>\[\]`#])", r"\\\1", " ".join(text.split()))


def _html(requirements: Sequence[Requirement], date: str, prose: Prose, model: str) -> Iterator[str]:
    yield f"<p>Derived on {escape(date)} from the signal catalogue, the rules and the test cases. "
    yield f"{escape(_totals(requirements))}</p><h2>Without a test</h2>"
    missing = untested(requirements)
    rows = "".join(f"<li><a href='#{escape(item.id)}'>{escape(item.id)}</a></li>" for item in missing)
    yield f"<ul>{rows}</ul>" if missing else "<p>Every requirement has a test.</p>"
    head = "".join(f"<th class='text'>{name}</th>" for name in ("id", "requirement", "source", "tests", "verdict"))
    for title, items in sections(requirements):
        yield f"<h2>{escape(title)}</h2>"
        if title in prose:
            yield (
                f"<blockquote><p>{escape(prose[title])}</p>"
                f"<p><small>Prose written by the language model {escape(model)}; not verified.</small></p>"
                "</blockquote>"
            )
        yield f"<table><thead><tr>{head}</tr></thead>{''.join(map(_row, items))}</table>"


def _row(item: Requirement) -> str:
    lists = "".join(f"<p><b>{escape(verdict)}</b>: {escape(ids)}</p>" for verdict, ids in _listed(item.tests))
    tests = f"<details><summary>{counted(item.tests)}</summary>{lists}</details>" if lists else counted(item.tests)
    return (
        f"<tr id='{escape(item.id)}'><td class='text'><code>{escape(item.id)}</code></td>"
        f"<td class='text'>{escape(item.text)}</td><td class='text'>{escape(item.source)}</td>"
        f"<td class='text'>{tests}</td><td class='text'>{escape(item.verdict)}</td></tr>"
    )
