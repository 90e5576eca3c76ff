"""`samtrack track --resume` ends with what the job would have written without interruption."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
import pytest
from cli_tools import (
    FAST,
    FRAMES,
    contents,
    first_mask,
    frames_in,
    samtrack,
    start,
    two_balls,
)
from PIL import Image
from test_cli_errors import largest_file
from test_cli_interruption import PATIENCE, wait

from samtracker import recorder
from samtracker.model.weights import load_state, save_state

WALL = np.full_like(FRAMES[0], 120)
FILM = [*FRAMES[:5], *[WALL] * 4, *FRAMES[5:], *FRAMES[::-1]]
"""The balls are out of sight in the middle."""

JOB = ("--init-mask", "first.png", *FAST, "--save", "overlay,masks,rle,csv,alpha")
RESUME = ("track", "--resume", "out")
BROKEN = 12
"""The first picture of the film that cannot be tracked at first."""


def pictures(folder: Path, *, upto: int = len(FILM)) -> None:
    """The film as pictures; those from `upto` on are of another size."""
    (folder / "pictures").mkdir(exist_ok=True)
    for number, frame in enumerate(FILM):
        picture = frame if number < upto else frame[:48]
        Image.fromarray(picture).save(folder / "pictures" / f"{number}.png")


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


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user is."""
    monkeypatch.chdir(tmp_path)
    first_mask(tmp_path / "first.png")
    return tmp_path


@pytest.fixture
def interrupted(folder: Path) -> Path:
    """What is left of a job whose source broke off; the source is whole again."""
    pictures(folder, upto=BROKEN)
    done = samtrack("track", "pictures", *JOB, "-o", "out")
    assert done.code == 2
    assert done.errors[0].endswith(
        f"kept {BROKEN} frames in {folder / 'out'}; "
        f"go on with: samtrack track --resume {folder / 'out'}"
    )
    pictures(folder)
    return folder / "out"


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tracker is saved at every frame."""
    monkeypatch.setattr(recorder, "INTERVAL", 0.0)
    monkeypatch.setattr(recorder, "SHARE", math.inf)


def same(one: Path, other: Path) -> None:
    """Pass if two folders hold the same results."""
    assert names(one) == names(other)
    assert summary_of(one) == summary_of(other)
    for name in {"masks.jsonl", "tracks.csv"} & set(names(one)):
        assert (one / name).read_bytes() == (other / name).read_bytes()
    assert contents(one / "masks") == contents(other / "masks")
    # x264 alone is not the same to the bit each time it gets the same pictures.
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


def test_a_camera_cannot_be_read_again(folder: Path) -> None:
    """The summary alone tells of a camera, for nothing is written down of such a job."""
    (folder / "out").mkdir()
    summary = {"source": "0", "interrupted": True, "failed": None}
    (folder / "out" / "summary.json").write_text(json.dumps(summary))
    assert samtrack(*RESUME).err == (
        f"Error: '{folder / 'out'}' is of 0, a live source: it cannot be resumed\n"
    )


def rewrite(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    job = json.loads(path.read_text())
    change(job)
    path.write_text(json.dumps(job))


def other_weights(folder: Path) -> None:
    path = folder / "out/resume/tracker.safetensors"
    tensors, metadata = load_state(path)
    tracker = metadata["tracker"].replace('"weights": "lite"', '"weights": "propagation"')
    save_state(path, tensors, {**metadata, "tracker": tracker})


def strange_state(folder: Path) -> None:
    path = folder / "out/resume/tracker.safetensors"
    tensors, metadata = load_state(path)
    header = {**json.loads(metadata["tracker"]), "state": {"class": "Path", "fields": {}}}
    save_state(path, tensors, {**metadata, "tracker": json.dumps(header)})


def other_process(folder: Path) -> None:
    """A job of the process that started this one."""
    parent = psutil.Process(os.getppid())
    shutil.copytree(folder / "out", folder / "out.partial")
    rewrite(
        folder / "out.partial/resume/job.json",
        lambda job: job.update(process=[parent.pid, parent.create_time()]),
    )


def repaint(folder: Path) -> None:
    image = FILM[0].copy()
    image[0, 0] ^= 1
    Image.fromarray(image).save(folder / "pictures/0.png")


def shrink(folder: Path) -> None:
    for path in (folder / "pictures").iterdir():
        Image.fromarray(FRAMES[0][:48]).save(path)


def job_file(**change: Any) -> Callable[[Path], None]:
    return lambda folder: rewrite(folder / "out/resume/job.json", lambda job: job.update(change))


def journal_line(**change: Any) -> Callable[[Path], None]:
    """Changes the first line, the only one that has to be intact."""

    def damage(folder: Path) -> None:
        path = folder / "out/resume/results.jsonl"
        first, *others = path.read_text().splitlines()
        path.write_text("\n".join([json.dumps({**json.loads(first), **change}), *others]))

    return damage


def journal_objects(**change: Any) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        first = (folder / "out/resume/results.jsonl").read_text().splitlines()[0]
        objects = [{**item, **change} for item in json.loads(first)["objects"]]
        journal_line(objects=objects)(folder)

    return damage


def written(name: str, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(text)


DAMAGE: list[tuple[Callable[[Path], object], str]] = [
    (lambda folder: shutil.rmtree(folder / "out"), "no such folder: 'out'; check the path"),
    (lambda folder: shutil.rmtree(folder / "out/resume"), "holds no interrupted job"),
    (written("out/resume/job.json", "{"), "job.json' is damaged or of another version"),
    (written("out/resume/job.json", "[]"), "job.json' is damaged or of another version"),
    (job_file(format="samtracker-job-0"), "job.json' is damaged or of another version"),
    (job_file(source=5), "job.json' is damaged or of another version"),
    (job_file(path="rtsp://127.0.0.1/1"), "job.json' is damaged or of another version"),
    (job_file(path=None), "job.json' is damaged or of another version"),
    (job_file(save=["gif"]), "job.json' is damaged or of another version"),
    (job_file(save=[["csv"]]), "job.json' is damaged or of another version"),
    (job_file(device="tpu"), "job.json' is damaged or of another version"),
    (job_file(stride=0), "stride=0 is not possible"),
    (job_file(path="/nowhere"), "no such file or folder: '/nowhere'"),
    (written("out/resume/tracker.safetensors", "x"), "are no intact safetensors file"),
    (strange_state, "tracker.safetensors' is damaged"),
    (other_weights, "was saved with other weights than"),
    (written("out/resume/results.jsonl", ""), "results.jsonl' is damaged"),
    (written("out/resume/results.jsonl", "[]\n"), "results.jsonl' is damaged"),
    (journal_line(objects=[]), "results.jsonl' is damaged"),
    (journal_line(index=1), "results.jsonl' is damaged"),
    (journal_objects(id=70000), "results.jsonl' is damaged"),
    (journal_objects(state="asleep"), "results.jsonl' is damaged"),
    (journal_objects(mask="eJwDAAAAAAE="), "results.jsonl' is damaged"),
    (journal_objects(mask="?"), "results.jsonl' is damaged"),
    (lambda folder: shutil.rmtree(folder / "pictures"), "no such file or folder: "),
    (shrink, "'pictures' has changed since the job was interrupted"),
    (repaint, "'pictures' has changed since the job was interrupted (frame 0 of the job)"),
    (written("out/thesis.tex", "mine"), "'thesis.tex' in it is no result of samtrack"),
    (written("out/resume/evil.pth", "mine"), "'resume/evil.pth' in it is no result of samtrack"),
    (other_process, "is being written by samtrack in process"),
]


def test_what_cannot_go_on_stays_as_it_is(
    interrupted: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = interrupted.parent
    for number, (damage, said) in enumerate(DAMAGE):
        place = folder / str(number)
        place.mkdir()
        shutil.copytree(interrupted, place / "out")
        shutil.copytree(folder / "pictures", place / "pictures")
        job_file(path=str(place / "pictures"))(place)
        os.chdir(place)
        damage(place)
        before = contents(place)
        done = samtrack(*RESUME)
        assert (done.code, done.out) == (2, ""), said
        (line,) = done.err.splitlines()
        assert line.startswith("Error: ")
        assert said in line
        assert contents(place) == before, said
        assert capfd.readouterr() == ("", "")


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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["balls.mp4"], "--resume goes on with a job and its video: leave VIDEO out"),
        (["--stride", "1"], "--resume keeps the job's settings: leave --stride out"),
        (["-o", "other"], "--resume keeps the job's settings: leave --output out"),
        (["--no-target-model"], "--resume keeps the job's settings: leave --target-model out"),
        (["--overwrite"], "--resume keeps the job's settings: leave --overwrite out"),
    ],
    ids=str,
)
def test_settings_are_those_of_the_job(folder: Path, arguments: list[str], said: str) -> None:
    done = samtrack(*RESUME, *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage: samtrack track ")
    assert done.err.endswith(f"\nError: {said}\n")


def test_show_is_no_setting(interrupted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    before = contents(interrupted.parent)
    done = samtrack(*RESUME, "--show")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Error: no window can be opened: set DISPLAY to a screen")
    assert contents(interrupted.parent) == before
