"""Measure the time of a step: of every backend and of an older version, in turns.

    python benchmarks/speed.py                                 # the demo clip, 1 and 8 objects
    python benchmarks/speed.py --root DAVIS --against 5282a32  # and every clip of a split
    python benchmarks/speed.py --busy                          # beside a process that keeps a core

Every backend is a process of its own, and all of them make their step in a frame before any makes
the next one, so that a change of the machine's load meets all. The older version runs from a
worktree of its commit, with the weights that it shipped.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from footage import davis_split, demo_frames

from samtracker.config import BACKENDS
from samtracker.diagnostics.machine import describe
from samtracker.types import Frame, Mask

ROOT = Path(__file__).parents[1]
WARM_UP = 8


class Stepper:
    """A tracker in a process of its own."""

    def __init__(self, tree: Path, clip: Path, backend: str, threads: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, ROOT / "benchmarks/stepper.py", clip, backend, str(threads)],
            env={**os.environ, "PYTHONPATH": str(tree)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> None:
        """Wait until it can make a step."""
        self._answer()

    def step(self) -> list[float]:
        """Make a step, and return its time and the encoder's in ms."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return [float(part) for part in self._answer().split()]

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("a stepper has failed")
        return line


def measure(
    variants: dict[str, tuple[Path, str]],
    frames: list[Frame],
    masks: dict[int, Mask],
    *,
    steps: int,
    threads: int,
) -> dict[str, dict[str, float]]:
    """Return medians in ms of step and encoder by variant: tree and backend."""
    ids = np.zeros(frames[0].shape[:2], np.uint8)
    for number, mask in masks.items():
        ids[mask] = number
    times: dict[str, list[list[float]]] = {name: [] for name in variants}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        clip = Path(folder) / "clip.npz"
        np.savez(clip, frames=np.stack(frames[: 1 + WARM_UP + steps]), ids=ids)
        steppers = {}
        for name, (tree, backend) in variants.items():
            steppers[name] = Stepper(tree, clip, backend, threads)
            stack.callback(steppers[name].close)
            steppers[name].ready()
        for _ in range(min(WARM_UP + steps, len(frames) - 1)):
            for name, stepper in steppers.items():
                times[name].append(stepper.step())
    medians = {name: np.median(rows[WARM_UP:], axis=0) for name, rows in times.items()}
    return {
        name: {"step_ms": round(float(step), 1), "encoder_ms": round(float(encoder), 1)}
        for name, (step, encoder) in medians.items()
    }


def eight(mask: Mask) -> dict[int, Mask]:
    """Cut a mask into eight objects, top to bottom."""
    rows = np.flatnonzero(mask.any(axis=1))
    pieces = {}
    for number, stretch in enumerate(np.array_split(rows, 8), start=1):
        piece = np.zeros_like(mask)
        piece[stretch] = mask[stretch]
        pieces[number] = piece
    return pieces


@contextmanager
def worktree(commit: str) -> Iterator[Path]:
    """Check out a commit beside this one."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", tree, commit], check=True)
        try:
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", tree], check=True)


@contextmanager
def busy() -> Iterator[None]:
    """Keep a core busy."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def clips(root: Path | None, split: str) -> Iterator[tuple[str, list[Frame], dict[int, Mask]]]:
    """Yield every clip with one object and with eight."""
    frames, masks = demo_frames()
    yield "demo clip, 1 object", frames, masks
    yield "demo clip, 8 objects", frames, eight(masks[1])
    for clip in davis_split(root, split) if root else []:
        frames, mask = clip.frames(), clip.masks()[0]
        yield f"{clip.name}, 1 object", frames, {1: mask}
        yield f"{clip.name}, 8 objects", frames, eight(mask)


def main() -> None:
    """Print a table and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--root", type=Path)
    parser.add_argument("--split", default="dev")
    parser.add_argument("--backend", action="append", choices=BACKENDS[1:])
    parser.add_argument("--against", metavar="COMMIT")
    parser.add_argument("--busy", action="store_true")
    parser.add_argument("--steps", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/speed.json"))
    args = parser.parse_args()
    rows: dict[str, dict[str, dict[str, float]]] = {}
    with ExitStack() as stack:
        variants: dict[str, tuple[Path, str]] = {}
        if args.against:
            variants[args.against] = stack.enter_context(worktree(args.against)), ""
        for backend in args.backend or ["torch", "openvino", "onnxruntime"]:
            variants[backend] = ROOT, backend
        if args.busy:
            stack.enter_context(busy())
        first = next(iter(variants))
        print(f"{'step in ms (times ' + first + ', encoders)':36}", *(f"{v:>24}" for v in variants))
        for name, frames, masks in clips(args.root, args.split):
            found = measure(variants, frames, masks, steps=args.steps, threads=args.threads)
            for row in found.values():
                row["quicker"] = round(found[first]["step_ms"] / row["step_ms"], 2)
                row["encoders"] = round(row["step_ms"] / row["encoder_ms"], 2)
            cells = (
                f"{row['step_ms']:9.1f} ({row['quicker']:.2f}, {row['encoders']:.2f})"
                for row in found.values()
            )
            print(f"{name:36}", *(f"{cell:>24}" for cell in cells), flush=True)
            rows[name] = found
    medians = {
        objects: {
            variant: {
                key: round(
                    float(np.median([r[variant][key] for n, r in rows.items() if objects in n])), 2
                )
                for key in ("quicker", "encoders")
            }
            for variant in variants
        }
        for objects in ("1 object", "8 objects")
    }
    for objects, found in medians.items():
        cells = (f"({row['quicker']:.2f}, {row['encoders']:.2f})" for row in found.values())
        print(f"{'median, ' + objects:36}", *(f"{cell:>24}" for cell in cells))
    machine = {**describe(), "threads": args.threads}
    result = {"machine": machine, "busy": args.busy, "medians": medians, "rows": rows}
    args.output.write_text(json.dumps(result, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
