"""Track one object with an exported folder, in NumPy and ONNX Runtime: no torch, no samtracker.

It is the way of `samtrack track --memory bank:1` and reads like documentation of the graphs, whose
inputs and outputs are explained in config.json of the folder. One thing is left out: an object that
was lost is looked for around its last place only, and not in the whole frame.

samtrack export lite -o exported
python examples/onnx_tracker.py exported video.mp4 first.png masks
"""

import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

Array = NDArray[Any]
Features = dict[str, Array]


class OnnxTracker:
    """Follow one object.

    Args:
        folder: What `samtrack export --format onnx` wrote.
        size: Short side of the working image in pixels; None for the one in config.json.
    """

    def __init__(self, folder: str | Path, size: int | None = None) -> None:
        self.config = json.loads(Path(folder, "config.json").read_text("utf-8"))
        self.size: int = size or self.config["size"]
        files = {name: graph["file"] for name, graph in self.config["graphs"].items()}
        files.pop("prompter", None)  # makes a first mask of a box or clicks
        start, engine = onnxruntime.InferenceSession, ["CPUExecutionProvider"]
        self.sessions = {name: start(Path(folder, files[name]), providers=engine) for name in files}

    def init(self, frame: Array, mask: Array) -> None:
        """Start with an RGB frame (H, W, 3), uint8, and the object's mask (H, W), bool."""
        features = self.encode(frame)
        labels = area_mean(mask, features["key"].shape[1:3])
        self.last = features, labels
        first, self.target = self.reference(features, labels)
        self.references, self.given_target = [first], self.target
        self.area = self.largest = float(mask.sum())
        self.center = center_of(mask)
        self.doubtful = self.number = 0

    def step(self, frame: Array) -> tuple[Array, float]:
        """Return the mask (H, W), bool, in the next frame, and its score from 0 to 1."""
        self.number += 1
        features = self.encode(frame)
        logits, iou, similarity = self.find(features)
        height, width = frame.shape[:2]
        mask = np.asarray(cv2.resize(logits, (width, height))) > 0  # bilinear
        if self.is_good(mask, iou, similarity):
            self.remember(features, mask, iou)
        return mask, self.score_of(logits) if mask.any() else 0.0

    def run(self, graph: str, **inputs: Array) -> dict[str, Array]:
        """Compute a graph: its outputs by their names."""
        session = self.sessions[graph]
        given = {name: np.ascontiguousarray(item) for name, item in inputs.items()}
        names = [item.name for item in session.get_outputs()]
        return dict(zip(names, session.run(names, given), strict=True))

    def encode(self, frame: Array) -> Features:
        """Scale a frame to the working size and encode it."""
        config, (height, width) = self.config, frame.shape[:2]
        short = max(min(height, width), max(height, width) / config["longest_side"])
        scale = self.size / short
        rows, columns = (max(16, round(side * scale / 16) * 16) for side in (height, width))
        if (rows, columns) != (height, width):
            way = cv2.INTER_AREA if rows < height else cv2.INTER_LINEAR
            frame = np.asarray(cv2.resize(frame, (columns, rows), interpolation=way))
        mean, std = (np.array(config[name], np.float32) for name in ("mean", "std"))
        return self.run("encoder", pixels=((frame - mean) / std)[None])

    def find(self, features: Features) -> tuple[Array, float, float]:
        """Find the object: logits at stride 4, what the IoU head expects, and the similarity."""
        before, labels = self.last
        at = self.window(labels)
        query = features["key"][0][at(8)]
        score = self.run("score", key=query, weights=self.target)["score"]
        key, covered = before["key"][0][at(8)], labels[at(8)]
        last = self.run("match_last", query=query, key=key, labels=covered)
        keys, shares = (np.concatenate(parts) for parts in zip(*self.references, strict=True))
        old = self.run("match_references", query=query, keys=keys, labels=shares)
        found = (old["label"], old["similarity"], last["label"], last["similarity"])
        decoded = self.run(
            "decoder",
            image=features["x16"][..., *at(16)],
            template=before["x16"][..., *at(16)],
            masks=halved(labels)[at(16)][None],
            maps=np.stack([score, *found, covered])[None],
            x8=features["x8"][..., *at(8)],
            x4=features["x4"][..., *at(4)],
        )
        logits = np.full(features["x4"].shape[2:], self.config["nowhere"], np.float32)
        logits[at(4)] = decoded["logits"][0]
        return logits, decoded["score"].item(), decoded["similarity"].item()

    def window(self, labels: Array) -> Any:
        """Return where the object can be by now: a function from a stride to rows and columns."""
        spans, reach = [], self.config["radius"] / 16
        for axis in (0, 1):
            limit, cells = labels.shape[axis] // 2, np.flatnonzero(labels.any(1 - axis))
            low, high = cells[0] / 2 - reach, (cells[-1] + 1) / 2 + reach
            rungs = (rung for rung in self.config["ladder"] if rung >= high - low)
            side = min(next(rungs, limit), limit)
            start = min(max(round((low + high - side) / 2), 0), limit - side)
            spans.append((start, start + side))
        return lambda stride: tuple(slice(a * 16 // stride, b * 16 // stride) for a, b in spans)

    def reference(self, features: Features, labels: Array) -> tuple[tuple[Array, Array], Array]:
        """Return keys and shares of all cells of a frame, and the target model fitted to it."""
        made = self.run("reference", key=features["key"][0], labels=labels)
        return (made["keys"], made["shares"]), np.linalg.solve(made["normal"], made["right"])

    def is_good(self, mask: Array, iou: float, similarity: float) -> bool:
        """Decide whether a mask may enter the memory, and note the object's size and place."""
        area, limits = float(mask.sum()), self.config["life_cycle"]
        self.largest *= limits["fade"]
        growth, reach = area / self.area, limits["largest_step"] * max(self.area, area) ** 0.5
        good = (
            area >= max(1, limits["absent_share"] * self.largest)
            and iou >= limits["doubtful_score"]
            and similarity >= limits["doubtful_similarity"]
            and 1 / limits["largest_growth"] < growth < limits["largest_growth"]
            and np.hypot(*(center_of(mask) - self.center)) <= reach * (self.doubtful + 1)
        )
        self.doubtful = 0 if good else self.doubtful + 1
        if good:
            self.area += limits["adaption"] * (area - self.area)
            self.largest = max(self.largest, area)
            self.center = center_of(mask)
        return bool(good)

    def remember(self, features: Features, mask: Array, iou: float) -> None:
        """Let a good mask enter the memory."""
        labels, limits = area_mean(mask, features["key"].shape[1:3]), self.config["memory"]
        self.last = features, labels
        if iou >= limits["bank_score"] and self.number % limits["bank_every"] == 0:
            confident, target = self.reference(features, labels)
            self.references[1:] = [confident]
            self.target = (self.given_target + target) / 2

    def score_of(self, logits: Array) -> float:
        """Return the IoU with the truth that the probabilities let expect, calibrated."""
        p, inside = 1 / (1 + np.exp(-logits)), logits > 0
        iou = np.clip(p[inside].sum() / (inside.sum() + p[~inside].sum()), 1e-3, 1 - 1e-3)
        shift, scale = self.config["calibration"]
        return float(1 / (1 + np.exp(-shift - scale * np.log(iou / (1 - iou)))))


def area_mean(mask: Array, shape: tuple[int, ...]) -> Array:
    """Return the share of each of (h, w) cells that a mask covers."""
    values = mask.astype(float)
    for axis, cells in enumerate(shape):
        side = values.shape[axis]
        sums = np.insert(np.cumsum(values, axis), 0, 0, axis)
        first = np.arange(cells) * side // cells
        end = -(-np.arange(1, cells + 1) * side // cells)
        share = np.take(sums, end, axis) - np.take(sums, first, axis)
        values = share / np.expand_dims(end - first, 1 - axis)
    return values.astype(np.float32)


def halved(labels: Array) -> Array:
    """Return means of 2 x 2 cells."""
    return np.asarray(labels.reshape(labels.shape[0] // 2, 2, -1, 2).mean((1, 3)))


def center_of(mask: Array) -> Array:
    """Return the center of a mask, row and column."""
    return np.asarray(np.argwhere(mask).mean(0))


def main(folder: str, video: str, first: str, output: str, size: str = "0") -> None:
    """Track the object of a mask picture through a video, and write a mask for each frame."""
    source, number, tracker = cv2.VideoCapture(video), 0, OnnxTracker(folder, int(size))
    mask = np.asarray(cv2.imread(first, cv2.IMREAD_GRAYSCALE)) > 0
    Path(output).mkdir()
    while (image := source.read()[1]) is not None:
        frame = image[..., ::-1]  # OpenCV has BGR
        if number:
            mask, score = tracker.step(frame)
            print(f"frame {number}: {mask.sum()} pixels, score {score:.2f}")
        else:
            tracker.init(frame, mask)
        cv2.imwrite(str(Path(output, f"{number:05d}.png")), 255 * mask.astype(np.uint8))
        number += 1


if __name__ == "__main__":
    main(*sys.argv[1:])
