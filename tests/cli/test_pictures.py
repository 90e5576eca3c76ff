"""Folders of pictures on the command line: what results are called, and what is said."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from samtracker.model.geometry import LONGEST
from tests.corpus import pictures as odd
from tests.helpers.cli_tools import FRAMES, SHOTS, Finished, first_mask, ids_in, samtrack
from tests.helpers.datasets import write_mask, write_photo

FAST = ("--init-mask", "first.png", "--size", "96", "--precision", "float32")
COUNT = 4


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user is, with a folder of pictures and the first mask."""
    monkeypatch.chdir(tmp_path)
    first_mask(tmp_path / "first.png")
    for number, frame in enumerate(FRAMES[:COUNT]):
        write_photo(tmp_path / "shots" / f"shot_{1000 + number}.png", frame)
    return tmp_path


def track(*arguments: str) -> Finished:
    done = samtrack("track", *arguments, *FAST, "-o", "out")
    assert done.code == 0, done.err
    return done


def sources_in(folder: Path) -> tuple[list[str], list[str]]:
    """The sources in the table of the first object, and in the run lengths."""
    with (folder / "tracks.csv").open(encoding="utf-8", newline="") as file:
        table = [row["source"] for row in csv.DictReader(file) if row["id"] == "1"]
    lines = (folder / "masks.jsonl").read_text("utf-8").splitlines()
    return table, [json.loads(line)["source"] for line in lines]


def test_results_have_the_names_of_the_pictures(folder: Path) -> None:
    (folder / "shots" / "shot_1002.png").rename(folder / "shots" / "shot_1002é, neu.png")
    names = sorted(path.name for path in (folder / "shots").iterdir())
    track("shots", "--save", "masks,csv,rle", "--log", "job.log")
    assert sorted(path.name for path in (folder / "out/masks").iterdir()) == names
    assert sources_in(folder / "out") == (names, names)
    for name, shot in zip(names, SHOTS, strict=False):
        assert (ids_in(folder / "out/masks" / name) == 1)[shot.mask(1)].mean() > 0.7
    replayed = samtrack("replay", "job.log")
    assert (replayed.code, replayed.out) == (0, f"the same: {COUNT} calls, {COUNT} frames\n")
    again = samtrack(
        "track", "shots", *FAST, "--save", "masks", "-o", "out", "--end", "0.04", "--overwrite"
    )
    assert again.code == 0
    assert [path.name for path in (folder / "out/masks").iterdir()] == names[:1]


def test_of_pictures_that_are_called_alike_none_is_lost(folder: Path) -> None:
    shutil.rmtree(folder / "shots")
    (folder / "shots").mkdir()
    names = odd.same_stems(folder / "shots", FRAMES[:3])
    track("shots", "--save", "masks,csv,rle")
    assert sorted(path.name for path in (folder / "out/masks").iterdir()) == [
        f"{name}.png" for name in names
    ]
    assert sources_in(folder / "out") == (names, names)


def test_masks_of_somebody_else_are_not_replaced(folder: Path) -> None:
    track("shots", "--save", "masks", "--end", "0.04")
    (folder / "out/masks/.shot_1001.png.partial").write_bytes(b"\x89PNG")  # of a killed run
    Image.fromarray(FRAMES[0]).save(folder / "out/masks/shot_1001.png")
    done = samtrack("track", "shots", *FAST, "-o", "out", "--overwrite")
    assert done.code == 2
    assert "'masks/shot_1001.png' in it is no result of samtrack" in done.errors[0]


def test_masks_with_names_of_pictures_can_be_scored(folder: Path) -> None:
    (folder / "images").mkdir()
    (folder / "shots").rename(folder / "images/clip")
    for number in range(COUNT):
        write_mask(folder / f"masks/clip/shot_{1000 + number}.png", SHOTS[number].ids)
    track("images/clip", "--save", "masks")
    (folder / "found").mkdir()
    (folder / "out/masks").rename(folder / "found/clip")
    done = samtrack("eval", "--dataset", "folder", "--root", ".", "--predictions", "found")
    assert done.code == 0
    (clip,) = json.loads((folder / "evaluation/results.json").read_text())["clips"]
    assert [min(item["j"]) > 0.7 for item in clip["objects"]] == [True, True]


def test_a_picture_that_claims_to_be_huge_is_left_out(folder: Path) -> None:
    odd.png_that_claims(folder / "shots/shot_1002.png", 30_000, 30_000)
    done = track("shots/shot_%04d.png", "--save", "csv")
    assert done.err.splitlines()[-1].endswith(f"{folder / 'out'}, 1 damaged left out")
    summary = json.loads(done.out)
    assert (summary["frames"], summary["unreadable"]) == (COUNT - 1, 1)


def test_the_largest_picture_is_what_the_user_says(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    height, width = FRAMES[0].shape[:2]
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
    job = ("track", "shots", *FAST, "--save", "csv", "-o", "out", "--end", "0.04")
    done = samtrack("--max-pixels", str(height * width - 2), *job)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert done.errors[0].endswith(
        "more pixels than the limit of 15358: make it smaller, or raise the limit with "
        "samtrack --max-pixels N"
    )
    assert samtrack("--max-pixels", str(height * width), *job).code == 0


def test_what_is_chosen_to_show_pictures_is_said_once(folder: Path) -> None:
    for number, frame in enumerate(FRAMES[:2]):
        alpha = np.full((*frame.shape[:2], 1), 255, np.uint8)
        alpha[:4] = 0
        write_photo(folder / "clear" / f"{number}.png", np.dstack([frame, alpha]))
    done = track("clear", "--save", "csv")
    note = "transparent pictures are shown over gray"
    assert json.loads(done.out)["notes"] == [note]
    assert done.err.count(note) == 1


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate"])
def test_of_a_damaged_picture_one_line_is_said(
    folder: Path, compression: str, capfd: pytest.CaptureFixture[str]
) -> None:
    odd.damaged_tiff(folder / "bad.tif", compression)
    cut = folder / "cut.tif"
    cut.write_bytes((folder / "bad.tif").read_bytes()[:5000])
    for source in ("bad.tif", "cut.tif"):
        done = samtrack("track", source, *FAST)
        assert done.code == 2
        assert done.err.splitlines() == done.errors
    assert capfd.readouterr() == ("", "")


def test_damaged_pictures_are_left_out_and_counted(folder: Path) -> None:
    bad = odd.damaged(folder / "shots", folder / "shots/shot_1000.png")
    done = track("shots", "--save", "csv")
    assert done.err.splitlines()[-1].endswith(f"{folder / 'out'}, {len(bad)} damaged left out")
    summary = json.loads(done.out)
    assert (summary["frames"], summary["unreadable"]) == (COUNT, len(bad))


@pytest.mark.parametrize("kind", ["GIF", "PNG"])
def test_an_animation_that_is_cut_in_half(folder: Path, kind: str) -> None:
    odd.half_an_animation(folder / "moving", kind, FRAMES)
    done = samtrack("track", "moving", *FAST, "--save", "csv", "-o", "out")
    count = json.loads(done.out)["frames"]
    assert 3 <= count <= 6
    assert (done.code, done.errors) == (
        2,
        [
            "Error: 'moving' is cut off or damaged at its end: kept all that can be read, "
            f"{count} frames in {folder / 'out'}"
        ],
    )


def test_an_animated_webp_that_is_cut_in_half(folder: Path) -> None:
    odd.half_an_animation(folder / "moving", "WEBP", FRAMES)
    done = samtrack("track", "moving", *FAST, "-o", "out")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "Error: 'moving' is damaged, or no picture that can be read: give another file\n"
    )
    assert not (folder / "out").exists()


def test_a_frame_that_is_all_length(folder: Path) -> None:
    side = 1000
    for number in range(3):
        frame = np.random.default_rng(number).integers(0, 80, (1, side, 3)).astype(np.uint8)
        frame[:, 300 + 5 * number : 400 + 5 * number] = (250, 30, 20)
        write_photo(folder / "thin" / f"{number}.png", frame)
    ids = np.zeros((1, side), np.uint8)
    ids[:, 300:400] = 1
    first_mask(folder / "first.png", ids)
    assert side > LONGEST
    track("thin", "--save", "masks")
    found = np.flatnonzero(ids_in(folder / "out/masks/2.png")[0])
    assert (found[0], found[-1]) == pytest.approx((310, 409), abs=4)
