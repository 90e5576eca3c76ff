"""What one object's memory keeps, frame by frame."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from samtracker.config import TrackerConfig
from samtracker.model.encoders import CHANNELS, Features
from samtracker.model.memory import ReferenceFrame, Template
from samtracker.model.target import TargetModel
from samtracker.tracking.object_memory import BANK_EVERY, BANK_SCORE, ObjectMemory


def features(seed: int) -> Features:
    generator = torch.Generator().manual_seed(seed)
    key = F.normalize(torch.randn(1, 8, 12, 20, generator=generator), dim=1)
    return Features(x16=torch.randn(1, CHANNELS, 6, 10, generator=generator), key=key)


def mask(seed: int) -> Tensor:
    grid_mask = torch.zeros(12, 20)
    grid_mask[seed % 8 : seed % 8 + 4, 3 + seed % 12 : 8 + seed % 12] = 1
    return grid_mask


def reference(seed: int) -> Tensor:
    """The key that a reference to this frame has."""
    return ReferenceFrame.of(Template(features(seed), mask(seed))).key


def references(made: ObjectMemory) -> list[int]:
    """The frames that the references are of."""
    known = {seed: reference(seed) for seed in range(60)}
    return [
        next(seed for seed, key in known.items() if torch.equal(key, item.key))
        for item in made.contents().references
    ]


def memory_of(frames: int = 0, *, score: float = 0.9, **settings: object) -> ObjectMemory:
    """The memory of an object that starts in frame 0 and is found in the frames after it."""
    made = ObjectMemory(TrackerConfig(**settings), features(0), mask(0))  # type: ignore[arg-type]
    for number in range(1, frames + 1):
        made.update(features(number), mask(number), score, number)
    return made


def test_it_starts_with_the_first_frame() -> None:
    made = memory_of()
    memory = made.contents()
    assert not memory.lost
    assert torch.equal(memory.last.features.x16, features(0).x16)
    assert torch.equal(memory.last.features.key, features(0).key)
    assert torch.equal(memory.last.mask, mask(0))
    assert references(made) == [0]
    assert memory.target is not None
    wanted = TargetModel.fit(features(0).key[0], mask(0)).weights
    torch.testing.assert_close(memory.target.weights, wanted)


def test_the_last_frame_rolls_and_the_first_stays() -> None:
    made = memory_of(40, memory="anchored")
    assert torch.equal(made.contents().last.mask, mask(40))
    assert torch.equal(made.contents().last.features.key, features(40).key)
    assert references(made) == [0]


def test_rolling_memory_knows_the_last_frame_only() -> None:
    made = memory_of(3, memory="rolling")
    made.set_mask(features(4), mask(4))
    assert made.contents().references == ()
    assert made.contents().target is None
    assert torch.equal(made.contents().last.mask, mask(4))


def test_without_target_model() -> None:
    made = memory_of(3, target_model=False)
    assert made.contents().target is None
    assert references(made) == [0]


@pytest.mark.parametrize("size", [1, 3])
def test_the_bank_keeps_the_newest_frames_at_a_distance(size: int) -> None:
    made = memory_of(40, memory=f"bank:{size}")
    newest = list(range(BANK_EVERY, 41, BANK_EVERY))[-size:]
    assert references(made) == [0, *newest]


def test_the_bank_takes_confident_frames_only() -> None:
    assert references(memory_of(40, memory="bank:2", score=BANK_SCORE - 0.01)) == [0]
    made = memory_of(BANK_EVERY + 1, memory="bank:2", score=0.0)
    made.update(features(29), mask(29), BANK_SCORE, 29)
    assert references(made) == [0]
    made.update(features(30), mask(30), BANK_SCORE, 30)
    assert references(made) == [0, 30]


@pytest.mark.parametrize(("memory", "most"), [("rolling", 0), ("anchored", 4), ("bank:2", 6)])
def test_memory_is_constant(memory: str, most: int) -> None:
    made = memory_of(memory=memory, anchors=4)
    counts = []
    for number in range(1, 50):
        if number % 7 == 0:
            made.set_mask(features(number), mask(number))
        if number % 11:
            made.update(features(number), mask(number), 0.9, number)
        else:
            made.lost = True
        counts.append(len(made.contents().references))
    assert max(counts) == most


def test_corrections_are_references_and_the_target_is_of_the_latest() -> None:
    made = memory_of(3)
    for number in (10, 20):
        made.set_mask(features(number), mask(number))
        assert references(made) == [0, *range(10, number + 1, 10)]
        assert torch.equal(made.contents().last.mask, mask(number))
        target = made.contents().target
        assert target is not None
        wanted = TargetModel.fit(features(number).key[0], mask(number)).weights
        torch.testing.assert_close(target.weights, wanted)


def test_of_many_corrections_the_most_alike_goes() -> None:
    made = memory_of(anchors=4)
    made.set_mask(features(10), mask(10))
    made.set_mask(features(20), mask(20))
    twin = replace(
        features(20),
        x16=features(20).x16,
        key=F.normalize(features(20).key + 0.05 * features(30).key, dim=1),
    )
    made.add_reference(twin, mask(20))
    made.set_mask(features(40), mask(40))  # of the twins one goes, and not 10
    kept = made.contents().references
    assert len(kept) == 4
    assert torch.equal(kept[0].key, reference(0))
    assert torch.equal(kept[1].key, reference(10))
    assert torch.equal(kept[3].key, reference(40))


def test_two_anchors_are_the_first_and_the_latest() -> None:
    made = memory_of(anchors=2)
    for number in (10, 20, 30):
        made.set_mask(features(number), mask(number))
        assert references(made) == [0, number]


def test_another_mask_of_the_first_frame_replaces_the_first() -> None:
    made = memory_of(3)
    made.add_reference(features(0), mask(7))  # encoded again, for the frame is over
    assert references(made) == [0]
    assert torch.equal(
        made.contents().references[0].labels, Template(features(0), mask(7)).shares()
    )


def test_a_lost_object_remembers_where_it_was_last_seen() -> None:
    made = memory_of(3, memory="bank:1")
    made.lost = True
    lost = made.contents()
    assert lost.lost
    assert torch.equal(made.contents().last.mask, mask(3))
    assert references(made) == [0]
    made.update(features(30), mask(30), 0.9, 30)
    assert not made.contents().lost
    assert torch.equal(made.contents().last.mask, mask(30))


def test_a_lost_object_is_remembered_as_all_of_it_was_seen() -> None:
    made = memory_of(3)
    for number, rows in enumerate((3, 2, 1), start=4):
        part = mask(number)
        part[: number % 8 + 4 - rows] = 0
        made.update(features(number), part, 0.9, number)
        assert torch.equal(made.contents().last.mask, part)
    made.lost = True
    assert torch.equal(made.contents().last.mask, mask(4) * (torch.arange(12) > 4)[:, None])
    assert torch.equal(made.contents().last.features.key, features(4).key)


def test_an_object_that_goes_away_is_whole_though_small() -> None:
    made = memory_of()
    grid_mask = mask(0)
    for number in range(1, 15):
        made.update(features(number), grid_mask * 0.97**number, 0.9, number)
    made.lost = True
    assert torch.equal(made.contents().last.features.key, features(14).key)


def test_a_correction_finds_a_lost_object() -> None:
    made = memory_of()
    made.lost = True
    made.set_mask(features(2), mask(2))
    assert not made.contents().lost


def test_the_target_model_follows_the_bank_half_way() -> None:
    made = memory_of(BANK_EVERY, memory="bank:1")
    first, newest = (
        TargetModel.fit(features(number).key[0], mask(number)).weights for number in (0, BANK_EVERY)
    )
    target = made.contents().target
    assert target is not None
    torch.testing.assert_close(target.weights, (first + newest) / 2)
    made.set_mask(features(30), mask(30))
    target = made.contents().target
    assert target is not None
    wanted = TargetModel.fit(features(30).key[0], mask(30)).weights
    torch.testing.assert_close(target.weights, wanted)
