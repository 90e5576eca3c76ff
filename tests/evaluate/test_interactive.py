"""Clips that a simulated user corrects, round after round."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from samtracker.data.clip import FolderClip
from samtracker.evaluate.clip import ClipResult, evaluate_clip
from samtracker.evaluate.corrections import CLICKS, Corrections
from samtracker.evaluate.interactive import evaluate_rounds
from samtracker.evaluate.metrics import region_similarity
from samtracker.evaluate.results import Results
from samtracker.evaluate.tracker_source import TrackerSource
from tests.conftest import MakeTracker
from tests.helpers.datasets import write_mask, write_photo
from tests.helpers.scenes import BLUE, RED, film

SHOTS = film([RED, BLUE], 6)


@pytest.fixture
def clip(tmp_path: Path) -> FolderClip:
    """Both balls as one object, of which the first mask lacks the blue one."""
    images, masks = [], []
    for number, shot in enumerate(SHOTS):
        ids = (shot.ids > 0).astype(np.uint8) if number else (shot.ids == 1).astype(np.uint8)
        images.append(write_photo(tmp_path / f"{number}.png", shot.frame))
        masks.append(write_mask(tmp_path / f"mask{number}.png", ids))
    return FolderClip(name="both", images=tuple(images), masks=tuple(masks))


def test_a_round_corrects_the_worst_frame(clip: FolderClip, lite_tracker: MakeTracker) -> None:
    tracker = lite_tracker()
    source = TrackerSource(lambda: tracker)
    plain = evaluate_clip(clip, source)
    result = evaluate_rounds(clip, source, rounds=2)
    before, first, second = result.rounds
    assert before.objects == plain.objects
    assert (before.frame, before.clicks) == (None, 0)
    worst = plain.scored[int(np.argmin(plain.objects[0].j))]
    assert first.frame == worst
    assert second.frame not in (None, worst)
    for this in (first, second):
        assert 1 <= this.clicks <= CLICKS
    # In the corrected frame the blue ball is there; the frames before it are as they were.
    place = plain.scored.index(worst)
    assert first.objects[0].j[place] > plain.objects[0].j[place] + 0.1
    assert first.objects[0].j[:place] == plain.objects[0].j[:place]
    assert result.objects == second.objects
    assert plain.rounds == ()


def test_rounds_of_all_clips_are_means(clip: FolderClip, lite_tracker: MakeTracker) -> None:
    tracker = lite_tracker()
    result = evaluate_rounds(clip, TrackerSource(lambda: tracker), rounds=1)
    early = ClipResult(
        name="early",
        scored=result.scored,
        objects=result.objects,
        run=None,
        rounds=result.rounds[:1],
    )
    rows = Results((result, early)).round_rows
    j = [item.objects[0].numbers["j_mean"] for item in result.rounds]
    assert [row["round"] for row in rows] == [0, 1]
    assert [row["clicks"] for row in rows] == [0, result.rounds[1].clicks]
    assert [row["j_mean"] for row in rows] == pytest.approx([j[0], (j[0] + j[1]) / 2])
    assert result.to_dict()["rounds"][1]["j_mean"] == pytest.approx(j[1])
    assert Results((evaluate_clip(clip, TrackerSource(lambda: tracker)),)).round_rows == []


def test_a_corrected_frame_keeps_its_masks(lite_tracker: MakeTracker) -> None:
    """The second time the mask is given as it was made, whatever the tracker finds."""
    truth = {1: SHOTS[1].ids > 0}
    corrections = Corrections()
    corrections.plan(1)
    masks = []
    for first in (SHOTS[0].mask(1), SHOTS[0].mask(2)):
        tracker = lite_tracker()
        tracker.init(SHOTS[0].frame, mask=first)
        tracker.step(SHOTS[1].frame)
        corrections.apply(tracker, SHOTS[1].frame, 1, truth)
        assert tracker.result is not None
        masks.append(tracker.result[1].mask)
    np.testing.assert_array_equal(masks[0], masks[1])
    assert region_similarity(masks[0], truth[1]) > 0.6
    made = corrections.clicks
    corrections.apply(tracker, SHOTS[1].frame, 2, truth)  # a frame that is not planned
    assert corrections.clicks == made


def test_nothing_wrong_ends_the_rounds(tmp_path: Path, lite_tracker: MakeTracker) -> None:
    """Without an object in the frames that count there is nothing to correct."""
    images = [write_photo(tmp_path / f"{n}.png", shot.frame) for n, shot in enumerate(SHOTS[:2])]
    masks = [write_mask(tmp_path / f"m{n}.png", s.ids) for n, s in enumerate(SHOTS[:2])]
    short = FolderClip(name="short", images=tuple(images), masks=tuple(masks))
    tracker = lite_tracker()
    result = evaluate_rounds(short, TrackerSource(lambda: tracker), rounds=3)
    assert len(result.rounds) == 1
