"""What a person decided about a dataset's segments, and what the dataset is after it.

A decision names the segments it is about, not a rule: it stays true whatever is grouped anew later. Each segment
is named by its frame, its id in the frame and its area, so that a decision about a segment that has since become
another one is noticed and left out, not put on the wrong object.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from perception.record import Completion, FrameRecord, Instance, Occlusion

PERSON = "person"
"""`Instance.label_source` of what a person named."""

Kind = Literal["rename", "accept", "reject", "reopen", "merge", "split", "completion", "undo"]
State = Literal["open", "settled", "rejected"]
SegmentKey = tuple[str, int]
"""Frame id and instance id."""

CHOICE_VISIBLE = -1
"""Choice of a completion: nothing is hidden, the visible mask is the whole."""
CHOICE_NONE = -2
"""Choice of a completion: none of them is right."""


@dataclass(frozen=True)
class Decision:
    """One line of the log."""

    number: int
    """From 1, in the order of deciding."""
    kind: Kind
    time: str = ""
    """ISO 8601, UTC."""
    who: str = ""
    members: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    """Frame id → (instance id, visible area in pixels) of the segments it is about."""
    label: str = ""
    """rename, accept, and merge into a settled cluster: the class."""
    cluster: int | None = None
    """merge, split: the cluster that the members are in from now on."""
    single: bool = False
    """About segments one by one, not about a cluster as a whole: decisions on the cluster leave them alone."""
    choice: int = 0
    """completion: index among the proposals, `CHOICE_VISIBLE` or `CHOICE_NONE`."""
    of: int = 0
    """undo: the number of the decision that no longer counts."""


@dataclass(frozen=True)
class Verdict:
    """All that was decided about one segment."""

    state: State = "open"
    label: str = ""
    """"" while nobody named it."""
    cluster: int | None = None
    """None: the cluster it was found in."""
    single: bool = False
    choice: int | None = None
    """As `Decision.choice`; None: not decided."""


OPEN = Verdict()


def apply(verdict: Verdict, decision: Decision) -> Verdict:
    """The verdict on a segment after one more decision about it. Pure."""
    match decision.kind:
        case "rename" | "accept":
            return replace(verdict, state="settled", label=decision.label, single=decision.single)
        case "reject":
            return replace(verdict, state="rejected", single=decision.single)
        case "reopen":
            return replace(verdict, state="open", label="", single=False)
        case "merge":
            moved = replace(verdict, cluster=decision.cluster, single=False)
            return replace(moved, state="settled", label=decision.label) if decision.label else moved
        case "split":
            return replace(verdict, cluster=decision.cluster, state="open", label="", single=False)
        case "completion":
            return replace(verdict, choice=decision.choice)
        case "undo":
            return verdict


def effective(decisions: Iterable[Decision]) -> list[Decision]:
    """The decisions that count: those not undone, in order."""
    standing: dict[int, Decision] = {}
    for decision in decisions:
        if decision.kind == "undo":
            standing.pop(decision.of, None)
        else:
            standing[decision.number] = decision
    return list(standing.values())


class Verdicts:
    """The outcome of all decisions, by segment."""

    def __init__(self, decisions: Iterable[Decision] = ()) -> None:
        self._by_segment: dict[SegmentKey, tuple[int, Verdict]] = {}
        self._frames: set[str] = set()
        for decision in effective(decisions):
            self._frames.update(decision.members)
            for frame, members in decision.members.items():
                for instance, area in members:
                    known_area, verdict = self._by_segment.get((frame, instance), (area, OPEN))
                    before = verdict if known_area == area else OPEN
                    self._by_segment[frame, instance] = area, apply(before, decision)

    def __len__(self) -> int:
        return len(self._by_segment)

    def on(self, frame: str) -> bool:
        """Whether anything was decided about a segment of this frame."""
        return frame in self._frames

    def of(self, frame: str, instance: int, area: int) -> Verdict:
        """The verdict on a segment; `OPEN` when there is none, or none on a segment of this area."""
        known_area, verdict = self._by_segment.get((frame, instance), (area, OPEN))
        return verdict if known_area == area else OPEN


def settle(records: Iterable[FrameRecord], decisions: Iterable[Decision]) -> Iterator[FrameRecord]:
    """The records as the person wants them: named segments are known and named by "person", rejected ones gone."""
    verdicts = Verdicts(decisions)
    return (settle_record(record, verdicts) for record in records)


def settle_record(record: FrameRecord, verdicts: Verdicts) -> FrameRecord:
    """One frame of `settle`; the very same object when nothing was decided about it."""
    if not verdicts.on(record.frame.id):
        return record
    found = [(one, verdicts.of(record.frame.id, one.id, one.mask.area)) for one in record.instances]
    if all(verdict == OPEN for _, verdict in found):
        return record
    gone = {one.id for one, verdict in found if verdict.state == "rejected"}
    return record.with_instances(tuple(_settled(one, v, gone) for one, v in found if one.id not in gone))


def _settled(instance: Instance, verdict: Verdict, gone: set[int]) -> Instance:
    settled = instance
    if verdict.cluster is not None:
        settled = replace(settled, cluster_id=verdict.cluster)
    if verdict.state == "settled":
        settled = replace(settled, status="known", label=verdict.label, label_source=PERSON)
    if settled.occlusion is None:
        return settled
    occlusion = _without(settled.occlusion, gone)
    if verdict.choice is not None:
        occlusion = _completed(settled, occlusion, verdict.choice)
    return replace(settled, occlusion=occlusion)


def _without(occlusion: Occlusion, gone: set[int]) -> Occlusion:
    """No longer behind what is not an object."""
    if not gone.intersection(occlusion.occluded_by):
        return occlusion
    pairs = zip(occlusion.occluded_by, occlusion.order_confidence, strict=True)
    kept = [(one, confidence) for one, confidence in pairs if one not in gone]
    return replace(
        occlusion, occluded_by=tuple(one for one, _ in kept), order_confidence=tuple(c for _, c in kept)
    )


def _completed(instance: Instance, occlusion: Occlusion, choice: int) -> Occlusion:
    """The chosen proposal in front; its rate follows from the masks."""
    proposals = occlusion.completions
    if choice == CHOICE_NONE:
        return replace(occlusion, completions=())
    if choice == CHOICE_VISIBLE:
        return replace(occlusion, completions=(Completion("visible", instance.mask, 1.0),), rate=0.0)
    if choice >= len(proposals):
        return occlusion
    chosen = proposals[choice]
    rest = tuple(one for position, one in enumerate(proposals) if position != choice)
    hidden = 1 - instance.mask.area / chosen.mask.area if chosen.mask.area else 0.0
    return replace(occlusion, completions=(chosen, *rest), rate=max(0.0, hidden))


def decision_to_json(decision: Decision) -> dict[str, Any]:
    """As plain JSON values, without what has its default."""
    document: dict[str, Any] = {"number": decision.number, "kind": decision.kind}
    document |= {"time": decision.time, "who": decision.who}
    optional = {"label": "", "cluster": None, "single": False, "choice": 0, "of": 0}
    document |= {n: getattr(decision, n) for n, default in optional.items() if getattr(decision, n) != default}
    if decision.members:
        document["members"] = {frame: [list(pair) for pair in pairs] for frame, pairs in decision.members.items()}
    return document


def decision_from_json(document: Mapping[str, Any]) -> Decision:
    """What `decision_to_json` wrote. Raises KeyError, TypeError, ValueError or AttributeError otherwise."""
    if document["kind"] not in get_args(Kind):
        raise ValueError(f"there is no decision {document['kind']!r}")
    members = {
        str(frame): tuple((int(instance), int(area)) for instance, area in pairs)
        for frame, pairs in document.get("members", {}).items()
    }
    return Decision(**{**document, "members": members})
