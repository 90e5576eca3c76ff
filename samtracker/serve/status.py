"""What a page is told of its session, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from samtracker.results.overlay import object_color
from samtracker.serve.clip import Clip
from samtracker.serve.placed_prompt import PlacedPrompt
from samtracker.serve.run_lengths import RunLengths
from samtracker.serve.session import Session
from samtracker.serve.tracked_pass import Found
from samtracker.types import FrameResult, State

LETTERS = {State.TRACKING: "t", State.UNCERTAIN: "u", State.LOST: "l", State.REACQUIRED: "r"}
"""States in a lane, a letter for a frame; one without the object is a point."""


def session_json(session: Session) -> dict[str, Any]:
    """Return all that a page shows beside the pictures and masks."""
    timeline, clip = session.timeline, session.clip
    now = timeline.now
    claims = [now.claims(frame) for frame in range(0 if clip is None else len(clip.times))]
    return {
        "clip": None if clip is None else clip_json(clip),
        "objects": [
            {
                "id": number,
                "name": now.names.get(number, ""),
                "color": object_color(number),
                "lane": "".join(_letter(found, number) for found in claims),
            }
            for number in timeline.object_ids
        ],
        "prompts": [_prompt_json(prompt) for prompt in now.prompts],
        **clean_json(session),
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


def clean_json(session: Session) -> dict[str, Any]:
    """Return what is up to date: in which frames, and how far the passes are."""
    now = session.timeline.now
    frames = now.frames
    return {
        "direction": now.direction,
        "clean": now.clean,
        "prompted": (frames[0], frames[-1]) if frames else None,
        **{way: one.clean for way, one in now.passes.items()},
    }


def tracking_json(session: Session) -> dict[str, Any]:
    """Return whether frames are being tracked, and why that ended early."""
    return {"tracking": session.is_tracking, "message": session.message}


def found_json(session: Session, frame: int, *, before: bool = False) -> list[dict[str, Any]]:
    """Return the objects in a frame with their masks, or those before the last change."""
    timeline = session.timeline
    names = timeline.now.names
    found = timeline.before(frame) if before else timeline.now.at(frame)
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
    return {item.id: LETTERS[item.state] for item in session.timeline.now.claims(frame)}


def _object_json(item: Any, name: str, mask: RunLengths) -> dict[str, Any]:
    return {
        "id": item.id,
        "name": name,
        "state": item.state.value,
        "score": round(item.score, 3),
        "mask": mask.to_json(),
    }


def _prompt_json(prompt: PlacedPrompt) -> dict[str, Any]:
    return {**prompt.shown, "frame": prompt.frame, "object": prompt.object_id}


def _letter(found: Sequence[Found], number: int) -> str:
    return next((LETTERS[item.state] for item in found if item.id == number), ".")
