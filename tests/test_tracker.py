"""The stream with the shipped weights: objects are followed, lost, found, added and corrected."""

from __future__ import annotations

import copy
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import supervision
import torch
from torch import nn

from samtracker.backends.torch_backend import TorchBackend
from samtracker.config import TrackerConfig
from samtracker.errors import ConfigError, PromptError, WeightsError
from samtracker.model.network import Network
from samtracker.tracker import Tracker
from samtracker.tracking.objects import UNDO
from samtracker.types import FrameResult, State, mask_box
from tests.conftest import MakeTracker
from tests.helpers.scenes import BLUE, RED, SIZE, Ball, Shot, film, iou

TWO = film([RED, BLUE], 8)


def run(tracker: Tracker, shots: list[Shot]) -> list[FrameResult]:
    """Start with the true masks of the first shot and step through the others."""
    first = tracker.init(shots[0].frame, mask=shots[0].ids)
    return [first, *(tracker.step(shot.frame) for shot in shots[1:])]


def assert_same(found: FrameResult, wanted: FrameResult) -> None:
    np.testing.assert_array_equal(found.id_map, wanted.id_map)
    assert [(item.id, item.box, item.score, item.state) for item in found.objects] == [
        (item.id, item.box, item.score, item.state) for item in wanted.objects
    ]


@contextmanager
def encodings(tracker: Tracker) -> Iterator[list[int]]:
    """Count the model inputs that go through the encoder, in a list that grows."""
    seen: list[int] = []
    backend = tracker.runtime.backend
    assert isinstance(backend, TorchBackend)
    encoder = cast(nn.Module, backend.encoder)
    hook = encoder.register_forward_hook(lambda module, given, found: seen.append(len(given[0])))
    try:
        yield seen
    finally:
        hook.remove()


@pytest.mark.parametrize(
    ("settings", "least"),
    [
        ({}, 0.85),
        ({"memory": "bank:2"}, 0.85),
        ({"memory": "rolling"}, 0.75),
        ({"feedback": "soft"}, 0.85),
        ({"target_model": False}, 0.8),
    ],
    ids=str,
)
def test_objects_are_followed(
    lite_tracker: MakeTracker, settings: dict[str, object], least: float
) -> None:
    results = run(lite_tracker(size=192, **settings), TWO)
    assert [result.index for result in results] == list(range(8))
    for result, shot in zip(results, TWO, strict=True):
        assert result.size == SIZE
        assert [item.id for item in result.objects] == [1, 2]
        for item in result.objects:
            assert item.state == State.TRACKING
            assert item.mask.dtype == np.bool_
            assert item.mask.shape == SIZE
            assert item.box == mask_box(item.mask)
            assert 0 < item.score <= 1
            assert iou(item.mask, shot.mask(item.id)) > least
        assert not (result[1].mask & result[2].mask).any()


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_follows_too(lite: Network, precision: str) -> None:
    config = TrackerConfig(size=192)
    tracker = Tracker(copy.deepcopy(lite), config, device="cpu", precision=precision)
    for result, shot in zip(run(tracker, TWO[:3]), TWO, strict=False):
        assert iou(result[1].mask, shot.mask(1)) > 0.85
        assert iou(result[2].mask, shot.mask(2)) > 0.85


def test_the_first_result_is_the_masks_given(lite_tracker: MakeTracker) -> None:
    result = lite_tracker().init(TWO[0].frame, mask=TWO[0].ids, timestamp=3.25)
    assert (result.index, result.timestamp, result.size) == (0, 3.25, SIZE)
    np.testing.assert_array_equal(result.id_map, TWO[0].ids)
    assert [(item.score, item.state) for item in result.objects] == [(1.0, State.TRACKING)] * 2


def test_masks_may_be_given_by_id(lite_tracker: MakeTracker) -> None:
    masks = {300: TWO[0].mask(2), 7: TWO[0].mask(1)}
    result = lite_tracker().init(TWO[0].frame, mask=masks)
    assert [item.id for item in result.objects] == [7, 300]
    np.testing.assert_array_equal(result[300].mask, masks[300])
    with pytest.raises(KeyError):
        _ = result[1]


def test_timestamps_are_those_given(lite_tracker: MakeTracker) -> None:
    tracker = lite_tracker()
    assert tracker.init(TWO[0].frame, mask=TWO[0].ids).timestamp is None
    assert tracker.step(TWO[1].frame, 0.5).timestamp == 0.5
    assert tracker.step(TWO[2].frame).timestamp is None
    assert tracker.step(TWO[3].frame, timestamp=0.25).timestamp == 0.25


def test_a_frame_is_encoded_once_for_all_objects(lite_tracker: MakeTracker) -> None:
    tracker = lite_tracker()
    with encodings(tracker) as seen:
        run(tracker, TWO[:4])
        assert seen == [1, 1, 1, 1]
        frame = TWO[3].frame.copy()
        tracker.remove_object(2)
        tracker.add_object(frame, box=mask_box(TWO[3].mask(2)))
        tracker.remove_object(3)
        tracker.add_object(frame, points=[(121, 65)])
        tracker.correct(frame, 1, mask=TWO[3].mask(1))
        tracker.step(frame)
        assert len(seen) == 4
        assert tracker.step(TWO[4].frame).index == 5
        assert len(seen) == 5


def test_objects_do_not_depend_on_their_order(lite_tracker: MakeTracker) -> None:
    swapped = [Shot(shot.frame, (3 - shot.ids) * (shot.ids > 0)) for shot in TWO]
    for result, mirror in zip(run(lite_tracker(), TWO), run(lite_tracker(), swapped), strict=True):
        for object_id in (1, 2):
            found, wanted = mirror[3 - object_id], result[object_id]
            np.testing.assert_array_equal(found.mask, wanted.mask)
            assert found.score == pytest.approx(wanted.score, abs=1e-4)


def test_two_runs_are_equal(lite_tracker: MakeTracker) -> None:
    tracker = lite_tracker(memory="bank:2")
    first = run(tracker, TWO)
    # The second one on a tracker that has been used.
    for found, wanted in zip(run(tracker, TWO), first, strict=True):
        assert_same(found, wanted)


def test_the_caller_may_reuse_the_frame_buffer(lite_tracker: MakeTracker) -> None:
    wanted = run(lite_tracker(), TWO[:4])
    tracker = lite_tracker()
    buffer, mask = TWO[0].frame.copy(), TWO[0].ids.copy()
    results = [tracker.init(buffer, mask=mask)]
    mask[:] = 0
    for shot in TWO[1:4]:
        buffer[:] = shot.frame
        results.append(tracker.step(buffer))
        buffer[:] = 0
    for one, other in zip(results, wanted, strict=True):
        assert_same(one, other)


def test_results_cannot_be_written_to(tmp_path: Path) -> None:
    tracker = Tracker.from_pretrained("propagation", device="cpu", size=64)
    given = TWO[0].mask(1)
    first = tracker.init(TWO[0].frame, mask={1: given, 2: TWO[0].mask(2)})
    results = [first, tracker.step(TWO[1].frame), tracker.remove_object(2)]
    results.append(tracker.correct(TWO[1].frame, 1, mask=TWO[1].mask(1)))
    tracker.save(tmp_path / "tracker.safetensors")
    again = Tracker.load(tmp_path / "tracker.safetensors", device="cpu").result
    for result in (*results, again):
        assert result is not None
        for array in (result[1].mask, result.id_map):
            with pytest.raises(ValueError, match="read-only"):
                array[:] = 0
    given[:] = 0  # the caller's own is as it was, and not the tracker's
    np.testing.assert_array_equal(first[1].mask, TWO[0].mask(1))
    assert first.to_supervision().mask is not None


def test_any_view_of_a_frame_will_do(lite_tracker: MakeTracker) -> None:
    wanted = run(lite_tracker(), TWO[:2])[1]
    bgr = TWO[1].frame[..., ::-1].copy()
    read_only = TWO[1].frame.copy()
    read_only.flags.writeable = False
    for frame in (bgr[..., ::-1], read_only, np.asfortranarray(read_only)):
        tracker = lite_tracker()
        tracker.init(TWO[0].frame, mask=TWO[0].ids)
        assert_same(tracker.step(frame), wanted)


@pytest.mark.parametrize("memory", ["anchored", "rolling"])
def test_what_stands_still_stays(lite_tracker: MakeTracker, memory: str) -> None:
    tracker = lite_tracker(size=192, memory=memory)
    tracker.init(TWO[0].frame, mask=TWO[0].ids)
    for _ in range(5):
        result = tracker.step(TWO[0].frame)
        assert iou(result[1].mask, TWO[0].mask(1)) > 0.85
        assert iou(result[2].mask, TWO[0].mask(2)) > 0.85


@pytest.mark.parametrize("memory", ["anchored", "rolling", "bank:2"])
def test_a_lost_object_is_found_again(lite_tracker: MakeTracker, memory: str) -> None:
    # When it comes back it is half the frame away.
    red = replace(RED, velocity=(9, 3), hidden=range(3, 6))
    shots = film([red, replace(BLUE, center=(140, 22), velocity=(0, 0))], 8)
    states = ["tracking", "tracking", "tracking", "uncertain", "lost", "lost"]
    states += ["reacquired", "reacquired"]
    results = run(lite_tracker(size=192, memory=memory), shots)
    for number, result in enumerate(results):
        assert result[1].state == states[number]
        if number in red.hidden:
            assert result[1].box is None
            assert not result[1].mask.any()
        else:
            # Without reference frames only the last frame tells where it is again, at stride 16.
            least = 0.65 if memory == "rolling" else 0.75
            assert iou(result[1].mask, shots[number].mask(1)) > least
        # One that is lost takes nothing from the others.
        assert result[2].state == State.TRACKING
        # Where both are unsure, a pixel goes to one of them rather than to the background.
        assert iou(result[2].mask, shots[number].mask(2)) > (0.55 if memory == "rolling" else 0.6)


@pytest.mark.parametrize("feedback", ["hard", "soft"])
def test_windows_follow_a_small_object_across_a_large_map(
    lite_tracker: MakeTracker, feedback: str
) -> None:
    # 45 cells of stride 16 wide: the object and its surroundings fill less than half of it.
    ball = Ball(color=(210, 60, 50), center=(20, 50), velocity=(6, 0), radius=10)
    shots = film([ball], 19)
    tracker = lite_tracker(size=432, feedback=feedback)
    widths: list[int] = []
    hook = tracker.runtime.network.matcher.register_forward_pre_hook(
        lambda module, given: widths.append(given[0].shape[-1])
    )
    tracker.init(shots[0].frame, mask=shots[0].ids)
    for shot in shots[::3][1:]:
        result = tracker.step(shot.frame)
        assert iou(result[1].mask, shot.mask()) > 0.8
    hook.remove()
    assert len(widths) == 6
    assert max(widths) <= 24


def test_init_starts_over(lite_tracker: MakeTracker) -> None:
    wanted = run(lite_tracker(), TWO[2:5])
    tracker = lite_tracker()
    small = film([RED], 1)[0]
    tracker.init(small.frame[:64, :80], mask=small.ids[:64, :80] * 9)
    tracker.step(small.frame[:64, :80])
    for found, right in zip(run(tracker, TWO[2:5]), wanted, strict=True):
        assert_same(found, right)
        assert found.index == right.index
    assert tracker.object_ids == (1, 2)


def test_a_fork_goes_on_by_itself(lite_tracker: MakeTracker) -> None:
    tracker, shots = lite_tracker(), film([RED, BLUE], 6)
    tracker.init(shots[0].frame, mask=shots[0].ids)
    tracker.step(shots[1].frame)
    fork = tracker.fork()
    fork.remove_object(2)
    fork.correct(shots[1].frame, 1, mask=shots[1].mask(1))
    fork.step(shots[2].frame)
    again = tracker.fork()
    for shot in shots[2:]:
        expected, found = tracker.step(shot.frame), again.step(shot.frame)
        assert (expected.id_map == found.id_map).all()
    assert (tracker.object_ids, fork.object_ids) == ((1, 2), (1,))
    assert fork.result is not None
    assert fork.result.index == 2


def test_reset_forgets_the_stream(lite_tracker: MakeTracker) -> None:
    tracker = lite_tracker()
    run(tracker, TWO[:2])
    tracker.reset()
    assert tracker.object_ids == ()
    with pytest.raises(PromptError, match=r"call init\(frame, mask=\.\.\.\) first"):
        tracker.step(TWO[1].frame)
    assert tracker.init(TWO[0].frame, mask=TWO[0].mask(2))[1].box is not None


@pytest.mark.parametrize("memory", ["anchored", "bank:2"])
def test_memory_does_not_grow(lite_tracker: MakeTracker, memory: str) -> None:
    def tensors() -> int:
        gc.collect()
        return sum(type(item) is torch.Tensor for item in gc.get_objects())

    tracker = lite_tracker(size=64, memory=memory, anchors=3)
    tracker.init(TWO[0].frame, mask=TWO[0].ids)
    gc.freeze()  # what there is by now, a lot, is not counted again each time
    counts = []
    for number in range(1, 25):
        frame = TWO[max(min(number % 14, 14 - number % 14), 1)].frame  # never the first one again
        tracker.step(frame)
        if number % 2 == 0:
            tracker.correct(frame, 1, mask=TWO[0].mask())
            counts.append(tensors())
    gc.unfreeze()
    # Reference frames, bank and the changes that can be undone are as many as there can be by then.
    assert len(set(counts[2 * UNDO :])) == 1


def test_results_for_supervision(lite_tracker: MakeTracker) -> None:
    red = replace(RED, hidden=range(1, 2))
    shots = film([red, BLUE], 2)
    tracker = lite_tracker()
    first, second = run(tracker, shots)
    found = first.to_supervision()
    np.testing.assert_array_equal(found.xyxy, [first[1].box, first[2].box])
    np.testing.assert_array_equal(found.mask, [first[1].mask, first[2].mask])
    np.testing.assert_array_equal(found.tracker_id, [1, 2])
    np.testing.assert_array_equal(found.confidence, [1, 1])
    np.testing.assert_array_equal(found.class_id, [0, 0])
    np.testing.assert_array_equal(found.data["class_name"], ["1", "2"])
    canvas = np.zeros_like(shots[0].frame)
    drawn = supervision.MaskAnnotator().annotate(canvas.copy(), found)  # as by default
    assert (drawn != canvas).any(axis=-1).tolist() == (first.id_map > 0).tolist()
    found = second.to_supervision()
    np.testing.assert_array_equal(found.tracker_id, [2])
    np.testing.assert_array_equal(found.xyxy, [second[2].box])
    tracker.remove_object(2)
    nothing = tracker.step(shots[1].frame).to_supervision()
    assert len(nothing) == 0
    assert np.asarray(nothing.tracker_id).shape == (0,)
    assert np.asarray(nothing.mask).shape == (0, *first.size)


def test_from_pretrained() -> None:
    tracker = Tracker.from_pretrained(
        "lite", device="cpu", precision="float32", size=128, memory="bank:3", feedback="soft"
    )
    assert (tracker.config.size, tracker.config.bank, tracker.config.feedback) == (128, 3, "soft")
    assert tracker.runtime.device == torch.device("cpu")
    assert tracker.runtime.precision == torch.float32
    assert tracker.init(TWO[0].frame, mask=TWO[0].ids)[2].box is not None


@pytest.mark.parametrize(
    ("error", "settings"),
    [
        (ConfigError, {"device": "gpu"}),
        (ConfigError, {"precision": "half"}),
        (ConfigError, {"memory": "all"}),
        (ConfigError, {"size": 10}),
        (WeightsError, {"name_or_path": "light"}),
    ],
    ids=str,
)
def test_from_pretrained_with_what_does_not_exist(
    error: type[Exception], settings: dict[str, object]
) -> None:
    with pytest.raises(error, match=str(next(iter(settings.values())))):
        Tracker.from_pretrained(**settings)  # type: ignore[arg-type]
