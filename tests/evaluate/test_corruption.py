"""Clips made harder: what changes, what stays, and that it is the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from samtracker.config import CORRUPTIONS
from samtracker.data.clip import FolderClip
from samtracker.errors import ConfigError
from samtracker.evaluate.corruption import STRENGTHS, Corrupted
from tests.helpers.datasets import write_mask, write_photo
from tests.helpers.scenes import RED, film


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> FolderClip:
    root = tmp_path_factory.mktemp("clip")
    images, masks = {}, {}
    for number, shot in enumerate(film([RED], 24)):
        stem = f"{number:05}"
        images[stem] = write_photo(root / "images" / f"{stem}.png", shot.frame)
        masks[stem] = write_mask(root / "masks" / f"{stem}.png", shot.ids)
    return FolderClip.of("ball", images, masks)


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_stronger_changes_more_and_every_time_the_same(clip: FolderClip, kind: str) -> None:
    changes = []
    for strength in STRENGTHS:
        harder = Corrupted(clip=clip, kind=kind, strength=strength)
        again = Corrupted(clip=clip, kind=kind, strength=strength)
        number = 4
        assert np.array_equal(harder.frame(number), again.frame(number))
        original = clip.frame(number).astype(float)
        changes.append(float(np.abs(harder.frame(number) - original).mean()))
        assert harder.frame(number).dtype == np.uint8
        assert (harder.name, harder.merged) == (clip.name, clip.merged)
        assert harder.object_ids == clip.object_ids
    assert 0 < changes[0] < changes[1] < changes[2]


@pytest.mark.parametrize("kind", [kind for kind in CORRUPTIONS if kind != "drop-frames"])
def test_frames_keep_their_numbers_and_names(clip: FolderClip, kind: str) -> None:
    harder = Corrupted(clip=clip, kind=kind, strength=2)
    assert (len(harder), harder.labeled) == (len(clip), clip.labeled)
    assert harder.stem(7) == "00007"
    if kind != "occluder":
        assert np.array_equal(harder.mask(7), clip.mask(7))


@pytest.mark.parametrize(("strength", "every"), [(1, 2), (2, 3), (3, 5)])
def test_dropped_frames(clip: FolderClip, strength: int, every: int) -> None:
    harder = Corrupted(clip=clip, kind="drop-frames", strength=strength)
    assert [harder.stem(n) for n in range(len(harder))] == [
        f"{number:05}" for number in range(0, 24, every)
    ]
    assert harder.labeled == tuple(range(len(harder)))
    assert np.array_equal(harder.mask(2), clip.mask(2 * every))


def test_what_an_occluder_hides_is_not_there(clip: FolderClip) -> None:
    harder = Corrupted(clip=clip, kind="occluder", strength=3)
    assert np.array_equal(harder.frame(0), clip.frame(0))
    assert np.array_equal(harder.mask(0), clip.mask(0))
    for number in (8, 16):
        left, right = harder.bar(number, 160)
        assert 0 < right - left <= round(0.35 * 160)
        assert not harder.mask(number)[:, left:right].any()
        outside = np.r_[0:left, right:160]
        assert np.array_equal(harder.mask(number)[:, outside], clip.mask(number)[:, outside])
        assert np.array_equal(harder.frame(number)[:, outside], clip.frame(number)[:, outside])
    hidden = [harder.mask(number).sum() / clip.mask(number).sum() for number in range(24)]
    assert min(hidden) < 0.7


def test_look_alikes_are_copies_beside_the_object(clip: FolderClip) -> None:
    harder = Corrupted(clip=clip, kind="look-alike", strength=1)
    mask = clip.mask(6) > 0
    frame, crowded = clip.frame(6), harder.frame(6)
    assert np.array_equal(crowded[mask], frame[mask])
    new = (crowded != frame).any(axis=2)
    assert 0.6 * mask.sum() < new.sum() <= mask.sum()
    assert abs(crowded[new].mean(axis=0) - frame[mask].mean(axis=0)).max() < 8


def test_unknown_kinds_and_strengths_are_refused(clip: FolderClip) -> None:
    with pytest.raises(ConfigError, match="corrupt='fog' does not exist: use blur, noise"):
        Corrupted(clip=clip, kind="fog", strength=1)
    with pytest.raises(ConfigError, match="strength=4 does not exist"):
        Corrupted(clip=clip, kind="blur", strength=4)
