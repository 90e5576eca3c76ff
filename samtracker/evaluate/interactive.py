"""Evaluation of a clip that a simulated user corrects, round after round.

As in the interactive protocol of DAVIS (Caelles et al., The 2018 DAVIS Challenge on Video Object
Segmentation, arXiv 1803.00557) the frame with the worst masks is corrected next. There the
corrections are scribbles and the measure is over time; here they are clicks, counted by rounds.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from samtracker.data.clip import Clip
from samtracker.evaluate.clip import ClipResult, Round, evaluate_clip
from samtracker.evaluate.corrections import Corrections
from samtracker.evaluate.tracker_source import TrackerSource


def evaluate_rounds(clip: Clip, source: TrackerSource, rounds: int) -> ClipResult:
    """Track and score a clip, then as often again with one more frame corrected.

    A round corrects the scored frame with the lowest J, as a mean over its objects, that no round
    before has corrected; the clip is tracked from its start with all corrections so far. The rounds
    end early where nothing is wrong or no frame is left.

    Args:
        clip: Clip with the truth.
        source: Source that tracks it.
        rounds: Number of rounds.

    Returns:
        The scores after the last round, with those of all rounds.

    Raises:
        DatasetError: See `evaluate_clip`.
    """
    corrections = Corrections()
    source = source.corrected_by(corrections)
    result = evaluate_clip(clip, source)
    done = [Round(frame=None, clicks=0, objects=result.objects)]
    for _ in range(rounds):
        frame = _worst(result, corrections.frames)
        if frame is None:
            break
        before = corrections.clicks
        corrections.plan(frame)
        result = evaluate_clip(clip, source)
        clicks = corrections.clicks - before
        done.append(Round(frame=frame, clicks=clicks, objects=result.objects))
    return replace(result, rounds=tuple(done))


def _worst(result: ClipResult, corrected: frozenset[int]) -> int | None:
    """Return the number of the frame to correct next; None if there is none."""
    j = result.frame_j()
    j[[number in corrected for number in result.scored]] = np.inf
    if not len(j) or j.min() >= 1:
        return None
    return result.scored[int(j.argmin())]
