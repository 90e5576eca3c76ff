"""Command lines with odd arguments, for every command and option that there is."""

from __future__ import annotations

from pathlib import Path
from random import Random

import click

from samtracker.cli import main
from tests.fuzz.action import Action, command
from tests.fuzz.odd_values import NUMBERS, PROMPTS, TEXTS
from tests.fuzz.samples import CHECKPOINT, LOG, MASK, MODEL, VIDEO

ENDLESS = frozenset(
    ("--instances", "--epochs", "--steps", "--rows", "--length", "--jobs", "--size")
)
"""Options of which a large number only takes long."""


def arguments(samples: Path, random: Random) -> Action:
    """A good command line with odd values for some of its options, or with odd ones more."""
    _surroundings(samples)
    good = _good(samples)
    name = random.choice(list(good))
    words = list(good[name])
    for _ in range(random.choice((1, 1, 2, 3))):
        match random.choice(("replace", "option", "option", "option", "stray", "remove")):
            case "replace" if words:
                words[random.randrange(len(words))] = _odd(random)
            case "option":
                words += _odd_option(name, random)
            case "stray":
                words.insert(random.randint(0, len(words)), _odd(random))
            case _ if words:
                del words[random.randrange(len(words))]
    return command(*name.split(), *words)


def _surroundings(samples: Path) -> None:
    """What the odd paths name."""
    Path("loop").symlink_to("loop")
    Path("dangling").symlink_to("none")
    Path("empty").touch()
    Path("text.txt").write_text("hello\n")
    Path("folder").mkdir()
    Path("first.png").write_bytes((samples / MASK).read_bytes())


def _good(samples: Path) -> dict[str, list[str]]:
    """A command line by command; not of `demo`, whose clip is long, nor of `doctor`."""
    start = [str(samples / VIDEO), "--init-mask", str(samples / MASK), *MODEL]
    root = ["--root", str(samples / "davis"), "--split", "train"]
    return {
        "track": [*start, "--end", "0.1", "-o", "out", "--save", "csv"],
        "live": [*start, "--headless"],
        "replay": [str(samples / LOG)],
        "eval": ["--dataset", "davis2016", *root, *MODEL, "-o", "evaluation"],
        "bench": ["--size", "64", "--objects", "1", "--steps", "2", "-o", "out"],
        "data preview": ["--data", "synthetic", "--rows", "1", "--size", "64"],
        "train": ["--data", "davis:nowhere:train", "--weights", "propagation", "--size", "64"],
        "export-weights": [str(samples / CHECKPOINT), "out.safetensors"],
        "weights list": [],
        "weights verify": ["propagation"],
        "weights download": [],
    }


def _odd_option(name: str, random: Random) -> list[str]:
    """An option of a command, with a value that may be odd."""
    found: click.Command = main
    for part in name.split():
        assert isinstance(found, click.Group)
        found = found.commands[part]
    options = [item for item in found.params if isinstance(item, click.Option)]
    if not options:
        return [_odd(random)]
    option = random.choice(options)
    flag = random.choice(option.opts)
    if option.is_flag:
        return [flag]
    if flag in ENDLESS:
        return [flag, random.choice(("0", "-1", "1.5", "nan", "x", ""))]
    if isinstance(option.type, click.Choice) and random.random() < 0.5:
        return [flag, random.choice([str(item) for item in option.type.choices])]
    number = option.type in (click.INT, click.FLOAT) and random.random() < 0.8
    return [flag, random.choice(NUMBERS) if number else _odd(random)]


def _odd(random: Random) -> str:
    return random.choice(random.choice((TEXTS, TEXTS, NUMBERS, PROMPTS)))
