"""What one pass over a source found, read from its journal frame by frame."""

from __future__ import annotations

import json
import math
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from samtracker.errors import OutputError
from samtracker.files import DAMAGE
from samtracker.jobs.journal import from_line
from samtracker.jobs.scene_cuts import SceneCut
from samtracker.types import FrameResult, Size


class PassResults:
    """The journal of a pass, by the times of the frames; only scores are held in memory.

    Args:
        path: The journal; it stays open.
        size: (H, W) of the frames.

    Attributes:
        times: Rising times of the frames, in seconds.
        scores: Of each object by id in these frames, NaN where it is not there.
        names: Names by object id, of those that have one.
        prompted: Times of the frames in which the user gave each object's mask, by id, rising.
        cuts: Cuts to another scene.
        absent: Times of the frames in which the user said that it is not there, by id.

    Raises:
        OutputError: The journal is damaged.
    """

    def __init__(self, path: Path, size: Size) -> None:
        self._path = path
        self._size = size
        self.times = array("d")
        self.scores: dict[int, array[float]] = {}
        self.names: dict[int, str] = {}
        self.prompted: defaultdict[int, array[float]] = defaultdict(lambda: array("d"))
        self.absent: defaultdict[int, set[float]] = defaultdict(set)
        self.cuts: list[SceneCut] = []
        self._places = array("q")
        with self._damage():
            self._file = path.open("rb")
            for line in iter(self._file.readline, b""):
                plain = json.loads(line)
                if "cut" in plain:
                    self.cuts.append(SceneCut(**plain["cut"]))
                if "objects" in plain:
                    self._places.append(self._file.tell() - len(line))
                    self._add(plain)
        if len(self.times) > 1 and self.times[0] > self.times[1]:
            self._places.reverse()
            for column in (self.times, *self.scores.values(), *self.prompted.values()):
                column.reverse()

    def at(self, time: float) -> FrameResult | None:
        """Return the result of the frame at a time; None for none.

        Raises:
            OutputError: The journal is damaged.
        """
        place = bisect_left(self.times, time)
        if place == len(self.times) or self.times[place] != time:
            return None
        with self._damage():
            self._file.seek(self._places[place])
            return from_line(json.loads(self._file.readline()), self._size)

    def absent_at(self, time: float) -> tuple[int, ...]:
        """Return the ids of the objects that the user said are not in a frame."""
        return tuple(number for number, times in self.absent.items() if time in times)

    def score(self, object_id: int, time: float) -> float:
        """Return the score of an object in a frame; NaN where it is not there."""
        place = bisect_left(self.times, time)
        return self.scores[object_id][place]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _add(self, line: dict[str, Any]) -> None:
        for item in line["objects"]:
            scores = self.scores.setdefault(
                int(item["id"]), array("d", [math.nan]) * len(self.times)
            )
            scores.append(float(item["score"]))
            if item["name"]:
                self.names[int(item["id"])] = str(item["name"])
        self.times.append(float(line["timestamp"]))
        for scores in self.scores.values():
            if len(scores) < len(self.times):
                scores.append(math.nan)
        for number in line.get("prompted", ()):
            self.prompted[int(number)].append(self.times[-1])
        for number in line.get("absent", ()):
            self.absent[int(number)].add(self.times[-1])

    @contextmanager
    def _damage(self) -> Iterator[None]:
        try:
            yield
        except (OSError, *DAMAGE) as error:
            raise OutputError(
                f"'{self._path}' is damaged: track again with overwrite=True"
            ) from error
