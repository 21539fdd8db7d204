"""What a finished run leaves for people and other programs: annotations.json and the contact sheet."""

from __future__ import annotations

import json

from perception.dataset.dataset import Dataset
from perception.dataset.decision_log import read_decisions
from perception.dataset.decisions import settle
from perception.dataset.log import content_hash
from perception.dataset.settled import settled_records
from perception.formats.coco import write_coco
from perception.frame import RGBImage
from perception.frames.source import Source
from perception.pipeline.contact_sheet import shown_positions, write_contact_sheet
from perception.pipeline.run import Summary
from perception.wording import counted

ANNOTATIONS = "annotations.json"
CONTACT_SHEET = "contact_sheet.html"
_MARK = "results/outputs.json"
"""Tells which result and decisions the outputs were written from, so that they are not written twice."""


def write_outputs(out: str, source: Source, summary: Summary) -> list[str]:
    """Write both files of the finished dataset in `out`, decisions of a person included.

    Gives the summary's lines. What is there already from the same result and decisions is left as it is.
    """
    dataset = Dataset.open(out)
    lines = summary_lines(dataset, summary)
    decisions = read_decisions(dataset.storage)
    mark = content_hash([dataset.identity, [str(one) for one in decisions]])
    if _is_written(dataset, mark):
        return lines
    with dataset.storage.writing(ANNOTATIONS) as file:
        write_coco(settled_records(dataset), file)
    refs = {ref.id: ref for ref in source.refs}

    def load(frame_id: str) -> RGBImage:
        return refs[frame_id].load().image

    shown = [dataset[position] for position in shown_positions(len(dataset))]
    with dataset.storage.writing(CONTACT_SHEET) as file:
        write_contact_sheet(f"codriver · {source.name}", lines, settle(shown, decisions), load, file)
    dataset.storage.write(_MARK, json.dumps({"of": mark}).encode())
    return lines


def _is_written(dataset: Dataset, mark: str) -> bool:
    storage = dataset.storage
    try:
        written: object = json.loads(storage.read(_MARK))
    except (FileNotFoundError, ValueError):
        return False
    return written == {"of": mark} and storage.exists(ANNOTATIONS) and storage.exists(CONTACT_SHEET)


def summary_lines(dataset: Dataset, summary: Summary) -> list[str]:
    """What was found, for a person."""
    table = dataset.table
    unknown = int(table.unknown.sum())
    lines = [
        f"{summary.total - len(summary.failed)} of {counted(summary.total, 'frame')} labelled: "
        f"{counted(len(table), 'object')}, {len(table) - unknown} known and {unknown} unknown"
        + (f" in {counted(len(dataset.clusters), 'group')}." if dataset.clusters else ".")
    ]
    if summary.failed:
        lines.append(
            f"{counted(len(summary.failed), 'frame')} could not be labelled; the first one: "
            f"{summary.failed[0].failure}"
        )
    return lines
