"""`samtrack track` on good input: what it writes, and what it says where."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from PIL import Image
from pycocotools import mask as coco

from samtracker import __version__
from samtracker.checkpoints.manifest import manifest
from samtracker.tracker import Tracker
from tests.helpers.cli_tools import (
    FAST,
    FRAMES,
    SHOTS,
    box_of,
    click_on,
    contents,
    first_mask,
    frames_in,
    ids_in,
    samtrack,
    start,
    two_balls,
)
from tests.helpers.scenes import SIZE, iou


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user is: the film and its first mask are there."""
    monkeypatch.chdir(tmp_path)
    two_balls(tmp_path / "balls.mp4", audio="aac")
    first_mask(tmp_path / "first.png")
    return tmp_path


def run(*arguments: str) -> dict[str, Any]:
    """A run that must go well; its summary."""
    done = samtrack("track", *arguments, *FAST)
    assert (done.code, done.errors) == (0, []), done.err
    summary: dict[str, Any] = json.loads(done.out)
    return summary


def test_by_default_overlay_masks_and_summary(folder: Path) -> None:
    done = samtrack("track", "balls.mp4", "--init-mask", "first.png", *FAST)
    assert done.code == 0
    output = folder / "balls-tracked"
    assert [path.name for path in sorted(output.iterdir())] == [
        "masks",
        "overlay.mp4",
        "summary.json",
    ]
    assert (output / "summary.json").read_text() == done.out
    for number, shot in enumerate(SHOTS):
        ids = ids_in(output / "masks" / f"{number:05d}.png")
        assert iou(ids == 1, shot.mask(1)) > 0.8
        assert iou(ids == 2, shot.mask(2)) > 0.8
    assert len(list((output / "masks").iterdir())) == 10
    with av.open(f"file:{output / 'overlay.mp4'}") as video:
        picture = video.streams.video[0]
        assert (picture.codec_context.name, picture.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert [stream.codec_context.name for stream in video.streams.audio] == ["aac"]
    shown = frames_in(output / "overlay.mp4")
    assert len(shown) == 10
    for image, frame, shot in zip(shown, FRAMES, SHOTS, strict=True):
        change = np.abs(image.astype(float) - frame).mean(axis=2)
        assert change[shot.ids > 0].mean() > 4 * change[shot.ids == 0].mean()


def test_the_summary_tells_what_was_done() -> None:
    before = torch.get_num_threads()
    options = ("--memory", "bank:2", "--threads", str(before + 1))
    summary = run("balls.mp4", "--init-mask", "first.png", *options)
    assert torch.get_num_threads() == before
    fps, peak = summary.pop("fps"), summary.pop("peak_memory_mb")
    assert fps["p50"] >= fps["p95"] > 0
    assert peak["cpu"] > 100
    assert summary == {
        "source": "balls.mp4",
        "size": list(SIZE),
        "frames": 10,
        "objects": {"1": {"tracking": 10}, "2": {"tracking": 10}},
        "interrupted": False,
        "failed": None,
        "unreadable": 0,
        "truncated": False,
        "notes": [],
        "scene_cuts": [],
        "names": {},
        "skip": [],
        "stream": None,
        "sample_aspect_ratio": "1",
        "device": "cpu",
        "precision": "float32",
        "backend": "torch",
        "threads": before + 1,
        "encoder": "lite",
        "weights": "lite.safetensors",
        "weights_sha256": manifest()["lite"].sha256,
        "memory": "bank:2",
        "first_mask": {"1": "mask", "2": "mask"},
        "version": __version__,
    }


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # in coco.decode
def test_every_format_shows_the_same_masks(folder: Path) -> None:
    run(
        "balls.mp4",
        "--init-mask",
        "first.png",
        "--save",
        "alpha,csv,rle,masks,overlay",
        "-o",
        "all",
    )
    assert [path.name for path in sorted((folder / "all").iterdir())] == [
        "alpha.mov",
        "masks",
        "masks.jsonl",
        "overlay.mp4",
        "summary.json",
        "tracks.csv",
    ]
    lines = (folder / "all" / "masks.jsonl").read_text().splitlines()
    with (folder / "all" / "tracks.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert (len(lines), len(rows)) == (10, 20)
    with av.open(f"file:{folder / 'all' / 'alpha.mov'}") as video:
        opacity = [f.to_ndarray(format="rgba")[..., 3] for f in video.decode(video=0)]
    assert len(opacity) == 10
    for number, line in enumerate(map(json.loads, lines)):
        ids = ids_in(folder / "all" / "masks" / f"{number:05d}.png")
        assert line["frame"] == number
        assert line["time"] == pytest.approx(number / 25)
        for item, row in zip(line["objects"], rows[2 * number :], strict=False):
            mask = coco.decode(item["segmentation"])
            np.testing.assert_array_equal(mask, ids == item["id"])
            assert (int(row["frame"]), int(row["id"])) == (number, item["id"])
            assert int(row["area"]) == mask.sum()
        # ProRes is lossy.
        assert np.mean((opacity[number] > 127) == (ids > 0)) > 0.99


def test_mask_boxes_and_clicks_together() -> None:
    mask = first_mask(Path("red.png"), SHOTS[0].mask(1).astype(np.uint8) * 255)
    done = samtrack("track", "balls.mp4", "--init-mask", mask, "--init-box", box_of(2), *FAST)
    assert json.loads(done.out)["first_mask"] == {"1": "mask", "2": "box (lite)"}
    area = np.count_nonzero(SHOTS[0].mask(1))
    assert done.err.startswith(f"object 1: {area} pixels from the mask\nobject 2: ")
    ids = ids_in(Path("balls-tracked/masks/00009.png"))
    assert iou(ids == 1, SHOTS[9].mask(1)) > 0.8
    assert iou(ids == 2, SHOTS[9].mask(2)) > 0.7


def test_several_boxes_and_several_clicks() -> None:
    clicks = f"{click_on(1)};2,2,0;{click_on(2)},0"
    found = run("balls.mp4", "--init-point", clicks, "--init-point", click_on(2), "-o", "clicked")
    assert found["first_mask"] == {"1": "points (lite)", "2": "points (lite)"}
    found = run("balls.mp4", "--init-box", box_of(1), "--init-box", box_of(2), "-o", "boxed")
    assert found["objects"] == {"1": {"tracking": 10}, "2": {"tracking": 10}}
    for output in ("clicked", "boxed"):
        ids = ids_in(Path(output, "masks/00000.png"))
        assert iou(ids == 1, SHOTS[0].mask(1)) > 0.7
        assert iou(ids == 2, SHOTS[0].mask(2)) > 0.7


def test_another_of_the_masks_that_a_click_may_mean(folder: Path) -> None:
    for number in ("1", "2"):
        options = ("--candidate", number, "--end", "0.01", "-o", number)
        run("balls.mp4", "--init-point", "36,34", *options)
    found = [ids_in(folder / number / "masks/00000.png") == 1 for number in ("1", "2")]
    frame = frames_in(folder / "balls.mp4")[0]
    tracker = Tracker.from_pretrained(device="cpu", precision="float32")
    wanted = tracker.candidates(frame, points=[(36, 34, 1)])
    assert np.array_equal(found, [item.mask for item in wanted[:2]])
    assert not np.array_equal(found[0], found[1])


@pytest.mark.parametrize(
    ("prompt", "number", "message"),
    [
        ("--init-point=36,34", "4", "--candidate 4 does not exist: the candidates of points "),
        ("--init-point=36,34", "0", "--candidate 0 does not exist: the first one is 1"),
        ("--init-mask=first.png", "2", "--candidate 2 is of a box or clicks: give --init-box "),
    ],
)
def test_a_candidate_that_is_not_there(
    folder: Path, prompt: str, number: str, message: str
) -> None:
    before = contents(folder)
    done = samtrack("track", "balls.mp4", prompt, "--candidate", number, *FAST)
    assert done.code == 2
    (error,) = done.errors
    assert message in error
    assert contents(folder) == before


def test_start_end_and_stride() -> None:
    mask = first_mask(Path("later.png"), SHOTS[3].ids)
    times = ("--start", "0.1", "--end", "0.33", "--stride", "2")
    summary = run("balls.mp4", "--init-mask", str(mask), *times, "--save", "masks,csv,overlay")
    assert summary["frames"] == 3
    output = Path("balls-tracked")
    assert [p.name for p in sorted((output / "masks").iterdir())] == [
        "00003.png",
        "00005.png",
        "00007.png",
    ]
    with (output / "tracks.csv").open(newline="") as file:
        assert [row["time"] for row in csv.DictReader(file)][::2] == ["0.12", "0.2", "0.28"]
    with av.open(f"file:{output / 'overlay.mp4'}") as video:
        assert [frame.time for frame in video.decode(video=0)] == pytest.approx([0, 0.08, 0.16])
    assert iou(ids_in(output / "masks/00007.png") == 1, SHOTS[7].mask(1)) > 0.8


@pytest.mark.parametrize("source", ["pictures", "pictures/*.png"])
def test_pictures_of_odd_size(folder: Path, source: str) -> None:
    (folder / "pictures").mkdir()
    for number, frame in enumerate(FRAMES):
        Image.fromarray(frame[:95, :157]).save(folder / "pictures" / f"{number}.png")
    mask = first_mask(folder / "odd.png", SHOTS[0].ids[:95, :157])
    summary = run(source, "--init-mask", str(mask), "-o", "out")
    assert (summary["size"], summary["frames"]) == ([95, 157], 10)
    assert ids_in(folder / "out/masks/9.png").shape == (95, 157)
    assert frames_in(folder / "out/overlay.mp4")[0].shape == (96, 158, 3)


@pytest.mark.parametrize(
    ("source", "name"),
    [("pictures/", "pictures"), ("pictures/*.png", "video"), ("./pictures/../balls.mp4", "balls")],
)
def test_the_output_is_named_after_the_source(folder: Path, source: str, name: str) -> None:
    (folder / "pictures").mkdir()
    Image.fromarray(FRAMES[0]).save(folder / "pictures/0.png")
    run(source, "--init-mask", "first.png", "--save", "csv", "--end", "0.04")
    assert (folder / f"{name}-tracked" / "tracks.csv").is_file()


def test_a_mask_of_twice_the_size(folder: Path) -> None:
    mask = first_mask(folder / "large.png", SHOTS[0].ids.repeat(2, axis=0).repeat(2, axis=1))
    run("balls.mp4", "--init-mask", str(mask), "--end", "0.04")
    np.testing.assert_array_equal(ids_in(folder / "balls-tracked/masks/00000.png"), SHOTS[0].ids)


def test_a_second_run_is_refused_unless_it_may_overwrite(folder: Path) -> None:
    run("balls.mp4", "--init-mask", "first.png")
    before = contents(folder)
    done = samtrack("track", "balls.mp4", "--init-mask", "first.png", *FAST)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        f"Error: output '{folder / 'balls-tracked'}' exists already: choose another with "
        "--output, or replace it with --overwrite\n"
    )
    assert contents(folder) == before
    run("balls.mp4", "--init-mask", "first.png", "--overwrite", "--end", "0.1", "--save", "masks")
    assert sorted(path.name for path in (folder / "balls-tracked").iterdir()) == [
        "masks",
        "summary.json",
    ]
    assert len(list((folder / "balls-tracked" / "masks").iterdir())) == 3


def test_results_go_to_standard_output_and_the_rest_to_standard_error(folder: Path) -> None:
    process = start("track", "balls.mp4", "--init-mask", "first.png", *FAST, folder=folder)
    out, err = process.communicate()
    assert process.returncode == 0
    assert json.loads(out)["frames"] == 10
    lines = err.replace("\r", "\n").splitlines()
    bar = [line for line in lines if "frame/s" in line]
    assert "0/10" in bar[0]
    assert "10/10" in bar[-1]
    assert "1:tracking 2:tracking" in bar[-1]
    areas = [np.count_nonzero(SHOTS[0].mask(number)) for number in (1, 2)]
    assert [line for line in lines if line and line not in bar] == [
        f"object 1: {areas[0]} pixels from the mask",
        f"object 2: {areas[1]} pixels from the mask",
        f"tracked 10 frames in {folder / 'balls-tracked'}",
    ]
