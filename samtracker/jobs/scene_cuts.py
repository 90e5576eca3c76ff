"""Cuts to another scene, found while a source is tracked, and what becomes of the job there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from samtracker.errors import ConfigError
from samtracker.video.cut_detector import CutDetector
from samtracker.video.read import VideoFrame

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class SceneCut:
    """A cut.

    Attributes:
        frame: Number in the source of the first frame behind it.
        time: Its time in seconds.
        stopped: Whether tracking stopped there.
    """

    frame: int
    time: float
    stopped: bool = False


OnCut = Callable[[SceneCut], object]
"""Called at a cut, to be asked: tracking stops there where it returns False."""


def check_asked(mode: str, on_cut: OnCut | None) -> None:
    """Check that there is somebody to ask.

    Raises:
        ConfigError: There is not.
    """
    if mode == "ask" and on_cut is None:
        raise ConfigError(
            "scene_cuts='ask' needs somebody to ask, at a terminal or by on_cut: take 'keep' or "
            "'stop'"
        )


class SceneCuts:
    """The cuts that one pass over a source meets, in either direction.

    Args:
        mode: Of `samtracker.config.SCENE_CUTS`.
        on_cut: Who is asked with "ask"; None for nobody.

    Attributes:
        found: What it has met so far.
    """

    def __init__(self, mode: str, on_cut: OnCut | None) -> None:
        self.found: list[SceneCut] = []
        self._mode = mode
        self._on_cut = on_cut
        self._detector = CutDetector()
        self._last: VideoFrame | None = None

    def note(self, frame: VideoFrame) -> None:
        """Note a frame that is tracked already."""
        cut = self._before(frame)
        if cut is not None:
            self.found.append(cut)

    def watch(self, frames: Iterable[VideoFrame]) -> Iterator[tuple[VideoFrame, SceneCut | None]]:
        """Yield frames, each with the cut before it if there is one, up to where it stops."""
        for frame in frames:
            cut = self._before(frame)
            if cut is not None:
                cut = self._decided(cut)
                self.found.append(cut)
                if cut.stopped:
                    return
            yield frame, cut

    def _before(self, frame: VideoFrame) -> SceneCut | None:
        """Return the cut between the last frame and this one, if there is one."""
        if self._mode == "ignore":
            return None
        last, self._last = self._last, frame
        if not self._detector.is_cut(frame.image) or last is None:
            return None
        later = max(last, frame, key=lambda one: one.time)
        return SceneCut(frame=later.index, time=later.time)

    def _decided(self, cut: SceneCut) -> SceneCut:
        if self._mode == "keep":
            return cut
        if self._on_cut is not None and self._mode == "ask" and self._on_cut(cut) is not False:
            return cut
        _LOG.warning(
            "stopped at a cut to another scene, at frame %d (%g s): track on with start=...",
            *(cut.frame, cut.time),
        )
        return SceneCut(frame=cut.frame, time=cut.time, stopped=True)
