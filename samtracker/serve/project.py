"""A session as a project file, and a project file as a session."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from samtracker.checkpoints.origin import weights_of
from samtracker.errors import PromptError
from samtracker.files import file_sha256
from samtracker.masks.run_lengths import encode
from samtracker.prompts.project_file import ProjectFile
from samtracker.prompts.prompts_file import PROJECT
from samtracker.serve.answers import PROMPT
from samtracker.serve.clip import Clip
from samtracker.serve.placed_prompt import PlacedPrompt
from samtracker.serve.run_lengths import RunLengths
from samtracker.serve.timeline import History, Timeline
from samtracker.tracker import Tracker

MOST_PROMPTS: Final = 2000
"""Prompts of a project that are read."""


def project_json(clip: Clip, timeline: Timeline, tracker: Tracker) -> dict[str, Any]:
    """Return the project of what was done in a clip; see docs/formats.md.

    Raises:
        PromptError: Nothing was done.
        WeightsError: The network comes from no file.
    """
    now, config, runtime = timeline.now, tracker.config, tracker.runtime
    if not now.prompts:
        raise PromptError("nothing is pointed at yet: a project has prompts")
    weights, sha256 = weights_of(runtime.network)
    claims = {frame: now.claims(frame) for frame in range(len(clip.times))}
    return {
        "format": PROJECT,
        "video": {"name": clip.name, "sha256": file_sha256(clip.path), "frames": len(clip.times)},
        "weights": {"name": Path(weights).name, "sha256": sha256},
        "settings": {
            "size": config.size,
            "memory": config.memory,
            "feedback": config.feedback,
            "target_model": config.target_model,
            "max_objects": config.max_objects,
            "anchors": config.anchors,
            "precision": runtime.precision_name,
            "backend": runtime.backend.name,
            "direction": now.direction,
        },
        "objects": [
            {
                "name": now.names.get(object_id, ""),
                "prompts": [
                    {
                        "frame": prompt.frame,
                        "rle": encode(prompt.mask.decode()),
                        "shown": prompt.shown,
                    }
                    for prompt in now.prompts
                    if prompt.object_id == object_id
                ],
                "states": [
                    [frame, item.state.value]
                    for frame, found in claims.items()
                    for item in found
                    if item.id == object_id
                ],
            }
            for object_id in now.prompted
        ],
    }


def read_project(project: ProjectFile, clip: Clip) -> Timeline:
    """Return the timeline of a project, in which all is to be tracked.

    Raises:
        PromptError: It does not fit the clip.
    """
    timeline = Timeline()
    placed: list[PlacedPrompt] = []
    for number, item in enumerate(project.prompts.objects, start=1):
        for prompt, shown in zip(item.prompts, project.shown[number - 1], strict=True):
            frame = prompt.place.frame
            if prompt.rle is None or frame is None or len(placed) == MOST_PROMPTS:
                raise PromptError(f"a project has at most {MOST_PROMPTS} masks, each in a frame")
            try:
                PROMPT.validate_python({**shown, "frame": frame, "object": number})
            except ValidationError:
                raise PromptError(
                    f"'shown' of the prompt of object {number} in frame {frame} is neither a box "
                    "nor points: save the project again"
                ) from None
            placed.append(
                PlacedPrompt(
                    frame=frame,
                    object_id=number,
                    mask=RunLengths.of(prompt.pixels(clip.info.size)),
                    shown=shown,
                    prior=None,
                )
            )
    for prompt_of_page in sorted(placed, key=lambda prompt: prompt.frame):
        timeline.place(prompt_of_page)
    for number, item in enumerate(project.prompts.objects, start=1):
        if item.name:
            timeline.rename(number, item.name[:60])
    timeline.direct(project.direction)
    return Timeline(History(now=timeline.now, last_id=timeline.last_id))  # nothing to undo yet
