"""The frame of a self-contained HTML page: its style is in it, and it loads nothing."""

from __future__ import annotations

from html import escape

_STYLE = """
:root{color-scheme:light dark;--line:#8884;--good:#2a9d5c;--bad:#d1495b}
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;padding:0 1rem;max-width:72rem}
h1{font-size:1.5rem}h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}h3{margin:1.5rem 0 .4rem}
table{border-collapse:collapse;margin:.6rem 0;font-variant-numeric:tabular-nums}
th,td{padding:.2rem .6rem;text-align:right;border-bottom:1px solid var(--line);vertical-align:top}
th:first-child,td.text,th.text{text-align:left}
.bar{display:inline-block;width:4rem;height:.6rem;background:var(--bad);margin-right:.4rem}
.bar i{display:block;height:100%;background:var(--good)}
.figures{display:flex;flex-wrap:wrap;gap:1rem;margin:1rem 0}
.figures div{border:1px solid var(--line);border-radius:.4rem;padding:.5rem .8rem}
.figures b{display:block;font-size:1.3rem}.figures span,small{opacity:.8}
.trend{width:22rem;max-width:100%}.trend polyline{fill:none;stroke:var(--good);stroke-width:2}
summary{cursor:pointer;padding:.15rem 0}ol{margin:.3rem 0}
p.wrong{border-left:3px solid var(--bad)}p.right{border-left:3px solid var(--good)}
p.wrong,p.right{margin:.3rem 0;padding-left:.6rem}code{font-size:.9em;overflow-wrap:anywhere}
blockquote{border-left:3px solid var(--line);margin:.5rem 0;padding-left:.8rem}
"""


def page(title: str, body: str) -> str:
    """A whole page; `title` is text, `body` is HTML."""
    name = escape(title)
    return (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        f"<title>{name}</title><style>{_STYLE}</style></head>\n<body><h1>{name}</h1>{body}</body></html>\n"
    )


def share_bar(percent: float) -> str:
    """A percentage with a small bar."""
    return f"<span class='bar'><i style='width:{percent:.1f}%'></i></span>{percent:.1f}"
