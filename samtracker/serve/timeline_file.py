"""A timeline in a file, with all that can be undone: no code, and whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Generic, TypeVar
from zipfile import BadZipFile

import numpy as np

from samtracker.errors import VideoError
from samtracker.files import DAMAGE, replacing, writing
from samtracker.serve.placed_prompt import PlacedPrompt
from samtracker.serve.run_lengths import RunLengths
from samtracker.serve.snapshot import Snapshot
from samtracker.serve.timeline import History
from samtracker.serve.tracked_pass import Found, TrackedPass
from samtracker.types import Size, State

FORMAT: Final = "samtracker-timeline-2"

Item = TypeVar("Item")


def write_timeline(path: Path, history: History, facts: Mapping[str, Any]) -> None:
    """Write a timeline.

    Args:
        path: The file.
        history: What it has.
        facts: What else is to be found in the file, as JSON.

    Raises:
        OutputError: It cannot be written.
    """
    masks = _Masks()
    prompts: _Table[PlacedPrompt] = _Table(
        lambda it: {
            "frame": it.frame,
            "object": it.object_id,
            "mask": masks.add(it.mask),
            "shown": it.shown,
            "prior": None if it.prior is None else masks.add(it.prior),
        }
    )
    frames: _Table[tuple[Found, ...]] = _Table(
        lambda found: [[it.id, masks.add(it.mask), it.score, it.state.value] for it in found]
    )
    snapshots = [
        {
            "prompts": [prompts.add(it) for it in snapshot.prompts],
            "names": list(snapshot.names.items()),
            "direction": snapshot.direction,
            "passes": [
                {
                    "way": one.way,
                    "found": [[frame, frames.add(found)] for frame, found in one.found.items()],
                    "clean": one.clean,
                }
                for one in snapshot.passes.values()
            ],
        }
        for snapshot in (*history.undo, history.now, *history.redo)
    ]
    text = json.dumps(
        {
            "format": FORMAT,
            "facts": facts,
            "prompts": prompts.rows,
            "frames": frames.rows,
            "snapshots": snapshots,
            "now": len(history.undo),
            "last_id": history.last_id,
        }
    )
    with writing(path), replacing(path) as partial, partial.open("wb") as file:
        np.savez(file, text=np.frombuffer(text.encode(), np.uint8), **masks.arrays())


def read_timeline(path: Path) -> tuple[History, dict[str, Any]]:
    """Read what `write_timeline` wrote.

    Returns:
        What the timeline has, and what else is in the file.

    Raises:
        VideoError: The file is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            data = json.loads(arrays["text"].tobytes())
            if data["format"] != FORMAT:
                raise ValueError("it is of another version")
            masks = _read_masks(
                {name: arrays[name] for name in ("size", "boxes", "counts", "runs")}
            )
        prompts = [
            PlacedPrompt(
                frame=it["frame"],
                object_id=it["object"],
                mask=masks[it["mask"]],
                shown=it["shown"],
                prior=None if it["prior"] is None else masks[it["prior"]],
            )
            for it in data["prompts"]
        ]
        frames = [
            tuple(
                Found(id=number, mask=masks[mask], score=score, state=State(state))
                for number, mask, score, state in row
            )
            for row in data["frames"]
        ]
        snapshots = [
            Snapshot(
                prompts=tuple(prompts[number] for number in it["prompts"]),
                names=dict(it["names"]),
                direction=it["direction"],
                passes={
                    one["way"]: TrackedPass(
                        way=one["way"],
                        found={frame: frames[number] for frame, number in one["found"]},
                        clean=one["clean"],
                    )
                    for one in it["passes"]
                },
            )
            for it in data["snapshots"]
        ]
        now = data["now"]
        history = History(
            now=snapshots[now],
            undo=tuple(snapshots[:now]),
            redo=tuple(snapshots[now + 1 :]),
            last_id=data["last_id"],
        )
        return history, data["facts"]
    except (OSError, BadZipFile, *DAMAGE) as error:
        raise VideoError(f"'{path.name}' is damaged: open the video anew") from error


class _Table(Generic[Item]):
    """Things that many snapshots share, each written once."""

    def __init__(self, row: Callable[[Item], Any]) -> None:
        self.rows: list[Any] = []
        self._row = row
        self._numbers: dict[int, int] = {}

    def add(self, item: Item) -> int:
        number = self._numbers.get(id(item))
        if number is None:
            number = self._numbers[id(item)] = len(self.rows)
            self.rows.append(self._row(item))
        return number


class _Masks(_Table[RunLengths]):
    def __init__(self) -> None:
        super().__init__(lambda mask: mask)

    def arrays(self) -> dict[str, Any]:
        masks: list[RunLengths] = self.rows
        size: Size = masks[0].size if masks else (0, 0)
        return {
            "size": np.array(size),
            "boxes": np.array([mask.box or (-1.0,) * 4 for mask in masks]).reshape(-1, 4),
            "counts": np.array([len(mask.runs) for mask in masks], np.int64),
            "runs": np.concatenate([np.zeros(0, np.uint32), *(mask.runs for mask in masks)]),
        }


def _read_masks(arrays: Mapping[str, Any]) -> list[RunLengths]:
    height, width = (int(side) for side in arrays["size"])
    parts = np.split(arrays["runs"], np.cumsum(arrays["counts"])[:-1])
    masks = []
    for box, runs in zip(arrays["boxes"].tolist(), parts, strict=False):
        sides = None if box[0] < 0 else (box[0], box[1], box[2], box[3])
        masks.append(RunLengths((height, width), sides, runs.astype(np.uint32)))
    return masks
