from dataclasses import replace

import numpy as np
import pytest
from grouping_kit import info, load, mask, no_progress, unknown

from perception.discovery.track_stage import TrackStage
from perception.evaluation.annotations import AnnotatedImage, Annotation, AnnotationSet, compare
from perception.evaluation.identity import measure_identity
from perception.masks import Mask
from perception.record import FrameRecord


def run(some):
    changed = {one.frame.id: one for one in TrackStage().run(some, load, no_progress)}
    return [changed.get(one.frame.id, one) for one in some]


def drive(frames=10, sequence="drive", hidden=()):
    """Two things that pass each other; in the `hidden` frames the first one is missing."""
    made = []
    for t in range(frames):
        one = unknown(1, mask=mask(2 + 3 * t, 2, 12, 8))
        other = unknown(2, mask=mask(34 - 3 * t, 18, 12, 8))
        instances = (other,) if t in hidden else ((one, other) if t % 2 else (other, one))
        made.append(FrameRecord(info(f"{sequence}/{t}.png", sequence, t), instances))
    return made


def tracks(some, number):
    return [one.track_id for record in some for one in record.instances if one.id == number]


def test_things_keep_their_identity_while_they_move():
    after = run(drive())
    first, second = tracks(after, 1), tracks(after, 2)
    assert len(set(first)) == len(set(second)) == 1
    assert first[0] != second[0]


def test_a_thing_that_is_missing_for_some_frames_is_still_the_same():
    assert len(set(tracks(run(drive(hidden=(4, 5))), 1))) == 1


def test_tracks_of_two_sequences_are_never_the_same():
    after = run([*drive(4, "a"), *drive(4, "b")])
    assert not {one for record in after[:4] for one in tracks([record], 1) + tracks([record], 2)} & {
        one for record in after[4:] for one in tracks([record], 1) + tracks([record], 2)
    }


def test_single_pictures_have_no_tracks_and_old_tracks_go():
    single = [FrameRecord(info("a.png"), (unknown(1, track_id=5),))]
    assert run(single)[0].instances[0].track_id is None


def test_it_is_deterministic_and_a_second_run_changes_nothing():
    after = run(drive())
    assert run(drive()) == after
    assert list(TrackStage().run(after, load, no_progress)) == []


def test_frames_without_anything_do_not_end_the_drive():
    some = drive()
    some[3] = some[3].with_instances(())
    assert len(set(tracks(run(some), 2))) == 1


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_instances_in_a_frame_does_not_matter(seed):
    random = np.random.default_rng(seed)
    shuffled = []
    for one in drive():
        order = random.permutation(len(one.instances))
        shuffled.append(one.with_instances(tuple(one.instances[i] for i in order)))
    after = run(shuffled)
    assert len(set(tracks(after, 1))) == len(set(tracks(after, 2))) == 1


def street(seed, misses, things=8, frames=30):
    """A drive with `things` that move at their own pace, seen with noise or not at all, and its truth."""
    random = np.random.default_rng(seed)
    place, pace = random.uniform([20, 40], [200, 120], (things, 2)), random.normal(0, 4, (things, 2)) * [1, 0.3]
    size = random.uniform(15, 40, things)

    def seen(thing, t, jitter):
        x, y = place[thing] + pace[thing] * t + jitter
        pixels = np.zeros((180, 240), np.uint8)
        pixels[max(0, int(y)) : max(0, int(y + size[thing])), max(0, int(x)) : max(0, int(x + size[thing]))] = 1
        return Mask.from_array(pixels)

    records, truth = [], {}
    for t in range(frames):
        name = f"{t:03d}.png"
        whole = [(i, seen(i, t, 0)) for i in range(things)]
        true = [Annotation(i + 1, one, track_id=i + 1) for i, one in whole if one.area > 80]
        found = [seen(one.id - 1, t, random.normal(0, 1, 2)) for one in true if random.random() >= misses]
        instances = [
            unknown(n, mask=one, score=float(random.uniform(0.3, 1))) for n, one in enumerate(found, start=1)
        ]
        records.append(FrameRecord(replace(info(name, "s", t), width=240, height=180), tuple(instances)))
        truth[name] = AnnotatedImage(name, 240, 180, tuple(true))
    return records, AnnotationSet("truth", truth, {})


@pytest.mark.parametrize(("misses", "expected"), [(0.0, 0.95), (0.2, 0.8)])
def test_identity_holds_on_noisy_drives(misses, expected):
    figures = []
    for seed in range(3):
        records, truth = street(seed, misses)
        after = run(records)
        found = {
            one.frame.id: AnnotatedImage(
                one.frame.id, 240, 180, tuple(Annotation(i.id, i.mask, track_id=i.track_id) for i in one.instances)
            )
            for one in after
        }
        figures.append(measure_identity(compare(AnnotationSet("found", found, {}), truth)).idf1)
    assert np.mean(figures) > expected
