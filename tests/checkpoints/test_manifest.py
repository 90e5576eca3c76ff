"""The weights that the package knows: their names, their places, and that they are genuine."""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from samtracker.checkpoints import manifest as source
from samtracker.checkpoints.files import load_state
from samtracker.checkpoints.load import load_network
from samtracker.checkpoints.manifest import (
    WeightEntry,
    checked_digest,
    find,
    manifest,
    verify,
    weights_folder,
)
from samtracker.errors import WeightsError
from samtracker.files import cache_folder
from tests.helpers.cli_tools import ROOT


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("SAMTRACKER_HOME", str(folder))
    return folder


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
    assert load_state(path)[0]


def test_verify_knows_a_copy_under_another_name(tmp_path: Path) -> None:
    copy = tmp_path / "mine.safetensors"
    shutil.copy(find("lite"), copy)
    assert verify(copy).name == "lite"
    copy.write_bytes(copy.read_bytes()[:-1])
    with pytest.raises(WeightsError, match="none of lite, propagation, vit_b, vit_l, vit_h"):
        verify(copy)


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
    installed = tmp_path / "samtracker" / "checkpoints" / "manifest.py"
    installed.parent.mkdir(parents=True)
    shutil.copy(source.__file__, installed)
    spec = importlib.util.spec_from_file_location("installed_manifest", installed)
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


def test_another_file_in_the_place_of_a_known_one_is_refused(home: Path, tmp_path: Path) -> None:
    path = home / "sam_vit_b_01ec64.pth"
    torch.save({"a": torch.zeros(1)}, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    for place in ("vit_b", path, home / ".." / "home" / path.name):
        with pytest.raises(WeightsError, match="are damaged or tampered with") as caught:
            load_network(place)
        assert digest in str(caught.value)
        assert "run: samtrack weights download vit_b" in str(caught.value)
    with pytest.raises(WeightsError, match="tampered"):
        verify("vit_b")
    elsewhere = tmp_path / path.name  # a file of the user, whatever its name
    path.replace(elsewhere)
    assert checked_digest(elsewhere) == digest


def test_a_known_file_is_hashed_once_when_it_is_loaded() -> None:
    program = (
        "import sys\n"
        "opened = []\n"
        "def note(event, arguments):\n"
        "    if event == 'open':\n"
        "        opened.append(str(arguments[0]))\n"
        "sys.addaudithook(note)\n"
        "from samtracker.checkpoints.load import load_network\n"
        "network = load_network('propagation')\n"
        "print(opened.count(str(network.file)))\n"
    )
    # The tensors are read by the safetensors library, which opens files without Python.
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert ran.stdout == "1\n"


@pytest.mark.parametrize("wrong", [None, b"lite", 7, "a\0b", "\ud800", "~nobody-at-all/x.pth"])
def test_what_is_no_path_is_no_weights(wrong: Any) -> None:
    with pytest.raises(WeightsError) as caught:
        find(wrong)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("home", ["~nobody-at-all/x"])
def test_the_cache_of_nobody(monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    monkeypatch.setenv("SAMTRACKER_HOME", home)
    for call in (cache_folder, lambda: find("vit_b"), lambda: load_network("propagation")):
        with pytest.raises(WeightsError, match=f"SAMTRACKER_HOME='{home}' is unknown"):
            call()


def test_a_cache_that_leads_nowhere_leaves_the_packaged_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    monkeypatch.setenv("SAMTRACKER_HOME", str(tmp_path / "loop"))
    assert checked_digest(find("propagation")) == manifest()["propagation"].sha256
