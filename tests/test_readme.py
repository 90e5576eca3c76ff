"""README.md and the first pages keep their word: programs and commands are run as they stand."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

from samtracker.checkpoints.manifest import manifest
from tests.helpers.cli_tools import FRAMES, ROOT, first_mask, samtrack, two_balls
from tests.helpers.datasets import write_mask, write_photo
from tests.helpers.scenes import RED, film
from tests.helpers.served_command import serve_until_ctrl_c

README = (ROOT / "README.md").read_text("utf-8")

PAGES = [
    README,
    *(
        (ROOT / "docs" / f"{name}.md").read_text("utf-8")
        for name in ("index", "quickstart", "track", "correct", "annotate")
    ),
]
"""What is run, once; blocks of "bash" are not, which want what is not there."""

ENVIRONMENT = ".venv/bin/"
"""Where `make` puts the commands; here they are those of the environment that runs the tests."""

Item = TypeVar("Item")

COUNT = 5
"""Frames in the reader's video."""


def blocks(language: str, text: str = README) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def commands(text: str = README) -> list[list[str]]:
    """The commands in all shell blocks, without comments."""
    lines = [line for block in blocks("sh", text) for line in block.splitlines()]
    parts = [part for line in lines for part in line.partition("#")[0].split("&&")]
    found = [words for part in parts if (words := shlex.split(part))]
    return [[words[0].removeprefix(ENVIRONMENT), *words[1:]] for words in found]


def prompts_for(command: list[str]) -> str:
    """The file of prompts that is shown on the page of a command; empty for none."""
    shown = [block for page in PAGES if command in commands(page) for block in blocks("json", page)]
    return next((block for block in shown if "samtracker-prompts-1" in block), "")


def once(items: Iterable[Item]) -> list[Item]:
    """The items without repetitions, which need not be hashable."""
    found: list[Item] = []
    for item in items:
        if item not in found:
            found.append(item)
    return found


def make_targets() -> set[str]:
    """What `make` knows."""
    text = (ROOT / "Makefile").read_text("utf-8")
    return set(re.findall(r"^([a-z]+):", text, re.MULTILINE))


def extras_of(requirement: str) -> set[str]:
    """What is in the brackets of a requirement: `.[train,dev]`."""
    return set(re.findall(r"\w+", requirement.partition("[")[2]))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the reader is: video.mp4 and its first mask are there, downloads are not."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SAMTRACKER_HOME", str(tmp_path / "home"))
    two_balls(tmp_path / "video.mp4", FRAMES[:COUNT])
    first_mask(tmp_path / "first.png")
    return tmp_path


def test_blocks_and_commands_are_found() -> None:
    text = (
        "a\n```sh\nmake demo  # first\n\npip install x && samtrack doctor\n```\n```python\n1\n```\n"
    )
    assert blocks("python", text) == ["1\n"]
    assert commands(text) == [["make", "demo"], ["pip", "install", "x"], ["samtrack", "doctor"]]
    assert len(blocks("python")) >= 1
    assert len(commands()) >= 3
    known = {"sh", "python", "text", ""}
    assert set(re.findall(r"^```(.*)$", README, re.MULTILINE)) <= known


@pytest.mark.parametrize("program", once(it for page in PAGES for it in blocks("python", page)))
def test_programs_run(program: str) -> None:
    exec(compile(program, "a page", "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize(
    "command", once(it for page in PAGES for it in commands(page)), ids=" ".join
)
def test_commands_run(command: list[str], folder: Path) -> None:
    (folder / "prompts.json").write_text(prompts_for(command))
    match command:
        case ["make", *targets]:
            assert set(targets) <= make_targets()
        case ["pip", "install", requirement]:  # the reader's own environment and network
            project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
            assert requirement.partition("[")[0] in (".", project["name"])
            assert extras_of(requirement) <= project["optional-dependencies"].keys()
        case ["samtrack", "weights", "download", name]:
            assert name in manifest()
        case ["samtrack", "track", *_] if not downloaded(command):
            done = samtrack(*command[1:])
            assert done.code == 2
            assert "run: samtrack weights download " in done.err
        case ["samtrack", "train", *_]:
            small = ("--size", "64", "--instances", "2", "--workers", "0")
            assert samtrack(*command[1:], *small).code == 0
            assert (folder / "training" / "checkpoint.safetensors").exists()
        case ["samtrack", "eval", *_]:
            for number, shot in enumerate(film([RED], COUNT)):
                write_photo(folder / f"DAVIS/JPEGImages/480p/ball/{number:05}.jpg", shot.frame)
                write_mask(folder / f"DAVIS/Annotations/480p/ball/{number:05}.png", shot.ids)
            lists = folder / "DAVIS/ImageSets/480p"
            lists.mkdir(parents=True)
            (lists / "val.txt").write_text("ball\n")
            assert samtrack(*command[1:], "--size", "96").code == 0
            assert (folder / "evaluation" / "report.html").exists()
        case ["samtrack", "live" | "replay" | "serve", *_]:
            assert_live(command[1:])
        case ["samtrack", "bench"]:
            assert samtrack("bench", "--size", "64", "--steps", "2").code == 0
        case ["samtrack", "track", *arguments]:
            done = samtrack(*command[1:], "--size", "96")
            assert (done.code, done.errors) == (0, [])
            assert json.loads(done.out)["frames"] == COUNT, arguments
        case ["samtrack", *arguments]:
            assert samtrack(*arguments).code == 0
        case _:
            pytest.fail(f"a page has a command that no test can run: {shlex.join(command)}")
    assert (folder / "video.mp4").is_file()


def assert_live(arguments: list[str]) -> None:
    """Runs live and what is like it where the reader's camera is not, nor a screen."""
    command, *options = arguments
    if command == "serve":
        Path("clips").mkdir()
        small = ("--weights", "propagation", "--size", "64")
        assert serve_until_ctrl_c(*options, *small, visit=httpx.get).out
        return
    box = ("--headless", "--init-box", "12,10,61,59")
    if command == "replay":
        samtrack("live", "video.mp4", *box, "--size", "96", "--log", *options)
        assert samtrack(*arguments).code == 0
        return
    options = [word for word in options if not word.endswith(".mp4") and "://" not in word]
    prompt = () if "--init-box" in options else box
    done = samtrack("live", "video.mp4", *options, *prompt, "--size", "96")
    assert done.code == 0
    assert "tracked" in done.err


def downloaded(command: list[str]) -> bool:
    """Whether the weights that a command asks for come with the package."""
    entries = [entry for name, entry in manifest().items() if name in command]
    return all(entry.source == "packaged" for entry in entries)


def test_the_environment_is_where_make_puts_it() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert f"{ENVIRONMENT}samtrack" in README
    assert "VENV ?= .venv\nBIN := $(VENV)/bin\n" in makefile
    assert "source .venv/bin/activate" in README
