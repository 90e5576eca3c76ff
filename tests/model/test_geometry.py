"""Frames, masks, boxes and points on the model input, and the way back."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from samtracker.model.geometry import SAM_SIDE, InputTransform
from samtracker.model.torchvision import ensure_torchvision
from samtracker.types import Size

ensure_torchvision()
from segment_anything.modeling import Sam  # noqa: E402
from segment_anything.utils.transforms import ResizeLongestSide  # noqa: E402

MEAN = torch.tensor([123.675, 116.28, 103.53])
STD = torch.tensor([58.395, 57.12, 57.375])

sizes = st.tuples(st.integers(16, 2200), st.integers(16, 2200))
small_sizes = st.tuples(st.integers(60, 180), st.integers(60, 180))
coordinates = st.floats(-50, 2500)


@pytest.fixture(scope="module")
def sam() -> Sam:
    """SAM with all that `preprocess` and `postprocess_masks` need."""
    encoder = nn.Identity()
    encoder.img_size = SAM_SIDE  # type: ignore[assignment]
    return Sam(encoder, nn.Identity(), nn.Identity(), MEAN.tolist(), STD.tolist())


def noise(size: Size, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def transforms_of(frame: Size) -> tuple[InputTransform, InputTransform, InputTransform]:
    return (
        InputTransform.lite(frame, 480),
        InputTransform.lite(frame, 200),
        InputTransform.sam(frame),
    )


@settings(max_examples=60, derandomize=True, deadline=None)
@given(sizes, coordinates, coordinates, coordinates, coordinates)
def test_boxes_are_mapped_by_their_corners(
    frame: Size, x1: float, y1: float, x2: float, y2: float
) -> None:
    for transform in transforms_of(frame):
        points = np.array([[x1, y1], [x2, y2]])
        assert transform.box_to_model_input((x1, y1, x2, y2)) == pytest.approx(
            transform.to_model_input(points).ravel(), abs=1e-9
        )


@settings(max_examples=60, derandomize=True, deadline=None)
@given(sizes)
def test_frame_corners_are_content_corners(frame: Size) -> None:
    for transform in transforms_of(frame):
        (height, width), (rows, columns) = frame, transform.content
        assert transform.box_to_model_input((0, 0, width, height)) == pytest.approx(
            (0, 0, columns, rows)
        )


@settings(max_examples=60, derandomize=True, deadline=None)
@given(sizes, st.integers(64, 1100))
def test_lite_model_input(frame: Size, short_side: int) -> None:
    transform = InputTransform.lite(frame, short_side)
    assert transform.content == transform.model_input
    assert all(side % 16 == 0 for side in transform.model_input)
    scale = min(short_side / min(frame), 16 * short_side / max(frame))
    exact = [max(side * scale, 8) for side in frame]
    # To the nearest multiple of 16.
    assert transform.model_input == pytest.approx(exact, abs=8 + 1e-6)
    if short_side % 16 == 0:
        exactly = max(frame) <= 16 * min(frame)
        side, wanted = (min, short_side) if exactly else (max, 16 * short_side)
        assert side(transform.model_input) == wanted


@settings(max_examples=100, derandomize=True, deadline=None)
@given(sizes)
def test_sam_model_input_is_that_of_segment_anything(frame: Size) -> None:
    transform = InputTransform.sam(frame)
    assert transform.model_input == (SAM_SIDE, SAM_SIDE)
    assert max(transform.content) == SAM_SIDE
    assert transform.content == ResizeLongestSide.get_preprocess_shape(*frame, SAM_SIDE)


def test_sam_points_are_those_of_segment_anything() -> None:
    frame = 333, 500
    points = np.array([[0.0, 0.0], [12.5, 300.25], [499.0, 332.0]])
    np.testing.assert_allclose(
        InputTransform.sam(frame).to_model_input(points),
        ResizeLongestSide(SAM_SIDE).apply_coords(points, frame),
    )


def test_a_very_flat_frame_keeps_a_row() -> None:
    assert InputTransform.sam((1, 4000)).content == (1, SAM_SIDE)
    assert InputTransform.lite((5, 20), 64).model_input == (64, 256)
    assert InputTransform.lite((1, 1000), 96).model_input == (16, 16 * 96)


@pytest.mark.parametrize("frame", [(40, SAM_SIDE), (SAM_SIDE, 56)])
def test_prepare_is_the_preprocessing_of_sam(sam: Sam, frame: Size) -> None:
    image = noise(frame)
    wanted = sam.preprocess(torch.from_numpy(image).permute(2, 0, 1)[None])
    found = InputTransform.sam(frame).prepare(image, MEAN, STD)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-6)
    assert not found[..., frame[0] :, :].any()
    assert not found[..., :, frame[1] :].any()


@settings(max_examples=15, derandomize=True, deadline=None)
@given(small_sizes, st.tuples(*[st.integers(0, 255)] * 3))
def test_flat_colors_come_out_exactly(frame: Size, color: tuple[int, int, int]) -> None:
    image = np.broadcast_to(np.array(color, np.uint8), (*frame, 3)).copy()
    wanted = (torch.tensor(color) - MEAN) / STD
    for transform in (InputTransform.lite(frame, 96), InputTransform.sam(frame)):
        model_input = transform.prepare(image, MEAN, STD)
        rows, columns = transform.content
        assert model_input.shape == (1, 3, *transform.model_input)
        assert model_input.is_contiguous(memory_format=torch.channels_last)
        content = model_input[0, :, :rows, :columns]
        torch.testing.assert_close(content, wanted[:, None, None].expand_as(content))
        assert model_input[0].count_nonzero() == content.count_nonzero()


@pytest.mark.parametrize("frame", [(96, 160), (90, 130)], ids=["as is", "resized"])
def test_prepare_takes_any_array(frame: Size) -> None:
    image = noise(frame)
    transform = InputTransform.lite(frame, 96)
    wanted = transform.prepare(image, MEAN, STD)
    flipped_twice = image[::-1, :, ::-1].copy()[::-1, :, ::-1]
    read_only = image.copy()
    read_only.flags.writeable = False
    wide = np.dstack([image, image])[..., :3]
    for view in (flipped_twice, read_only, wide, np.asfortranarray(image)):
        torch.testing.assert_close(transform.prepare(view, MEAN, STD), wanted, rtol=0, atol=0)


@pytest.mark.parametrize("name", ["lite", "sam"])
@pytest.mark.parametrize("axis", [0, 1], ids=["rows", "columns"])
@settings(max_examples=15, derandomize=True, deadline=None)
@given(small_sizes, st.floats(0.15, 0.85), st.sampled_from([4, 8, 16]))
def test_an_edge_comes_back(name: str, axis: int, frame: Size, place: float, stride: int) -> None:
    transform = InputTransform.lite(frame, 224) if name == "lite" else InputTransform.sam(frame)
    edge = round(place * frame[axis])
    mask = torch.zeros(frame, dtype=torch.bool)
    mask[(slice(edge, None), slice(None))[:: 1 - 2 * axis]] = True
    grid = transform.prepare_masks(mask[None], stride)
    assert grid.dtype == torch.float32
    assert grid.shape == (1, *(side // stride for side in transform.model_input))
    restored = transform.restore(grid - 0.5)
    assert restored.shape == (1, *frame)
    middle = (restored[0] > 0).select(1 - axis, frame[1 - axis] // 2)
    found = int(middle.long().argmax())
    # Where a cell is covered by f, bilinear interpolation crosses one half
    # 0.5 / f + f - 1.5 cells from the edge, at most 0.086 of them; averages over whole pixels
    # move it by up to one of the coarser of both pixels, and the comparison by half a pixel.
    scale = transform.content[axis] / frame[axis]
    assert abs(found - edge) <= 0.086 * stride / scale + max(1.0, 1 / scale) + 0.5


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    st.tuples(st.integers(20, 400), st.integers(20, 400)),
    st.tuples(*[st.floats(0, 1)] * 4),
    st.sampled_from([8, 16]),
)
def test_lite_cells_keep_the_area(
    frame: Size, place: tuple[float, float, float, float], stride: int
) -> None:
    spans = [
        sorted((round(a * side), round(b * side)))
        for a, b, side in zip(place[:2], place[2:], frame, strict=True)
    ]
    mask = torch.zeros(frame)
    mask[slice(*spans[0]), slice(*spans[1])] = 1
    grid = InputTransform.lite(frame, 224).prepare_masks(mask[None], stride)
    assert grid.min() >= 0
    assert grid.max() <= 1 + 1e-6
    # Adaptive pooling rounds each cell to whole pixels: on an axis with n pixels and m cells that
    # moves each of the two edges by at most 1 / (n + m) of the axis.
    tolerance = sum(2 / (n + m) for n, m in zip(frame, grid.shape[1:], strict=True))
    assert abs(float(grid.mean()) - float(mask.mean())) <= tolerance + 1e-6


def test_cells_are_exact_where_pixels_fit() -> None:
    mask = torch.zeros(96, 160)
    mask[10:30, 40:56] = 1
    grid = InputTransform.lite((96, 160), 96).prepare_masks(mask[None], 16)
    wanted = torch.zeros(6, 10)
    wanted[0, 2:4] = 6 / 16 * torch.tensor([0.5, 0.5])
    wanted[1, 2:4] = 14 / 16 * torch.tensor([0.5, 0.5])
    torch.testing.assert_close(grid[0], wanted)


def test_sam_cells_are_empty_in_the_padding() -> None:
    grid = InputTransform.sam((64, 128)).prepare_masks(torch.ones(2, 64, 128, dtype=torch.bool), 16)
    wanted = torch.zeros(2, 64, 64)
    wanted[:, :32] = 1
    torch.testing.assert_close(grid, wanted)


def test_restore_is_the_postprocessing_of_sam(sam: Sam) -> None:
    frame = 75, 100
    transform = InputTransform.sam(frame)
    logits = torch.randn(2, 256, 256, generator=torch.Generator().manual_seed(0))
    wanted = sam.postprocess_masks(logits[:, None], transform.content, frame)[:, 0]
    torch.testing.assert_close(transform.restore(logits), wanted, rtol=0, atol=1e-6)
