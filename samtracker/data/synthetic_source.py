"""Synthetic clips of photos without masks, or of paintings."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from samtracker.data.clip import Clip
from samtracker.data.cutout import Cutout, random_region
from samtracker.data.motion import Motion
from samtracker.data.photometry import Light
from samtracker.data.photos import draw_photo
from samtracker.data.sample import MAIN, Sample
from samtracker.data.scene import Layer, Scene
from samtracker.types import Frame

_DISTRACTOR = 0.5  # share of the clips with a look-alike
_OCCLUDER = 0.5
_CROSSING = 0.4  # of the occluders, those that come to hide the whole object
_UNCOVERING = 0.4  # of the occluders, those that hide a part of it at first
_BLURRED = 0.3
_SPEEDS = (0.005, 0.06)  # step from frame to frame, as a share of the frame
_LEAST_SEEN = 0.35  # of the object, in the first frame


@dataclass(frozen=True, kw_only=True)
class SyntheticSource:
    """Moves a part of one photo over another, among look-alikes and occluders.

    See `SampleSource`.

    Attributes:
        photos: Stills or clips to cut from; their masks are not read. Without any, pictures are
            painted, so that training runs on a machine without a data set.
        size: Side of the square frames in pixels.
    """

    photos: tuple[Clip, ...] = ()
    size: int = 384

    def __len__(self) -> int:
        """Return the number of photos; 1 without any."""
        return max(len(self.photos), 1)

    def sample(self, index: int, length: int, rng: np.random.Generator) -> Sample:
        """Make a sample; see `SampleSource.sample`.

        The index is that of the background's photo.
        """
        chosen, size = self.photos[index : index + 1], (self.size, self.size)
        background = draw_photo(chosen, size, rng)
        photo = draw_photo(self.photos, size, rng)
        cutout = Cutout.of(photo, random_region(photo, rng))
        scene = stage(cutout, background, self.photos, length, rng)
        frames, ids = scene.film()
        name = chosen[0].name if chosen else "a painting"
        return Sample(frames=frames, ids=ids, name=f"synthetic over {name}")


def stage(
    cutout: Cutout,
    background: Frame,
    photos: tuple[Clip, ...],
    length: int,
    rng: np.random.Generator,
    *,
    home: tuple[float, float] | None = None,
    neighbor: Cutout | None = None,
) -> Scene:
    """Set a cut-out in motion, among look-alikes, occluders, blur and changes of light.

    Args:
        cutout: The object.
        background: The canvas, RGB uint8 (H, W, 3).
        photos: Photos to cut an occluder from; without any it is painted.
        length: Number of frames T.
        rng: Generator of every random choice.
        home: Where the object's middle begins, (x, y) as shares of the canvas, at the size it was
            cut at; by default anywhere and at any size.
        neighbor: Another object that moves beside it; without one, in half of the scenes a
            look-alike does.

    Returns:
        A scene in whose first frame at least a third of the object is seen.

    Raises:
        DatasetError: A photo cannot be read.
    """
    canvas = (background.shape[0], background.shape[1])
    side = min(canvas)
    blur = rng.uniform(0.3, 1.0) if rng.random() < _BLURRED else 0.0
    speed = float(np.exp(rng.uniform(*np.log(_SPEEDS))))
    scale = 1.0 if home else min(rng.uniform(0.15, 0.5) * side / cutout.extent, 1.5)

    def on_its_way(part: Cutout, scale: float, start: tuple[float, float] | None = None) -> Layer:
        motion = Motion.draw(
            part.size, canvas, length, rng, scale=scale, speed=speed, blur=blur, start=start
        )
        return Layer(cutout=part, motion=motion)

    behind: tuple[Layer, ...] = ()
    if neighbor is not None:
        alike = scale * cutout.extent / neighbor.extent
        behind = (on_its_way(neighbor, alike * rng.uniform(0.7, 1.3)),)
    elif rng.random() < _DISTRACTOR:
        behind = (on_its_way(cutout, scale * rng.uniform(0.8, 1.2)),)
    behind = tuple(replace(layer, number=MAIN + 1) for layer in behind)
    scene = Scene(
        background=background,
        camera=Motion.camera(canvas, length, rng, speed=0.3 * speed),
        object=replace(on_its_way(cutout, scale, home), number=MAIN),
        behind=behind,
        lights=(Light.draw(rng, strength=0.1), Light.draw(rng, strength=0.1)),
    )
    if rng.random() >= _OCCLUDER:
        return scene
    photo = draw_photo(photos, (side, side), rng)
    part = Cutout.of(photo, random_region(photo, rng))
    kind = rng.random() if length > 1 else 1.0
    if kind < _CROSSING + _UNCOVERING:
        whole = scale * max(cutout.size) / min(part.size)
        occluder = on_its_way(part, whole * rng.uniform(0.9, 1.5))
        way = occluder.across if kind < _CROSSING else occluder.off
        occluder = way(scene.object, rng)
    else:
        occluder = on_its_way(part, min(rng.uniform(0.1, 0.3) * side / part.extent, 1.5))
    hidden = replace(scene, before=(occluder,))
    seen, whole = (np.count_nonzero(each.render(0)[1] == MAIN) for each in (hidden, scene))
    return hidden if seen >= _LEAST_SEEN * whole else scene
