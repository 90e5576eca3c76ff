"""The cases: by kind and seed, what files there are and what is done with them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final, Self

from samtracker.tracker import Tracker
from tests.fuzz.action import Action, call, command
from tests.fuzz.command_lines import arguments
from tests.fuzz.misuse import misuse
from tests.fuzz.mutator import PNG, mutate_bytes, mutate_json, mutate_lines, mutate_png, to_json
from tests.fuzz.samples import CHECKPOINT, LOG, MASK, MODEL, SAVED, VIDEO
from tests.fuzz.tensor_files import mutate_tensors
from tests.fuzz.traps import trap
from tests.helpers.cli_tools import FRAMES

RESULTS: Final = ("out", "out.partial", "training", "evaluation", "preview.png")
"""What a case writes to."""

TRAP: Final = "trap"
"""Kind of the cases that must fail."""

OUT = ("-o", "out", "--save", "csv")
SHORT = ("--end", "0.1", *OUT)


@dataclass(frozen=True)
class Case:
    """A case: the same files and the same command whenever it is run."""

    kind: str
    seed: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads KIND:SEED."""
        kind, _, seed = text.partition(":")
        if kind not in KINDS and kind != TRAP:
            raise ValueError(f"no kind {kind!r}: use one of {', '.join(KINDS)}")
        return cls(kind, int(seed))

    def __str__(self) -> str:
        return f"{self.kind}:{self.seed}"

    def prepare(self, samples: Path) -> Action:
        """Makes its files in the current folder."""
        prepare = trap if self.kind == TRAP else KINDS[self.kind]
        return prepare(samples, Random(str(self)))


def _video(samples: Path, random: Random) -> Action:
    """A damaged video file."""
    path = _mutated(random.choice(_files(samples / "videos")), random)
    prompt = ("--init-mask", samples / MASK)
    match random.choice(("track", "track", "track", "read", "live")):
        case "track":
            formats = random.choice(("overlay", "csv", "masks,rle"))
            return command("track", path, *prompt, *MODEL, "-o", "out", "--save", formats)
        case "read":  # from the middle, where an index is used
            return command("track", path, *prompt, *MODEL, *OUT, "--start", "0.08")
        case _:
            return command("live", path, *prompt, *MODEL, "--headless")


def _pictures(samples: Path, random: Random) -> Action:
    """A folder of pictures, some of them damaged or not pictures at all."""
    folder = Path("pictures")
    made = random.choice(_files(samples / "pictures") + _files(samples / "odd"))
    shutil.copytree(made, folder)
    odd = made.parent.name == "odd"
    prompt = ("--init-box", "40,30,120,90") if odd else ("--init-mask", str(samples / MASK))
    pictures = _files(folder)
    for path in random.sample(pictures, min(len(pictures), random.choice((1, 1, 2, 5)))):
        match random.choice(("damage", "damage", "damage", "nothing", "folder", "link", "other")):
            case "damage":
                path.write_bytes(_damaged(path.read_bytes(), random))
            case "nothing":
                path.write_bytes(b"")
            case "folder":
                path.unlink()
                path.mkdir()
            case "link":
                path.unlink()
                path.symlink_to(random.choice(("none", path.name, "/dev/null", "..")))
            case _:
                other = random.choice(_files(samples / "masks") + _files(samples / "videos"))
                path.write_bytes(other.read_bytes())
    source = random.choice((folder, folder, f"{folder}/*{pictures[0].suffix}", pictures[0]))
    return command("track", source, *prompt, *MODEL, "-o", "out", "--end", "0.2")


def _mask(samples: Path, random: Random) -> Action:
    """A damaged first mask."""
    path = _mutated(random.choice(_files(samples / "masks")), random)
    return command("track", samples / VIDEO, "--init-mask", path, *MODEL, *SHORT)


def _weights(samples: Path, random: Random) -> Action:
    """Damaged weights."""
    source = random.choice(_files(samples / "weights"))
    path = Path(source.name)
    path.write_bytes(mutate_tensors(source.read_bytes(), random))
    if random.random() < 0.15:
        return command("weights", "verify", path)
    given = (*MODEL[2:], "--weights", path)
    return command("track", samples / VIDEO, "--init-mask", samples / MASK, *given, *SHORT)


def _saved(samples: Path, random: Random) -> Action:
    """A damaged tracker."""
    path = Path("saved.safetensors")
    path.write_bytes(mutate_tensors((samples / SAVED).read_bytes(), random))

    def go_on() -> None:
        tracker = Tracker.load(path)
        tracker.step(FRAMES[2])
        tracker.undo()
        tracker.save("again.safetensors")

    return call(f"Tracker.load('{path}'), step, undo, save", go_on)


def _log(samples: Path, random: Random) -> Action:
    """A damaged log."""
    path = Path("log.jsonl")
    path.write_bytes(mutate_lines((samples / LOG).read_bytes(), random))
    return command("replay", path)


def _interrupted(samples: Path, random: Random) -> Action:
    """An interrupted job whose folder is damaged."""
    shutil.copytree(samples / "interrupted" / "out", "out")
    kept = [path for path in sorted(Path("out").rglob("*")) if path.is_file()]
    important = [path for path in kept if "resume" in path.parts]
    for path in random.sample(important if random.random() < 0.7 else kept, random.choice((1, 2))):
        match random.choice(("damage",) * 5 + ("remove", "folder", "move")):
            case "damage" if path.suffix == ".safetensors":
                path.write_bytes(mutate_tensors(path.read_bytes(), random))
            case "damage" if path.suffix == ".json":
                plain = json.loads(path.read_bytes())
                path.write_bytes(to_json(mutate_json(plain, random)))
            case "damage" if path.suffix == ".jsonl":
                path.write_bytes(mutate_lines(path.read_bytes(), random))
            case "damage":
                path.write_bytes(_damaged(path.read_bytes(), random))
            case "remove":
                path.unlink()
            case "folder":
                path.unlink()
                path.mkdir()
            case _:
                path.rename(path.with_name("moved"))
    if random.random() < 0.3:
        Path("out").rename("out.partial")
    return command("track", "--resume", "out")


def _training(samples: Path, random: Random) -> Action:
    """A damaged checkpoint of a training."""
    path = Path("checkpoint.safetensors")
    path.write_bytes(mutate_tensors((samples / CHECKPOINT).read_bytes(), random))
    if random.random() < 0.5:
        return command("export-weights", path, "out.safetensors")
    return command("train", "--resume", path, "-o", "training")


def _dataset(samples: Path, random: Random) -> Action:
    """A data set with damaged files."""
    shutil.copytree(samples / "davis", "davis")
    files = [path for path in sorted(Path("davis").rglob("*")) if path.is_file()]
    for path in random.sample(files, random.choice((1, 3))):
        match random.choice(("damage", "damage", "remove", "link")):
            case "damage":
                path.write_bytes(_damaged(path.read_bytes(), random))
            case "remove":
                path.unlink()
            case _:
                path.unlink()
                path.symlink_to(random.choice(("none", path.name, "/dev/null", "..")))
    if random.random() < 0.4:
        return command("data", "preview", "--data", "davis:davis:train", "--size", "64")
    given: tuple[str | Path, ...] = MODEL
    if random.random() < 0.5:
        given = ("--predictions", "davis/Annotations/480p", "--jobs", "1")
    split = ("--root", "davis", "--split", "train")
    return command("eval", "--dataset", "davis2017", *split, *given, "-o", "evaluation")


KINDS: Final[dict[str, Callable[[Path, Random], Action]]] = {
    "video": _video,
    "pictures": _pictures,
    "mask": _mask,
    "weights": _weights,
    "saved": _saved,
    "log": _log,
    "interrupted": _interrupted,
    "training": _training,
    "dataset": _dataset,
    "arguments": arguments,
    "misuse": misuse,
}
"""What makes the files of a case, and its action."""


def _files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def _mutated(source: Path, random: Random) -> Path:
    """A damaged copy in the current folder, now and then under the name of another kind of file."""
    name = source.name
    if random.random() < 0.1:
        name = (
            f"{source.stem}{random.choice(('.mp4', '.png', '.tiff', '.gif', '.webp', '.JPG', ''))}"
        )
    Path(name).write_bytes(_damaged(source.read_bytes(), random))
    return Path(name)


def _damaged(data: bytes, random: Random) -> bytes:
    known = data.startswith(PNG) and random.random() < 0.6
    return mutate_png(data, random) if known else mutate_bytes(data, random)
