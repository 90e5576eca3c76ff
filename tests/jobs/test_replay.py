"""A log of what was done to a tracker, and doing it again."""

from __future__ import annotations

import base64
import json
import re
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from samtracker.errors import ConfigError, OutputError, PromptError, ReplayError
from samtracker.jobs import replay
from samtracker.jobs.replay import Replay
from samtracker.tracker import Tracker
from samtracker.tracking.log import FORMAT, ReplayLog, packed, unpacked
from samtracker.video.read import read_frames
from tests.conftest import MakeTracker
from tests.helpers.cli_tools import one_more_thread, samtrack
from tests.helpers.clips import write_clip
from tests.helpers.scenes import BLUE, RED, film

SHOTS = film([RED, BLUE], 8)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "balls.mp4", [shot.frame for shot in SHOTS])


def everything(tracker: Tracker, video: Path) -> None:
    """All that can be done, on frames of which some are left out."""
    with read_frames(video) as reader:
        frames = [frame.image for frame in reader]
    tracker.init(frames[0], mask=SHOTS[0].mask(1), timestamp=0.5)
    tracker.step(frames[1])
    tracker.add_object(frames[1], points=[(124, 66), (10, 90, 0)])
    tracker.step(frames[3], 1.5)
    tracker.rename(2, "blue")
    tracker.correct(frames[3], 1, box=(26, 15, 70, 60))
    with pytest.raises(PromptError):
        tracker.add_object(frames[3], mask=np.zeros((96, 160), bool))
    tracker.resize(160)
    tracker.step(frames[4], absent=[2], cut=True)
    tracker.undo()
    tracker.correct(frames[2], 1, mask=SHOTS[2].mask(1))
    tracker.step(frames[5])
    tracker.remove_object(2)
    tracker.init(frames[6], mask={3: SHOTS[6].mask(1), 5: SHOTS[6].mask(2)})
    tracker.step(frames[7])


@pytest.fixture
def log(lite_tracker: MakeTracker, video: Path, tmp_path: Path) -> Path:
    path = tmp_path / "replay.jsonl"
    tracker = lite_tracker()
    tracker.log = ReplayLog(path, tracker, str(video))
    everything(tracker, video)
    tracker.log.close()
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def test_what_was_done_is_done_again(log: Path) -> None:
    header, *calls = lines(log)
    assert header["config"]["size"] == 96
    assert header["seeds"] == {"network": 0, "grabcut": 0}
    assert [call["call"] for call in calls] == [
        "init",
        "step",
        "add_object",
        "step",
        "rename",
        "correct",
        "resize",
        "step",
        "undo",
        "correct",
        "step",
        "remove_object",
        "init",
        "step",
    ]
    done = list(Replay.read(log).run())
    assert [item.name for item in done] == [call["call"] for call in calls]
    assert all(item.difference is None for item in done)
    finished = samtrack("replay", log)
    assert (finished.code, finished.out) == (0, "the same: 14 calls, 7 frames\n")


def changed(log: Path, change: Callable[[list[dict[str, Any]]], object]) -> Path:
    content = lines(log)
    change(content)
    log.write_text("".join(json.dumps(line) + "\n" for line in content), "ascii")
    return log


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda log: log[4].update(masks="00"), "differs in frame 2 of the stream, at step: other"),
        (lambda log: log[4]["objects"][0].update(area=3), "at step: object 1: area"),
        (lambda log: log[4]["objects"].pop(), r"at step: objects \[1, 2\], in the log \[1\]"),
        (lambda log: log[2].update(frame="00"), "no frame of '.*' is the one in the log"),
        (lambda log: log[5]["arguments"].update(object_id=9), "at rename: it failed: object_id=9"),
    ],
)
def test_the_first_difference_is_reported(
    log: Path, change: Callable[[list[dict[str, Any]]], object], message: str
) -> None:
    finished = samtrack("replay", changed(log, change))
    assert finished.code == 1
    (line,) = finished.out.splitlines()
    assert re.search(message, line)


def test_threads_are_those_of_the_log(log: Path) -> None:
    with one_more_thread():
        assert all(done.difference is None for done in Replay.read(log).run())
        assert samtrack("replay", log).out == "the same: 14 calls, 7 frames\n"
        now = torch.get_num_threads()
        changed(log, lambda content: content[0].update(threads=now))
        assert any(done.difference is not None for done in Replay.read(log).run())


def test_frames_and_weights_may_lie_elsewhere(log: Path, video: Path, tmp_path: Path) -> None:
    moved = video.rename(tmp_path / "moved.mp4")
    assert samtrack("replay", log).code == 2
    assert samtrack("replay", log, "--source", moved).code == 0
    other = write_clip(tmp_path / "other.mp4", [shot.frame[::-1] for shot in SHOTS])
    finished = samtrack("replay", log, "--source", other)
    assert (finished.code, "at init: no frame of" in finished.out) == (1, True)
    finished = samtrack("replay", log, "--source", moved, "--weights", "lite")
    assert finished.code == 2
    assert "was made with other weights" in finished.errors[0]


def test_a_log_that_was_cut_off_is_replayed_up_to_there(log: Path) -> None:
    content = log.read_bytes()
    log.write_bytes(content[:-20])
    assert len(Replay.read(log).calls) == 13
    finished = samtrack("replay", log)
    assert (finished.code, finished.out) == (0, "the same: 13 calls, 6 frames\n")
    assert f"the last line of '{log}' was cut off and is left out\n" in finished.err
    log.write_bytes(content.splitlines(keepends=True)[0])
    refused = samtrack("replay", log)
    assert (refused.code, "has no calls in it" in refused.errors[0]) == (2, True)


@pytest.mark.parametrize(
    "content", ["", "{}\n", "[]\n", "no\n", '{"format": "samtracker-replay-1"}\n{"call": "save"}\n']
)
def test_what_is_no_log_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(content)
    with pytest.raises(ReplayError, match=r"is no log of this version: give a file of log=\.\.\."):
        Replay.read(path)
    with pytest.raises(ReplayError, match="cannot be read"):
        Replay.read(tmp_path / "none.jsonl")
    finished = samtrack("replay", path)
    assert (finished.code, len(finished.errors)) == (2, 1)


def test_what_has_no_end_is_not_read_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ReplayError, match="'/dev/zero' is no log of this version"):
        Replay.read(Path("/dev/zero"))
    path = tmp_path / "log.jsonl"
    path.write_text(f'{{"format": "{FORMAT}"}}\n{{"call": "step", "arguments": {{}}}}\n')
    assert len(Replay.read(path).calls) == 1
    monkeypatch.setattr(replay, "LONGEST_LINE", 30)
    with pytest.raises(ReplayError, match=r"is damaged .*a line of more than"):
        Replay.read(path)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((70_000, 70_000), "|u1"),
        ((9, 2**40), "|V1"),
        ((4, 4), "|u1"),
        ((4, 4), "|V0"),
        ((-4, 4), "|u1"),
    ],
)
def test_an_array_is_no_larger_than_it_says_and_than_fits(
    shape: tuple[int, int], dtype: str
) -> None:
    """A few bytes of a log stand for a megabyte of zeros here."""
    content = base64.b64encode(zlib.compress(bytes(2**20))).decode("ascii")
    array = {"dtype": dtype, "shape": shape, "zlib": content}
    for plain in (array, {"by id": [[1, array]]}, [array]):
        tracemalloc.start()
        with pytest.raises(ValueError, match=r"arrays of more than 1024 MiB|another size|below 0"):
            unpacked(plain)
        assert tracemalloc.get_traced_memory()[1] < 2**16
        tracemalloc.stop()
    half = {"dtype": "|u1", "shape": [2**15, 2**14 + 1], "zlib": content}
    with pytest.raises(ValueError, match="arrays of more than 1024 MiB"):
        unpacked({"by id": [[1, half], [2, half]]})


def test_a_live_source_needs_a_recording(log: Path) -> None:
    changed(log, lambda content: content[0].update(source=""))
    assert "give --source" in samtrack("replay", log).errors[0]


@given(
    arrays.arrays(
        st.sampled_from(["bool", "uint8", "int64", "float32"]),
        st.tuples(st.integers(1, 5), st.integers(1, 5)),
    )
)
def test_arguments_come_back(array: np.ndarray[Any, Any]) -> None:
    back = unpacked(json.loads(json.dumps(packed({7: array}))))[7]
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)


def test_a_job_of_the_command_line_is_done_again(tmp_path: Path, video: Path) -> None:
    log = tmp_path / "job.jsonl"
    options = ("--init-box", "12,10,61,59", "--stride", "2", "--size", "96", "--log", log)
    command = ("track", video, *options, "-o")
    assert samtrack(*command, tmp_path / "out", "--save", "csv").code == 0
    finished = samtrack("replay", log)
    assert (finished.code, finished.out) == (0, "the same: 4 calls, 4 frames\n")
    before = log.read_bytes()
    refused = samtrack(*command, tmp_path / "other")
    assert (refused.code, "exists already" in refused.errors[0]) == (2, True)
    assert not (tmp_path / "other").exists()
    assert log.read_bytes() == before
    assert samtrack(*command, tmp_path / "out", "--overwrite").code == 0


def test_a_log_that_cannot_be_written_ends_nothing(
    lite_tracker: MakeTracker, video: Path, tmp_path: Path
) -> None:
    tracker = lite_tracker()
    tracker.log = ReplayLog(tmp_path / "none" / "log.jsonl", tracker, str(video))
    everything(tracker, video)
    with pytest.raises(OutputError, match="cannot be written"):
        tracker.log.close()
    finished = samtrack(
        *("track", video, "--init-box", "12,10,61,59", "--size", "96", "-o", tmp_path / "out"),
        *("--save", "csv", "--log", "/dev/full", "--overwrite"),
    )
    assert finished.code == 2
    said = "Error: the log is not complete: '/dev/full' cannot be written (No space left on device)"
    assert finished.errors[0].startswith(said)
    assert "tracked 8 frames in" in finished.err


@pytest.mark.parametrize("command", [("live", "--headless"), ("track", "-o", "out")], ids=" ".join)
def test_a_log_without_a_folder_is_refused_at_once(
    tmp_path: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = ("--init-box", "12,10,61,59", "--log", "none/log.jsonl")
    refused = samtrack(*command, "none.mp4", *options)
    assert refused.code == 2
    assert f"cannot be written: no such folder, '{tmp_path / 'none'}'" in refused.errors[0]


@pytest.mark.parametrize("log", ["out/log.jsonl", "out.partial/log.jsonl", "link/log.jsonl", "out"])
@pytest.mark.parametrize("present", [True, False])
def test_a_log_does_not_lie_among_the_results(
    tmp_path: Path, video: Path, log: str, present: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to("out")
    if present:
        (tmp_path / "out").mkdir()
    before = sorted(tmp_path.rglob("*"))
    options = ("--init-box", "12,10,61,59", "--overwrite", "--log", log)
    refused = samtrack("track", video, "-o", "out", *options)
    assert refused.code == 2
    assert f"--log '{log}' would lie in the output folder" in refused.err or log == "out"
    assert sorted(tmp_path.rglob("*")) == before


def test_an_older_log_stays_until_there_is_something_to_write(tmp_path: Path) -> None:
    log = tmp_path / "keep.jsonl"
    log.write_text('{"format": "samtracker-replay-0"}\n')
    options = ("--headless", "--init-box", "1,1,9,9", "--log", log, "--overwrite")
    assert "none.mp4" in samtrack("live", tmp_path / "none.mp4", *options).errors[0]
    assert log.read_text() == '{"format": "samtracker-replay-0"}\n'


@pytest.mark.parametrize("command", [("live", "--headless"), ("track", "-o", "out")], ids=" ".join)
def test_only_a_log_is_replaced(
    video: Path, command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = video.read_bytes()
    options = ("--init-box", "12,10,61,59", "--size", "96", "--overwrite", "--log")
    refused = samtrack(*command, video, *options, video)
    assert (refused.code, "is no log of samtrack" in refused.errors[0]) == (2, True)
    assert video.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [video.name]
    for name, code in (("empty.jsonl", 0), ("/dev/full", 2)):
        (tmp_path / "empty.jsonl").touch()
        assert samtrack(*command, video, *options, name).code == code
    assert samtrack("replay", "empty.jsonl").code == 0


def test_a_log_begins_before_the_stream(lite_tracker: MakeTracker, tmp_path: Path) -> None:
    tracker, path = lite_tracker(), tmp_path / "log.jsonl"
    tracker.init(SHOTS[0].frame, mask=SHOTS[0].mask(1))
    with pytest.raises(ConfigError, match=r"lack the begin of the tracker's stream: call reset\("):
        ReplayLog(path, tracker)
    tracker.reset()
    ReplayLog(path, tracker).close()


def test_arguments_of_any_kind_are_taken_down(lite_tracker: MakeTracker, tmp_path: Path) -> None:
    tracker, shot = lite_tracker(), SHOTS[0]
    tracker.log = ReplayLog(tmp_path / "log.jsonl", tracker)
    number, half = cast(int, np.int64(1)), cast(float, np.float32(0.5))
    tracker.init(shot.frame, mask=torch.from_numpy(shot.ids), timestamp=half)
    tracker.correct(shot.frame, number, mask=shot.mask(1).tolist())
    tracker.rename(number, "red")
    tracker.save(tmp_path / "job.safetensors")
    tracker.log.close()
    assert [call["call"] for call in lines(tmp_path / "log.jsonl")[1:]] == [
        "init",
        "correct",
        "rename",
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda log: log[0].pop("device"),
        lambda log: log[0].pop("threads"),
        lambda log: log[0].update(threads=0),
        lambda log: log[0].update(threads=10**6),
        lambda log: log[0]["config"].update(color=3),
        lambda log: log[1]["arguments"]["mask"].update(zlib="AAAA"),
        lambda log: log[1].update(arguments=[3]),
        lambda log: log[1]["arguments"].update(timestamp="abc"),
        lambda log: log[1]["arguments"].update(timestamp=10**400),
        lambda log: log[1]["arguments"].update(color=9),
        lambda log: log[1].pop("frame"),
        lambda log: log[1].pop("masks"),
        lambda log: log[1].pop("objects"),
        lambda log: log[1].update(objects="x"),
        lambda log: log[1].update(objects=[3]),
        lambda log: log[1]["objects"][0].pop("id"),
        lambda log: log[1]["objects"][0].pop("area"),
        lambda log: log[1].update(call="save"),
        lambda log: log[1].update(call=["step"]),
        lambda log: log.append([]),
    ],
)
def test_a_damaged_log_is_an_error_of_one_line(
    log: Path, change: Callable[[list[dict[str, Any]]], object]
) -> None:
    finished = samtrack("replay", changed(log, change))
    assert (finished.code, len(finished.errors)) == (2, 1)
    assert "is damaged" in finished.errors[0]


@pytest.mark.parametrize("line", ["[" * 200_000, "no", "\xff"], ids=["deep", "no JSON", "no text"])
def test_a_damaged_line_is_an_error_of_one_line(log: Path, line: str) -> None:
    with log.open("a", encoding="latin-1") as file:
        file.write(f"{line}\n")
    finished = samtrack("replay", log)
    assert (finished.code, len(finished.errors)) == (2, 1)
    assert "is damaged" in finished.errors[0]
