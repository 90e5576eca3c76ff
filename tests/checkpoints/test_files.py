"""Reading and writing files of tensors: what is refused, and that nothing is executed."""

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from samtracker.checkpoints.files import load_state, save_state, sha256
from samtracker.errors import OutputError, WeightsError

STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "b": torch.ones(4, dtype=torch.float16)}


def refusal(path: Path) -> str:
    """What `load_state` says about a file that it must refuse."""
    with pytest.raises(WeightsError) as caught:
        load_state(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_sha256_of_the_standard_example(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    assert sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with pytest.raises(WeightsError, match="No such file"):
        sha256(tmp_path / "nothing")


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("suffix", ["pt", "pth", "PTH"])
def test_load_torch(tmp_path: Path, zipped: bool, suffix: str) -> None:
    path = tmp_path / f"state.{suffix}"
    torch.save(STATE, path, _use_new_zipfile_serialization=zipped)
    tensors, metadata = load_state(path)
    assert_close(tensors, STATE, rtol=0, atol=0)
    assert metadata == {}


def test_load_torch_of_a_newer_pickle_protocol(tmp_path: Path) -> None:
    path = tmp_path / "state.pth"
    torch.save(STATE, path, pickle_protocol=3)  # torch warns; the user need not care
    assert_close(load_state(path)[0], STATE, rtol=0, atol=0)


class Attack:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("kind", ["pickle.pth", "zip.pth", "legacy.pt", "pickle.safetensors"])
def test_a_malicious_pickle_is_refused_and_not_executed(tmp_path: Path, kind: str) -> None:
    mark = tmp_path / "executed"
    path = tmp_path / kind
    if kind.startswith("pickle"):
        path.write_bytes(pickle.dumps({"a": Attack(mark)}))
        pickle.loads(path.read_bytes())
    else:
        torch.save({"a": Attack(mark)}, path, _use_new_zipfile_serialization=kind == "zip.pth")
        torch.load(path, weights_only=False)
    mark.rmdir()  # the attack works where nobody guards against it
    refusal(path)
    assert not mark.exists()


@pytest.mark.parametrize("zipped", [True, False])
def test_a_truncated_pth_is_refused(tmp_path: Path, zipped: bool) -> None:
    path = tmp_path / "state.pth"
    torch.save({"a": torch.zeros(1000)}, path, _use_new_zipfile_serialization=zipped)
    data = path.read_bytes()
    for length in range(0, len(data), 97):
        path.write_bytes(data[:length])
        assert "nothing in them was executed" in refusal(path)


def test_a_truncated_safetensors_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    save_state(path, STATE, {"encoder": "lite"})
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        assert "no intact safetensors file" in refusal(path)


def test_what_holds_no_tensors_is_refused(tmp_path: Path) -> None:
    for suffix in ("pth", "pt", "safetensors"):
        path = tmp_path / f"text.{suffix}"
        path.write_text("These are no weights,\nthis is a poem.\n")
        refusal(path)
    assert ".safetensors, .pt or .pth" in refusal(Path(__file__))
    assert "do not exist" in refusal(tmp_path / "nothing.pth")
    assert "do not exist" in refusal(tmp_path)
    for state in ([torch.zeros(1)], {"model": STATE}, {1: torch.zeros(1)}):
        torch.save(state, tmp_path / "nested.pth")
        assert "no flat dict of tensors" in refusal(tmp_path / "nested.pth")


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    metadata=st.dictionaries(st.text(), st.text(), max_size=8),
    shapes=st.lists(st.lists(st.integers(0, 4), max_size=4), max_size=4),
    dtype=st.sampled_from([torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.bool]),
)
def test_save_and_load(
    tmp_path_factory: pytest.TempPathFactory,
    metadata: dict[str, str],
    shapes: list[list[int]],
    dtype: torch.dtype,
) -> None:
    path = tmp_path_factory.mktemp("state") / "state.safetensors"
    generator = torch.Generator().manual_seed(0)
    state = {
        f"layer.{i}": torch.randint(0, 2, shape, generator=generator).to(dtype)
        for i, shape in enumerate(shapes)
    }
    save_state(path, state, metadata)
    tensors, read = load_state(path)
    assert_close(tensors, state, rtol=0, atol=0)
    assert read == metadata
    assert set(safetensors.torch.load_file(path)) == set(state)
    assert int.from_bytes(path.read_bytes()[:8], "little") % 8 == 0  # tensors stay aligned
    # The same content gives the same bytes, in whatever order it comes.
    again = path.with_name("again.safetensors")
    save_state(again, dict(reversed(state.items())), dict(reversed(metadata.items())))
    assert again.read_bytes() == path.read_bytes()


def test_save_takes_any_memory_layout(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    weight = torch.arange(120.0).reshape(2, 3, 4, 5)
    parameter = torch.nn.Parameter(weight.to(memory_format=torch.channels_last))
    save_state(path, {"w": parameter, "t": weight[0, 0].T}, {})
    tensors, metadata = load_state(path)
    assert_close(tensors, {"w": weight, "t": weight[0, 0].T}, rtol=0, atol=0)
    assert metadata == {}


def test_save_replaces_a_file_and_leaves_no_other(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    path.write_text("old")
    save_state(path, STATE, {})
    assert set(load_state(path)[0]) == set(STATE)
    assert list(tmp_path.glob("state*")) == [path]
    # Everybody may read it who may read any new file.
    (tmp_path / "plain").touch()
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_save_says_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.safetensors" / "full").mkdir(parents=True)
    for path in (
        tmp_path / "no" / "s.safetensors",
        tmp_path / "file" / "s.safetensors",
        tmp_path / "folder.safetensors",
    ):
        with pytest.raises(OutputError, match="cannot write weights") as caught:
            save_state(path, STATE, {})
        assert str(path) in str(caught.value)
    assert not list(tmp_path.glob("*.tmp"))
