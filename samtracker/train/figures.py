"""Figures of a training: its curves, and samples of what the network predicts."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from samtracker.files import writing
from samtracker.train.metrics_log import read_metrics
from samtracker.train.rollout import Rollout
from samtracker.video.stills import write_still

CURVES: Final = "curves.png"
SAMPLES: Final = "samples.png"

TINT: Final = np.array([255, 64, 0])
"""RGB color that is blended over a mask."""


def draw_curves(folder: Path) -> None:
    """Draw `curves.png` from `metrics.csv`: loss, IoU and learning rate over the steps.

    Args:
        folder: Folder of the training.

    Raises:
        OutputError: The figure cannot be written.
    """
    from matplotlib.figure import Figure

    rows = read_metrics(folder)
    steps = [row["step"] for row in rows]
    figure = Figure(figsize=(9, 8), layout="constrained")
    for axes, name in zip(
        figure.subplots(3, 1, sharex=True), ("loss", "iou", "learning_rate"), strict=True
    ):
        values = np.array([row[name] for row in rows])
        axes.plot(steps, values, alpha=0.35 if name != "learning_rate" else 1)
        if name != "learning_rate" and len(values) > 20:
            width = max(2, len(values) // 40)
            smooth = np.convolve(values, np.full(width, 1 / width), mode="valid")
            axes.plot(steps[width - 1 :], smooth, color="C0")
        axes.set_ylabel(name.replace("_", " "))
        axes.grid(alpha=0.3)
    axes.set_xlabel("step")
    with writing(folder / CURVES):
        figure.savefig(folder / CURVES, dpi=100)


@torch.no_grad()
def draw_samples(folder: Path, rollout: Rollout, frames: Tensor, masks: Tensor) -> None:
    """Draw `samples.png`: for each clip its last frame, the truth in it, and the prediction.

    Args:
        folder: Folder of the training.
        rollout: Holds the network to show.
        frames: RGB uint8 (b, T, 3, S, S).
        masks: Bool (b, T, S, S).

    Raises:
        OutputError: The figure cannot be written.
    """
    logits, _ = rollout.track(frames, masks[:, 0], range(len(frames)))
    rows = []
    for clip, truth, predicted in zip(frames, masks, logits, strict=True):
        image = clip[-1].permute(1, 2, 0).cpu().numpy()
        pictures = (image, _tinted(image, truth[-1]), _tinted(image, predicted[-1] > 0))
        rows.append(np.concatenate([np.pad(p, ((4, 4), (4, 4), (0, 0))) for p in pictures], axis=1))
    write_still(folder / SAMPLES, np.concatenate(rows))


def _tinted(image: NDArray[np.uint8], mask: Tensor) -> NDArray[np.uint8]:
    inside = mask.cpu().numpy()[..., None]
    tinted: NDArray[np.uint8] = np.where(inside, (image + TINT) // 2, image).astype(np.uint8)
    return tinted
