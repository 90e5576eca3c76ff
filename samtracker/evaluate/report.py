"""The report of an evaluation: one HTML file with tables, curves and the worst moments."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from numpy.typing import NDArray

from samtracker.data.clip import Clip
from samtracker.evaluate.clip import ClipResult, Ids, resize_ids
from samtracker.evaluate.folder_source import FolderSource
from samtracker.evaluate.results import Results, Row
from samtracker.results.overlay import overlay
from samtracker.types import Frame, FrameResult, State, TrackedObject, mask_box

_MOMENTS: Final = 3
_WIDTH: Final = 580  # of a picture, so that two of them fit beside each other into 1280 pixels
_APART: Final = 0.1  # of the clip, between two moments


@dataclass(frozen=True)
class Moment:
    """A frame to look at.

    Attributes:
        frame: Number of the frame.
        j: Mean region similarity of the objects in it, 0 to 1.
        prediction: Overlay of the prediction as a data URL.
        truth: Overlay of the truth as a data URL.
    """

    frame: int
    j: float
    prediction: str
    truth: str


def report(
    clips: Sequence[Clip],
    results: Results,
    masks: FolderSource,
    *,
    title: str,
    settings: dict[str, Any],
    robustness: Sequence[Row] = (),
) -> str:
    """Return the report as one HTML file that needs no other one.

    Args:
        clips: Clips with truth.
        results: Results of these clips.
        masks: Masks that were scored.
        title: Names what was scored on what.
        settings: Settings of the run that are shown.
        robustness: Rows with "kind", "strength" and scores; without rows there is no such table.

    Raises:
        DatasetError: A frame or mask can no longer be read.
    """
    environment = Environment(
        loader=PackageLoader("samtracker.evaluate", "."), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["number"] = _number
    return environment.get_template("report.html.jinja").render(
        title=title,
        settings=settings,
        overall=results.overall,
        rows=results.clip_rows,
        rounds=results.round_rows,
        states=[state.value for state in State],
        robustness=robustness,
        clips=[
            {
                "name": result.name,
                "curve": _curve(result),
                "moments": _moments(clip, result, masks),
            }
            for clip, result in zip(clips, results.clips, strict=True)
            if result.objects
        ],
    )


def _number(value: float | None, digits: int = 1) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _curve(result: ClipResult) -> str:
    """Draw J of each object over the frames, as SVG."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(11.6, 2.2), layout="constrained")
    axes = figure.subplots()
    for item in result.objects:
        frames = result.scored[item.start : item.start + len(item.j)]
        axes.plot(frames, item.j, linewidth=1.3, label=f"object {item.id}")
    axes.set(ylim=(-0.02, 1.02), ylabel="J", xlabel="frame")
    axes.margins(x=0.01)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    if 1 < len(result.objects) <= 10:
        figure.legend(ncols=len(result.objects), fontsize="small", loc="outside upper left")
    picture = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": result.name}):
        figure.savefig(picture, format="svg", metadata={"Date": None})
    svg = picture.getvalue()
    return svg[svg.index("<svg") :]


def _moments(clip: Clip, result: ClipResult, masks: FolderSource) -> list[Moment]:
    """Return the frames with the lowest J, worst first."""
    moments = []
    for number, j in _worst(result):
        frame, truth = clip.frame(number), clip.mask(number)
        found = masks.read(clip, number)
        pictures = [_picture(frame, ids) for ids in (found, truth)]
        moments.append(Moment(number, j, *pictures))
    return moments


def _worst(result: ClipResult) -> list[tuple[int, float]]:
    """Return frame numbers and J of the worst frames, which lie apart from each other."""
    j = result.frame_j()
    apart = max(round(_APART * len(j)), 1)
    worst = []
    for _ in range(_MOMENTS):
        position = int(j.argmin())
        if not np.isfinite(j[position]):
            break
        worst.append((result.scored[position], float(j[position])))
        j[max(position - apart, 0) : position + apart + 1] = np.inf
    return worst


def _picture(frame: Frame, ids: Ids) -> str:
    """Return an overlay as a data URL."""
    grid = np.zeros(frame.shape[:2], np.uint16)
    drawn = overlay(frame, _as_result(resize_ids(ids, grid)))
    height = round(_WIDTH * drawn.shape[0] / drawn.shape[1])
    small = cv2.resize(drawn, (_WIDTH, height), interpolation=cv2.INTER_AREA)
    quality = [cv2.IMWRITE_JPEG_QUALITY, 80]
    code: NDArray[np.uint8] = cv2.imencode(".jpg", small[..., ::-1], quality)[1]
    return f"data:image/jpeg;base64,{base64.b64encode(code.tobytes()).decode('ascii')}"


def _as_result(ids: Ids) -> FrameResult:
    masks = {int(i): ids == i for i in np.unique(ids) if i}
    objects = tuple(
        TrackedObject(id=i, mask=mask, box=mask_box(mask), score=1.0, state=State.TRACKING)
        for i, mask in masks.items()
    )
    return FrameResult(index=0, timestamp=None, size=ids.shape, objects=objects)
