"""Finding objects in a whole source from prompts in any of its frames, without an output folder."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from samtracker.errors import PromptError, VideoError
from samtracker.jobs.execution import Watcher
from samtracker.jobs.execution_of_passes import found_frames
from samtracker.jobs.first_prompts import FirstPrompts
from samtracker.jobs.job import TrackJob
from samtracker.jobs.passes import Passes
from samtracker.jobs.record import lasting
from samtracker.jobs.scene_cuts import check_asked
from samtracker.prompts.prompts_file import PromptedObject, PromptsFile
from samtracker.results.names import FILES
from samtracker.tracker import Tracker
from samtracker.tracking.stream import StreamResult
from samtracker.video.selection import Range


def annotate(
    source: str | Path,
    prompts: FirstPrompts | PromptedObject | Sequence[PromptedObject],
    *,
    direction: str = "both",
    tracker: Tracker | None = None,
    start: float = 0.0,
    end: float | None = None,
    stride: int = 1,
    skip: Sequence[Range] = (),
    scene_cuts: str = "ignore",
    stream: int | None = None,
) -> Iterator[StreamResult]:
    """Find objects in all frames of a source, shown in any of them.

    ::

        from samtracker.jobs import Place, PlacedPrompt, PromptedObject, annotate

        first = PlacedPrompt(place=Place(frame=0), mask=first_mask)
        last = PlacedPrompt(place=Place(frame=89), mask=last_mask)
        cat = PromptedObject(name="cat", prompts=(first, last))
        for result in annotate("clip.mp4", [cat]):
            print(result.timestamp, result[1].box)

    The source is tracked when the first result is asked for, and read once more for the results.
    What is found is kept in temporary files until the iterator ends or is closed.

    Args:
        source: Video file, pictures or animation, see `read_frames`.
        prompts: Objects, or one, each with a mask, box or clicks in any frames; or what
            `TrackJob` takes.
        direction: See `TrackJob`.
        tracker: Tracker to use, whose stream ends; None for one with the weights `lite`.
        start: See `TrackJob`.
        end: See `TrackJob`.
        stride: See `TrackJob`.
        skip: See `TrackJob`.
        scene_cuts: "ignore", "keep" or "stop", see `TrackJob`.
        stream: See `TrackJob`.

    Yields:
        Results in the order of the frames, with these as `image`; `index` counts from 0.

    Raises:
        ConfigError: An argument does not exist or does not fit the others.
        VideoError: The source cannot be read, or not again, or not backward.
        PromptError: A prompt does not fit, or shows no object.
    """
    if lasting(source) is None:
        raise VideoError(
            f"'{source}' comes once, and is to be read again: save it to a file, or use "
            "Tracker.stream"
        )
    with TemporaryDirectory(prefix="samtrack-") as name:
        folder = Path(name)
        if not isinstance(prompts, FirstPrompts):
            file = PromptsFile(path=folder / FILES["prompts"], objects=_objects(prompts))
            file.write()
            prompts = FirstPrompts(prompts_file=file.path)
        job = TrackJob(
            source=source,
            prompts=prompts,
            output=folder,
            start=start,
            end=end,
            stride=stride,
            skip=tuple(skip),
            scene_cuts=scene_cuts,
            stream=stream,
            direction=direction,
        )
        check_asked(scene_cuts, None)
        passes = Passes(job.record({}, start), folder, Watcher(on_start=None, on_frame=None))
        passes.track(prompts, tracker or Tracker.from_pretrained)
        with passes.read() as reader, passes.results(reader.info.size) as results:
            for frame, result in found_frames(reader, results):
                yield StreamResult(
                    index=result.index,
                    timestamp=result.timestamp,
                    size=result.size,
                    objects=result.objects,
                    image=frame.image,
                )
            reader.check_complete()


def _objects(prompts: PromptedObject | Sequence[PromptedObject]) -> tuple[PromptedObject, ...]:
    given = (prompts,) if isinstance(prompts, PromptedObject) else tuple(prompts)
    if not given or not all(isinstance(item, PromptedObject) for item in given):
        raise PromptError(
            f"prompts={reprlib.repr(prompts)} shows no objects: give one PromptedObject or more"
        )
    return given
