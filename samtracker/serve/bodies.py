"""What clients send, and its limits."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from samtracker.config import Direction
from samtracker.serve.pointing import Stroke

MOST_CLICKS = 64
Coordinate = Annotated[float, Field(ge=-1e5, le=1e5, allow_inf_nan=False)]
Number = Annotated[int, Field(ge=0, le=2**31)]
Name = Annotated[str, Field(max_length=60)]
Click = tuple[Coordinate, Coordinate, Literal[0, 1]]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Pointed(_Body):
    """A box or clicks, exactly one of the two.

    Attributes:
        object: Id of the object that it corrects; None for a new one.
        box: X1, y1, x2, y2 in pixels of the frame; x2 and y2 are exclusive.
        points: All clicks on the object in this frame: x, y, and 1 on it or 0 off it.
    """

    object: Number | None = None
    box: tuple[Coordinate, Coordinate, Coordinate, Coordinate] | None = None
    points: Annotated[tuple[Click, ...], Field(min_length=1, max_length=MOST_CLICKS)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Pointed:
        if (self.box is None) == (self.points is None):
            raise ValueError("give either box or points")
        return self

    @property
    def shown(self) -> dict[str, Any]:
        """The box or the clicks, by the name of the tracker's argument."""
        return {"points": self.points} if self.box is None else {"box": self.box}


class PointedInFrame(Pointed):
    """A box or clicks in a frame of a clip."""

    frame: Number


class Painted(_Body):
    """A stroke of a brush.

    Attributes:
        object: Id of the object that is painted; None for a new one.
        path: Places x, y in pixels of the frame.
        radius: Radius of the brush in pixels.
        erase: Whether it takes away.
    """

    object: Number | None = None
    path: Annotated[tuple[tuple[Coordinate, Coordinate], ...], Field(min_length=1, max_length=1500)]
    radius: Annotated[int, Field(ge=0, le=500)]
    erase: bool = False

    @property
    def stroke(self) -> Stroke:
        """What is painted."""
        return Stroke(path=self.path, radius=self.radius, erase=self.erase)


class PaintedInFrame(Painted):
    """A stroke of a brush in a frame of a clip.

    Attributes:
        object: Id of the object that is painted; None for a new one.
        path: Places x, y in pixels of the frame.
        radius: Radius of the brush in pixels.
        erase: Whether it takes away.
        frame: Number of the frame.
    """

    frame: Number


class FileChoice(_Body):
    """A video of the server's folder, by the name in the list of these."""

    file: Annotated[str, Field(max_length=1000)]


class Range(_Body):
    """Frames of a clip.

    Attributes:
        first: Number of the first one.
        last: Number of the last one; None for that of the clip.
    """

    first: Number = 0
    last: Number | None = None


class Directed(_Body):
    """Where frames are tracked to."""

    direction: Direction


WHOLE: Final = Range()


class Called(_Body):
    """What an object is called."""

    name: Name


class LivePoint(Pointed):
    """A box or clicks in the frame that was sent last."""

    do: Literal["point"]


class LivePreview(Pointed):
    """A box or clicks in the frame that was sent last, whose mask is wanted and not taken."""

    do: Literal["preview"]


class LivePaint(Painted):
    """A stroke of a brush in the frame that was sent last."""

    do: Literal["paint"]


class LiveName(_Body):
    """What an object is called."""

    do: Literal["rename"]
    object: Number
    name: Name


class LiveRemoval(_Body):
    """An object that is not to be tracked any more."""

    do: Literal["remove"]
    object: Number


class LiveCommand(_Body):
    """Something that needs nothing to be said."""

    do: Literal["next", "undo", "reset"]


class SourceFrameWanted(_Body):
    """The newest frame of the server's source, once there is one that was not sent yet."""

    do: Literal["frame"]


class SourceFrameBefore(_Body):
    """The frame before the one that was sent last, which is the current one again."""

    do: Literal["before"]


LiveMessage = LivePoint | LivePreview | LivePaint | LiveName | LiveRemoval | LiveCommand
LIVE_MESSAGE: TypeAdapter[LiveMessage] = TypeAdapter(
    Annotated[LiveMessage, Field(discriminator="do")]
)

SourceMessage = SourceFrameWanted | SourceFrameBefore | LiveMessage
SOURCE_MESSAGE: TypeAdapter[SourceMessage] = TypeAdapter(
    Annotated[SourceMessage, Field(discriminator="do")]
)
