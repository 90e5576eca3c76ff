"""What `samtrack track --resume` refuses: one line, exit code 2, and nothing is changed."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from samtracker.checkpoints.files import checksum, load_state, save_state
from tests.helpers.cli_tools import FRAMES, contents, samtrack
from tests.helpers.resumption import FILM, RESUME

pytestmark = pytest.mark.usefixtures("folder")


@pytest.mark.parametrize("source", ["0", "-", "/dev/stdin"])
def test_a_camera_or_pipe_cannot_be_read_again(folder: Path, source: str) -> None:
    """The summary alone tells of it, for nothing is written down of such a job."""
    (folder / "out").mkdir()
    summary = {"source": source, "interrupted": True, "failed": None}
    (folder / "out" / "summary.json").write_text(json.dumps(summary))
    assert samtrack(*RESUME).err == (
        f"Error: '{folder / 'out'}' is of {source}, a live source or pipe, which does not come "
        "again: it cannot be resumed\n"
    )


def test_a_damaged_summary_tells_nothing(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "summary.json").write_text("[" * 200_000)
    refused = samtrack(*RESUME)
    assert (refused.code, "holds no interrupted job" in refused.errors[0]) == (2, True)


def rewrite(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    job = json.loads(path.read_text())
    change(job)
    path.write_text(json.dumps(job))


def tracker_file(
    change: Callable[[dict[str, Any]], object], *, sealed: bool = False
) -> Callable[[Path], None]:
    """Changes the header of the saved tracker, as a program or as an editor would."""

    def damage(folder: Path) -> None:
        path = folder / "out/resume/tracker.safetensors"
        tensors, metadata = load_state(path)
        header = json.loads(metadata["tracker"])
        change(header)
        text = json.dumps(header)
        digest = checksum(text, tensors) if sealed else metadata["sha256"]
        save_state(path, tensors, {**metadata, "tracker": text, "sha256": digest})

    return damage


def state_of(header: dict[str, Any]) -> dict[str, Any]:
    return dict(header["state"]["dict"])


def other_tensors(folder: Path) -> None:
    path = folder / "out/resume/tracker.safetensors"
    tensors, metadata = load_state(path)
    save_state(path, {name: item[..., :1] for name, item in tensors.items()}, metadata)


def other_process(folder: Path) -> None:
    """A job of the process that started this one."""
    parent = psutil.Process(os.getppid())
    shutil.copytree(folder / "out", folder / "out.partial")
    process = [parent.pid, parent.create_time()]
    (folder / "out.partial/.process").write_text(json.dumps(process))


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
    (written("out/resume/job.json", "{"), "job.json' is damaged: the job"),
    (
        written("out/resume/job.json", "[" * 200_000),
        "job.json' is damaged: the job",
    ),
    (written("out/resume/job.json", "[]"), "job.json' is damaged: the job"),
    (job_file(format="samtracker-job-0"), "job.json' is of another version of samtrack"),
    (job_file(source=5), "job.json' is damaged: the job"),
    (job_file(path="rtsp://127.0.0.1/1"), "job.json' is damaged: the job"),
    (job_file(path=None), "job.json' is damaged: the job"),
    (job_file(save=["tiff"]), "job.json' is damaged: the job"),
    (job_file(save=[["csv"]]), "job.json' is damaged: the job"),
    (job_file(device=5), "job.json' is damaged: the job"),
    (job_file(device="tpu"), "device='tpu' does not exist"),
    (job_file(stride=math.inf), "job.json' is damaged: the job"),
    (job_file(stride=0), "stride=0 is not possible"),
    (job_file(skip=[[5, 3]]), "--skip 5-3 ends before it begins"),
    (job_file(skip=[5]), "job.json' is damaged: the job"),
    (job_file(stride=10**400), "is not possible: give 1 or more"),
    (job_file(end=math.inf), "end=inf is not a time"),
    (job_file(end=1e308), "end=1e+308 is not a time"),
    (job_file(end=10**400), "job.json' is damaged: the job"),
    (job_file(path="/nowhere"), "no such file or folder: '/nowhere'"),
    (written("out/resume/tracker.safetensors", "x"), "are no intact safetensors file"),
    *(
        (change, "tracker.safetensors' is damaged")
        for change in (
            tracker_file(lambda header: header["config"].update(size=96)),
            tracker_file(lambda header: header["state"]["dict"][2].__setitem__(1, 5)),
            tracker_file(lambda header: state_of(header)["result"]["fields"].update(index=-3)),
            tracker_file(
                lambda header: header.update(state={"class": "Path", "fields": {}}), sealed=True
            ),
            other_tensors,
        )
    ),
    (
        tracker_file(lambda header: header.update(weights="propagation"), sealed=True),
        "was made with other weights than",
    ),
    (written("out/resume/results.jsonl", ""), "results.jsonl' is damaged"),
    (written("out/resume/results.jsonl", "[" * 200_000), "results.jsonl' is damaged"),
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
    assert done.err.startswith("Error: no window can be opened")
    assert contents(interrupted.parent) == before
