"""The report of a run as JUnit XML, which build servers read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from hmi.cases.run import CaseResult
from hmi.cases.summary import SuiteResult

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(suites: Sequence[SuiteResult]) -> str:
    """One `testsuite` for each suite, one `testcase` for each case."""
    root = Element("testsuites", name="codriver verify")
    for suite in suites:
        node = SubElement(
            root,
            "testsuite",
            name=suite.suite.name,
            tests=str(suite.total.cases),
            failures=str(sum(not result.error for result in suite.failures)),
            errors=str(sum(bool(result.error) for result in suite.failures)),
            skipped="0",
        )
        for result in suite.results:
            _case(node, result, suite.suite.blind)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _case(suite: Element, result: CaseResult, blind: bool) -> None:
    case = result.case
    seconds = sum(sum(turn.answer.latency_ms.values()) for turn in result.turns) / 1000
    node = SubElement(
        suite,
        "testcase",
        classname=f"{case.file.stem}.{case.kind}",
        name=case.id,
        time=f"{seconds:.4f}",
    )
    if result.right:
        return
    message = result.verdict if blind else result.problem
    failure = SubElement(node, "error" if result.error else "failure", message=_xml(message), type=result.verdict)
    if not blind:
        failure.text = _xml(case.text())


def _xml(text: str) -> str:
    """`text` without the characters that XML cannot hold."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
