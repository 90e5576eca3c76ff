"""Good files to begin with, made by the product itself where it writes them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from samtracker.checkpoints.load import load_network
from samtracker.checkpoints.manifest import weights_folder
from samtracker.config import TrackerConfig, TrainConfig
from samtracker.model.network import Network
from samtracker.palette import PALETTE
from samtracker.tracker import Tracker
from samtracker.train.training_state import TrainingState
from tests.corpus import pictures
from tests.helpers.cli_tools import FRAMES, SHOTS, first_mask, samtrack, two_balls
from tests.helpers.datasets import write_davis

MODEL = ("--weights", "propagation", "--size", "64", "--precision", "float32", "--device", "cpu")
"""Options of the smallest model."""

VIDEO, MASK = "videos/balls.mp4", "masks/ids.png"
LOG, SAVED, CHECKPOINT = "log.jsonl", "saved.safetensors", "checkpoint.safetensors"
ODD_PICTURES = (
    *(pictures.twelve_bits_in_16, pictures.sixteen_bits, pictures.packed_12_bits),
    *(pictures.float_pages, pictures.pages_in_a_folder, pictures.hidden_colors),
    pictures.webp_by_another_name,
)

COUNT = 5
"""Frames of each video."""


@cache
def network() -> Network:
    """The network of `MODEL`."""
    return load_network("propagation")


def make_samples(folder: Path) -> None:
    """Fills a new folder."""
    folder.mkdir()
    _videos(folder / "videos")
    _pictures(folder / "pictures")
    _masks(folder / "masks")
    _weights(folder / "weights")
    _saved(folder / SAVED)
    _interrupted(folder)
    write_davis(folder / "davis", objects=2)
    _training(folder / CHECKPOINT)


def _videos(folder: Path) -> None:
    folder.mkdir()
    frames = FRAMES[:COUNT]
    two_balls(folder / "balls.mp4", frames, audio="aac")
    two_balls(folder / "fast.mp4", frames, movflags="faststart")
    two_balls(folder / "parts.mp4", frames, movflags="frag_keyframe+empty_moov")
    two_balls(folder / "turned.mov", frames, rotation=(90, False))
    two_balls(folder / "balls.mkv", frames, audio="aac")
    for name, codec in (
        *(("balls.avi", "mpeg4"), ("motion.avi", "mjpeg"), ("balls.ts", "mpeg2video")),
        *(("balls.mpg", "mpeg2video"), ("lossless.mkv", "ffv1")),
    ):
        two_balls(folder / name, frames, codec=codec, options={"strict": "-1"})
    images = [Image.fromarray(frame) for frame in frames]
    for name in ("balls.gif", "balls.webp", "balls.png", "pages.tiff"):
        images[0].save(folder / name, save_all=True, append_images=images[1:], duration=40)


def _pictures(folder: Path) -> None:
    for kind in ("png", "jpg", "tiff", "webp", "bmp"):
        (folder / kind).mkdir(parents=True)
        for number, frame in enumerate(FRAMES[:COUNT]):
            Image.fromarray(frame).save(folder / kind / f"{number:03}.{kind}")
    for make in ODD_PICTURES:
        odd = folder.with_name("odd") / make.__name__
        odd.mkdir(parents=True)
        make(odd)


def _masks(folder: Path) -> None:
    folder.mkdir()
    ids = SHOTS[0].ids
    first_mask(folder / "ids.png", ids)
    first_mask(folder / "binary.png", (255 * (ids == 1)).astype(np.uint8))
    palette = Image.fromarray(ids)
    palette.putpalette(PALETTE.tobytes())
    palette.save(folder / "palette.png")
    colors = Image.fromarray(PALETTE[ids])
    for name in ("colors.png", "colors.bmp", "colors.tiff", "colors.webp", "colors.jpg"):
        colors.save(folder / name)
    alpha = np.dstack([FRAMES[0], 255 * (ids == 1)]).astype(np.uint8)
    Image.fromarray(alpha).save(folder / "alpha.png")
    Image.fromarray(ids.astype(np.uint16) * 300).save(folder / "deep.png")


def _weights(folder: Path) -> None:
    folder.mkdir()
    (folder / "propagation.safetensors").symlink_to(weights_folder() / "propagation.safetensors")
    torch.save(network().state_dict(), folder / "flat.pth")


def _saved(path: Path) -> None:
    config = TrackerConfig(size=64)
    tracker = Tracker(network(), config, device="cpu", precision="float32")
    tracker.init(FRAMES[0], mask=SHOTS[0].ids)
    tracker.step(FRAMES[1])
    tracker.rename(1, "ball")
    tracker.save(path)


def _interrupted(folder: Path) -> None:
    """Leaves a job in `interrupted/out` that can go on, and the log of one that is complete."""
    source = folder / "source"
    source.mkdir()
    for number, frame in enumerate(FRAMES[:COUNT]):
        broken = number == COUNT - 2
        Image.fromarray(frame[:48] if broken else frame).save(source / f"{number}.png")
    job = ("track", source, "--init-mask", folder / MASK, *MODEL)
    out = folder / "interrupted" / "out"
    out.parent.mkdir()
    assert samtrack(*job, "--save", "masks,csv,rle", "-o", out).code == 2
    Image.fromarray(FRAMES[COUNT - 2]).save(source / f"{COUNT - 2}.png")
    (folder / "logged").mkdir()
    logged = ("--end", "0.2", "--save", "csv", "--log", folder / LOG)
    assert samtrack(*job, *logged, "-o", folder / "logged" / "out").code == 0


def _training(path: Path) -> None:
    """Writes the checkpoint of a training of one step, before that step."""
    config = TrainConfig(
        weights="propagation",
        size=64,
        length=2,
        instances=2,
        batch=2,
        warmup=0,
        workers=0,
        pictures=0,
        precision="float32",
    )
    trained = load_network("propagation")
    TrainingState(trained, config, None).checkpoint(("synthetic",)).save(path, trained)
