"""Bad input: exit code 2, one line that says what to do, and nothing lost or left behind."""

from __future__ import annotations

import json
import pickle
import resource
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from samtracker.errors import OutputError
from samtracker.results.writers import MaskWriter
from samtracker.types import FrameResult, State, TrackedObject
from samtracker.video.read import VideoFrame
from tests.helpers.cli_tools import (
    FAST,
    FRAMES,
    SHOTS,
    contents,
    first_mask,
    frames_in,
    samtrack,
    two_balls,
)
from tests.helpers.clips import cut, damage

Refused = Callable[..., str]

MASK = ("--init-mask", "first.png")


class Malicious:
    """A pickle that writes a file when it is loaded."""

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (Path("executed"),)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user is, without a screen and without downloaded weights."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SAMTRACKER_HOME", str(tmp_path / "home"))
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    two_balls(tmp_path / "balls.mp4")
    first_mask(tmp_path / "first.png")
    return tmp_path


@pytest.fixture
def refused(folder: Path, capfd: pytest.CaptureFixture[str]) -> Refused:
    """Runs a command that must be refused; what it says after `Error: `."""

    def refuse(*arguments: str, usage: bool = False) -> str:
        before = contents(folder)
        done = samtrack(*arguments)
        assert (done.code, done.out) == (2, "")
        lines = done.err.splitlines()
        assert lines[-1].startswith("Error: ")
        if usage:
            assert lines[0].startswith("Usage: samtrack ")
            assert len(done.errors) == 1
        else:
            assert len(lines) == 1
        # Neither FFmpeg nor OpenCV nor Qt wrote past Python.
        assert capfd.readouterr() == ("", "")
        assert contents(folder) == before
        return lines[-1].removeprefix("Error: ")

    return refuse


def test_sources_that_cannot_be_read(folder: Path, refused: Refused) -> None:
    (folder / "text.mp4").write_text("hello\n" * 100)
    (folder / "zero.mp4").touch()
    (folder / "empty").mkdir()
    cut(two_balls(folder / "cut.mp4"), 0.6)  # the index at its end is gone
    assert refused("track", "none.mp4", *MASK) == (
        "no such file or folder: 'none.mp4'; check the path"
    )
    assert "'text.mp4' is not a video that can be read" in refused("track", "text.mp4", *MASK)
    assert "'zero.mp4' is empty (0 bytes)" in refused("track", "zero.mp4", *MASK)
    assert "'cut.mp4' is damaged or incomplete" in refused("track", "cut.mp4", *MASK)
    assert "no image in folder 'empty'" in refused("track", "empty", *MASK)
    assert "no image in pattern 'empty/*.png'" in refused("track", "empty/*.png", *MASK)
    assert "camera 7 cannot be opened" in refused("track", "7", *MASK)


def test_an_address_nobody_answers_at(refused: Refused) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    url = f"http://127.0.0.1:{port}/balls.mp4"
    assert f"'{url}' cannot be opened (Connection refused)" in refused("track", url, *MASK)


def test_masks_that_show_nothing(folder: Path, refused: Refused) -> None:
    first_mask(folder / "empty.png", np.zeros_like(SHOTS[0].ids))
    first_mask(folder / "square.png", SHOTS[0].ids[:, :96])
    (folder / "text.png").write_text("hello")
    (folder / "via.json").write_text('{"_via_img_metadata": {}}')
    (folder / "boxes.txt").write_text("0 0.5 0.5 0.2 0.2")
    for name, reason in {
        "empty.png": "is empty: paint each object",
        "square.png": "is 96x96 pixels but the frame is 160x96, another aspect ratio",
        "text.png": "cannot be read as a picture: give a PNG file",
        "balls.mp4": "cannot be read as a picture",
        "via.json": "is a VIA file, which is not read: export it as masks (PNG), COCO",
        "boxes.txt": "has boxes but no outlines: give them with --init-box x1,y1,x2,y2",
        "none.png": "does not exist: check the path",
        ".": "cannot be read as a picture",
    }.items():
        said = refused("track", "balls.mp4", "--init-mask", name)
        assert said.startswith(f"mask '{name}' {reason}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "nothing to track: give --init-mask FILE, --init-box x1,y1,x2,y2 or --init-point"),
        (["--init-box", "50,10,40,60"], "box=(50.0, 10.0, 40.0, 60.0) is empty"),
        (["--init-box", "0,nan,9,9"], "is empty: give x1,y1,x2,y2"),
        (["--init-box", "200,0,300,50"], "lies outside the 160x96 frame"),
        (["--init-point", "160,5"], "point 160,5 lies outside the 160x96 frame"),
        (["--init-point", "5,5,2"], "has label 2: use 1 (object) or 0 (background)"),
        (["--init-point", "5,5,0"], "points need at least one click on the object"),
        ([*MASK, "--start", "9"], "start=9.0 is past the end of 'balls.mp4', which lasts 0.400 s"),
        ([*MASK, "--start", "0.39"], "'balls.mp4' has no frame from 0.39 s to its end"),
        ([*MASK, "--start", "0.13", "--end", "0.15"], "has no frame from 0.13 s to 0.15 s"),
        ([*MASK, "--start", "-1"], "start=-1.0 is not a time"),
        ([*MASK, "--end", "0"], "end=0.0 is not after start=0.0"),
        ([*MASK, "--end", "inf"], "end=inf is not a time: give seconds, or nothing for the whole"),
        ([*MASK, "--end", "1e308"], "end=1e+308 is not a time"),
        ([*MASK, "--end", "nan"], "end=nan is not after start=0.0"),
        ([*MASK, "--start", "inf"], "start=inf is not a time"),
        ([*MASK, "--start", "1e308"], "start=1e+308 is not a time"),
        ([*MASK, "--stride", "0"], "stride=0 is not possible: give 1 or more"),
        ([*MASK, "--stride", "1000000001"], "give 1 or more, up to 1000000000"),
        ([*MASK, "--encoder", "vit"], "encoder='vit' does not exist: use one of lite, vit_b"),
        ([*MASK, "--encoder", "vit_h", "--weights", "lite"], "--encoder vit_h does not fit"),
        ([*MASK, "--encoder", "vit_b"], "run: samtrack weights download vit_b"),
        ([*MASK, "--weights", "heavy"], "neither an existing file nor one of lite, propagation"),
        ([*MASK, "--weights", "first.png"], "must be a .safetensors, .pt or .pth file"),
        ([*MASK, "--device", "tpu"], "device='tpu' does not exist: use one of auto, cuda"),
        ([*MASK, "--precision", "int8"], "precision='int8' does not exist: use one of auto"),
        ([*MASK, "--size", "10"], "size=10 does not fit: give 64 to 4096 pixels"),
        ([*MASK, "--memory", "bank:0"], "memory='bank:0' does not exist: use 'rolling'"),
        ([*MASK, "--feedback", "loud"], "feedback='loud' does not exist: use one of hard, soft"),
        (
            [*MASK, "--max-objects", "0"],
            "--max-objects 0 does not fit: give at least 1 and at most",
        ),
        ([*MASK, "--max-objects", "1"], "2 objects are more than --max-objects 1: mark fewer"),
        ([*MASK, "--mask-kind", "grey"], "--mask-kind 'grey' does not exist: use auto, ids"),
        ([*MASK, "--show"], "no window can be opened"),
        ([*MASK, "-o", "first.png"], "first.png' exists already: choose another with --output"),
        ([*MASK, "-o", "first.png/out"], "cannot be written (Not a directory)"),
        ([*MASK, "-o", "/proc/out"], "'/proc/out' cannot be written"),
        ([*MASK, "-o", ".", "--overwrite"], "is no result of samtrack: choose another"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options_that_do_not_fit(refused: Refused, arguments: list[str], said: str) -> None:
    assert said in refused("track", "balls.mp4", *arguments)


def test_numbers_that_no_float_holds(refused: Refused) -> None:
    said = refused("track", "balls.mp4", *MASK, "--stride", "9" * 400)
    assert said.endswith("9 is not possible: give 1 or more, up to 1000000000")


@pytest.mark.parametrize("option", ["--output", "--log"])
def test_links_that_lead_back_to_themselves(folder: Path, option: str) -> None:
    (folder / "loop").symlink_to("loop")
    done = samtrack("track", "balls.mp4", *MASK, option, "loop")
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert "loop' is a link that leads back to itself: choose another" in done.errors[0]
    assert {path.name for path in folder.iterdir()} == {"balls.mp4", "first.png", "loop"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["balls.mp4", "--init-box", "1,2,3"], "'1,2,3' is no box: give x1,y1,x2,y2 in pixels"),
        (["balls.mp4", "--init-box", "a,b,c,d"], "'a,b,c,d' is no box"),
        (["balls.mp4", "--init-point", "5"], "'5' is no click: give x,y or x,y,1 or x,y,0"),
        (["balls.mp4", "--init-point", "5,5;"], "'' is no click"),
        (["balls.mp4", "--save", "masks,tiff"], "'tiff' does not exist: use overlay, masks, rle"),
        (["balls.mp4", "--size", "big"], "'big' is not a valid integer"),
        (["balls.mp4", "--speed", "9"], "No such option"),
        ([], "Missing argument 'VIDEO'"),
    ],
    ids=str,
)
def test_options_that_make_no_sense(refused: Refused, arguments: list[str], said: str) -> None:
    assert said in refused("track", *arguments, usage=True)


@pytest.mark.parametrize(("tag", "count"), [(258, 3), (277, 1)])
def test_libraries_say_nothing_past_us(
    folder: Path, refused: Refused, tag: int, count: int
) -> None:
    """Pillow warns of bits per sample that are nowhere and logs too many samples; tifffile logs."""
    path = folder / "odd.tiff"
    Image.fromarray(FRAMES[0]).save(path)
    data = bytearray(path.read_bytes())
    value = data.index(struct.pack("<HHI", tag, 3, count)) + 8
    data[value : value + 4] = struct.pack("<I", 65283)
    path.write_bytes(data)
    assert "cannot be read as a picture" in refused("track", "balls.mp4", "--init-mask", "odd.tiff")
    assert "odd.tiff' can be read" in refused("track", "odd.tiff", *MASK)


def test_weights_that_were_tampered_with(folder: Path, refused: Refused) -> None:
    fake = folder / "home" / "sam_vit_b_01ec64.pth"
    fake.parent.mkdir()
    torch.save({"image_encoder.pos_embed": torch.zeros(1, 64, 64, 768)}, fake)
    said = refused("track", "balls.mp4", *MASK, "--encoder", "vit_b")
    assert said.startswith(f"weights {fake} are damaged or tampered with (sha256 ")
    assert said.endswith("run: samtrack weights download vit_b")


def test_a_pickle_is_not_executed(folder: Path, refused: Refused) -> None:
    with (folder / "evil.pth").open("wb") as file:
        pickle.dump(Malicious(), file)
    torch.save({"image_encoder.pos_embed": Malicious()}, folder / "evil.pt")
    for name in ("evil.pth", "evil.pt"):
        said = refused("track", "balls.mp4", *MASK, "--weights", name)
        assert f"weights {name} are damaged or hold more than tensors" in said
        assert not (folder / "executed").exists()
    with (folder / "evil.pth").open("rb") as file:
        pickle.load(file)
    assert (folder / "executed").exists()  # the trap works


def test_what_an_interrupted_run_left_is_kept(folder: Path, refused: Refused) -> None:
    (folder / "balls-tracked.partial" / "masks").mkdir(parents=True)
    first_mask(folder / "balls-tracked.partial" / "masks" / "00000.png")
    said = refused("track", "balls.mp4", *MASK)
    assert "balls-tracked.partial' holds the results of an interrupted run" in said
    assert samtrack("track", "balls.mp4", *MASK, *FAST, "--overwrite").code == 0
    assert not (folder / "balls-tracked.partial").exists()


def test_a_refused_run_that_may_overwrite_leaves_the_old_results(refused: Refused) -> None:
    assert samtrack("track", "balls.mp4", *MASK, *FAST, "-o", "out").code == 0
    refused("track", "balls.mp4", "--init-mask", "none.png", "-o", "out", "--overwrite")
    refused("track", "balls.mp4", *MASK, "-o", "out", "--overwrite", "--weights", "heavy")


def test_a_video_that_was_cut_off_is_tracked_as_far_as_it_goes(folder: Path) -> None:
    cut(two_balls(folder / "cut.mp4", FRAMES * 2, movflags="faststart"), 0.6)
    done = samtrack("track", "cut.mp4", *MASK, *FAST)
    summary = json.loads(done.out)
    count = summary["frames"]
    assert 3 <= count < 20
    assert summary["truncated"]
    assert done.code == 2
    assert done.errors == [
        "Error: 'cut.mp4' is cut off or damaged at its end: kept all that can be read, "
        f"{count} frames in {folder / 'cut-tracked'}"
    ]
    assert len(frames_in(folder / "cut-tracked" / "overlay.mp4")) == count
    assert len(list((folder / "cut-tracked" / "masks").iterdir())) == count


def test_damaged_frames_are_left_out_and_counted(folder: Path) -> None:
    damage(two_balls(folder / "holed.mp4", FRAMES * 2), 600)
    done = samtrack("track", "holed.mp4", *MASK, *FAST)
    assert (done.code, done.errors) == (0, [])
    lost = json.loads(done.out)["unreadable"]
    assert lost > 0
    assert f"in {folder / 'holed-tracked'}, {lost} damaged left out" in done.err


def test_a_source_that_goes_wrong_in_the_middle(folder: Path) -> None:
    (folder / "pictures").mkdir()
    for number, frame in enumerate(FRAMES):
        picture = frame if number < 6 else frame[:48]
        Image.fromarray(picture).save(folder / "pictures" / f"{number}.png")
    done = samtrack("track", "pictures", *MASK, *FAST)
    assert done.code == 2
    reason = (
        "image 'pictures/6.png' has 160x48 pixels, but the first frame has 160x96: "
        "all must have the same size"
    )
    assert done.errors == [
        f"Error: stopped early: {reason}; kept 6 frames in {folder / 'pictures-tracked'}; "
        f"go on with: samtrack track --resume {folder / 'pictures-tracked'}"
    ]
    summary = json.loads(done.out)
    assert (summary["frames"], summary["failed"]) == (6, reason)
    assert len(frames_in(folder / "pictures-tracked" / "overlay.mp4")) == 6
    assert len(list((folder / "pictures-tracked" / "masks").iterdir())) == 6


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """As if the disk were full for every file of more than `size` bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_keeps_what_was_written(folder: Path) -> None:
    with largest_file(4000):
        done = samtrack("track", "balls.mp4", *MASK, *FAST, "--save", "masks,csv,rle")
    assert done.code == 2
    summary = json.loads(done.out)
    count = summary["frames"]
    assert 1 <= count < 10
    (error,) = done.errors
    assert error.startswith("Error: stopped early: '")
    assert "masks.jsonl' cannot be written (File too large)" in error
    kept = (
        f"; kept {count} frames in {folder / 'balls-tracked'}; the job cannot be resumed, for it "
    )
    assert f"{kept}could not be saved: cannot write " in error
    assert "tracker.safetensors: File too large" in error
    assert json.loads((folder / "balls-tracked" / "summary.json").read_text()) == summary
    assert len(list((folder / "balls-tracked" / "masks").iterdir())) >= count


def test_a_disk_that_is_full_for_the_summary_too_keeps_what_was_written(folder: Path) -> None:
    job = ("track", "balls.mp4", *MASK, "--size", "64", "--save", "masks,csv,rle")
    with largest_file(600):
        done = samtrack(*job)
    assert done.code == 2
    count = json.loads(done.out)["frames"]
    (error,) = done.errors
    assert error.startswith("Error: stopped early: '")
    assert " cannot be written (File too large): free disk space or choose another " in error
    assert f" place; kept {count} frame" in error
    assert "; the job cannot be resumed, for it could not be saved: cannot write " in error
    kept = folder / "balls-tracked"
    assert not (kept / "summary.json").exists()
    assert len((kept / "tracks.csv").read_text().splitlines()) >= 1 + 2 * count
    refused = samtrack("track", "--resume", kept)
    assert (refused.code, "holds no interrupted job" in refused.errors[0]) == (2, True)


def test_a_run_that_stops_early_replaces_no_older_results(folder: Path) -> None:
    job = ("track", "balls.mp4", *MASK, *FAST, "--save", "rle", "-o", "out")
    assert samtrack(*job).code == 0
    before = contents(folder / "out")
    with largest_file(4000):
        done = samtrack(*job, "--overwrite")
    assert done.code == 2
    count = json.loads(done.out)["frames"]
    assert f"; kept {count} frames in {folder / 'out.partial'}; the job cannot" in done.errors[0]
    assert contents(folder / "out") == before
    assert len((folder / "out.partial" / "masks.jsonl").read_text().splitlines()) >= count


def test_a_full_disk_leaves_no_half_picture(folder: Path) -> None:
    writer = MaskWriter(folder / "masks")
    noise = np.random.default_rng(0).random((96, 160)) > 0.5
    result = FrameResult(
        index=0,
        timestamp=None,
        size=(96, 160),
        objects=(
            TrackedObject(id=1, mask=noise, box=(0, 0, 160, 96), score=1.0, state=State.TRACKING),
        ),
    )
    with largest_file(400), pytest.raises(OutputError, match=r"00000\.png' cannot be written"):
        writer.write(VideoFrame(index=0, time=0.0, image=FRAMES[0]), result)
    assert list((folder / "masks").iterdir()) == []
