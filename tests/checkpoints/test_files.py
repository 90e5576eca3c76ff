import hashlib
import importlib.util
import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from samtracker.checkpoints import files as weights
from samtracker.checkpoints.files import (
    WeightEntry,
    cache_folder,
    find,
    load_state,
    manifest,
    save_state,
    sha256,
    verify,
    weights_folder,
)
from samtracker.errors import OutputError, WeightsError

STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "b": torch.ones(4, dtype=torch.float16)}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("SAMTRACKER_HOME", str(folder))
    return folder


def refusal(path: Path) -> str:
    """What `load_state` says about a file that it must refuse."""
    with pytest.raises(WeightsError) as caught:
        load_state(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_manifest_names_the_packaged_and_the_official_weights() -> None:
    known = manifest()
    assert list(known) == ["lite", "propagation", "vit_b", "vit_l", "vit_h"]
    for name, entry in known.items():
        assert entry.name == name
        assert entry.encoder == ("lite" if name == "propagation" else name)
        assert entry.licence == "Apache-2.0"
        assert entry.size > 0
        assert entry.description
    assert known["lite"].source == known["propagation"].source == "packaged"
    for name, file, size, digest in (
        ("vit_b", "sam_vit_b_01ec64.pth", 375042383, "ec2df62732614e57411cdcf32a23ffdf"),
        ("vit_l", "sam_vit_l_0b3195.pth", 1249524607, "3adcc4315b642a4d2101128f611684e8"),
        ("vit_h", "sam_vit_h_4b8939.pth", 2564550879, "a7bf3b02f3ebf1267aba913ff637d9a2"),
    ):
        entry = known[name]
        assert (entry.file, entry.size, entry.sha256[:32]) == (file, size, digest)
        assert entry.source == f"https://dl.fbaipublicfiles.com/segment_anything/{file}"


@pytest.mark.parametrize("name", ["lite", "propagation"])
def test_packaged_file_is_the_one_in_the_manifest(name: str) -> None:
    path = find(name)
    assert path == weights_folder() / f"{name}.safetensors"
    assert path.stat().st_size == manifest()[name].size < 20e6
    assert verify(name) == manifest()[name]
    tensors, _ = load_state(path)
    assert tensors


def test_verify_knows_a_copy_under_another_name(tmp_path: Path) -> None:
    copy = tmp_path / "mine.safetensors"
    shutil.copy(find("lite"), copy)
    assert verify(copy).name == "lite"
    copy.write_bytes(copy.read_bytes()[:-1])
    with pytest.raises(WeightsError, match="none of lite, propagation, vit_b, vit_l, vit_h"):
        verify(copy)


def test_sha256_of_the_standard_example(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    assert sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with pytest.raises(WeightsError, match="No such file"):
        sha256(tmp_path / "nothing")


def entry(**changes: Any) -> WeightEntry:
    values = {"name": "x", "file": "x.pth", "encoder": "lite", "sha256": "0" * 64, "size": 1}
    values |= {"licence": "MIT", "source": "packaged", "description": "x"}
    return WeightEntry(**{**values, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"file": "../x.pth"},
        {"file": "/etc/x.pth"},
        {"file": "a/x.pth"},
        {"file": "..\\x.pth"},
        {"file": "C:x.pth"},
        {"file": "x.pth\n"},
        {"file": ".pth"},
        {"file": "x.exe"},
        {"source": "file:///etc/passwd"},
        {"source": "ftp://example.org/x.pth"},
        {"source": "https://"},
        {"sha256": "0" * 63},
        {"sha256": "G" * 64},
    ],
)
def test_an_entry_cannot_leave_its_folder_or_the_web(changes: dict[str, str]) -> None:
    (field,) = changes
    with pytest.raises(WeightsError, match=f"'x' have {field} "):
        entry(**changes)
    assert entry().file == "x.pth"


def test_cache_folder(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache_folder() == home
    monkeypatch.delenv("SAMTRACKER_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "samtracker"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "samtracker"


def test_weights_folder_of_an_installed_package(tmp_path: Path) -> None:
    installed = tmp_path / "samtracker" / "model" / "weights.py"
    installed.parent.mkdir(parents=True)
    shutil.copy(weights.__file__, installed)
    spec = importlib.util.spec_from_file_location("installed_weights", installed)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.weights_folder() == tmp_path / "weights"
    with pytest.raises(WeightsError, match="reinstall samtracker"):
        module.manifest()
    (tmp_path / "samtracker" / "weights").mkdir()
    assert module.weights_folder() == tmp_path / "samtracker" / "weights"


def test_find(home: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="run: samtrack weights download vit_b"):
        find("vit_b")
    downloaded = home / "sam_vit_b_01ec64.pth"
    downloaded.touch()
    assert find("vit_b") == downloaded
    assert find(downloaded) == find(str(downloaded)) == downloaded
    for wrong in ("vit_x", tmp_path / "no.pth", tmp_path, Path("vit_b")):
        with pytest.raises(WeightsError, match="one of lite, propagation, vit_b, vit_l, vit_h"):
            find(wrong)


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


def test_a_known_file_with_a_wrong_hash_is_refused(home: Path, tmp_path: Path) -> None:
    path = home / "sam_vit_b_01ec64.pth"
    torch.save(STATE, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert digest in refusal(path)
    assert "run: samtrack weights download vit_b" in refusal(home / ".." / "home" / path.name)
    with pytest.raises(WeightsError, match="tampered"):
        verify("vit_b")
    elsewhere = tmp_path / path.name  # a file of the user, whatever its name
    path.replace(elsewhere)
    assert set(load_state(elsewhere)[0]) == set(STATE)


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
