"""A video to a folder, from Python: run a job, resume it, and replay its log.

::

    from pathlib import Path

    from samtracker import Tracker
    from samtracker.jobs import FirstPrompts, TrackJob, resume

    job = TrackJob(
        source="clip.mp4",
        prompts=FirstPrompts(boxes=((420, 130, 760, 650),)),
        output=Path("out"),
        save=("masks", "csv"),
    )
    outcome = job.run(
        Tracker.from_pretrained("lite"),
        on_frame=lambda progress: print(f"{progress.done} of {progress.total}"),
    )
    if outcome.resumable:  # it was stopped, or the source broke off
        outcome = resume(Path("out"))
"""

import samtracker.opencv.required  # noqa: F401
from samtracker.jobs.annotate import annotate
from samtracker.jobs.command_line import CommandLine
from samtracker.jobs.first_prompts import FirstPrompts
from samtracker.jobs.job import TrackJob
from samtracker.jobs.outcome import Outcome
from samtracker.jobs.progress import JobStart, Progress
from samtracker.jobs.replay import Replay, ReplayedCall
from samtracker.jobs.resumption import resume
from samtracker.jobs.scene_cuts import SceneCut
from samtracker.jobs.summary import Summary
from samtracker.prompts.prompts_file import Place, PlacedPrompt, PromptedObject, PromptsFile

__all__ = [
    "CommandLine",
    "FirstPrompts",
    "JobStart",
    "Outcome",
    "Place",
    "PlacedPrompt",
    "Progress",
    "PromptedObject",
    "PromptsFile",
    "Replay",
    "ReplayedCall",
    "SceneCut",
    "Summary",
    "TrackJob",
    "annotate",
    "resume",
]
