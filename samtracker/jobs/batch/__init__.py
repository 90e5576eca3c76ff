"""Many videos, a job each: what there is to track, who tracks it, and what came of it.

::

    from functools import partial

    from samtracker import Tracker
    from samtracker.jobs.batch import Batch, ProcessEngine, TrackOptions, find_videos

    if __name__ == "__main__":
        batch = Batch(
            videos=find_videos(["clips"], prompts_from="masks"),
            output="out",
            options=TrackOptions(save=("masks",)),
            make_tracker=partial(Tracker.from_pretrained, "lite"),
        )
        with ProcessEngine(jobs=2) as engine:
            for row in batch.run(engine):
                print(row.name, row.status, row.frames)
"""

from samtracker.jobs.batch.batch import Batch
from samtracker.jobs.batch.engine import Engine
from samtracker.jobs.batch.listing import find_videos
from samtracker.jobs.batch.process_engine import ProcessEngine
from samtracker.jobs.batch.ray_engine import RayEngine
from samtracker.jobs.batch.row import BatchRow, Status
from samtracker.jobs.batch.task import TrackOptions
from samtracker.jobs.batch.video import BatchVideo

__all__ = [
    "Batch",
    "BatchRow",
    "BatchVideo",
    "Engine",
    "ProcessEngine",
    "RayEngine",
    "Status",
    "TrackOptions",
    "find_videos",
]
