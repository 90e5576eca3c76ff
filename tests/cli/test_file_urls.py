"""file: URLs on the command line."""

from __future__ import annotations

from pathlib import Path

import av

from samtracker.jobs.record import lasting
from tests.helpers.cli_tools import box_of, samtrack, two_balls


def test_a_file_url_is_tracked_with_its_audio(folder: Path) -> None:
    clip = two_balls(folder / "two balls.mp4", audio="aac")
    assert lasting(clip.as_uri()) == str(clip)
    done = samtrack(
        "track", clip.as_uri(), "--init-box", box_of(1), "--save", "overlay", "--end", "0.1"
    )
    assert done.code == 0, done.err
    (made,) = folder.glob("**/overlay.mp4")
    assert made.parent.name.startswith("two_balls")
    with av.open(str(made)) as overlay:
        assert len(overlay.streams.audio) == 1
    refused = samtrack(
        "live",
        clip.as_uri(),
        "--headless",
        "--init-box",
        box_of(1),
        "--record",
        clip,
        "--overwrite",
    )
    assert (refused.code, "is read, and would be replaced with" in refused.errors[0]) == (2, True)
