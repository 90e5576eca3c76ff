"""Files of prompts: what is in them, and what is said of those that are damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from samtracker.errors import PromptError
from samtracker.prompts.prompts_file import Place, PlacedPrompt, PromptsFile


def written(path: Path, *objects: Any) -> Path:
    path.write_text(json.dumps({"format": "samtracker-prompts-1", "objects": objects}))
    return path


def test_every_kind_of_prompt(tmp_path: Path) -> None:
    prompts = [
        {"frame": 3, "box": [1, 2, 3, 4.5]},
        {"time": 1.5, "points": [[5, 6], [7, 8, 0]]},
        {"frame": 9, "mask": "masks/9.png"},
    ]
    path = written(tmp_path / "a.json", {"name": "cat", "prompts": prompts}, {"prompts": prompts})
    first, second = PromptsFile.read(path).objects
    assert (first.name, second.name) == ("cat", "")
    assert first.prompts == (
        PlacedPrompt(place=Place(frame=3), box=(1.0, 2.0, 3.0, 4.5)),
        PlacedPrompt(place=Place(time=1.5), points=((5.0, 6.0, 1), (7.0, 8.0, 0))),
        PlacedPrompt(place=Place(frame=9), mask=tmp_path / "masks/9.png"),
    )
    assert second.prompts == first.prompts


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ({"frame": 0}, "has not exactly one of mask, box, points, rle, absent"),
        ({"frame": 0, "box": [1, 2, 3, 4], "mask": "a"}, "has not exactly one of mask, box"),
        ({"box": [1, 2, 3, 4]}, "has not exactly one of frame and time"),
        ({"frame": 0, "time": 0, "box": [1, 2, 3, 4]}, "has not exactly one of frame and time"),
        ({"frame": -1, "box": [1, 2, 3, 4]}, "frame -1 is no whole number from 0 on"),
        ({"frame": 1.5, "box": [1, 2, 3, 4]}, "frame 1.5 is no whole number from 0 on"),
        ({"time": "inf", "box": [1, 2, 3, 4]}, "time inf is not from 0 on"),
        ({"frame": 0, "box": [1, 2, 3]}, "not enough values"),
        ({"frame": 0, "points": [[1]]}, "missing 1 required positional"),
        ({"frame": 0, "circle": [1, 2, 3]}, "'circle' is unknown: there are absent, box, frame"),
        ([], "'list' object has no attribute 'keys'|unhashable|has no"),
    ],
)
def test_a_prompt_that_is_none(tmp_path: Path, prompt: Any, message: str) -> None:
    with pytest.raises(PromptError, match=message) as caught:
        PromptsFile.read(written(tmp_path / "a.json", {"prompts": [prompt]}))
    assert str(caught.value).endswith("docs/formats.md has the format")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expecting value"),
        ("[]", "list indices must be integers"),
        ('{"format": "x", "objects": []}', "its format is not samtracker-prompts-1"),
        ('{"format": "samtracker-prompts-1"}', "no 'objects'"),
        ('{"format": "samtracker-prompts-1", "objects": []}', "it has no objects"),
        ('{"format": "samtracker-prompts-1", "objects": [{"prompts": []}]}', "has no prompts"),
        ('{"format": "samtracker-prompts-1", "objects": [{"color": 1}]}', "'color' is unknown"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(PromptError, match=message):
        PromptsFile.read(tmp_path / "a.json")
    with pytest.raises(PromptError, match="No such file"):
        PromptsFile.read(tmp_path / "b.json")
