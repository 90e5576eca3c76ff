"""Measure what states are for: masks while an object is absent, and how soon it is recovered.

    python benchmarks/absence.py                  # painted clips, see hidden.py
    python benchmarks/absence.py --root DAVIS     # and clips of DAVIS whose object hides

Every clip is tracked with states and without: then no frame is doubted but one without a mask, and
an object is never lost. An object that came back counts as found in a frame whose mask has IoU 0.5
with the truth, and whose state says that there is one.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import hidden
import numpy as np
from footage import DavisClip
from tqdm import tqdm

from samtracker import Tracker
from samtracker.config import TrackerConfig
from samtracker.data.sample import MAIN
from samtracker.diagnostics.machine import describe
from samtracker.evaluate.absence import absence
from samtracker.evaluate.metrics import region_similarity
from samtracker.types import Frame, Mask, State, TrackedObject

SOON = 15
"""Number of frames within which an object that came back should be found."""

NEVER = 1_000_000
STATELESS = TrackerConfig(
    absent_score=0.0,
    absent_share=0.0,
    doubtful_score=0.0,
    doubtful_similarity=-1.0,
    largest_growth=float(NEVER),
    largest_step=float(NEVER),
    lost_after=NEVER,
    patience=NEVER,
)
DAVIS = ("bmx-bumps", "soccerball")


@dataclass
class Kind:
    """Counts over the clips of one kind."""

    absent: int = 0
    empty: int = 0
    returns: int = 0
    found: int = 0
    ious: list[float] = field(default_factory=list)

    def add(self, items: list[TrackedObject], truths: list[Mask]) -> None:
        """Count a clip, of which results and truths leave out the first frame."""
        ious = [
            region_similarity(item.mask, truth) for item, truth in zip(items, truths, strict=True)
        ]
        sure = [
            iou if item.state in (State.TRACKING, State.REACQUIRED) else 0.0
            for item, iou in zip(items, ious, strict=True)
        ]
        present = [bool(truth.any()) for truth in truths]
        gone = absence(present, [item.box is not None for item in items], sure, seen=True)
        self.absent += gone.frames
        self.empty += gone.frames - gone.false_masks
        delays = gone.recovery_delays
        self.returns += len(delays)
        self.found += sum(delay is not None and delay <= SOON for delay in delays)
        self.ious += [iou for iou, shown in zip(ious, present, strict=True) if shown]

    def to_dict(self) -> dict[str, float | None]:
        """Return the counts for JSON, with shares in percent; a share of nothing is None."""
        return {
            "absent_frames": self.absent,
            "empty_percent": _percent(self.empty, self.absent),
            "returns": self.returns,
            "found_percent": _percent(self.found, self.returns),
            "visible_frames": len(self.ious),
            "iou_percent": round(100 * float(np.mean(self.ious)), 1),
        }


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def painted(kind: str, count: int) -> Iterator[tuple[list[Frame], list[Mask]]]:
    """Yield frames and masks of clips of a kind in hidden.py."""
    for seed in range(count):
        frames, ids = getattr(hidden, kind)(seed).film()
        yield list(frames), list(ids == MAIN)


def filmed(root: Path, name: str) -> Iterator[tuple[list[Frame], list[Mask]]]:
    """Yield frames and masks of one clip of DAVIS."""
    clip = DavisClip(root, name)
    yield clip.frames(), clip.masks()


def measure(
    trackers: dict[str, Tracker], clips: Iterable[tuple[list[Frame], list[Mask]]]
) -> dict[str, Kind]:
    """Run each tracker on each clip."""
    kinds = {name: Kind() for name in trackers}
    for frames, masks in clips:
        for name, tracker in trackers.items():
            tracker.init(frames[0], mask=masks[0])
            items = [tracker.step(frame)[1] for frame in tqdm(frames[1:], name, leave=False)]
            kinds[name].add(items, masks[1:])
    return kinds


def main() -> None:
    """Print a table and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=12, help="painted clips of each kind")
    parser.add_argument("--root", type=Path)
    parser.add_argument("--weights", default="lite")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/absence.json"))
    args = parser.parse_args()
    with_states = Tracker.from_pretrained(args.weights)
    without = Tracker.from_pretrained(args.weights)
    without.config = replace(STATELESS, size=without.config.size)
    trackers = {"with states": with_states, "without": without}
    rows = {kind: measure(trackers, painted(kind, args.clips)) for kind in ("occluded", "outside")}
    for name in DAVIS if args.root else ():
        rows[name] = measure(trackers, filmed(args.root, name))
    print(f"{'':24}{'absent':>8}{'empty':>8}{'returns':>9}{'found':>8}{'IoU seen':>10}")
    table = {
        f"{kind}, {name}": result.to_dict()
        for kind, results in rows.items()
        for name, result in results.items()
    }
    for title, row in table.items():
        cells = [
            f"{'-' if value is None else value:>8}"
            for key, value in row.items()
            if key != "visible_frames"
        ]
        print(f"{title:24}{' '.join(cells)}")
    result = {"machine": describe(), "clips": args.clips, "rows": table}
    args.output.write_text(json.dumps(result, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
