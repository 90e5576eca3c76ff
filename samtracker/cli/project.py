"""A project of the page on the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from samtracker.cli.model import build_tracker
from samtracker.prompts.project_file import ProjectFile
from samtracker.tracker import Tracker


def open_project(
    path: Path, video: Path, options: Mapping[str, Any], given: set[str]
) -> tuple[Callable[..., Tracker], dict[str, Any]]:
    """Return what builds the tracker of a project, and the options it is tracked with.

    Args:
        path: The project.
        video: The video that is to be tracked.
        options: All options of the model, and the direction.
        given: Names of those that the user has given, which count more than the project's.

    Raises:
        PromptError: It cannot be read, or is of another video.
    """
    project = ProjectFile.read(path)
    project.check_video(video)
    settings = {**project.settings, "direction": project.direction}
    left = {name: value for name, value in settings.items() if name not in given}

    def build(**model: Any) -> Tracker:
        tracker = build_tracker(**model)
        project.check_weights(tracker.runtime.network.digest)
        return tracker

    return build, {**options, **left}
