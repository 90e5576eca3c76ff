"""Measure what prompts in several frames and both directions bring, and the memory they take.

    python benchmarks/directions.py scores --root DAVIS --split dev --split dev2 [--clip NAME]
    python benchmarks/directions.py memory [--minutes 10] [--stride 30]

scores: J&F of each clip from the mask of its first frame, from that of its middle frame in both
directions, and from those of its first and last frame; of the same frames, all but these three.
Where the object is not in one of them, the nearest that shows it is taken.

memory: peak of `samtrack track --direction both` over that of `--direction forward`, on a 1080p
video of the demo's clip, forward and back, again and again. So that the network does not hide what
the rest takes, it works at a small size and in every n-th frame; all frames are decoded. The prompt
is a mask, for finding what is in a box takes more memory than all else.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np
from footage import DavisClip, davis_split, demo_frames
from tqdm import tqdm

from samtracker import Tracker, VideoWriter
from samtracker.diagnostics.machine import describe
from samtracker.evaluate.metrics import boundary_accuracy, region_similarity
from samtracker.jobs import Place, PlacedPrompt, PromptedObject, annotate
from samtracker.results.writers import save_ids
from samtracker.video.image_source import IMAGE_FPS

COLUMNS = {
    "first": ("forward", ("first",)),
    "middle": ("both", ("middle",)),
    "first and last": ("both", ("first", "last")),
}
"""Direction and frames with prompts of each column."""

LEAST = 64
"""Pixels of an object that is pointed at."""

FPS = 30

MOST = 1.15
"""Peak of both directions, at most, over that of one."""


def scores(tracker: Tracker, root: Path, clip: DavisClip) -> dict[str, float]:
    """Return J&F of each column, in percent."""
    truth = clip.masks()
    shown = [number for number, mask in enumerate(truth) if mask.sum() >= LEAST]
    middle = min(shown, key=lambda number: abs(number - len(truth) // 2))
    places = {"first": shown[0], "middle": middle, "last": shown[-1]}
    counted = set(range(shown[0], shown[-1])) - set(places.values())
    found = {}
    for name, (direction, prompted) in COLUMNS.items():
        prompts = tuple(
            PlacedPrompt(place=Place(frame=places[one]), mask=truth[places[one]])
            for one in prompted
        )
        values = []
        for result in annotate(
            root / "JPEGImages" / "480p" / clip.name,
            [PromptedObject(name="", prompts=prompts)],
            direction=direction,
            tracker=tracker,
        ):
            number = round((result.timestamp or 0.0) * IMAGE_FPS)
            if number in counted:
                pair = result[1].mask, truth[number]
                values.append((region_similarity(*pair) + boundary_accuracy(*pair)) / 2)
        assert len(values) == len(counted), "all frames have results"
        found[name] = round(100 * float(np.mean(values)), 2)
    return found


def print_scores(rows: dict[str, dict[str, float]]) -> None:
    """Print the table that is published."""
    mean = {name: float(np.mean([row[name] for row in rows.values()])) for name in COLUMNS}
    print("| clip | " + " | ".join(COLUMNS) + " |")
    print("| --- |" + " --- |" * len(COLUMNS))
    for name, row in {**rows, "mean": mean}.items():
        print(f"| {name} | " + " | ".join(f"{row[column]:.1f}" for column in COLUMNS) + " |")


def memory(minutes: float, stride: int, size: int) -> dict[str, Any]:
    """Return the peak memory of each direction in MB, and their ratio."""
    frames, masks = demo_frames(1080)
    loop = [*frames, *frames[-2:0:-1]]
    peaks: dict[str, int] = {}
    with TemporaryDirectory(prefix="samtrack-") as name:
        folder = Path(name)
        count = round(60 * minutes * FPS)
        with VideoWriter(folder / "loop.mp4", fps=FPS) as video:
            for image in tqdm(loop, "writing"):
                video.write(image)
        save_ids(folder / "mask.png", masks[1].astype(np.uint16))
        _repeat(folder / "loop.mp4", folder / "long.mp4", math.ceil(count / len(loop)))
        for direction in ("forward", "both"):
            place = ("--at", "0") if direction == "forward" else ("--at", str(count // 2))
            summary = _track(folder / "long.mp4", direction, stride, size, place)
            peaks[direction] = summary["peak_memory_mb"]["cpu"]
            print(f"{direction}: {peaks[direction]} MB, {summary['frames']} frames")
    ratio = peaks["both"] / peaks["forward"]
    return {"minutes": minutes, "stride": stride, "size": size, "mb": peaks, "ratio": ratio}


def _repeat(loop: Path, target: Path, times: int) -> None:
    """Write a video again and again, as it is encoded."""
    with av.open(str(loop)) as source, av.open(str(target), "w") as output:
        stream = source.streams.video[0]
        copy = output.add_stream_from_template(stream)
        assert stream.duration is not None, "an MP4 file tells"
        for number in range(times):
            source.seek(0)
            for packet in source.demux(stream):
                if packet.dts is not None and packet.pts is not None:
                    packet.pts += number * stream.duration
                    packet.dts += number * stream.duration
                    packet.stream = copy
                    output.mux(packet)


def _track(
    video: Path, direction: str, stride: int, size: int, place: tuple[str, ...]
) -> dict[str, Any]:
    """Run `samtrack track` in a process of its own and return its summary."""
    command = [
        *(sys.executable, "-m", "samtracker", "track", str(video), *place),
        *("--init-mask", str(video.with_name("mask.png")), "--size", str(size)),
        *("--direction", direction),
        *("--stride", str(stride), "--save", "csv", "-o", str(video.with_name(direction))),
    ]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def main() -> None:
    """Run what was asked for and write its result."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    scoring = commands.add_parser("scores")
    scoring.add_argument("--root", type=Path, required=True)
    scoring.add_argument("--split", action="append", required=True)
    scoring.add_argument("--clip", action="append")
    scoring.add_argument("--weights", default="lite")
    measuring = commands.add_parser("memory")
    measuring.add_argument("--minutes", type=float, default=10)
    measuring.add_argument("--stride", type=int, default=30)
    measuring.add_argument("--size", type=int, default=128)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/directions.json"))
    options = parser.parse_args()
    result: dict[str, Any] = {"machine": describe()}
    if options.output.exists():
        result |= json.loads(options.output.read_text("utf-8"))
    if options.command == "memory":
        result["memory"] = memory(options.minutes, options.stride, options.size)
        ratio = result["memory"]["ratio"]
        print(f"both over forward: {ratio:.3f}, to be at most {MOST}")
    else:
        tracker = Tracker.from_pretrained(options.weights)
        for split in options.split:
            clips = davis_split(options.root, split)
            chosen = [clip for clip in clips if not options.clip or clip.name in options.clip]
            rows = {clip.name: scores(tracker, options.root, clip) for clip in tqdm(chosen, split)}
            result.setdefault("scores", {})[split] = rows
            print_scores(rows)
    options.output.write_text(json.dumps(result, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
