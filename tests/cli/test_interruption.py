"""Ctrl-C and SIGTERM keep what was tracked, complete and playable."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pytest

from samtracker.cli.interruption import Interruption
from tests.helpers.cli_tools import FAST, FRAMES, first_mask, frames_in, samtrack, start, two_balls
from tests.helpers.forked import PATIENCE, Command


def wait(process: Command, condition: Callable[[], bool]) -> None:
    """Until the condition holds while the process runs."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert process.returncode is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def stop(process: Command) -> tuple[str, str]:
    """Terminate; again where Python took the signal just before a system call that blocks."""
    for _ in range(int(PATIENCE / 5)):
        process.send_signal(signal.SIGTERM)
        try:
            return process.communicate(timeout=5)
        except TimeoutError:
            continue
    raise AssertionError(f"process {process.pid} does not end")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_was_tracked_is_kept(tmp_path: Path, number: signal.Signals) -> None:
    two_balls(tmp_path / "long.mp4", FRAMES * 40)
    first_mask(tmp_path / "first.png")
    process = start(
        *("track", "long.mp4", "--init-mask", "first.png", *FAST),
        *("--save", "overlay,masks,rle,csv,alpha", "-o", "out"),
        folder=tmp_path,
    )
    wait(process, (tmp_path / "out.partial" / "masks" / "00003.png").exists)
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    summary = json.loads(out)
    count = summary["frames"]
    assert process.returncode == 130
    assert summary["interrupted"]
    assert 4 <= count < 400
    assert err.endswith(
        f"\nstopped: kept {count} frames in {tmp_path / 'out'}; "
        f"go on with: samtrack track --resume {tmp_path / 'out'}\n"
    )
    assert not (tmp_path / "out.partial").exists()
    assert len(frames_in(tmp_path / "out" / "overlay.mp4")) == count
    with av.open(f"file:{tmp_path / 'out' / 'alpha.mov'}") as video:
        assert len(list(video.decode(video=0))) == count
    assert len(list((tmp_path / "out" / "masks").iterdir())) == count
    assert len((tmp_path / "out" / "masks.jsonl").read_text().splitlines()) == count
    assert len((tmp_path / "out" / "tracks.csv").read_text().splitlines()) == 1 + 2 * count


@pytest.fixture
def beginning(tmp_path: Path) -> Iterator[Command]:
    """A job that waits for the picture of its first mask."""
    two_balls(tmp_path / "balls.mp4")
    os.mkfifo(tmp_path / "mask.png")
    process = start("track", "balls.mp4", "--init-mask", "mask.png", *FAST, folder=tmp_path)
    pipe: list[int] = []

    def is_reading_the_mask() -> bool:
        try:
            pipe.append(os.open(tmp_path / "mask.png", os.O_WRONLY | os.O_NONBLOCK))
        except OSError:  # nobody has opened it for reading
            return False
        return True

    wait(process, is_reading_the_mask)
    assert (tmp_path / "balls-tracked.partial").exists()
    yield process
    os.close(pipe[0])


def test_nothing_is_left_where_nothing_was_tracked(tmp_path: Path, beginning: Command) -> None:
    assert stop(beginning) == ("", "stopped\n")
    assert beginning.returncode == 130
    assert sorted(path.name for path in tmp_path.iterdir()) == ["balls.mp4", "mask.png"]


def test_a_kill_before_the_first_frame_bars_no_other_job(
    tmp_path: Path, beginning: Command
) -> None:
    job = ("track", tmp_path / "balls.mp4", "--init-mask", first_mask(tmp_path / "first.png"))
    out = ("-o", tmp_path / "balls-tracked", *FAST, "--save", "csv")
    assert f"samtrack in process {beginning.pid}" in samtrack(*job, *out).errors[0]
    busy = samtrack("track", "--resume", tmp_path / "balls-tracked")
    assert f"samtrack in process {beginning.pid}" in busy.errors[0]
    beginning.kill()
    beginning.communicate(timeout=PATIENCE)
    assert samtrack(*job, *out).code == 0
    assert not (tmp_path / "balls-tracked.partial").exists()


def test_a_job_killed_before_the_first_frame_begins_anew(
    tmp_path: Path, beginning: Command
) -> None:
    """From the folder and with the options that it was called with, wherever that is done."""
    beginning.kill()
    beginning.communicate(timeout=PATIENCE)
    (tmp_path / "mask.png").unlink()
    first_mask(tmp_path / "mask.png")
    here = Path.cwd()
    done = samtrack("track", "--resume", tmp_path / "balls-tracked", "--device", "cpu")
    assert done.code == 0
    output = tmp_path / "balls-tracked"
    said = f"'{output}' had no frame tracked yet: it begins anew"
    assert done.err.splitlines()[0] == said
    assert json.loads(done.out)["frames"] == len(frames_in(tmp_path / "balls.mp4"))
    assert (output / "overlay.mp4").exists()
    assert not (tmp_path / "balls-tracked.partial").exists()
    assert not (output / "resume").exists()
    assert Path.cwd() == here


@pytest.mark.parametrize("noted", ["", "[]", '{"arguments": 3}'])
def test_a_damaged_note_of_the_command_line_begins_nothing(
    tmp_path: Path, beginning: Command, noted: str
) -> None:
    beginning.kill()
    beginning.communicate(timeout=PATIENCE)
    (tmp_path / "balls-tracked.partial/resume/command.json").write_text(noted)
    refused = samtrack("track", "--resume", tmp_path / "balls-tracked")
    assert "is of a job that had not tracked a frame yet: track again" in refused.errors[0]


def test_the_first_one_waits_for_the_frame_and_the_second_does_not() -> None:
    numbers = signal.SIGINT, signal.SIGTERM
    earlier = [signal.getsignal(number) for number in numbers]
    with Interruption() as interruption:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        interruption.deferred = True
        signal.raise_signal(signal.SIGINT)
        assert interruption.requested
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert [signal.getsignal(number) for number in numbers] == earlier
