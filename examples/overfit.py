"""Overfit one pair of frames with the base recipe: the first thing to try with a new idea.

python examples/overfit.py overfit

Afterwards overfit/samples.png shows the frame, the truth and the output side by side.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from samtracker.checkpoints.load import load_network
from samtracker.config import TrainConfig
from samtracker.data.synthetic_source import SyntheticSource
from samtracker.data.training_set import TrainingSet
from samtracker.train.loop import train
from samtracker.train.metrics_log import read_metrics


def main(target: str) -> None:
    folder = Path(target)
    folder.mkdir()
    config = replace(
        TrainConfig.preset("base"), instances=1, epochs=100, size=128, workers=0, seed=3
    )
    pair = TrainingSet([(SyntheticSource(size=128), 1.0)], count=1, size=128, seed=config.seed)
    train(load_network("lite"), config, pair, folder)
    first, *_, last = read_metrics(folder)
    print(f"IoU {first['iou']:.3f} before, IoU {last['iou']:.3f} after {config.steps} epochs")


if __name__ == "__main__":
    main(*sys.argv[1:])
