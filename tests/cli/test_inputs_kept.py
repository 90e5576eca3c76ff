"""No command replaces what it reads: the results of an earlier one are an input like any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.cli_tools import SHOTS, box_of, contents, first_mask, samtrack, two_balls
from tests.helpers.datasets import write_clip

BOX = ("--init-box", box_of(1))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a video is, what a job has made of it, a recording, and a data set."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "res" / "masks").mkdir(parents=True)
    two_balls(tmp_path / "balls.mp4")
    two_balls(tmp_path / "res" / "overlay.mp4")
    two_balls(tmp_path / "record.mp4")
    two_balls(tmp_path / "record.partial.mp4")
    for shot in SHOTS[:2]:
        first_mask(tmp_path / "res" / "masks" / f"{shot is SHOTS[1]:05d}.png", shot.ids)
    write_clip(tmp_path / "data" / "images" / "1", tmp_path / "data" / "masks" / "1")
    (tmp_path / "link.mp4").symlink_to("res/overlay.mp4")
    (tmp_path / "training").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("track", "res/overlay.mp4", *BOX, "-o", "res"), "'res/overlay.mp4' is read, and would"),
        (("track", "link.mp4", *BOX, "-o", "res"), "'link.mp4' is read, and would be replaced"),
        (("track", "res/masks", *BOX, "-o", "res"), "'res/masks' is read, and would be replaced"),
        (("track", "res/masks/*.png", *BOX, "-o", "res"), "is read, and would be replaced with"),
        (
            ("track", "balls.mp4", "--init-mask", "res/masks/00000.png", "-o", "res"),
            "'res/masks/00000.png' is read, and would be replaced with",
        ),
        (
            ("track", "balls.mp4", *BOX, "--log", "res/log.jsonl", "-o", "res"),
            "would lie in the output folder",
        ),
        (("live", "record.mp4", "--headless", *BOX, "--record", "record.mp4"), "'record.mp4' is"),
        (
            ("live", "record.partial.mp4", "--headless", *BOX, "--record", "record.mp4"),
            "'record.partial.mp4' is read, and would be replaced",
        ),
        (
            ("live", "balls.mp4", "--headless", "--init-mask", "link.mp4", "--record", "link.mp4"),
            "'link.mp4' is read, and would be replaced",
        ),
        (
            ("live", "balls.mp4", "--headless", *BOX, "--record", "new.mp4", "--log", "new.mp4"),
            "'new.mp4' is read, and would be replaced",
        ),
        (
            ("data", "preview", "--data", "folder:data*2", "-o", "data/images/1/00000.jpg"),
            "00000.jpg' is not replaced, because it lies in 'data', which is read",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_read_is_kept(folder: Path, command: tuple[str, ...], said: str) -> None:
    before = contents(folder)
    done = samtrack(*command, "--overwrite")
    assert (done.code, done.out, len(done.errors)) == (2, "", 1)
    assert said in done.errors[0]
    assert contents(folder) == before


@pytest.mark.parametrize("name", ["metrics.csv", "curves.png", "samples.png"])
def test_a_training_replaces_its_own_files_only(folder: Path, name: str) -> None:
    mine = folder / "training" / name
    mine.write_text("mine")
    done = samtrack("train", "--dry-run")
    assert done.code == 2
    assert f"'training/{name}' would be replaced, and no training of samtrack wrote it" in done.err
    assert mine.read_text() == "mine"


def test_weights_are_no_results(folder: Path) -> None:
    (folder / "res" / "mine.safetensors").write_text("weights")
    before = contents(folder)
    job = ("track", "balls.mp4", *BOX, "--weights", "res/mine.safetensors", "-o", "res")
    assert "is no result of samtrack" in samtrack(*job, "--overwrite").errors[0]
    assert contents(folder) == before
