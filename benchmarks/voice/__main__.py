"""`python -m benchmarks.voice`: measure spoken commands; docs/voice.md tells how to set up the voices."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.measure import report
from benchmarks.voice import accuracy, latency
from benchmarks.voice.sentences import sentences
from benchmarks.voice.voices import Spoken, plan, synthesise
from codriver.errors import CodriverError
from codriver.settings import load_settings
from hmi.session import open_session


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.voice", description=__doc__)
    parser.add_argument("what", choices=("accuracy", "latency"))
    parser.add_argument("--sounds", type=Path, default=Path("build/voice"), help="folder that keeps the speech")
    parser.add_argument("--python", default="", help="Python of the environment with the voices")
    parser.add_argument("--kokoro-voices", default="", help="folder package/voices of the npm package kokoro-js")
    parser.add_argument("--models", nargs="+", default=["whisper-base", "whisper-tiny"])
    parser.add_argument("--conditions", nargs="+", default=list(accuracy.CONDITIONS))
    parser.add_argument("--part", choices=("measured", "develop"), default="measured")
    parser.add_argument("--limit", type=int, default=0, help="so many sentences only")
    parser.add_argument("--no-repair", action="store_true", help="take transcripts as they are")
    parser.add_argument("--details", type=Path, help="file for one JSON line per recording")
    return parser.parse_args()


def _spoken(arguments: argparse.Namespace) -> list[Spoken]:
    with open_session(load_settings({"understanding.llm": False}, files=[]), virtual_time=True) as session:
        cases = sentences(session.catalogue, arguments.part, arguments.limit)
    spoken = plan(cases, arguments.sounds)
    synthesise(spoken, arguments.python, arguments.kokoro_voices)
    return spoken


def _accuracy(arguments: argparse.Namespace, spoken: list[Spoken]) -> None:
    def show(result: accuracy.Result) -> None:
        print("." if result.right else "x" if result.wrong else "-", end="", flush=True)

    whole = arguments.part == "measured" and not arguments.limit and not arguments.no_repair
    for model in arguments.models:
        for condition in arguments.conditions:
            results = accuracy.run(spoken, model, condition, show, not arguments.no_repair)
            if arguments.details:
                accuracy.keep(results, arguments.details)
            measurements = list(accuracy.figures(results))
            if whole:  # at once: a run that is cut short has measured something all the same
                report(f"voice_{model}_{condition}", measurements)
                continue
            for one in measurements:
                print(f"\n  {one.what:58s} {one.value:10.2f} {one.unit}", end="")


def main() -> None:
    """Make the speech that is missing, and measure."""
    arguments = _arguments()
    try:
        spoken = _spoken(arguments)
        if arguments.what == "accuracy":
            _accuracy(arguments, spoken)
        else:
            report("voice_latency", latency.measure(spoken, arguments.models))
    except CodriverError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


main()
