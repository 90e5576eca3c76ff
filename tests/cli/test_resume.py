"""`samtrack track --resume` ends with what the job would have written without interruption."""

from __future__ import annotations

import json
import math
import shutil
import signal
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch

from samtracker.jobs import journal_writer
from tests.cli.test_errors import largest_file
from tests.cli.test_interruption import wait
from tests.helpers.cli_tools import (
    ROOT,
    contents,
    first_mask,
    frames_in,
    one_more_thread,
    samtrack,
    start,
    two_balls,
)
from tests.helpers.forked import PATIENCE
from tests.helpers.resumption import BROKEN, FILM, JOB, RESUME, interrupt, pictures

pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Jobs that nobody interrupted."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        pictures(folder)
        two_balls(folder / "balls.mp4", FILM * 2, audio="aac")
        first_mask(folder / "first.png")
        for source in ("balls.mp4", "pictures"):
            assert samtrack("track", source, *JOB, "-o", f"of-{source}").code == 0
    return folder


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tracker is saved at every frame."""
    monkeypatch.setattr(journal_writer, "INTERVAL", 0.0)
    monkeypatch.setattr(journal_writer, "SHARE", math.inf)


def same(one: Path, other: Path) -> None:
    """Pass if two folders hold the same results."""
    assert names(one) == names(other)
    assert summary_of(one) == summary_of(other)
    videos = {"overlay.mp4", "alpha.mov"}
    files = [contents(place) for place in (one, other)]
    for name in set(files[0]) - videos - {"summary.json"}:
        assert files[0][name] == files[1][name], name
    # x264 is not the same to the bit each time it gets the same pictures.
    shown = [np.stack(frames_in(place / "overlay.mp4")).astype(float) for place in (one, other)]
    assert np.abs(np.subtract(*shown)).mean(axis=(1, 2, 3)).max() < 0.5
    assert times_of(one) == times_of(other)
    for picture, another in zip(alpha_of(one), alpha_of(other), strict=True):
        np.testing.assert_array_equal(picture, another)
    assert sound_of(one) == sound_of(other)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def summary_of(folder: Path) -> dict[str, Any]:
    """Without what differs from run to run."""
    summary: dict[str, Any] = json.loads((folder / "summary.json").read_text())
    del summary["fps"], summary["peak_memory_mb"]
    return summary


def alpha_of(folder: Path) -> list[np.ndarray[Any, Any]]:
    with av.open(f"file:{folder / 'alpha.mov'}") as video:
        return [frame.to_ndarray(format="rgba64le") for frame in video.decode(video=0)]


def times_of(folder: Path) -> list[list[float]]:
    names = ("overlay.mp4", "alpha.mov")
    videos = [av.open(f"file:{folder / name}") for name in names]
    times = [[frame.time for frame in video.decode(video=0)] for video in videos]
    for video in videos:
        video.close()
    return times


def sound_of(folder: Path) -> list[bytes]:
    with av.open(f"file:{folder / 'overlay.mp4'}") as video:
        return [bytes(packet) for packet in video.demux() if packet.stream.type == "audio"]


def test_ctrl_c_then_a_kill_while_resuming(folder: Path, finished: Path) -> None:
    two_balls(folder / "balls.mp4", FILM * 2, audio="aac")
    process = start("track", "balls.mp4", *JOB, "-o", "out", folder=folder)
    wait(process, (folder / "out.partial" / "masks" / "00005.png").exists)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    count = json.loads(out)["frames"]
    assert process.returncode == 130
    assert 6 <= count < len(FILM) * 2
    assert err.endswith(
        f"\nstopped: kept {count} frames in {folder / 'out'}; "
        f"go on with: samtrack track --resume {folder / 'out'}\n"
    )

    process = start(*RESUME, folder=folder)
    wait(process, (folder / "out.partial" / "masks" / f"{count + 3:05}.png").exists)
    process.kill()
    process.communicate(timeout=PATIENCE)
    assert json.loads((folder / "out" / "summary.json").read_text())["frames"] == count
    # The journal is ahead of the tracker, and broke off in the middle of a line.
    with (folder / "out.partial" / "resume" / "results.jsonl").open("r+b") as journal:
        journal.truncate(len(journal.read()) - 40)

    process = start(*RESUME, folder=folder)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert f"going on after {count} frames\n" in err
    assert f" {count}/{len(FILM) * 2} " in err
    assert err.endswith(f"\ntracked {len(FILM) * 2} frames in {folder / 'out'}\n")
    assert out == (folder / "out" / "summary.json").read_text()
    same(folder / "out", finished / "of-balls.mp4")
    assert names(folder) == ["balls.mp4", "first.png", "out"]


def test_a_kill_at_any_moment(folder: Path, finished: Path) -> None:
    two_balls(folder / "balls.mp4", FILM * 2, audio="aac")
    process = start("track", "balls.mp4", *JOB, "-o", "out", folder=folder)
    wait(process, (folder / "out.partial" / "masks" / "00001.png").exists)
    said = samtrack(*RESUME)
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        f"Error: '{folder / 'out.partial'}' is being written by samtrack in process "
        f"{process.pid}: wait for its end, or stop it\n"
    )
    process.kill()
    process.communicate(timeout=PATIENCE)
    process = start(*RESUME, folder=folder)
    wait(process, (folder / ".out.partial.earlier").exists)
    process.kill()
    process.communicate(timeout=PATIENCE)
    assert samtrack(*RESUME).code == 0
    same(folder / "out", finished / "of-balls.mp4")
    assert names(folder) == ["balls.mp4", "first.png", "out"]


@pytest.mark.parametrize("saved", ["once", "often"])
def test_a_source_that_broke_off(
    request: pytest.FixtureRequest, folder: Path, finished: Path, saved: str
) -> None:
    if saved == "often":
        request.getfixturevalue("often")
    out = request.getfixturevalue("interrupted")
    before = contents(out)
    pictures(folder, upto=BROKEN)
    done = samtrack(*RESUME)
    assert done.code == 2
    assert f"stopped early: image '{folder}/pictures/{BROKEN}.png' has 160x48" in done.errors[0]
    after = contents(out)
    for name in before:
        if "resume" not in name and name != "summary.json" and not name.endswith(("mp4", "mov")):
            assert after[name] == before[name]
    pictures(folder)
    done = samtrack(*RESUME)
    assert (done.code, done.errors) == (0, [])
    assert f"going on after {1 if saved == 'once' else BROKEN} frame" in done.err
    same(out, finished / "of-pictures")
    assert {"lost", "reacquired"} <= json.loads(done.out)["objects"]["1"].keys()


@pytest.mark.usefixtures("often")
def test_another_number_of_threads(interrupted: Path, finished: Path) -> None:
    with one_more_thread():
        assert samtrack(*RESUME).code == 0
    same(interrupted, finished / "of-pictures")


def test_weights_that_lie_elsewhere_now(folder: Path, finished: Path) -> None:
    weights = folder / "lite.safetensors"
    shutil.copy(ROOT / "weights" / "lite.safetensors", weights)
    out = interrupt(folder, "--weights", "lite.safetensors")
    (folder / "else").mkdir()
    moved = weights.rename(folder / "else" / weights.name)
    said = "if they lie elsewhere now, give"
    for options, error in (((), said), (("--weights", "propagation"), "other weights than")):
        before = contents(folder)
        refused = samtrack(*RESUME, *options)
        assert (refused.code, error in refused.errors[0]) == (2, True)
        assert contents(folder) == before
    assert samtrack(*RESUME, "--weights", moved).code == 0
    same(out, finished / "of-pictures")


def test_a_device_that_is_not_here(interrupted: Path, finished: Path) -> None:
    job = interrupted / "resume" / "job.json"
    missing = "mps" if torch.cuda.is_available() else "cuda"
    job.write_text(job.read_text().replace('"device": "auto"', f'"device": "{missing}"'))
    refused = samtrack(*RESUME)
    assert f"device='{missing}' is not on this machine" in refused.errors[0]
    pictures(interrupted.parent, upto=BROKEN + 2)
    assert samtrack(*RESUME, "--device", "cpu").code == 2
    pictures(interrupted.parent)
    assert samtrack(*RESUME).code == 0
    same(interrupted, finished / "of-pictures")


@pytest.mark.usefixtures("often")
def test_a_full_disk(folder: Path, finished: Path) -> None:
    pictures(folder)
    job = ("track", "pictures", "--init-mask", "first.png", "--size", "64", "--save", "alpha,csv")
    assert samtrack(*job, "-o", "whole").code == 0
    with largest_file(300_000):
        done = samtrack(*job, "-o", "out")
        assert done.code == 2
        assert "alpha.mov' cannot be written (File too large)" in done.errors[0]
        assert "; go on with: samtrack track --resume " in done.errors[0]
        before = contents(folder / "out")
        assert samtrack(*RESUME).code == 2
        assert "alpha.mov" not in before
    assert samtrack(*RESUME).code == 0
    assert summary_of(folder / "out") == summary_of(folder / "whole")
    for picture, another in zip(alpha_of(folder / "out"), alpha_of(folder / "whole"), strict=True):
        np.testing.assert_array_equal(picture, another)
    assert (folder / "out/tracks.csv").read_bytes() == (folder / "whole/tracks.csv").read_bytes()


@pytest.mark.usefixtures("often")
def test_part_of_a_source_from_elsewhere_into_a_folder_with_another_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = ("--start", "0.08", "--end", "0.7", "--stride", "2")
    job = ("track", "pictures/*.png", *JOB, *times)
    pictures(folder)
    assert samtrack(*job, "-o", "whole").code == 0
    pictures(folder, upto=BROKEN)
    assert samtrack(*job, "-o", "out").code == 2
    pictures(folder)
    (folder / "else[where]").mkdir()
    (folder / "out").rename(folder / "else[where]" / "moved")
    monkeypatch.chdir(folder / "else[where]")
    done = samtrack("track", "--resume", "moved/")
    assert (done.code, done.errors) == (0, [])
    assert f"going on after {(BROKEN - 2) // 2} frames\n" in done.err
    same(folder / "else[where]" / "moved", folder / "whole")
    assert names(folder / "else[where]") == ["moved"]


def test_older_results_are_replaced_at_the_end_only(folder: Path, finished: Path) -> None:
    pictures(folder, upto=BROKEN)
    shutil.copytree(finished / "of-balls.mp4", folder / "out")
    before = contents(folder / "out")
    done = samtrack("track", "pictures", *JOB, "-o", "out", "--overwrite")
    assert f"kept {BROKEN} frames in {folder / 'out.partial'}; go on with" in done.errors[0]
    assert samtrack("track", "--resume", "out.partial").code == 2
    assert contents(folder / "out") == before
    pictures(folder)
    assert samtrack("track", "--resume", "out.partial").code == 0
    same(folder / "out", finished / "of-pictures")
    assert not (folder / "out.partial").exists()


@pytest.mark.parametrize("place", ["out", "out.partial"])
def test_what_a_kill_while_resuming_leaves(interrupted: Path, finished: Path, place: str) -> None:
    """Before the new results have caught up; `place` is where the old ones were."""
    junk = interrupted.with_name("junk")
    shutil.copytree(interrupted, junk)
    (junk / "resume" / "tracker.safetensors").unlink()
    if place == "out.partial":
        interrupted.rename(interrupted.with_name(".out.partial.earlier"))
    junk.rename(interrupted.with_name("out.partial"))
    assert samtrack(*RESUME).code == 0
    same(interrupted, finished / "of-pictures")
    assert names(interrupted.parent) == ["first.png", "out", "pictures"]


@pytest.mark.parametrize("left", [".process", "resume/job.json"])
def test_what_a_kill_at_the_start_of_resuming_leaves(
    interrupted: Path, finished: Path, left: str
) -> None:
    path = interrupted.with_name("out.partial") / left
    path.parent.mkdir(parents=True)
    path.write_text("[0, 0.0]")
    assert samtrack(*RESUME).code == 0
    same(interrupted, finished / "of-pictures")
    assert names(interrupted.parent) == ["first.png", "out", "pictures"]


def test_complete_jobs_and_other_folders(finished: Path, folder: Path) -> None:
    done = samtrack("track", "--resume", finished / "of-pictures")
    assert done.err == (
        f"Error: '{finished / 'of-pictures'}' is complete: there is nothing to resume\n"
    )
    (folder / "mine").mkdir()
    for name in ("mine", "first.png"):
        done = samtrack("track", "--resume", name)
        assert (done.code, done.out) == (2, "")
        assert done.err == (
            f"Error: '{folder / name}' holds no interrupted job of samtrack track: "
            "there is nothing to resume\n"
        )
