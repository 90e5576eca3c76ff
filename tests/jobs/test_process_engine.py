"""The process pool of a batch: processes that die, and which GPU each has."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest
from PIL import Image

from samtracker.jobs.batch import ProcessEngine
from tests.helpers.batches import (
    HereEngine,
    batch,
    clips,
    dying,
    gpu_in_use,
    masks_of,
)
from tests.helpers.forked import CONTEXT, PATIENCE, started


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user is: three films with their first masks."""
    started()  # processes come from it, which has everything imported
    monkeypatch.chdir(tmp_path)
    clips(tmp_path)
    return tmp_path


def test_a_process_that_dies_is_replaced_and_takes_no_video_with_it(folder: Path) -> None:
    with ProcessEngine(jobs=2) as engine:
        rows = batch(make_tracker=dying(1, folder / "notes")).run(engine)
    assert [row.status.value for row in rows] == ["done"] * 3
    assert sorted(row.attempts for row in rows) == [1, 1, 2]
    assert len(list((folder / "notes").iterdir())) == 1
    batch(output="alone").run(HereEngine())
    assert masks_of(Path("out")) == masks_of(Path("alone"))


def test_a_video_that_kills_every_process_is_given_up(folder: Path) -> None:
    with ProcessEngine(jobs=1) as engine:
        (row,) = batch("clips/clip0.mp4", make_tracker=dying(9, folder / "notes"), retries=1).run(
            engine
        )
    assert (row.status.value, row.attempts) == ("failed", 2)
    assert row.error == "its process died, perhaps for lack of memory"
    assert not Path("out/clip0").exists()


def test_processes_have_the_limit_of_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 50)
    with ProcessEngine(jobs=1) as engine:
        (row,) = batch("clips/clip0.mp4", retries=0).run(engine)
    assert row.error == "mask 'clips/clip0.png' cannot be read as a picture: give a PNG file"


def test_an_error_ends_the_processes_of_the_engine_and_no_other_one() -> None:
    other = CONTEXT.Process(target=time.sleep, args=(PATIENCE,))
    other.start()
    with pytest.raises(ZeroDivisionError), ProcessEngine(jobs=1) as engine:
        batch("clips/clip0.mp4").run(engine, on_wait=lambda _: 1 / 0)
    assert multiprocessing.active_children() == [other]
    other.kill()
    other.join()
    assert not Path("out/clip0").exists()


def test_processes_share_the_gpus() -> None:
    with ProcessEngine(jobs=2, gpus=("3", "GPU-7")) as engine:
        rows = batch(make_tracker=gpu_in_use, retries=0).run(engine)
    assert {row.error for row in rows} <= {"the GPU is 3", "the GPU is GPU-7"}
