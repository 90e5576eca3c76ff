"""What a page is told of its session, as JSON."""

from __future__ import annotations

from typing import Any

from samtracker.results.overlay import object_color
from samtracker.serve.clip import Clip
from samtracker.serve.run_lengths import RunLengths
from samtracker.serve.session import Session
from samtracker.serve.timeline import Found, PlacedPrompt
from samtracker.types import FrameResult, State

LETTERS = {State.TRACKING: "t", State.UNCERTAIN: "u", State.LOST: "l", State.REACQUIRED: "r"}
"""States in a lane, a letter for a frame; one without the object is a point."""


def session_json(session: Session) -> dict[str, Any]:
    """Return all that a page shows beside the pictures and masks."""
    timeline, clip = session.timeline, session.clip
    now = timeline.now
    return {
        "clip": None if clip is None else clip_json(clip),
        "objects": [
            {
                "id": number,
                "name": now.names.get(number, ""),
                "color": object_color(number),
                "lane": _lane(session, number),
            }
            for number in timeline.object_ids
        ],
        "prompts": [_prompt_json(prompt) for prompt in now.prompts],
        "first": timeline.first,
        "clean": now.clean,
        "undo": timeline.can_undo,
        "redo": timeline.can_redo,
        **tracking_json(session),
    }


def clip_json(clip: Clip) -> dict[str, Any]:
    """Return what is known of a clip."""
    return {
        "id": clip.id,
        "name": clip.name,
        "width": clip.info.size[1],
        "height": clip.info.size[0],
        "fps": clip.info.fps,
        "frames": len(clip.times),
        "announced": clip.info.frames,
        "complete": clip.complete,
        "failure": None if clip.failure is None else str(clip.failure),
    }


def tracking_json(session: Session) -> dict[str, Any]:
    """Return whether frames are being tracked, and why that ended early."""
    return {"tracking": session.is_tracking, "message": session.message}


def found_json(session: Session, frame: int, *, before: bool = False) -> list[dict[str, Any]]:
    """Return the objects in a frame with their masks, or those before the last change."""
    timeline = session.timeline
    names = timeline.now.names
    found = timeline.before(frame) if before else timeline.now.found.get(frame, ())
    return [_object_json(item, names.get(item.id, ""), item.mask) for item in found]


def result_json(result: FrameResult | None) -> list[dict[str, Any]]:
    """Return the objects of a live frame with their masks and colors."""
    objects = () if result is None else result.objects
    return [
        {
            **_object_json(item, item.name, RunLengths.of(item.mask)),
            "color": object_color(item.id),
        }
        for item in objects
    ]


def states_json(session: Session, frame: int) -> dict[int, str]:
    """Return the letters of a frame by object id."""
    return {item.id: LETTERS[item.state] for item in session.timeline.now.found.get(frame, ())}


def _object_json(item: Any, name: str, mask: RunLengths) -> dict[str, Any]:
    return {
        "id": item.id,
        "name": name,
        "state": item.state.value,
        "score": round(item.score, 3),
        "mask": mask.to_json(),
    }


def _prompt_json(prompt: PlacedPrompt) -> dict[str, Any]:
    return {"frame": prompt.frame, "object": prompt.object_id, **prompt.shown}


def _lane(session: Session, number: int) -> str:
    clip, found = session.clip, session.timeline.now.found
    count = 0 if clip is None else len(clip.times)
    return "".join(_letter(found.get(frame, ()), number) for frame in range(count))


def _letter(found: tuple[Found, ...], number: int) -> str:
    return next((LETTERS[item.state] for item in found if item.id == number), ".")
