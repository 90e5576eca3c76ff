"""Where an object is looked for, and what is kept to do so."""

from __future__ import annotations

import torch

from samtracker.model.crop import Crop
from samtracker.model.memory import Memory, ReferenceFrame, Template
from samtracker.model.search import search
from samtracker.model.target import TargetModel
from tests.helpers.embeddings import HEIGHT, WIDTH, flat, template

ROWS, COLUMNS = 24, 60
"""Of stride 16."""

PLACE = slice(6, 9), slice(10, 14)
"""Of the object in the first frame."""


def scene(down: int, right: int) -> tuple[Template, Template]:
    """A frame whose cells all differ with an object in it, and the same moved."""
    key = torch.eye(ROWS * COLUMNS).view(-1, ROWS, COLUMNS)
    mask = torch.zeros(ROWS, COLUMNS)
    mask[PLACE] = 1
    first = Template(flat(key, stride=16), mask)
    moved = torch.roll(key, (down, right), (1, 2)), torch.roll(mask, (down, right), (0, 1))
    return first, Template(flat(moved[0], stride=16), moved[1])


def look(frame: Template, known: Memory) -> Crop:
    """Where one object is looked for."""
    (crop,) = search([frame.features], [known])
    return crop


def test_an_object_is_looked_for_around_its_last_place() -> None:
    first, moved = scene(9, 40)
    known = Memory(last=first, references=(ReferenceFrame.of(first),))
    assert look(moved, known) == first.crop() == Crop(0, 4, (16, 16))


def test_a_lost_object_is_looked_for_where_the_reference_matches() -> None:
    first, moved = scene(9, 40)
    for known in (
        Memory(last=first, references=(ReferenceFrame.of(first),), lost=True),
        Memory(last=first, lost=True),
    ):
        crop = look(moved, known)
        assert crop == Crop(8, 43, (16, 16))
        assert crop.cut(moved.mask, 16).sum() == moved.mask.sum()


def test_a_lost_object_is_looked_for_where_the_target_model_says() -> None:
    first, moved = scene(9, 40)
    blank = ReferenceFrame(first.features.coarse, torch.zeros(ROWS, COLUMNS))
    target = TargetModel.fit(first.features.key[0], first.mask)
    known = Memory(last=first, references=(blank,), target=target, lost=True)
    crop = look(moved, known)
    assert crop.cut(moved.mask, 16).sum() == moved.mask.sum()


def test_the_window_for_a_lost_object_has_the_size_of_its_last_one() -> None:
    for down, right in ((0, 0), (-6, -10), (15, 46), (3, 20)):
        first, moved = scene(down, right)
        known = Memory(last=first, references=(ReferenceFrame.of(first),), lost=True)
        crop = look(moved, known)
        assert crop.size == first.crop().size
        assert crop.cut(moved.mask, 16).sum() == moved.mask.sum()
        assert 0 <= crop.top <= ROWS - 16
        assert 0 <= crop.left <= COLUMNS - 16


def test_a_lost_object_that_fills_little_of_its_box_is_looked_for_where_it_is() -> None:
    first, _ = scene(0, 0)
    mask = torch.zeros(ROWS, COLUMNS)
    mask[6:14, 10:18] = torch.eye(8)
    first = Template(first.features, mask)
    frame, there = (torch.roll(maps, (2, 30), (-2, -1)) for maps in (first.features.key[0], mask))
    known = Memory(last=first, references=(ReferenceFrame.of(first),), lost=True)
    crop = look(Template(flat(frame, stride=16), there), known)
    assert crop.cut(there, 16).sum() == there.sum()


def test_a_lost_object_is_compared_as_if_it_had_just_been_in_its_window() -> None:
    first, moved = scene(8, 40)
    known = Memory(last=first, references=(ReferenceFrame.of(first),), lost=True)
    there = Crop(8, 44, (16, 16))
    last = known.moved(there).last
    assert torch.equal(last.mask, moved.mask)
    own = first.crop()
    assert torch.equal(there.cut(last.features.key, 16), own.cut(first.features.key, 16))
    assert last.features.key.sum() == 16 * 16
    assert torch.equal(last.features.x16, first.features.x16)


def test_an_object_that_is_not_lost_stays_where_it_was() -> None:
    first, _ = scene(9, 40)
    known = Memory(last=first, references=(ReferenceFrame.of(first),))
    assert known.moved(Crop(8, 44, (16, 16))) is known


def test_references_are_coarse_and_unit_norm() -> None:
    known = template(1)
    reference = ReferenceFrame.of(known)
    assert reference.key.shape == (12, HEIGHT, WIDTH)
    torch.testing.assert_close(reference.key.norm(dim=0), torch.ones(HEIGHT, WIDTH))
    corner = known.features.key[0, :, 2:4, 4:6].mean((1, 2))
    torch.testing.assert_close(reference.key[:, 1, 2], corner / corner.norm())
    torch.testing.assert_close(reference.labels[1, 2], known.mask[2:4, 4:6].mean())


def test_references_of_one_frame_share_its_key() -> None:
    known = template(1)
    other = Template(known.features, 1 - known.mask)
    assert ReferenceFrame.of(known).key.data_ptr() == ReferenceFrame.of(other).key.data_ptr()
