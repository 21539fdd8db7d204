"""`python -m benchmarks [NAME…]`: measure, print, keep."""

from __future__ import annotations

import sys

from benchmarks import (
    acting,
    attacks,
    batch,
    language_model,
    page,
    perfect_answers,
    resume,
    review,
    size,
    templates,
    understanding,
)
from benchmarks.measure import report

ALL = {
    "understanding": understanding.measure,
    "acting": acting.measure,
    "batch": batch.measure,
    "page": page.measure,
    "resume": resume.measure,
    "review": review.measure,
    "size": size.measure,
    "templates": templates.measure,
    "language_model": language_model.measure,
    "perfect_answers": perfect_answers.measure,
    "attacks": attacks.measure,
}


def main() -> None:
    """Run the named benchmarks, or all."""
    names = sys.argv[1:] or list(ALL)
    unknown = [name for name in names if name not in ALL]
    if unknown:
        print(f"There is no benchmark {unknown[0]!r}; there are {', '.join(ALL)}.", file=sys.stderr)
        sys.exit(2)
    for name in names:
        report(name, ALL[name]())


main()
