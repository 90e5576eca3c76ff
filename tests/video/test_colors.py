"""Colors as they are declared: HDR, many bits, matrices and ranges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from samtracker.types import Frame
from samtracker.video.read import read_frames
from tests.corpus.videos import COLORS, HLG, PQ, colored, deep


def shown(path: Path) -> Frame:
    (frame,) = read_frames(path)
    return frame.image[8, 8::16].astype(int)


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_hdr_looks_like_sdr(tmp_path: Path, transfer: int) -> None:
    found = shown(colored(tmp_path / "a.mkv", transfer, level=0.25))
    # Light of no more than 51 cd/m2 is not compressed. Of light, as 10 bits are coarse in the dark.
    light, expected = (found / 255) ** 2.4, (np.array(COLORS) / 255) ** 2.4 * 0.25
    assert np.abs(light - expected).max() <= 0.005


def test_highlights_of_hdr_are_compressed(tmp_path: Path) -> None:
    # 100, 203, 400, 1000 and 4000 cd/m2 in the green of BT.709, by the EETF of ITU-R BT.2390
    greens = [
        shown(colored(tmp_path / "a.mkv", PQ, level=nits / 203))[1, 1]
        for nits in (100, 203, 400, 1000, 4000)
    ]
    assert np.abs(np.array(greens) - [188, 230, 250, 255, 255]).max() <= 2


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("matrix", [1, 6, 9])
@pytest.mark.parametrize("bits", [10, 12])
def test_deep_colors(tmp_path: Path, bits: int, matrix: int, full_range: bool) -> None:
    path = deep(tmp_path / "a.mkv", bits=bits, full_range=full_range, matrix=matrix)
    assert np.abs(shown(path) - COLORS).max() <= 2
