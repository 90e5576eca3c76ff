"""`samtrack eval` as a user runs it."""

from __future__ import annotations

import csv
import json
import re
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.cli_tools import FAST, Finished, contents, samtrack, start
from tests.helpers.datasets import write_mask, write_photo
from tests.helpers.scenes import BLUE, RED, film

CLIPS = {"red": [RED], "both": [RED, BLUE]}
FRAMES = 7
ALONE = ("--jobs", "1")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DAVIS 2017 folder with two clips."""
    root = tmp_path_factory.mktemp("davis")
    for name, balls in CLIPS.items():
        for number, shot in enumerate(film(balls, FRAMES)):
            write_photo(root / "JPEGImages/480p" / name / f"{number:05}.png", shot.frame)
            write_mask(root / "Annotations/480p" / name / f"{number:05}.png", shot.ids)
    (root / "ImageSets/2017").mkdir(parents=True)
    (root / "ImageSets/2017/val.txt").write_text("red\nboth\n")
    return root


def arguments(root: Path) -> tuple[str | Path, ...]:
    return ("eval", "--dataset", "davis2017", "--root", root)


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "results.csv").open() as file:
        return list(csv.DictReader(file))


def test_tracks_writes_and_scores(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = samtrack(*arguments(root), "-o", out, *FAST)
    assert done.code == 0
    title, _, *table = done.out.splitlines()
    assert title == "lite on davis2017 val"
    assert table[0].split() == [
        "clip",
        "J&F",
        "J",
        "recall",
        "decay",
        "F",
        "recall",
        "decay",
        "fps",
    ]
    assert [line.split()[0] for line in table[1:]] == ["red", "both", "all"]
    assert f"2 clips in {out}" in done.err
    assert len(list((out / "predictions/both").iterdir())) == FRAMES
    found = rows(out)
    assert [(row["clip"], row["object"]) for row in found] == [
        *[("red", "1"), ("both", "1"), ("both", "2")],
        *[("red", "all"), ("both", "all"), ("all", "all")],
    ]
    scores = [float(row["j_and_f"]) for row in found]
    assert scores[-1] == pytest.approx(np.mean(scores[:3]), abs=1e-3)
    assert min(scores) > 60
    assert float(found[3]["fps_p50"]) > 0
    assert float(found[3]["peak_memory_mb"]) > 50
    whole = json.loads((out / "results.json").read_text())
    assert whole["overall"]["j_and_f"] == pytest.approx(scores[-1], abs=1e-3)
    assert len(whole["clips"][0]["objects"][0]["j"]) == FRAMES - 2
    assert whole["settings"]["precision"] == "float32"


def test_first_masks_are_pointed_at(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    weights = ("--weights", "propagation")
    done = samtrack(*arguments(root), "--prompt", "box", "-o", out, *weights, *FAST)
    assert done.code == 0
    table = done.out.splitlines()[2:]
    assert table[0].split()[:3] == ["clip", "first", "J&F"]
    whole = json.loads((out / "results.json").read_text())
    assert whole["settings"]["prompt"] == "box"
    ious = [list(clip["run"]["first_iou"].values()) for clip in whole["clips"]]
    assert [len(found) for found in ious] == [1, 2]
    assert all(0.6 < iou <= 1 for found in ious for iou in found)
    mean = 100 * np.mean([iou for found in ious for iou in found])
    assert float(table[-1].split()[1]) == pytest.approx(mean, abs=0.06)
    assert float(rows(out)[-1]["first_iou"]) == pytest.approx(mean, abs=1e-3)


def test_rounds_make_a_table(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    weights = ("--weights", "propagation")
    done = samtrack(*arguments(root), "--rounds", "1", "-o", out, *weights, *FAST)
    assert done.code == 0
    whole = json.loads((out / "results.json").read_text())
    assert whole["settings"]["rounds"] == 1
    (before, after), clips = whole["rounds"], whole["clips"]
    assert (before["round"], before["clicks"], after["round"]) == (0, 0, 1)
    assert after["j_and_f"] == pytest.approx(whole["overall"]["j_and_f"])
    assert after["clicks"] == sum(clip["rounds"][1]["clicks"] for clip in clips) > 0
    *_, first, second = done.out.splitlines()
    for line, row in ((first, before), (second, after)):
        assert line.split()[:2] == [str(row["round"]), str(row["clicks"])]
        assert float(line.split()[2]) == pytest.approx(row["j_and_f"], abs=0.06)
    assert "Rounds of corrections" in (out / "report.html").read_text()


def test_rounds_are_of_a_tracker_on_clean_clips(root: Path, tmp_path: Path) -> None:
    command = (*arguments(root), "--rounds", "1", "-o", tmp_path / "out")
    done = samtrack(*command, "--predictions", root / "Annotations/480p")
    assert done.code == 2
    assert "--rounds is of the tracker: leave it out with --predictions" in done.err
    done = samtrack(*command, "--corrupt", "dark")
    assert done.code == 2
    assert "--rounds corrects clean clips: leave it out with --corrupt" in done.err


def test_a_prompt_is_for_the_tracker(root: Path, tmp_path: Path) -> None:
    truth = ("--predictions", root / "Annotations/480p", "-o", tmp_path / "out")
    done = samtrack(*arguments(root), "--prompt", "click", *truth)
    assert done.code == 2
    assert "--prompt is of the tracker: leave it out with --predictions" in done.err
    done = samtrack(*arguments(root), "--prompt", "taps", "-o", tmp_path / "out")
    assert done.code == 2
    assert "--prompt 'taps' does not exist: use mask, box, click or clicks:N" in done.err


def test_scores_what_anything_wrote(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    truth = root / "Annotations/480p"
    done = samtrack(*arguments(root), "--predictions", truth, "--jobs", "2", "-o", out)
    assert done.code == 0
    assert [row["j_and_f"] for row in rows(out)] == ["100.0"] * 6
    assert [row["fps_p50"] for row in rows(out)] == [""] * 6
    assert not (out / "predictions").exists()


def test_the_report_needs_no_other_file(root: Path, tmp_path: Path) -> None:
    truth = root / "Annotations/480p"
    samtrack(*arguments(root), *ALONE, "--predictions", truth, "-o", tmp_path / "out")
    page = (tmp_path / "out/report.html").read_text()
    assert page.count("<svg") == 2
    moments = 3 * len(CLIPS)
    assert page.count('src="data:image/jpeg;base64,') == 2 * moments
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert "100.0" in page
    assert "Robustness" not in page


def test_harder_clips_make_one_table(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = of_folder(write_folder(tmp_path, "ball", 4), "--corrupt", "dark", "--corrupt", "noise")
    assert done.code == 0
    whole = json.loads((out / "results.json").read_text())
    assert [(row["kind"], row["strength"]) for row in whole["robustness"]] == [
        (kind, strength) for kind in ("dark", "noise") for strength in (1, 2, 3)
    ]
    worst = whole["robustness"][-1]
    assert worst["change"] == pytest.approx(worst["j_and_f"] - whole["overall"]["j_and_f"])
    assert "Robustness" in (out / "report.html").read_text()
    assert len(done.out.splitlines()) == 2 + 3 + 1 + 7


def test_a_second_run_needs_overwrite(root: Path, tmp_path: Path) -> None:
    truth = root / "Annotations/480p"
    command = (*arguments(root), *ALONE, "--predictions", truth, "-o", tmp_path / "out")
    assert samtrack(*command).code == 0
    before = contents(tmp_path)
    refused = samtrack(*command)
    assert refused.code == 2
    assert "exists already" in refused.errors[0]
    assert contents(tmp_path) == before
    assert samtrack(*command, "--overwrite").code == 0
    (tmp_path / "out/notes.txt").write_text("mine")
    assert samtrack(*command, "--overwrite").code == 2
    assert (tmp_path / "out/notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--split", "test-dev"), "has no split='test-dev' of DAVIS 2017"),
        (("--corrupt", "fog"), "--corrupt 'fog' does not exist: use blur, noise"),
        (("--predictions", "nowhere"), "--predictions 'nowhere' is no folder"),
        (("--predictions", ".", "--corrupt", "blur"), "leave it out with --predictions"),
        (("--weights", "nothing"), "nothing"),
        (("--dataset", "folder", "--split", "val"), "--dataset folder has no splits"),
        (("--root", "nowhere"), "'nowhere' is no folder"),
        (("--root", "x" * 5000), "cannot be read (File name too long)"),
        (("--split", "x" * 5000), "cannot be read (File name too long)"),
        (("--predictions", "x" * 5000), "is no folder"),
        (("--predictions", ".", "--memory", "rolling"), "--memory is of the tracker"),
        (("--predictions", ".", "--threads", "2"), "--threads is of the tracker"),
    ],
)
def test_bad_options_are_one_line(
    root: Path, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    done = samtrack(*arguments(root), "-o", tmp_path / "out", *options)
    assert done.code == 2
    assert len(done.errors) == 1
    assert message in done.errors[0]
    assert contents(tmp_path) == {}


def test_what_was_scored_before_a_damaged_mask_is_kept(root: Path, tmp_path: Path) -> None:
    predictions = tmp_path / "predictions"
    for path in (root / "Annotations/480p").rglob("*.png"):
        copy = predictions / path.relative_to(root / "Annotations/480p")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    (predictions / "both/00003.png").write_bytes(b"no picture")
    out = tmp_path / "out"
    done = samtrack(*arguments(root), "--predictions", predictions, *ALONE, "-o", out)
    assert done.code == 2
    assert "00003.png' is damaged" in done.errors[0]
    assert f"kept 1 of 2 clips in {out}" in done.errors[0]
    assert [row["clip"] for row in rows(out)] == ["red", "red", "all"]


def write_folder(root: Path, clip: str, count: int, *, first: int = 0) -> Path:
    """A clip of a ball that has masks from a frame on, empty ones before."""
    for number, shot in enumerate(film([RED], count)):
        write_photo(root / f"images/{clip}/{number}.png", shot.frame)
        write_mask(root / f"masks/{clip}/{number}.png", shot.ids * np.uint8(number >= first))
    return root


def of_folder(root: Path, *options: str | Path) -> Finished:
    command = ("eval", "--dataset", "folder", "--root", root, "-o", root / "out")
    return samtrack(*command, *FAST, *options)


def test_an_object_may_come_late_but_must_come(tmp_path: Path) -> None:
    write_folder(tmp_path, "ball", 6, first=2)
    assert of_folder(tmp_path).code == 0
    whole = json.loads((tmp_path / "out/results.json").read_text())
    assert whole["clips"][0]["objects"][0]["start"] == 1
    write_folder(tmp_path, "wall", 6, first=9)
    done = of_folder(tmp_path, "--overwrite")
    assert done.code == 2
    assert "'wall' cannot be tracked: all its masks are empty (kept 1 of 2 clips" in done.errors[0]


def test_half_of_the_clips_is_not_passed_off_as_all(tmp_path: Path) -> None:
    write_folder(tmp_path, "ball", 5)
    write_folder(tmp_path, "wall", 5, first=9)
    done = of_folder(tmp_path)
    assert done.out.startswith("lite on folder, 1 of 2 clips\n")
    whole = json.loads((tmp_path / "out/results.json").read_text())
    assert (whole["title"], whole["complete"]) == ("lite on folder, 1 of 2 clips", False)
    assert "1 of 2 clips" in (tmp_path / "out/report.html").read_text()


def test_nothing_is_left_where_nothing_was_scored(tmp_path: Path) -> None:
    write_folder(tmp_path, "wall", 5, first=9)
    done = of_folder(tmp_path)
    assert done.code == 2
    assert "(nothing was scored)" in done.errors[0]
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "out.partial").exists()


def test_too_few_frames_left_is_no_score(tmp_path: Path) -> None:
    write_folder(tmp_path, "ball", 4)
    assert of_folder(tmp_path, "--corrupt", "drop-frames").code == 0
    whole = json.loads((tmp_path / "out/results.json").read_text())
    assert [row["change"] for row in whole["robustness"]] == [None] * 3


def test_a_picture_that_only_the_report_needs(tmp_path: Path) -> None:
    write_folder(tmp_path, "ball", 5)
    for path in (tmp_path / "images/ball").iterdir():
        path.write_bytes(b"no picture")
    command = ("eval", "--dataset", "folder", "--root", tmp_path, "-o", tmp_path / "out")
    done = samtrack(*command, *ALONE, "--predictions", tmp_path / "masks")
    assert done.code == 2
    assert "is damaged" in done.errors[0]
    assert "kept 1 of 1 clips" in done.errors[0]
    assert [row["j_and_f"] for row in rows(tmp_path / "out")] == ["100.0"] * 3


def test_frames_of_two_sizes_are_named(tmp_path: Path) -> None:
    write_folder(tmp_path, "ball", 5)
    write_photo(tmp_path / "images/ball/3.png", film([RED], 1)[0].frame[:50])
    done = of_folder(tmp_path)
    assert done.code == 2
    assert "frame '3' of 'ball' has 160x50 pixels, unlike the first one" in done.errors[0]


def test_the_masks_to_score_are_never_replaced(root: Path, tmp_path: Path) -> None:
    samtrack(*arguments(root), "-o", tmp_path / "out", *FAST)
    before = contents(tmp_path)
    for folder in ("out", "out/predictions"):
        options = ("--predictions", tmp_path / folder, "-o", tmp_path / "out", "--overwrite")
        done = samtrack(*arguments(root), *options)
        assert done.code == 2
        assert f"'{tmp_path / folder}' is read, and would be replaced" in done.errors[0]
    assert contents(tmp_path) == before
    holiday = write_photo(tmp_path / "out/predictions/red/x.png", np.zeros((9, 9, 3), np.uint8))
    assert samtrack(*arguments(root), "-o", tmp_path / "out", "--overwrite", *FAST).code == 2
    assert holiday.exists()


def test_clips_without_truth_are_tracked_all_the_same(root: Path, tmp_path: Path) -> None:
    for number, shot in enumerate(film([RED], 4)):
        write_photo(tmp_path / f"valid/JPEGImages/ball/{number:05}.jpg", shot.frame)
    write_mask(tmp_path / "valid/Annotations/ball/00000.png", film([RED], 1)[0].ids)
    command = ("eval", "--dataset", "youtube", "--root", tmp_path, "--split", "valid")
    done = samtrack(*command, "-o", tmp_path / "out", *FAST)
    assert done.code == 0
    assert "not scored: 1 of the clips" in done.err
    assert len(list((tmp_path / "out/predictions/ball").iterdir())) == 4


def test_ctrl_c_keeps_the_clips_until_then(root: Path, tmp_path: Path) -> None:
    many = tmp_path / "many"
    for clip in range(30):
        for number, shot in enumerate(film([RED], FRAMES)):
            write_photo(many / f"images/{clip:02}/{number}.png", shot.frame)
            write_mask(many / f"masks/{clip:02}/{number}.png", shot.ids)
    process = start("eval", "--dataset", "folder", "--root", many, *FAST, folder=tmp_path)
    begun = tmp_path / "evaluation.partial/predictions/02"
    for _ in range(600):
        if begun.exists() or process.returncode is not None:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert re.search(r"stopped: kept \d+ of 30 clips in .*evaluation\n", err)
    assert len(rows(tmp_path / "evaluation")) >= 5
    assert re.match(r"lite on folder, \d+ of 30 clips\n", out)
