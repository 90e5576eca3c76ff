"""Frames that are written by a thread of their own, and what happens where one cannot be."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from samtracker.errors import OutputError
from samtracker.jobs.worker import Worker
from samtracker.jobs.write_behind import BEHIND, WriteBehind
from samtracker.results.sinks import Sinks
from samtracker.results.tally import Tally
from samtracker.types import FrameResult, State, TrackedObject, mask_box
from samtracker.video.read import VideoFrame, VideoReader, read_frames
from tests.helpers.clips import SIZE, numbered, write_clip

COUNT = 12


@pytest.fixture
def reader(tmp_path: Path) -> VideoReader:
    return read_frames(write_clip(tmp_path / "a.mp4", [numbered(n) for n in range(COUNT)]))


def result_of(frame: VideoFrame) -> FrameResult:
    """One object, larger in every frame."""
    mask = np.zeros(SIZE, np.bool_)
    mask[: frame.index + 1] = True
    item = TrackedObject(
        id=1, mask=mask, box=mask_box(mask), score=1.0, state=State.TRACKING, name=""
    )
    return FrameResult(index=frame.index, timestamp=frame.time, size=SIZE, objects=(item,))


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if "behind" in thread.name]


def test_all_are_written_in_order_at_the_end(reader: VideoReader, tmp_path: Path) -> None:
    tally = Tally()
    with reader, Sinks(("masks", "csv"), tmp_path, reader, 1) as sinks:
        with WriteBehind(sinks, tally) as writer:
            for frame in reader:
                writer.write(frame, result_of(frame), 0.5)
                assert frame.index + 1 - tally.frames <= BEHIND
        assert threads() == []
        assert tally.frames == COUNT
        assert tally.objects == {1: {"tracking": COUNT}}
    rows = (tmp_path / "tracks.csv").read_text().splitlines()[1:]
    areas = [int(row.split(",")[-2]) for row in rows]
    assert areas == [SIZE[1] * (number + 1) for number in range(COUNT)]


def test_nothing_is_written_after_a_frame_that_cannot_be(
    reader: VideoReader, tmp_path: Path
) -> None:
    (tmp_path / "masks" / "00003.png" / "in the way").mkdir(parents=True)
    tally, given = Tally(), []

    def write_all(sinks: Sinks) -> None:
        with WriteBehind(sinks, tally) as writer:
            for frame in reader:
                given.append(frame.index)
                writer.write(frame, result_of(frame), None)

    told = pytest.raises(OutputError, match=r"00003\.png' cannot be written")
    with reader, Sinks(("masks", "csv"), tmp_path, reader, 1) as sinks:
        with told:
            write_all(sinks)
        assert threads() == []
    assert 4 < len(given) <= 4 + BEHIND + 1
    assert tally.frames == 3
    assert len((tmp_path / "tracks.csv").read_text().splitlines()) == 1 + 3
    masks = sorted(path.name for path in (tmp_path / "masks").iterdir())
    assert masks == ["00000.png", "00001.png", "00002.png", "00003.png"]


def test_it_comes_before_what_went_wrong_later(reader: VideoReader, tmp_path: Path) -> None:
    (tmp_path / "tracks.csv").mkdir()
    tally = Tally()

    def fail_after_a_frame(sinks: Sinks) -> None:
        with WriteBehind(sinks, tally) as writer:
            frame = next(reader)
            writer.write(frame, result_of(frame), None)
            raise ArithmeticError

    told = pytest.raises(OutputError, match=r"tracks\.csv' cannot be written")
    with reader, Sinks(("csv",), tmp_path, reader, 1) as sinks, told:
        fail_after_a_frame(sinks)
    assert tally.frames == 0


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt, also where these tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_a_thread_ends_even_at_ctrl_c() -> None:
    worker, begun, pressed = Worker("behind"), threading.Event(), threading.Event()

    def call() -> None:
        begun.set()
        pressed.wait()

    done = worker.submit(call)
    begun.wait()
    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(0.1, signal.pthread_kill, [main, signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        worker.close(abandon=pressed.set)
    timer.join()
    assert done.done()
    assert threads() == []
