"""Recordings of a session, and those that fail."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from samtracker.live.recorder import OverlayRecorder
from tests.helpers.cli_tools import FRAMES, frames_in


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
