"""The six prompt maps on cells that cannot be confused, and many objects at once."""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F

from samtracker.model.crop import Crop, whole
from samtracker.model.memory import RADIUS, Memory, ReferenceFrame, Template
from samtracker.model.prompt_maps import PROMPT_MAPS, prompt_maps
from samtracker.model.target import LIMIT, TargetModel
from tests.helpers.embeddings import FINE, HEIGHT, WIDTH, features, flat, memory, random, template


@torch.no_grad()
def test_prompt_maps_are_what_they_are_called() -> None:
    count = FINE[0] * FINE[1]
    now = torch.eye(count).view(-1, *FINE)
    # The scene has moved right by two fine cells since the last frame, and down by two rows
    # since the first one.
    last_mask, first_mask = torch.zeros(2, *FINE)
    last_mask[4:6, 4:8] = 1
    first_mask[2:4, 6:10] = 1
    last = Template(flat(torch.roll(now, -2, dims=-1)), last_mask)
    first = Template(flat(torch.roll(now, -2, dims=-2)), first_mask)
    weights = torch.zeros(count + 1)
    weights[:3] = torch.tensor([0.5, 1.5, 9.0])
    weights[-1] = -0.25
    known = Memory(last=last, references=(ReferenceFrame.of(first),), target=TargetModel(weights))
    (maps,) = prompt_maps([flat(now)], [known], [whole(HEIGHT, WIDTH)])
    assert PROMPT_MAPS == len(maps) == 6
    assert {values.dtype for values in maps} == {torch.float32}
    assert {tuple(values.shape) for values in maps} == {FINE}

    assert maps.target_score[0, :4].tolist() == [0.25, 1.25, LIMIT, -0.25]
    assert (maps.target_score.flatten()[3:] == -0.25).all()
    moved = torch.zeros(FINE)
    moved[4:6, 6:10] = 1
    torch.testing.assert_close(maps.last_label[:, 2:], moved[:, 2:], rtol=0, atol=1e-3)
    torch.testing.assert_close(maps.last_similarity[:, 2:], torch.ones(FINE)[:, 2:])
    # References are matched at stride 16: 2 x 4 fine cells are 1 x 2 coarse ones, seen through a
    # bilinear interpolation.
    coarse = torch.zeros(1, 1, HEIGHT, WIDTH)
    coarse[0, 0, 2, 3:5] = 1
    wanted = F.interpolate(coarse, FINE, mode="bilinear")[0, 0]
    torch.testing.assert_close(maps.reference_label[3:], wanted[3:], rtol=0, atol=1e-3)
    torch.testing.assert_close(maps.reference_similarity[3:], torch.ones(FINE)[3:])
    assert torch.equal(maps.last_mask, last_mask)


@torch.no_grad()
def test_the_search_is_windowed_for_the_last_frame_only() -> None:
    # Keys of stride 16, so that references are as fine as the last frame.
    height, width = 3, 30
    now = torch.eye(height * width).view(-1, height, width)
    reach = RADIUS // 16
    mask = torch.zeros(height, width)
    mask[1, 3] = 1
    moved = Template(flat(torch.roll(now, -reach - 1, dims=-1), stride=16), mask)
    known = Memory(last=moved, references=(ReferenceFrame.of(moved),))
    (maps,) = prompt_maps([flat(now, stride=16)], [known], [whole(height, width)])
    assert int(maps.reference_label.argmax()) == width + 3 + reach + 1
    assert maps.reference_similarity.min() > 0.99
    assert maps.last_similarity[:, reach + 1 :].max() < 0.01


@torch.no_grad()
def test_without_references_the_last_frame_stands_in() -> None:
    known = Memory(last=template(1))
    (maps,) = prompt_maps([features(2)], [known], [whole(HEIGHT, WIDTH)])
    assert not maps.target_score.any()
    assert torch.equal(maps.reference_label, maps.last_label)
    assert torch.equal(maps.reference_similarity, maps.last_similarity)


@torch.no_grad()
def test_a_lost_object_without_references_is_looked_for_everywhere() -> None:
    last = template(1)
    (lost,) = prompt_maps([features(2)], [Memory(last=last, lost=True)], [whole(HEIGHT, WIDTH)])
    searched = Memory(last=last, references=(ReferenceFrame.of(last),))
    (wanted,) = prompt_maps([features(2)], [searched], [whole(HEIGHT, WIDTH)])
    assert torch.equal(torch.stack(lost), torch.stack(wanted))


@torch.no_grad()
def test_what_objects_share_does_not_mix_them_up() -> None:
    now, before, other = features(1), features(2), features(3)
    first, last = (
        [Template(view, random(*FINE, seed=seed).sigmoid()) for seed in range(4)]
        for view in (other, before)
    )
    same = [
        Memory(
            last=last[row],
            references=(ReferenceFrame.of(first[row]),),
            target=TargetModel.fit(other.key[0], first[row].mask),
        )
        for row in range(4)
    ]
    memories = [
        *same[:2],
        replace(same[2], lost=True),
        replace(same[3], references=(), target=None),
        memory(20),
    ]
    views = [now] * 4 + [features(10)]
    sizes = [(5, 7), (2, 3), (4, 5), (3, 5), (3, 4)]
    corners = [(0, 0), (3, 0), (1, 2), (0, 1), (1, 1)]
    crops = [Crop(*corner, size) for corner, size in zip(corners, sizes, strict=True)]
    together = prompt_maps(views, memories, crops)
    for row, (height, width) in enumerate(sizes):
        found = torch.stack(together[row])
        assert found.shape == (6, 2 * height, 2 * width)
        one = slice(row, row + 1)
        # Those of one frame search the window that holds all of them: the whole map.
        around = whole(HEIGHT, WIDTH) if row < 4 else crops[row]
        (maps,) = prompt_maps(views[one], memories[one], [around])
        alone = crops[row].within(around).cut(torch.stack(maps), 8)
        # The references' maps are interpolated within each window.
        inner = (slice(None), slice(1, -1), slice(1, -1))
        torch.testing.assert_close(found[inner], alone[inner], rtol=0, atol=1e-5)
