"""Scores of whole clips, against the package vos-benchmark and by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from vos_benchmark.benchmark import VideoEvaluator

from samtracker.data.clip import Clip, FolderClip
from samtracker.data.davis import read_davis
from samtracker.errors import DatasetError
from samtracker.evaluate.absence import Absence, absence
from samtracker.evaluate.clip import evaluate_clip
from samtracker.evaluate.evaluation import evaluate
from samtracker.evaluate.folder_source import FolderSource
from samtracker.evaluate.results import Results
from samtracker.evaluate.scores import score
from samtracker.evaluate.tracker_source import TrackerSource, track_clip
from samtracker.results.tally import Tally
from tests.conftest import MakeTracker
from tests.helpers.datasets import write_mask, write_photo
from tests.helpers.scenes import BLUE, RED, film

SIZE = (48, 64)


def wandering(seed: int, frames: int = 14) -> list[NDArray[np.uint8]]:
    """Ids of five objects that come and go; the fifth is only ever in some of the clips."""
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(frames):
        ids = np.zeros(SIZE, np.uint8)
        for object_id in range(1, 6):
            if rng.random() < (0.7 if object_id < 5 else 0.1):
                top, left = rng.integers(0, 30, 2)
                height, width = rng.integers(3, 20, 2)
                ids[top : top + height, left : left + width] = object_id
        drawn.append(ids)
    return drawn


def write_clips(root: Path, count: int = 4) -> tuple[Path, Path]:
    """A DAVIS folder without lists, and predictions for it."""
    truth, predictions = root / "Annotations/480p", root / "predictions"
    for clip in range(count):
        for number, (ids, found) in enumerate(
            zip(wandering(clip), wandering(99 + clip), strict=True)
        ):
            name = f"clip{clip}/{number:05}.png"
            near = np.where(np.arange(SIZE[1]) < 40, np.roll(ids, 1, axis=0), found)
            write_mask(truth / name, ids)
            write_mask(predictions / name, near.astype(np.uint8))
            write_photo(root / "JPEGImages/480p" / name, np.zeros((*SIZE, 3), np.uint8))
    return root, predictions


def test_whole_folders_agree_with_vos_benchmark(tmp_path: Path) -> None:
    root, predictions = write_clips(tmp_path)
    clips = read_davis(root, year=2017, split="all")
    results = Results.of(evaluate(clips, FolderSource(predictions)))
    reference = VideoEvaluator(root / "Annotations/480p", predictions)
    every_j, every_f = [], []
    for clip in results.clips:
        _, j, f = reference(clip.name)
        assert {item.id: item.numbers["j_mean"] for item in clip.objects} == pytest.approx(j)
        assert {item.id: item.numbers["f_mean"] for item in clip.objects} == pytest.approx(f)
        every_j += j.values()
        every_f += f.values()
    overall = results.overall
    assert overall["j_mean"] == pytest.approx(np.mean(every_j), abs=1e-6)
    assert overall["f_mean"] == pytest.approx(np.mean(every_f), abs=1e-6)
    assert overall["j_and_f"] == pytest.approx((np.mean(every_j) + np.mean(every_f)) / 2, abs=1e-6)


def test_processes_share_the_clips(tmp_path: Path) -> None:
    root, predictions = write_clips(tmp_path)
    clips = read_davis(root, year=2017, split="all")
    alone = Results.of(evaluate(clips, FolderSource(predictions)))
    together = Results.of(evaluate(clips, FolderSource(predictions), jobs=2))
    assert together == alone


def test_davis_2016_takes_all_objects_as_one(tmp_path: Path) -> None:
    root, _ = write_clips(tmp_path, count=1)
    white = tmp_path / "white"
    for path in (root / "Annotations/480p/clip0").iterdir():
        ids = np.array(wandering(0)[int(path.stem)])
        write_mask(white / "clip0" / path.name, np.where(ids > 0, 255, 0).astype(np.uint8), "L")
    (clip,) = read_davis(root, year=2016, split="all")
    (item,) = evaluate_clip(clip, FolderSource(white)).objects
    assert item.numbers["j_and_f"] == 100.0


def test_first_and_last_frame_and_unknown_objects_do_not_count() -> None:
    one, none = np.ones((4, 4), np.uint16), np.zeros((4, 4), np.uint16)
    (item,) = score([(one, one), (one, none), (one, one), (one, 2 * one)])
    assert (item.id, item.j) == (1, (1.0, 0.0, 1.0, 0.0))
    assert score([(none, one)]) == ()


def test_an_object_counts_from_where_it_is_first_present_or_predicted() -> None:
    one, none = np.ones((4, 4), np.uint16), np.zeros((4, 4), np.uint16)
    (late,) = score([(none, none), (none, none), (one, one)])
    assert (late.start, late.j) == (2, (1.0,))
    (predicted,) = score([(none, none), (none, one), (one, one)])
    assert (predicted.start, predicted.j) == (1, (0.0, 1.0))


def test_an_object_that_is_given_and_then_away() -> None:
    one, none = np.ones((4, 4), np.uint16), np.zeros((4, 4), np.uint16)
    pairs = [(none, none), (none, one), (none, none), (one, one)]
    (item,) = score(pairs, frozenset({1}))
    assert (item.start, item.j) == (1, (0.0, 1.0, 1.0))
    assert item.absence == Absence(frames=3, false_masks=1, recovery_delays=(0,))
    assert item.to_dict()["absence"] == {"frames": 3, "false_masks": 1, "waits": (0,)}


def test_absence_by_hand() -> None:
    present = [False, True, False, False, True, True, False, True, True]
    predicted = [True, True, True, False, True, True, False, False, True]
    j = [0.0, 0.9, 0.0, 1.0, 0.2, 0.7, 1.0, 0.0, 0.4]
    found = absence(present, predicted, j)
    assert (found.frames, found.false_masks) == (3, 1)
    assert found.recovery_delays == (1, None)
    # Seen before: the first frame is an absent one, and a return follows.
    found = absence(present, predicted, j, seen=True)
    assert (found.frames, found.false_masks) == (4, 2)
    assert found.recovery_delays == (0, 1, None)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(present=st.lists(st.booleans(), min_size=1, max_size=30))
def test_a_perfect_tracker_recovers_at_once(present: list[bool]) -> None:
    found = absence(present, present, [1.0] * len(present))
    assert found.false_masks == 0
    assert set(found.recovery_delays) <= {0}
    first = present.index(True) if any(present) else len(present)
    assert found.frames == present[first:].count(False)


def moving_clip(root: Path, *, late: int = 0, every: int = 1) -> Clip:
    """Two balls; the second has no mask in the first `late` frames."""
    images, masks = {}, {}
    for number, shot in enumerate(film([RED, BLUE], 8)):
        stem = f"{number:05}"
        images[stem] = write_photo(root / "images" / f"{stem}.png", shot.frame)
        if number % every == 0:
            ids = np.where((shot.ids == 2) & (number < late), 0, shot.ids)
            # A data set may give a late object a smaller id.
            masks[stem] = write_mask(
                root / "masks" / f"{stem}.png", np.array([0, 7, 3], np.uint8)[ids]
            )
    return FolderClip.of("balls", images, masks)


def test_tracked_masks_are_written_and_scored(tmp_path: Path, lite_tracker: MakeTracker) -> None:
    clip, tracker = moving_clip(tmp_path), lite_tracker()
    result = evaluate_clip(clip, TrackerSource(lambda: tracker, tmp_path / "out"))
    assert [item.id for item in result.objects] == [3, 7]
    assert min(item.numbers["j_mean"] for item in result.objects) > 60
    written = evaluate_clip(clip, FolderSource(tmp_path / "out"))
    assert written.objects == result.objects
    assert len(list((tmp_path / "out/balls").iterdir())) == len(clip)
    assert result.run is not None
    assert set(result.run.fps) == {"p50", "p95"}
    assert result.run.peak_memory_mb["cpu"] > 50
    assert sum(result.run.states.values()) == pytest.approx(1)


def test_objects_are_taken_up_where_their_first_mask_is(
    tmp_path: Path, lite_tracker: MakeTracker
) -> None:
    clip = moving_clip(tmp_path, late=3, every=2)
    found = dict(track_clip(lite_tracker(), clip, Tally()))
    assert sorted(found) == list(range(8))
    assert set(np.unique(found[3])) == {0, 7}
    assert np.array_equal(found[4] == 3, clip.mask(4) == 3)  # its first mask is given
    assert set(np.unique(found[5])) == {0, 3, 7}


def test_a_tracker_that_took_the_wrong_thing_is_corrected(
    tmp_path: Path, lite_tracker: MakeTracker
) -> None:
    shots = film([RED, BLUE], 4)
    images, masks = {}, {}
    for number, shot in enumerate(shots):
        stem = f"{number:05}"
        images[stem] = write_photo(tmp_path / "images" / f"{stem}.png", shot.frame)
        # Object 1 is a part of the ball that then turns out to be object 2.
        ids = (shot.ids == 1).astype(np.uint8) * 2
        if number == 0:
            ids[:, 36:] = 0
            ids //= 2
        masks[stem] = write_mask(tmp_path / "masks" / f"{stem}.png", ids)
    clip = FolderClip.of("ball", images, masks)
    found = dict(track_clip(lite_tracker(), clip, Tally()))
    assert np.array_equal(found[1] == 2, clip.mask(1) == 2)
    assert 2 in found[3]


def test_wrong_masks_are_named(tmp_path: Path) -> None:
    root, predictions = write_clips(tmp_path, count=1)
    (clip,) = read_davis(root, year=2017, split="all")
    write_mask(predictions / "clip0/00003.png", np.ones((10, 20), np.uint8))
    with pytest.raises(DatasetError, match="'00003' of 'clip0' is 20x10 but its truth 64x48"):
        evaluate_clip(clip, FolderSource(predictions))
    (predictions / "clip0/00003.png").unlink()
    with pytest.raises(DatasetError, match=r"clip0/00003\.png' does not exist"):
        evaluate_clip(clip, FolderSource(predictions))


@pytest.mark.parametrize("name", ["..", "a/b", "../elsewhere", ""])
def test_names_of_clips_lead_nowhere_else(name: str) -> None:
    with pytest.raises(DatasetError, match="no name of a clip"):
        FolderClip.of(name, {}, {})
