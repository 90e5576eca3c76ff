"""Writing with transparency: ProRes 4444 as editors read it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from samtracker.video.write import AlphaWriter


def test_alpha(tmp_path: Path) -> None:
    path = tmp_path / "out.mov"
    image = np.full((33, 47, 3), (200, 60, 30), np.uint8)
    with AlphaWriter(path, fps=Fraction(30000, 1001)) as writer:
        for shift in range(4):
            mask = np.zeros((33, 47), bool)
            mask[5:20, 3 + shift : 30] = True
            writer.write(image, mask, shift / 10)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_tag) == ("prores", "ap4h")
        for shift, frame in enumerate(container.decode(stream)):
            pixels = frame.to_ndarray(format="rgba").astype(int)
            expected = np.zeros((33, 47), int)
            expected[5:20, 3 + shift : 30] = 255
            np.testing.assert_array_equal(pixels[..., 3], expected)
            assert np.abs(pixels[..., :3] - (200, 60, 30)).max() <= 2
            assert frame.time == pytest.approx(shift / 10)
    assert list(tmp_path.iterdir()) == [path]
