"""What a job was given, as a file of prompts that stands alone: `--save prompts`."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from samtracker.jobs.first_prompts import FirstPrompts
from samtracker.jobs.later_prompts import LaterPrompts
from samtracker.jobs.prompt_schedule import PromptSchedule
from samtracker.prompts.first_objects import FirstObjects
from samtracker.prompts.prompts_file import Place, PlacedPrompt, PromptedObject, PromptsFile
from samtracker.results.names import FILES
from samtracker.tracker import Tracker
from samtracker.video.read import VideoFrame


def save_given(  # noqa: PLR0917
    save: Collection[str],
    folder: Path,
    prompts: FirstPrompts,
    tracker: Tracker,
    frame: VideoFrame,
    objects: FirstObjects | None,
    later: LaterPrompts | None,
) -> None:
    """Write the prompts of a job to the folder of its results, if they are to be saved.

    Args:
        save: What is to be saved, see `TrackJob`.
        folder: The folder.
        prompts: What the job was given.
        tracker: Finds what a candidate selects.
        frame: The first frame that is tracked.
        objects: What `FirstPrompts.read_objects` returned.
        later: What `FirstPrompts.read_later` returned.

    Raises:
        OutputError: The file cannot be written.
    """
    if "prompts" in save:
        if isinstance(later, PromptSchedule):
            given = later.standing_alone(frame)
        else:
            given = _in_first_frame(prompts, tracker, frame, objects)
        PromptsFile(path=folder / FILES["prompts"], objects=given).write()


def _in_first_frame(
    prompts: FirstPrompts, tracker: Tracker, frame: VideoFrame, objects: FirstObjects | None
) -> tuple[PromptedObject, ...]:
    masks = {} if objects is None else objects.masks()
    names = {} if objects is None else objects.names
    given: dict[int, dict[str, Any]] = {number: {"mask": mask} for number, mask in masks.items()}
    pointed: list[dict[str, Any]] = [
        *({"box": box} for box in prompts.boxes),
        *({"points": points} for points in prompts.points),
    ]
    for number, prompt in enumerate(pointed, max(masks, default=0) + 1):
        given[number] = prompts.chosen(tracker, frame, prompt)
    place = Place(frame=frame.index)
    return tuple(
        PromptedObject(
            id=number,
            name=names.get(number, ""),
            prompts=(PlacedPrompt(place=place, **prompt),),
        )
        for number, prompt in given.items()
    )
