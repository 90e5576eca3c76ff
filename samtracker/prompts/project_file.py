"""A project: prompts, and the video, weights and settings that they were given for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from samtracker.config import DIRECTIONS, Direction
from samtracker.errors import PromptError
from samtracker.files import DAMAGE, file_sha256
from samtracker.prompts.prompts_file import PROJECT, PromptsFile

SETTINGS = (
    *("size", "memory", "feedback", "target_model", "max_objects", "anchors", "precision"),
    "backend",
)
"""What a project says of how it was tracked, by the names of `Tracker`'s arguments."""


@dataclass(frozen=True, kw_only=True)
class ProjectFile:
    """What a project says.

    Attributes:
        prompts: The prompts, with masks in the file itself.
        video: Name of the video; what it was called where the project was made.
        video_sha256: SHA-256 of its bytes.
        weights: Name of the weights.
        weights_sha256: Their SHA-256.
        settings: How it was tracked, see `SETTINGS`.
        direction: Of `samtracker.config.DIRECTIONS`, where it was tracked to.
        shown: For each object and prompt what was pointed at: {"box": ...}, {"points": ...} or
            {"painted": True}.
    """

    prompts: PromptsFile
    video: str
    video_sha256: str
    weights: str
    weights_sha256: str
    settings: Mapping[str, Any]
    direction: Direction
    shown: tuple[tuple[Mapping[str, Any], ...], ...]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a project.

        Raises:
            PromptError: It cannot be read, or is none.
        """
        prompts = PromptsFile.read(path)
        try:
            data = json.loads(path.read_text("utf-8-sig"))
            if data["format"] != PROJECT:
                raise ValueError(f"its format is not {PROJECT}")
            return cls(
                prompts=prompts,
                video=str(data["video"]["name"]),
                video_sha256=str(data["video"]["sha256"]),
                weights=str(data["weights"]["name"]),
                weights_sha256=str(data["weights"]["sha256"]),
                settings={name: data["settings"][name] for name in SETTINGS},
                direction=_direction(data["settings"]["direction"]),
                shown=tuple(
                    tuple(dict(prompt.get("shown", {})) for prompt in item["prompts"])
                    for item in data["objects"]
                ),
            )
        except (OSError, *DAMAGE) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise PromptError(
                f"project '{path}' cannot be read ({reason[:150]}): give one that the page saved"
            ) from error

    def check_video(self, path: Path) -> None:
        """Check that a video is the one that the project is of.

        Raises:
            PromptError: It is another one.
        """
        if not path.is_file() or file_sha256(path) != self.video_sha256:
            raise PromptError(
                f"project '{self.prompts.path}' is of another video than '{path}': give "
                f"'{self.video}'"
            )

    def check_weights(self, sha256: str) -> None:
        """Check that weights are those that the project was made with.

        Raises:
            PromptError: They are others.
        """
        if sha256 != self.weights_sha256:
            raise PromptError(
                f"project '{self.prompts.path}' was made with other weights: give weights=... "
                f"'{self.weights}'"
            )


def _direction(given: Any) -> Direction:
    for direction in DIRECTIONS:
        if given == direction:
            return direction
    raise ValueError(f"direction {given} is none of {', '.join(DIRECTIONS)}")
