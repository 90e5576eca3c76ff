"""Run lengths, of the background first: of flat pixels, and COCO's, down columns and as text."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco

from samtracker.masks.polygons import check_pixels

_LONGEST_NUMBER: Final = 12  # characters of five bits in compressed run lengths


def to_runs(pixels: NDArray[np.bool_]) -> NDArray[np.uint32]:
    """Return the lengths of the runs of flat pixels (N,), that of the background first, uint32.

    >>> to_runs(np.array([True, True, False])).tolist()
    [0, 2, 1]
    """
    ends = np.flatnonzero(pixels[1:] != pixels[:-1]) + 1
    begin = [0, 0] if pixels[:1].any() else [0]
    return np.diff(np.concatenate([begin, ends, [pixels.size]])).astype(np.uint32)


def from_runs(runs: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
    """Return the flat pixels, bool (N,), of which `to_runs` returns the run lengths."""
    return np.repeat(np.arange(len(runs)) % 2 == 1, runs)


def encode(mask: NDArray[np.bool_]) -> dict[str, Any]:
    """Return the compressed run lengths of a mask, `{"size": [H, W], "counts": text}`."""
    encoded = coco.encode(np.asfortranarray(mask, np.uint8))
    return {"size": list(mask.shape), "counts": encoded["counts"].decode("ascii")}


def decode(encoded: dict[str, Any]) -> NDArray[np.bool_]:
    """Return the mask, bool (H, W), of run lengths that anybody may have written.

    COCO's own decoder trusts what it is given, and writes outside of its memory.

    Args:
        encoded: As `encode` returns it; counts may also be a list of numbers.

    Raises:
        ValueError: They are damaged, as with LookupError and TypeError.
    """
    rows, columns = (int(side) for side in encoded["size"])
    check_pixels((rows, columns))
    counts = encoded["counts"]
    runs = np.array(_numbers(counts) if isinstance(counts, str) else counts, np.int64)
    if runs.ndim != 1 or (runs < 0).any() or sum(runs.tolist()) != rows * columns:
        raise ValueError(f"run lengths do not make up {columns}x{rows} pixels")
    return from_runs(runs).reshape(columns, rows).T


def _numbers(text: str) -> list[int]:
    """Return the numbers of compressed run lengths, as `rleFrString` of COCO's `maskApi.c` does.

    Each is written in five bits a character, the lowest first, and from the fourth on as the
    difference to the last but one.
    """
    numbers: list[int] = []
    value = length = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or length > _LONGEST_NUMBER:
            raise ValueError("compressed run lengths are damaged")
        value |= (bits & 31) << 5 * length
        length += 1
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << 5 * length
        numbers.append(value + (numbers[-2] if len(numbers) > 2 else 0))
        value = length = 0
    if length:
        raise ValueError("compressed run lengths are cut off")
    return numbers
