"""The demo: its clip, its mask, and the whole of it at a small working size."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest

from samtracker.demo import CLICK, MASK, clip
from samtracker.evaluate.metrics import region_similarity
from samtracker.prompts.mask_file import read_mask
from samtracker.video.read import read_frames
from tests.helpers.cli_tools import ids_in, samtrack


def test_the_mask_shows_one_object_in_the_first_frame() -> None:
    with read_frames(clip()) as reader:
        assert (reader.info.frames, reader.info.size) == (132, (720, 1280))
    (rabbit,) = read_mask(MASK, (720, 1280)).masks().values()
    assert ids_in(MASK).shape == (720, 1280)
    assert 0.02 < rabbit.mean() < 0.1
    x, y = CLICK
    assert rabbit[int(y), int(x)]


def test_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = samtrack("demo", "--size", "96", "--precision", "float32")
    assert (done.code, done.errors) == (0, [])
    summary = json.loads((tmp_path / "demo-output" / "summary.json").read_text())
    assert summary == json.loads(done.out)
    assert (summary["frames"], summary["size"]) == (132, [720, 1280])
    assert list(summary["objects"]) == ["1"]
    assert sum(summary["objects"]["1"].values()) == 132
    masks = sorted((tmp_path / "demo-output" / "masks").iterdir())
    assert [path.name for path in masks] == [f"{number:05d}.png" for number in range(132)]
    (rabbit,) = read_mask(MASK, (720, 1280)).masks().values()
    assert region_similarity(ids_in(masks[0]) == 1, rabbit) > 0.5
    assert set(np.unique(ids_in(masks[40]))) == {0, 1}
    with av.open(f"file:{tmp_path / 'demo-output' / 'overlay.mp4'}") as video:
        stream = video.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.codec_context.height, stream.codec_context.width) == (720, 1280)
        assert sum(1 for packet in video.demux(stream) if packet.size) == 132
