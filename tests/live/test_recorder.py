"""Recordings and snapshots of a session, and those that fail."""

from __future__ import annotations

import resource
from pathlib import Path

import numpy as np
import pytest

from samtracker.errors import OutputError
from samtracker.live.recorder import OverlayRecorder, snapshot
from samtracker.types import FrameResult, State, TrackedObject
from tests.helpers.cli_tools import FRAMES, frames_in, ids_in


def test_each_recording_gets_a_name_of_its_own(tmp_path: Path) -> None:
    recorder = OverlayRecorder(tmp_path / "record.mp4", 30.0)
    assert recorder.stop() is None
    for number in range(2):
        recorder.start()
        assert recorder.recording
        assert recorder.write(FRAMES[0], number)
        kept = recorder.stop()
    assert [path.name for path in recorder.kept] == ["record.mp4", "record-2.mp4"]
    assert kept == recorder.kept[-1]
    recorder.start()
    assert recorder.stop() is None  # nothing came meanwhile
    assert (len(recorder.kept), recorder.failure) == (2, None)


def test_what_came_before_a_failure_is_kept(tmp_path: Path) -> None:
    recorder = OverlayRecorder(tmp_path / "record.mp4", 30.0)
    recorder.start()
    assert all(recorder.write(image, number / 30) for number, image in enumerate(FRAMES[:3]))
    assert not recorder.write(np.zeros((48, 64, 3), np.uint8), 0.2)
    assert not recorder.recording
    assert "all must have the same size" in str(recorder.failure)
    assert len(frames_in(recorder.kept[0])) == 3
    assert recorder.write(FRAMES[3], 0.3)  # there is no video to put it in


def scattered() -> FrameResult:
    """A result whose mask takes more bytes as a PNG than an empty picture."""
    mask = np.random.default_rng(0).random((96, 160)) < 0.5
    item = TrackedObject(id=1, mask=mask, box=(0, 0, 160, 96), score=1.0, state=State.TRACKING)
    return FrameResult(index=0, timestamp=None, size=mask.shape, objects=(item,))


def test_a_snapshot_is_a_picture_and_its_masks(tmp_path: Path) -> None:
    result = scattered()
    path = snapshot(FRAMES[0], result, tmp_path)
    (masks,) = set(tmp_path.iterdir()) - {path}
    assert masks.name == f"{path.stem}-masks.png"
    np.testing.assert_array_equal(ids_in(path), FRAMES[0])
    np.testing.assert_array_equal(ids_in(masks), result.id_map)
    assert snapshot(FRAMES[0], None, tmp_path) not in {path, masks}
    assert len(list(tmp_path.iterdir())) == 3


def test_a_snapshot_that_fails_leaves_no_half_of_it(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OutputError, match=r"-masks\.png' cannot be written"):
            snapshot(np.zeros((96, 160, 3), np.uint8), scattered(), tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []
