"""Measure how well the score of a mask tells its IoU with the truth; or make it tell it well.

    python benchmarks/calibration.py --data davis:DAVIS:dev --data davis2017:MULTI:all
    python benchmarks/calibration.py --data davis:DAVIS:dev2 --fit calibrated.safetensors

Frames with a mask are sorted into ten bins by its score; the error is the mean distance between the
mean score and the mean IoU of a bin, weighted by its frames (Naeini et al., AAAI 2015; Guo et al.,
ICML 2017, with the IoU in place of the accuracy).

With --fit the shift and the scale of `samtracker.model.confidence` are fitted, by cross entropy, so
that each clip counts alike, and written to a weight file. The clips must be in no test.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from tqdm import tqdm

from samtracker import Tracker
from samtracker.checkpoints.files import load_state
from samtracker.checkpoints.load import load_network, save_network
from samtracker.data.clip import IGNORED, Clip, labeled_frame
from samtracker.data.mixture import read_clips
from samtracker.diagnostics.machine import describe
from samtracker.evaluate.metrics import region_similarity

BINS = 10

LOW = 0.6
"""IoU below which a mask is a bad one."""

PLAIN = (0.0, 1.0)


@dataclass(frozen=True)
class Pairs:
    """What the masks of a clip, those of the user aside, are said to be and are.

    Attributes:
        scores: (n,), 0 to 1.
        ious: (n,) with the truth, 0 to 1.
    """

    scores: NDArray[np.float64]
    ious: NDArray[np.float64]


def pairs(tracker: Tracker, clip: Clip) -> Pairs:
    """Track the objects of a clip's first labeled frame."""
    found = []
    for number in range(clip.labeled[0], len(clip)):
        if number not in clip.labeled:
            tracker.step(clip.frame(number))
            continue
        frame, ids = labeled_frame(clip, number)
        if number == clip.labeled[0]:
            ids = np.where(ids == IGNORED, 0, ids)
            tracker.init(frame, mask={int(i): ids == i for i in np.unique(ids) if i})
            continue
        found += [
            (item.score, region_similarity(item.mask, ids == item.id))
            for item in tracker.step(frame).objects
            if item.box is not None
        ]
    return Pairs(*np.array(found).reshape(-1, 2).T)


def fitted(clips: list[Pairs]) -> tuple[float, float]:
    """Return the calibration with which plain scores tell the IoU best."""
    kept = [clip for clip in clips if len(clip.ious)]
    scores = torch.from_numpy(np.concatenate([clip.scores for clip in kept]))
    ious = torch.from_numpy(np.concatenate([clip.ious for clip in kept]))
    weights = torch.cat([torch.full((len(clip.ious),), 1 / len(clip.ious)) for clip in kept])
    logits = torch.logit(scores, eps=1e-3)
    calibration = torch.tensor(PLAIN, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([calibration], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        said = calibration[0] + calibration[1] * logits
        error = F.binary_cross_entropy_with_logits(said, ious, weight=weights / weights.sum())
        error.backward()  # type: ignore[no-untyped-call]
        return error

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    shift, scale = (round(float(value), 4) for value in calibration.detach())
    return shift, scale


def error_table(scores: NDArray[np.float64], ious: NDArray[np.float64]) -> dict[str, object]:
    """Print the bins and the error, and return them for JSON."""
    bins = (BINS * scores).astype(int).clip(max=BINS - 1)
    rows = []
    print(f"{'score':12}{'frames':>8}{'mean score':>12}{'mean IoU':>10}")
    for number in np.unique(bins):
        inside = bins == number
        score, iou = float(scores[inside].mean()), float(ious[inside].mean())
        low, high = number / BINS, (number + 1) / BINS
        frames = int(inside.sum())
        rows.append({"from": low, "frames": frames, "score": round(score, 4), "iou": round(iou, 4)})
        print(f"{f'{low:.1f} to {high:.1f}':12}{frames:8}{score:12.3f}{iou:10.3f}")
    error = sum(
        (bins == number).sum() * abs(scores[bins == number].mean() - ious[bins == number].mean())
        for number in np.unique(bins)
    ) / len(scores)
    bad = ious < LOW
    of_bad = round(float(scores[bad].mean()), 4) if bad.any() else None
    print(f"expected calibration error {error:.3f} over {len(scores)} masks")
    print(f"mean score of the {bad.sum()} masks with an IoU below {LOW}: {of_bad}")
    return {"masks": len(scores), "error": round(float(error), 4), "of_bad": of_bad, "bins": rows}


def main() -> None:
    """Print the bins and the error, and write them as JSON; or fit, and write weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", action="append", required=True, metavar="KIND:PATH[:SPLIT]")
    parser.add_argument("--weights", default="lite")
    parser.add_argument("--fit", type=Path, metavar="FILE", help="weight file to write")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/calibration.json"))
    args = parser.parse_args()
    clips = [clip for text in args.data for clip in read_clips(text)]
    network = load_network(args.weights)
    if args.fit is not None:
        network.config = replace(network.config, calibration=PLAIN)
    tracker = Tracker(network)
    found = [pairs(tracker, clip) for clip in tqdm(clips)]
    scores = np.concatenate([clip.scores for clip in found])
    ious = np.concatenate([clip.ious for clip in found])
    table = error_table(scores, ious)
    if args.fit is None:
        result = {"machine": describe(), "weights": args.weights, "data": args.data, **table}
        args.output.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
        return
    calibration = fitted(found)
    fresh = load_network(args.weights)  # the tracker's is in the precision that it runs in
    fresh.config = replace(fresh.config, calibration=calibration)
    assert fresh.file is not None, "it was loaded"
    _, metadata = load_state(fresh.file)
    own = {name: text for name, text in metadata.items() if name not in ("format", "config")}
    save_network(args.fit, fresh, own)
    print(f"calibration {calibration}: wrote {args.fit}")


if __name__ == "__main__":
    main()
