"""The report of a run as one HTML page that needs nothing else: no network, no script."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape

from hmi.cases.judge import Judged, Verdict, spell
from hmi.cases.page import page, share_bar
from hmi.cases.run import CaseResult
from hmi.cases.summary import SuiteResult, Tally
from hmi.cases.trend import History, Trend
from hmi.catalogue.family_file import Families

_SHOWN = [verdict for verdict in Verdict if verdict is not Verdict.RIGHT]
_CHART_WIDTH, _CHART_HEIGHT = 360, 90


def html(
    suites: Sequence[SuiteResult], trends: Sequence[Trend], history: History, families: Families, date: str
) -> str:
    """The whole page. `trends` are those of `suites`; `history` does not know this run yet."""
    parts = [f"<p>Run of {escape(date)}.</p>"]
    for suite, trend in zip(suites, trends, strict=True):
        parts.append("".join(_suite(suite, trend, history, families)))
    return page("codriver verify", "".join(parts))


def _suite(suite: SuiteResult, trend: Trend, history: History, families: Families) -> Iterator[str]:
    yield f"<section><h2>{escape(suite.suite.name)}</h2>{_figures(suite)}{_trend(suite, trend, history)}"
    if suite.suite.disputed:
        yield f"<p>{suite.suite.disputed} disputed cases were not run.</p>"
    if suite.suite.blind:
        yield f"{_table([suite.total])}<p>Held out: only totals are told.</p></section>"
        return
    blocks = [
        ("Kind", suite.by_kind),
        ("Part of the car", suite.by_group),
        ("Rule that spoke", suite.by_rule),
        ("Understood by", suite.by_understanding),
    ]
    yield _table([suite.total])
    for title, tallies in blocks:
        if tallies:
            yield f"<details><summary>{title}</summary>{_table(tallies)}</details>"
    yield from _groupings(suite, families)
    yield "</section>"


def _figures(suite: SuiteResult) -> str:
    figures, (median, slow) = suite.figures, suite.latency_ms
    told = [
        ("cases right", suite.total.share, "%"),
        ("direct commands exactly right", figures.commands_right, "%"),
        ("wrong actuation", figures.wrong, "%"),
        ("impossible or unrelated, moved nothing", figures.left_alone, "%"),
        ("understanding, median", median, "ms"),
        ("understanding, 95th percentile", slow, "ms"),
    ]
    cells = (
        f"<div><b>{value:.1f} {unit}</b><span>{name}</span></div>"
        for name, value, unit in told
        if value is not None
    )
    return f"<div class='figures'>{''.join(cells)}</div>"


def _table(tallies: Iterable[Tally]) -> str:
    head = "".join(f"<th>{escape(verdict)}</th>" for verdict in _SHOWN)
    rows = "".join(
        f"<tr><th scope='row'>{escape(tally.name)}</th><td>{tally.cases}</td><td>{tally.right}</td>"
        f"<td>{share_bar(tally.share)}</td>"
        + "".join(f"<td>{tally.counts[verdict] or ''}</td>" for verdict in _SHOWN)
        + "</tr>"
        for tally in tallies
    )
    return f"<table><thead><tr><th></th><th>cases</th><th>right</th><th>%</th>{head}</tr></thead>{rows}</table>"


def _trend(suite: SuiteResult, trend: Trend, history: History) -> str:
    runs = [item for item in history.totals if item.suite == suite.suite.name and item.cases]
    if not runs:
        return "<p>This is the first run that is remembered.</p>"
    shares = [100 * item.right / item.cases for item in runs] + [suite.total.share]
    step = _CHART_WIDTH / (len(shares) - 1)
    points = " ".join(
        f"{index * step:.1f},{_CHART_HEIGHT * (1 - share / 100):.1f}" for index, share in enumerate(shares)
    )
    change = shares[-1] - shares[-2]
    chart = (
        f"<svg class='trend' viewBox='0 -4 {_CHART_WIDTH} {_CHART_HEIGHT + 8}' role='img' "
        f"aria-label='Percent of cases right, {len(shares)} runs'><polyline points='{points}'/></svg>"
    )
    told = f"<p>{change:+.1f} % since the run of {escape(runs[-1].date)}; {trend.new_cases} new cases.</p>"
    if suite.suite.blind:
        return chart + told
    return chart + told + _ids("Newly wrong", trend.newly_wrong) + _ids("Newly right", trend.newly_right)


def _ids(title: str, ids: Sequence[str]) -> str:
    if not ids:
        return ""
    return f"<details><summary>{title}: {len(ids)}</summary><p>{escape(', '.join(ids))}</p></details>"


def _groupings(suite: SuiteResult, families: Families) -> Iterator[str]:
    """Every failure once in each of three groupings."""
    failed = suite.failures
    if not failed:
        yield "<p>Every case is right.</p>"
        return

    def devices(result: CaseResult) -> list[str]:
        return _devices(result, families)

    groupings: list[tuple[str, Callable[[CaseResult], Sequence[str]]]] = [
        ("signal", devices),
        ("rule", lambda result: result.rules or ("no rule spoke",)),
        ("kind", lambda result: (result.case.kind,)),
    ]
    for title, names in groupings:
        yield f"<h3>{len(failed)} failures by {title}</h3>"
        grouped: dict[str, list[CaseResult]] = {}
        for result in failed:
            for name in names(result):
                grouped.setdefault(name, []).append(result)
        for name, results in sorted(grouped.items(), key=lambda item: (-len(item[1]), item[0])):
            rows = "".join(map(_failure, results))
            yield f"<details><summary>{escape(name)}: {len(results)}</summary><ol>{rows}</ol></details>"


def _devices(result: CaseResult, families: Families) -> list[str]:
    """The names of the devices that went wrong, or of those the case is about."""
    wrong = [path for turn in result.turns for path in (*turn.lacking, *turn.unwanted)]
    found = [(path, families.of(path)) for path in wrong or result.case.paths()]
    names = [family.label if family else path for path, family in found]
    return list(dict.fromkeys(names)) or ["no signal"]


def _failure(result: CaseResult) -> str:
    turns = "".join(map(_turn, result.turns))
    error = f"<p class='wrong'>{escape(result.error)}</p>" if result.error else ""
    return f"<li><code>{escape(result.case.id)}</code> <em>{escape(result.verdict)}</em>{turns}{error}</li>"


def _turn(judged: Judged) -> str:
    turn, answer = judged.turn, judged.answer
    wanted = " or ".join(spell(values) for values in turn.wanted)
    if turn.reads:
        wanted = " + ".join(filter(None, [wanted, f"a reading of {', '.join(turn.reads)}"]))
    got = spell({target.path: target.value for target in answer.requested})
    by = f" by {answer.understood_by}" if answer.understood_by else ""
    rules = f"; rules {', '.join(answer.rules)}" if answer.rules else ""
    css = "right" if judged.verdict is Verdict.RIGHT else "wrong"
    return (
        f"<p class='{css}'>“{escape(turn.say)}”<br><small>wanted: {escape(wanted or 'no change')}<br>"
        f"asked for{escape(by)}: {escape(got or 'nothing')}<br>"
        f"{escape(answer.outcome)}{escape(rules)}: {escape(answer.reply)}</small></p>"
    )
