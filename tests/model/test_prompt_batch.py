"""What is pointed at, as maps and as SAM's embeddings."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from samtracker.model.encoders import CHANNELS
from samtracker.model.prompt_batch import NONE, RADIUS, PromptBatch, box_of, to_cells
from samtracker.model.sam import build_position, build_prompt_encoder

CELLS = 16
SIDE = 4 * CELLS
"""Of the squares, in cells of the maps and in pixels."""

NO_BOX = [float("nan")] * 4


def batch() -> PromptBatch:
    """A box and a click on the background; a click and a mask so far; nothing."""
    masks = torch.zeros(3, CELLS, CELLS)
    masks[1, 2:5, 3:7] = 0.75
    return PromptBatch(
        boxes=torch.tensor([[8.0, 4.0, 40.0, 24.0], NO_BOX, NO_BOX]),
        points=torch.tensor(
            [[[30.0, 18.0], [0.0, 0.0]], [[0.0, 0.0], [22.0, 42.0]], [[9.0, 9.0], [9.0, 9.0]]]
        ),
        labels=torch.tensor([[0, NONE], [NONE, 1], [NONE, NONE]]),
        masks=masks,
    )


@pytest.fixture(scope="module")
def encoder() -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build_prompt_encoder(build_position()).eval()


def disc(x: float, y: float) -> torch.Tensor:
    """The cells whose middle is at most `RADIUS` pixels away."""
    drawn = torch.zeros(CELLS, CELLS)
    for row in range(CELLS):
        for column in range(CELLS):
            middle = 4 * column + 2, 4 * row + 2
            drawn[row, column] = (middle[0] - x) ** 2 + (middle[1] - y) ** 2 <= RADIUS**2
    return drawn


def test_maps_show_boxes_clicks_and_masks() -> None:
    given = batch()
    maps = given.maps()
    wanted = torch.zeros(3, 4, CELLS, CELLS)
    wanted[0, 0, 1:6, 2:10] = 1
    wanted[0, 2] = disc(30, 18)
    wanted[1, 1] = disc(22, 42)
    wanted[1, 3] = given.masks[1]
    assert torch.equal(maps, wanted)
    assert given.has_box.tolist() == [True, False, False]
    assert given.has_mask.tolist() == [False, True, False]


@torch.no_grad()
def test_embeddings_are_those_of_sam(encoder: Any) -> None:
    given = batch()
    tokens, dense = given.tokens(encoder), given.dense(encoder)
    assert tokens.shape == (3, 4, CHANNELS)
    assert dense.shape == (3, CHANNELS, CELLS // 4, CELLS // 4)
    # SAM's own encoder moves clicks to the middles of pixels, and so does not get them there.
    encoder.input_image_size = (SIDE, SIDE)
    clicks = encoder._embed_points(given.points - 0.5, given.labels, pad=False)
    corners = encoder._embed_boxes(given.boxes[:1] - 0.5)
    torch.testing.assert_close(tokens[:, :2], clicks, rtol=0, atol=1e-5)
    torch.testing.assert_close(tokens[:1, 2:], corners, rtol=0, atol=1e-5)
    nothing = encoder.not_a_point_embed.weight.expand(2, 2, -1)
    assert torch.equal(tokens[1:, 2:], nothing)
    # A mask is embedded where there is one, as -1 to 1.
    wanted = encoder.mask_downscaling(2 * given.masks[1][None, None] - 1)[0]
    torch.testing.assert_close(dense[1], wanted)
    for row in (0, 2):
        assert torch.equal(
            dense[row], encoder.no_mask_embed.weight[0, :, None, None].expand(-1, 4, 4)
        )


@settings(max_examples=50, derandomize=True, deadline=None)
@given(st.data())
def test_the_box_of_a_rectangle(data: st.DataObject) -> None:
    height, width = data.draw(st.integers(1, 20)), data.draw(st.integers(1, 20))
    y1, x1 = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    y2, x2 = data.draw(st.integers(y1 + 1, height)), data.draw(st.integers(x1 + 1, width))
    masks = torch.zeros(2, height, width, dtype=torch.bool)
    masks[0, y1:y2, x1:x2] = True
    found = box_of(masks)
    assert found[0].tolist() == [x1, y1, x2, y2]
    assert found[1].isnan().all()


def test_cells_are_covered_by_their_share() -> None:
    mask = torch.zeros(1, 8, 8, dtype=torch.bool)
    mask[0, :6, :3] = True
    assert to_cells(mask).tolist() == [[[0.75, 0.0], [0.375, 0.0]]]


def test_a_batch_moves_whole() -> None:
    moved = batch().to(torch.device("meta"))
    parts = (moved.boxes, moved.points, moved.labels, moved.masks)
    assert {part.device.type for part in parts} == {"meta"}
