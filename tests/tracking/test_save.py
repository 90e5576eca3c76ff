"""A tracker that is saved, and goes on elsewhere as if nothing had happened."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from samtracker.checkpoints.files import checksum, load_state, save_state
from samtracker.errors import OutputError, WeightsError
from samtracker.tracker import Tracker
from samtracker.tracking.save import FORMAT, load_tracker
from samtracker.types import Frame, FrameResult
from tests.helpers.cli_tools import ROOT, one_more_thread
from tests.helpers.forked import apart
from tests.helpers.scenes import BLUE, RED, film

SHOTS = film([RED, BLUE], 16)


def made(**settings: Any) -> Tracker:
    return Tracker.from_pretrained("propagation", size=96, device="cpu", **settings)


def same(one: FrameResult, other: FrameResult) -> None:
    assert (one.index, one.timestamp, one.size) == (other.index, other.timestamp, other.size)
    for a, b in zip(one.objects, other.objects, strict=True):
        assert (a.id, a.box, a.score, a.state) == (b.id, b.box, b.score, b.state)
        assert np.array_equal(a.mask, b.mask)


@pytest.mark.parametrize(
    "settings",
    [{}, {"memory": "rolling"}, {"memory": "bank:2", "feedback": "soft"}, {"precision": "float32"}],
    ids=str,
)
def test_it_goes_on_bit_for_bit(tmp_path: Path, settings: dict[str, Any]) -> None:
    tracker = made(**settings)
    tracker.init(SHOTS[0].frame, mask=SHOTS[0].ids, timestamp=0.0)
    for shot in SHOTS[1:6]:
        tracker.step(shot.frame)
    tracker.step(SHOTS[6].frame, absent=[2])
    tracker.save(tmp_path / "tracker.safetensors")
    other = Tracker.load(tmp_path / "tracker.safetensors", device="cpu")
    assert other.config == tracker.config
    assert other.object_ids == tracker.object_ids
    for shot in SHOTS[7:11]:
        same(tracker.step(shot.frame), other.step(shot.frame))
    for each in (tracker, other):
        each.correct(SHOTS[10].frame, 1, mask=SHOTS[10].mask(1))
        each.remove_object(2)
        each.add_object(SHOTS[10].frame, mask=SHOTS[10].mask(2))
    for shot in SHOTS[11:]:
        same(tracker.step(shot.frame), other.step(shot.frame))
    assert other.object_ids == (1, 3)


def test_it_goes_on_with_the_network_that_is_there(tmp_path: Path) -> None:
    tracker, path = made(), tmp_path / "tracker.safetensors"
    tracker.init(SHOTS[0].frame, mask=SHOTS[0].ids)
    tracker.save(path)
    start = made()
    other = start.fork(path)
    assert other.runtime is start.runtime
    assert start.object_ids == ()
    same(tracker.step(SHOTS[1].frame), other.step(SHOTS[1].frame))
    with pytest.raises(WeightsError, match="with other settings"):
        made(memory="rolling").fork(path)
    with pytest.raises(WeightsError, match="with other weights"):
        Tracker.from_pretrained("lite", size=96, device="cpu").fork(path)


def test_the_number_of_threads_is_told(tmp_path: Path) -> None:
    with one_more_thread():
        made().save(tmp_path / "tracker.safetensors")
        saved = load_tracker(tmp_path / "tracker.safetensors", None)
        assert saved.threads == torch.get_num_threads()


def test_a_lost_object_is_still_lost(tmp_path: Path) -> None:
    tracker = made()
    tracker.init(SHOTS[0].frame, mask=SHOTS[0].mask(1))
    wall = np.full_like(SHOTS[0].frame, 120)
    for _ in range(3):
        tracker.step(wall)
    tracker.save(tmp_path / "tracker.safetensors")
    other = Tracker.load(tmp_path / "tracker.safetensors", device="cpu")
    for shot in SHOTS[1:6]:
        same(tracker.step(shot.frame), other.step(shot.frame))


def test_a_tracker_that_has_not_begun(tmp_path: Path) -> None:
    made().save(tmp_path / "tracker.safetensors")
    other = Tracker.load(tmp_path / "tracker.safetensors", device="cpu")
    result = other.init(SHOTS[0].frame, mask=SHOTS[0].ids)
    assert [item.id for item in result.objects] == [1, 2]


def found_in(folder: Path, frames: list[Frame]) -> list[NDArray[np.uint16]]:
    """The masks that a saved tracker finds."""
    tracker = Tracker.load(folder / "tracker.safetensors", device="cpu")
    return [tracker.step(frame).id_map for frame in frames]


def test_another_process_finds_the_same_masks(tmp_path: Path) -> None:
    tracker = made()
    tracker.init(SHOTS[0].frame, mask=SHOTS[0].ids)
    for shot in SHOTS[1:5]:
        tracker.step(shot.frame)
    tracker.save(tmp_path / "tracker.safetensors")
    frames = [shot.frame for shot in SHOTS[5:9]]
    found = apart(found_in, tmp_path, frames)
    np.testing.assert_array_equal(found, [tracker.step(frame).id_map for frame in frames])


def test_the_weights_are_those_that_were_loaded(tmp_path: Path) -> None:
    """Another file in their place does not count, and neither does none."""
    weights, kept, path = (
        tmp_path / name for name in ("w.safetensors", "kept.safetensors", "tracker.safetensors")
    )
    shutil.copy(ROOT / "weights" / "propagation.safetensors", weights)
    tracker = Tracker.from_pretrained(weights, size=96, device="cpu")
    tracker.init(SHOTS[0].frame, mask=SHOTS[0].ids)
    weights.rename(kept)
    shutil.copy(ROOT / "weights" / "lite.safetensors", weights)
    tracker.save(path)
    with pytest.raises(WeightsError, match="was made with other weights than"):
        Tracker.load(path)
    weights.unlink()
    tracker.save(path)
    with pytest.raises(WeightsError, match="if they lie elsewhere now, give"):
        Tracker.load(path)
    other = Tracker.load(path, weights=kept, device="cpu")
    same(tracker.step(SHOTS[1].frame), other.step(SHOTS[1].frame))


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    tracker = made()
    with pytest.raises(OutputError, match=r"cannot write .*nowhere/tracker\.safetensors"):
        tracker.save(tmp_path / "nowhere" / "tracker.safetensors")
    path = tmp_path / "tracker.safetensors"
    tracker.save(path)
    with pytest.raises(WeightsError, match="was made with other weights than"):
        Tracker.load(path, weights="lite")
    with pytest.raises(WeightsError, match=r"holds no tracker: give a file of save\(\)"):
        Tracker.load(ROOT / "weights" / "lite.safetensors")
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(WeightsError, match="no intact safetensors file"):
        Tracker.load(path)
    with pytest.raises(WeightsError, match="nowhere"):
        Tracker.load(tmp_path / "nowhere.safetensors")


def test_a_file_of_an_older_version_is_refused() -> None:
    """The file was written in format 3 by version 0.1: one object after `init`, at size 64 and
    in bfloat16, which make it small."""
    old = Path(__file__).parent / "data" / "saved-in-format-3.safetensors"
    message = (
        r"was saved by an older version of samtracker \(format 3, not 7\): go on with that one"
    )
    with pytest.raises(WeightsError, match=message):
        Tracker.load(old, device="cpu")


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tracker.safetensors"
    made().save(path)
    tensors, metadata = load_state(path)
    save_state(path, tensors, {**metadata, "format": f"samtracker-tracker-{FORMAT + 1}"})
    with pytest.raises(WeightsError, match=r"a newer version of samtracker \(format 8, not 7\)"):
        Tracker.load(path)


def edited(path: Path, edit: Callable[[dict[str, Any], dict[str, torch.Tensor]], object]) -> None:
    """Change a saved tracker as somebody would who knows how its checksum is made."""
    tensors, metadata = load_state(path)
    header = json.loads(metadata["tracker"])
    edit(header, tensors)
    text = json.dumps(header)
    metadata |= {"tracker": text, "sha256": checksum(text, tensors)}
    save_state(path, tensors, metadata)


def found(plain: Any, tag: str) -> list[dict[str, Any]]:
    """The fields of all objects with this tag, in JSON."""
    items = list(plain.values()) if isinstance(plain, dict) else plain
    inside = [one for item in items if isinstance(item, dict | list) for one in found(item, tag)]
    own = isinstance(plain, dict) and plain.get("object") == tag
    return [plain["fields"], *inside] if own else inside


EDITS: dict[str, Callable[[dict[str, Any], dict[str, torch.Tensor]], object]] = {
    "index": lambda header, _: found(header, "result")[0].update(index="x"),
    "time": lambda header, _: found(header, "result")[0].update(timestamp="x"),
    "size": lambda header, _: found(header, "result")[0].update(size={"tuple": [10**9, 10**9]}),
    "name": lambda header, _: found(header, "object")[0].update(name=None),
    "score": lambda header, _: found(header, "object")[0].update(score="x"),
    "id": lambda header, _: found(header, "object")[0].update(id=7),
    "no state": lambda header, _: found(header, "object")[0].pop("state"),
    "counter": lambda header, _: found(header, "life_cycle")[0].update(doubtful="x"),
    "no memory": lambda header, _: found(header, "track")[0].update(memory=None),
    "bank": lambda header, _: found(header, "memory")[0].update(bank={"list": []}),
    "transform": lambda header, _: found(header, "transform")[0].update(content={"tuple": [0, 0]}),
    "setting": lambda header, _: header["config"].update(lost_after="x"),
    "own setting": lambda header, _: found(header, "config")[0].update(lost_after="x"),
    "half a stream": lambda header, _: header["state"]["dict"].pop(1),
    "no stream": lambda header, _: header["state"].update(dict=[[["frame"], None]]),
    "again": lambda header, _: found(header, "edit")[0].update(result={"again": 10**6}),
    "levels": lambda header, _: header.update(state=deep()),
    "key": lambda _, tensors: cut(tensors, 4),
    "mask": lambda _, tensors: cut(tensors, 2),
}


def deep() -> Any:
    """JSON of many levels, though not of so many that it could not be written."""
    plain: Any = None
    for _ in range(300):
        plain = {"list": [plain]}
    return plain


def cut(tensors: dict[str, torch.Tensor], dimensions: int) -> None:
    """Leave a column out of the first tensor with so many dimensions."""
    name = next(name for name, tensor in tensors.items() if tensor.dim() == dimensions)
    tensors[name] = tensors[name][..., :-1].clone()


def test_edited_content_is_refused(tmp_path: Path) -> None:
    """However right the checksum is; nothing that was read is used before it has been tried."""
    tracker = Tracker.from_pretrained("propagation", size=64, device="cpu")
    tracker.init(SHOTS[0].frame, mask=SHOTS[0].ids)
    tracker.correct(SHOTS[0].frame, 1, mask=SHOTS[0].mask(1))
    tracker.step(SHOTS[1].frame)
    whole, path = tmp_path / "whole.safetensors", tmp_path / "tracker.safetensors"
    tracker.save(whole)
    shutil.copy(whole, path)
    edited(path, lambda header, tensors: None)
    assert Tracker.load(path, device="cpu").object_ids == (1, 2)
    for name, edit in EDITS.items():
        shutil.copy(whole, path)
        edited(path, edit)
        with pytest.raises(WeightsError, match=r"tracker\.safetensors' is damaged"):
            print(name, Tracker.load(path, device="cpu"))
