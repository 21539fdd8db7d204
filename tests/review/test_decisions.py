"""Decisions: pure replay, exact undo, and the log that keeps them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from review_kit import box, instances, make_dataset

from codriver.errors import FileFormatError, InputError, NotFoundError, ResourceError
from perception.dataset.dataset import Dataset
from perception.dataset.decision_log import NAME, DecisionLog, read_decisions
from perception.dataset.decisions import (
    CHOICE_NONE,
    CHOICE_VISIBLE,
    OPEN,
    Decision,
    Verdicts,
    decision_from_json,
    decision_to_json,
    effective,
    settle,
)
from perception.dataset.storage import Storage
from perception.frame import FrameInfo
from perception.record import FrameRecord
from perception.review.board import STATES, Board
from perception.review.gallery import Gallery

RECORD = FrameRecord(FrameInfo("a.png", "a.png", 96, 64, "00"), instances(0))
AREAS = {one.id: one.mask.area for one in RECORD.instances}


def members(*ids: int):
    return {"a.png": tuple((one, AREAS[one]) for one in ids)}


def settled(*decisions: Decision) -> FrameRecord:
    return next(settle([RECORD], decisions))


ids = st.lists(st.sampled_from(list(AREAS)), min_size=1, max_size=4, unique=True)
single = st.builds(
    lambda kind, chosen, label, cluster, alone, choice: Decision(
        number=0, kind=kind, members=members(*chosen), label=label, cluster=cluster, single=alone, choice=choice
    ),
    st.sampled_from(["rename", "accept", "reject", "reopen", "merge", "split", "completion"]),
    ids,
    st.sampled_from(["car", "cone", "bus"]),
    st.integers(0, 9),
    st.booleans(),
    st.integers(-2, 3),
)


def numbered(decisions) -> list[Decision]:
    return [replace(one, number=number) for number, one in enumerate(decisions, 1)]


def test_a_name_makes_a_segment_known_and_a_persons():
    found = settled(Decision(1, "rename", members=members(1), label="traffic cone")).instance(1)
    assert (found.status, found.label, found.label_source) == ("known", "traffic cone", "person")


def test_a_rejected_segment_is_gone_and_hides_nothing():
    record = settled(Decision(1, "reject", members=members(1)))
    assert [one.id for one in record.instances] == [2, 3, 4]
    assert record.instance(4).occlusion.occluded_by == ()
    assert record.instance(4).occlusion.order_confidence == ()


def test_the_chosen_proposal_is_the_amodal_mask_and_gives_the_rate():
    found = settled(Decision(1, "completion", members=members(4), choice=1)).instance(4).occlusion
    assert [one.method for one in found.completions] == ["prior", "learned"]
    assert found.rate == pytest.approx(1 - AREAS[4] / (24 * 22))
    nothing = settled(Decision(1, "completion", members=members(4), choice=CHOICE_VISIBLE)).instance(4)
    assert nothing.occlusion.amodal == nothing.mask
    assert nothing.occlusion.rate == 0
    none = settled(Decision(1, "completion", members=members(4), choice=CHOICE_NONE)).instance(4)
    assert none.occlusion.amodal is None


def test_a_decision_does_not_fall_on_another_object_of_the_same_id():
    changed = replace(RECORD.instances[0], mask=box(0, 0, 3, 3))
    record = RECORD.with_instances((changed, *RECORD.instances[1:]))
    assert next(settle([record], [Decision(1, "reject", members=members(1))])) == record


def test_nothing_decided_changes_nothing():
    assert settled() is RECORD


@given(st.lists(single, max_size=12), single)
def test_undo_restores_exactly(before, last):
    decisions = numbered([*before, last])
    undone = [*decisions, Decision(len(decisions) + 1, "undo", of=len(decisions))]
    assert settled(*undone) == settled(*decisions[:-1])
    assert effective(undone) == decisions[:-1]


@given(st.lists(single, max_size=12))
def test_a_decision_survives_its_json_and_replay_is_deterministic(decisions):
    decisions = numbered(decisions)
    again = [decision_from_json(decision_to_json(one)) for one in decisions]
    assert again == decisions
    assert settled(*again) == settled(*decisions)


@given(st.lists(single, max_size=12))
def test_no_segment_appears_and_only_rejected_ones_go(decisions):
    decisions = numbered(decisions)
    record, verdicts = settled(*decisions), Verdicts(decisions)
    gone = {one for one in AREAS if verdicts.of("a.png", one, AREAS[one]).state == "rejected"}
    assert [one.id for one in record.instances] == [one for one in AREAS if one not in gone]
    assert all(record.instance(one.id).mask == one.mask for one in RECORD.instances if one.id not in gone)


@pytest.fixture
def dataset(tmp_path):
    return Dataset.open(str(make_dataset(tmp_path / "out", 3)))


@pytest.fixture
def board(dataset):
    log = DecisionLog(dataset.storage)
    yield Board(dataset, log, "me")
    log.close()


def snapshot(board):
    return [a.tolist() for a in (board.state, board.group, board.label, board.single)], Gallery(board).groups()


def test_a_merge_unites_and_a_split_parts(board):
    count = len(board.rows_of_group(1)) + len(board.rows_of_group(2))
    merged = board.decide("merge", clusters=[1, 2])
    assert sum(len(found) for found in merged.members.values()) == count
    assert len(board.rows_of_group(1)) == count
    with pytest.raises(NotFoundError):
        board.rows_of_group(2)
    part = board.rows_of_group(1)[:2].tolist()
    cluster = board.decide("split", segments=part).cluster
    assert board.rows_of_group(cluster).tolist() == part
    assert len(board.rows_of_group(1)) == count - 2


def test_merging_into_a_settled_cluster_settles(board):
    board.decide("rename", clusters=[1], label="cone")
    board.decide("merge", clusters=[1, 2])
    assert set(board.state[board.rows_of_group(1)]) == {STATES.index("settled")}


def test_a_cluster_leaves_alone_what_was_decided_one_by_one(board):
    row = int(board.rows_of_group(1)[0])
    board.decide("rename", segments=[row], label="barrel")
    board.decide("rename", clusters=[1], label="cone")
    assert {board.labels[board.label[one]] for one in board.rows_of_group(1)} == {"barrel", "cone"}


def test_what_cannot_be_decided_is_refused_and_not_kept(board, dataset):
    for call in (
        lambda: board.decide("accept", clusters=[2]),
        lambda: board.decide("merge", clusters=[1, 1]),
        lambda: board.decide("rename", clusters=[77], label="x"),
        lambda: board.decide("reject", segments=[999]),
        board.undo,
    ):
        with pytest.raises((InputError, NotFoundError)):
            call()
    assert read_decisions(dataset.storage) == []


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_the_board_agrees_with_settle_and_with_a_new_board(tmp_path_factory, data):
    folder = make_dataset(tmp_path_factory.mktemp("x") / "out", 2)
    dataset = Dataset.open(str(folder))
    log = DecisionLog(dataset.storage)
    board = Board(dataset, log, "")
    history = [snapshot(board)]
    for _ in range(data.draw(st.integers(1, 8))):
        if len(history) > 1 and data.draw(st.integers(0, 3)) == 0:
            board.undo()
            history.pop()
            assert snapshot(board) == history[-1]
            continue
        segments = data.draw(st.lists(st.integers(0, 7), min_size=1, max_size=5))
        kind = data.draw(st.sampled_from(["rename", "reject", "split", "reopen"]))
        board.decide(kind, segments=segments, label="thing" if kind == "rename" else "")
        history.append(snapshot(board))
    log.close()
    again = Board(dataset, DecisionLog(dataset.storage), "")
    assert snapshot(again) == history[-1]
    records = list(settle(dataset.records(), read_decisions(dataset.storage)))
    for position, record in enumerate(records):
        rows = [r for r in board.rows_of_frame(position) if board.state[r] != STATES.index("rejected")]
        assert [one.id for one in record.instances] == [int(board.table.id[r]) for r in rows]
        assert [one.label for one in record.instances] == [board.labels[board.label[r]] for r in rows]


def test_a_torn_last_line_is_left_out_and_written_over(tmp_path):
    storage = Storage(str(tmp_path))
    with_one = DecisionLog(storage)
    with_one.add(Decision(1, "reject", members=members(1)))
    with_one.close()
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes() + b'{"number": 2, "kind": "rej')
    assert [one.number for one in read_decisions(storage)] == [1]
    log = DecisionLog(storage)
    log.add(Decision(2, "undo", of=1))
    log.close()
    assert [one.number for one in read_decisions(storage)] == [1, 2]


def test_every_cut_of_the_file_gives_the_decisions_before_it(tmp_path):
    storage = Storage(str(tmp_path))
    log = DecisionLog(storage)
    ends = [0]
    for number in range(1, 4):
        log.add(Decision(number, "rename", label="Übergröße", members=members(1)))
        ends.append((tmp_path / NAME).stat().st_size)
    log.close()
    content = (tmp_path / NAME).read_bytes()
    for cut in range(len(content) + 1):
        (tmp_path / NAME).write_bytes(content[:cut])
        assert len(read_decisions(storage)) == sum(end <= cut for end in ends[1:])


def test_a_broken_line_in_the_middle_is_told(tmp_path):
    (tmp_path / "review").mkdir()
    (tmp_path / NAME).write_text('{"number": 1, "kind": "rule"}\n{}\n')
    with pytest.raises(FileFormatError, match="line 1 is no decision"):
        read_decisions(Storage(str(tmp_path)))


def test_two_reviews_of_one_folder_are_refused(tmp_path):
    first = DecisionLog(Storage(str(tmp_path)))
    with pytest.raises(ResourceError, match="open in another review"):
        DecisionLog(Storage(str(tmp_path)))
    first.close()
    DecisionLog(Storage(str(tmp_path))).close()


def test_open_is_no_verdict():
    assert Verdicts().of("a.png", 1, 5) == OPEN
