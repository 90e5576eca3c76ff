"""Many videos: what is tracked again and what is not, what fails, and files behind URLs."""

from __future__ import annotations

import json
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest
from PIL import Image

from samtracker.errors import ConfigError, OutputError, VideoError
from samtracker.jobs.batch import BatchRow, TrackOptions
from tests.helpers.batches import HereEngine, batch, broken, clips, masks_of
from tests.helpers.cli_tools import FRAMES, box_of, contents, first_mask, samtrack, two_balls
from tests.helpers.clips import cut


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user is: three films with their first masks."""
    monkeypatch.chdir(tmp_path)
    clips(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def tracked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes | None]]:
    """What `samtrack track` finds in the films."""
    root = tmp_path_factory.mktemp("tracked")
    films = clips(root)
    for film in sorted(films.glob("*.mp4")):
        done = samtrack(
            *("track", film, "--init-mask", film.with_suffix(".png"), "--threads", "1"),
            *("--size", "64", "--precision", "float32", "--device", "cpu"),
            *("--save", "masks,csv,rle", "-o", root / "out" / film.stem),
        )
        assert done.code == 0
    return masks_of(root / "out")


def statuses(rows: tuple[BatchRow, ...]) -> list[str]:
    return [row.status.value for row in rows]


def ledger(output: Path = Path("out")) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((output / "batch.json").read_text())
    return data


def test_results_are_those_of_track(tracked: dict[str, dict[str, bytes | None]]) -> None:
    seen: list[BatchRow] = []
    rows = batch().run(HereEngine(), on_row=seen.append)
    assert statuses(rows) == ["done"] * 3
    assert tuple(sorted(seen, key=lambda row: row.name)) == rows
    assert [row.frames for row in rows] == [4, 6, 8]
    assert masks_of(Path("out")) == tracked
    row = rows[1]
    assert row.objects == {"1": {"tracking": 6}, "2": {"tracking": 6}}
    assert (row.attempts, row.error) == (1, None)
    noted = ledger()
    assert noted["engine"] == "this process"
    assert [BatchRow.from_dict(item) for item in noted["videos"]] == list(rows)
    page = Path("out/batch.html").read_text()
    for row in rows:
        with Image.open(f"out/thumbnails/{row.name}.jpg") as picture:
            assert picture.size == (240, 144)
        assert f'<img src="thumbnails/{row.name}.jpg"' in page
        assert f'<a href="{row.name}/">' in page
        assert str(row.fps["p50"]) in page
    assert "tracking 100%" in page
    assert sorted(path.name for path in Path("out").iterdir()) == [
        *("batch.html", "batch.json", "clip0", "clip1", "clip2", "thumbnails"),
    ]


def test_what_is_done_is_not_done_again_and_what_has_changed_is(
    tracked: dict[str, dict[str, bytes | None]],
) -> None:
    first = batch().run(HereEngine())
    before = contents(Path("out/clip0"))
    engine = HereEngine()
    assert batch().run(engine) == first
    assert engine.begun == []
    first_mask(Path("clips/clip1.png"), np.zeros_like(FRAMES[0][..., 0]))
    rows = batch(retries=0).run(engine)
    assert engine.begun == ["clip1"]
    assert statuses(rows) == ["done", "failed", "done"]
    assert rows[1].error is not None
    assert masks_of(Path("out")) == tracked  # the old ones, until there are new ones
    first_mask(Path("clips/clip1.png"))
    rows = batch().run(engine)
    assert engine.begun == ["clip1"] * 2
    assert statuses(rows) == ["done"] * 3
    assert contents(Path("out/clip0")) == before
    batch(overwrite=True).run(engine)
    assert engine.begun[2:] == ["clip0", "clip1", "clip2"]


def test_what_was_done_before_it_was_noted_is_not_done_again() -> None:
    rows = batch().run(HereEngine())
    noted = ledger()
    noted["videos"][1] |= {"status": "waiting", "attempts": 0, "frames": 0, "objects": {}}
    Path("out/batch.json").write_text(json.dumps(noted))
    engine = HereEngine()
    again = batch().run(engine)
    assert engine.begun == []
    assert again == rows


def test_a_stopped_video_goes_on_where_it_was(tracked: dict[str, dict[str, bytes | None]]) -> None:
    rows = batch().run(HereEngine(stop_at=3))
    assert statuses(rows) == ["stopped"] * 3
    assert [row.frames for row in rows] == [3] * 3
    assert Path("out/clip1/resume/results.jsonl").is_file()
    rows = batch().run(HereEngine())
    assert statuses(rows) == ["done"] * 3
    assert [row.attempts for row in rows] == [2] * 3
    assert masks_of(Path("out")) == tracked


@contextmanager
def full_disk() -> Iterator[None]:
    """As if the disk were full for every file of more than 4000 bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_what_fails_is_tried_again_and_the_rest_finishes(folder: Path) -> None:
    cut(two_balls(Path("clips/short.mp4"), FRAMES * 4, movflags="faststart"), 0.5)
    Path("clips/corrupt.mp4").write_bytes(b"\0" * 3000)
    for name in ("short", "corrupt"):
        first_mask(Path("clips", f"{name}.png"))
    first_mask(Path("clips/clip0.png"), np.zeros_like(FRAMES[0][..., 0]))
    Path("clips/clip1.png").unlink()
    ids = np.asarray(Image.open("clips/clip2.png")).copy()
    ids[-1] = 255
    first_mask(Path("clips/clip2.png"), ids)
    rows = {row.name: row for row in batch(retries=1).run(HereEngine())}
    assert {name: (row.status.value, row.attempts) for name, row in rows.items()} == {
        "clip0": ("failed", 2),
        "clip1": ("failed", 2),
        "clip2": ("done", 1),
        "corrupt": ("failed", 2),
        "short": ("cut off", 1),
    }
    for name, said in {
        "clip0": "mask 'clips/clip0.png' is empty",
        "clip1": "no prompts for 'clips/clip1.mp4': have clip1.png",
        "corrupt": "'clips/corrupt.mp4'",
        "short": "short.mp4",
    }.items():
        error = rows[name].error
        assert error is not None
        assert said in error
        assert "\n" not in error
    (warning,) = rows["clip2"].warnings
    assert "'clips/clip2.png' has 255 beside other ids" in warning
    assert "has 255 beside other ids" in Path("out/batch.html").read_text()


def test_a_full_disk_fails_the_video_that_needs_it() -> None:
    two_balls(Path("long.mp4"), FRAMES * 2)
    first_mask(Path("long.png"))
    videos = (*batch("clips/clip0.mp4").videos, *batch("long.mp4").videos)
    made = replace(batch(retries=0), videos=videos)
    with full_disk():
        rows = made.run(HereEngine())
    assert statuses(rows) == ["done", "failed"]
    assert rows[1].error is not None
    assert "cannot be written (File too large): free disk space" in rows[1].error


def test_a_fault_of_the_program_is_a_failure_of_the_video() -> None:
    rows = batch("clips/clip0.mp4", make_tracker=broken, retries=0).run(HereEngine())
    assert rows[0].error is not None
    assert rows[0].error.startswith("ZeroDivisionError: of no kind that is expected (batches.py:")


def test_other_results_are_kept() -> None:
    Path("out/clip0").mkdir(parents=True)
    with pytest.raises(OutputError, match="exists already and is of no batch"):
        batch().run(HereEngine())
    batch(output="other").run(HereEngine())
    with pytest.raises(OutputError, match=r"of a batch with save=\['masks', 'csv', 'rle'\]"):
        batch(output="other", save=("csv",)).run(HereEngine())
    with pytest.raises(OutputError, match=r"of a batch with size=None, not 96"):
        batch(output="other", settings={"size": 96}).run(HereEngine())
    two_balls(Path("clip0.mp4"), FRAMES[:5])
    first_mask(Path("clip0.png"))
    with pytest.raises(OutputError, match=r"has results of '.*/clips/clip0.mp4' that are called"):
        batch("clip0.mp4", output="other").run(HereEngine())
    shutil.copytree("other/clip1", "other/mine")
    two_balls(Path("clips/mine.mp4"))
    first_mask(Path("clips/mine.png"))
    with pytest.raises(OutputError, match="/other/mine' exists already and is not of this batch"):
        batch(output="other").run(HereEngine())
    Path("other/batch.json").write_text("[]")
    with pytest.raises(OutputError, match="damaged or of another version"):
        batch(output="other").run(HereEngine())


def test_after_nothing_but_failures_other_settings_are_taken() -> None:
    Path("clips/clip0.png").rename("hidden.png")
    assert statuses(batch("clips/clip0.mp4", retries=0).run(HereEngine())) == ["failed"]
    Path("hidden.png").rename("clips/clip0.png")
    (row,) = batch("clips/clip0.mp4", save=("csv",)).run(HereEngine())
    assert (row.status.value, row.error, row.anew) == ("done", None, False)
    assert ledger()["settings"]["save"] == ["csv"]


def test_files_behind_urls(tracked: dict[str, dict[str, bytes | None]], folder: Path) -> None:
    files = fsspec.filesystem("memory")
    files.put("clips", "/bucket/clips", recursive=True)
    engine = HereEngine()
    rows = batch("memory://bucket/clips", "memory://bucket/out").run(engine)
    assert statuses(rows) == ["done"] * 3
    assert batch("memory://bucket/clips/*.mp4", "memory://bucket/out").run(engine) == rows
    assert engine.begun == ["clip0", "clip1", "clip2"]
    files.get("/bucket/out", str(folder / "got"), recursive=True)
    files.rm("/bucket", recursive=True)
    assert masks_of(Path("got")) == tracked
    summary = json.loads(Path("got/clip1/summary.json").read_text())
    assert summary["source"] == "memory://bucket/clips/clip1.mp4"
    assert Path("got/batch.html").is_file()
    assert Path("got/thumbnails/clip1.jpg").is_file()
    with pytest.raises(VideoError, match=r"'memory://nothing/a\.jsonl' cannot be read"):
        batch("memory://nothing/a.jsonl")
    with pytest.raises(OutputError, match="cannot be written to: give a folder or a URL"):
        batch(output="https://example.org/out").run(engine)


def test_settings_that_do_not_exist() -> None:
    with pytest.raises(ConfigError, match="threads=0 and retries=2 have to be"):
        batch(threads=0)
    with pytest.raises(ConfigError, match="direction='up' does not exist: use forward"):
        TrackOptions(direction="up")


def test_boxes_and_other_folders_of_prompts(folder: Path) -> None:
    """In a manifest; as JSON; and as DAVIS has them, a folder of pictures for each video."""
    for number, frame in enumerate(FRAMES[:4]):
        path = Path("davis/JPEGImages/balls", f"{number:05d}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(frame).save(path)
    Path("davis/Annotations/balls").mkdir(parents=True)
    first_mask(Path("davis/Annotations/balls/00000.png"))
    made = batch("davis/JPEGImages", "davis-out", prompts_from="davis/Annotations")
    assert [(video.name, video.prompts) for video in made.videos] == [
        ("balls", "davis/Annotations/balls/00000.png")
    ]
    box = [float(side) for side in box_of(1).split(",")]
    prompts = {
        "format": "samtracker-prompts-1",
        "objects": [{"prompts": [{"frame": 1, "box": box}]}],
    }
    Path("clips/later.json").write_text(json.dumps(prompts))
    lines = [
        {"video": "clip0.mp4", "name": "boxed", "boxes": [box]},
        {"video": "clip0.mp4", "name": "clicked", "points": [[[36, 34], [5, 5, 0]]]},
        {"video": "clip0.mp4", "name": "later"},
        {"video": "../davis/JPEGImages/balls", "prompts": "clip1.png"},
    ]
    Path("clips/day.jsonl").write_text("\n\n".join(map(json.dumps, lines)) + "\n")
    rows = batch("clips/day.jsonl").run(HereEngine()) + made.run(HereEngine())
    assert [row.error for row in rows] == [None] * 5
    assert [(row.name, row.frames, len(row.objects)) for row in rows] == [
        ("boxed", 4, 1),
        ("clicked", 4, 1),
        ("later", 3, 1),
        ("balls", 4, 2),
        ("balls", 4, 2),
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"video": "a.mp4", "boxs": []}', "line 2: 'boxs' is unknown: there are boxes, name"),
        ('{"name": "a"}', "line 2: no 'video'; docs/batch.md has the format"),
        ("a.mp4", "line 2: Expecting value"),
        ('{"video": "a.mp4", "name": "../a"}', "cannot be called '../a': give it another name"),
        ('{"video": "thumbnails.mp4"}', "cannot be called 'thumbnails': give it another name"),
        ("5", 'line 2: 5 is no video: give {"video": "a.mp4"} a line'),
        ('{"video": "a.mp4", "boxes": [[1, 2]]}', "line 2: boxes=[[1, 2]] does not fit: give a"),
        ('{"video": "a.mp4", "boxes": [1, 2, 3, 4]}', "give a box for each object, as [[10, 20,"),
        ('{"video": "a.mp4", "boxes": [[1, 2, 3, NaN]]}', "boxes=[[1, 2, 3, nan]] does not fit"),
        ('{"video": "a.mp4", "points": [[9, 9]]}', "give a list of clicks for each object, as [[["),
        ('{"video": "a.mp4", "points": [[[9, "9"]]]}', "points=[[[9, '9']]] does not fit"),
        ('{"video": "b/clip0.mp4"}', "would both be called 'clip0': give one of them another"),
    ],
)
def test_a_manifest_says_what_is_wrong_with_it(line: str, said: str) -> None:
    Path("day.jsonl").write_text('{"video": "clips/clip0.mp4"}\n' + line)
    with pytest.raises(ConfigError) as raised:
        batch("day.jsonl")
    assert said in str(raised.value)


def test_a_batch_without_videos() -> None:
    Path("pictures").mkdir()
    first_mask(Path("pictures/0.png"))
    for source, said in {
        "pictures": "no video in 'pictures': check the path; a folder of pictures is one video",
        "*.avi": r"no file matches '\*.avi'",
        "clips/none.mp4": "no such file or folder: 'clips/none.mp4'; check the path",
        "memory://none.mp4": "no such file or folder: 'memory://none.mp4'",
        "day.json": r"'day.json' is no video: a manifest has JSON lines and ends in \.jsonl",
    }.items():
        with pytest.raises(ConfigError, match=said):
            batch(source)
    with pytest.raises(VideoError, match=r"'nowhere\.jsonl' cannot be read"):
        batch("nowhere.jsonl")
    with pytest.raises(VideoError, match="'nowhere' cannot be read"):
        batch("clips", prompts_from="nowhere")
