"""`samtrack weights`: what there is, what is genuine, what cannot be fetched."""

from __future__ import annotations

from pathlib import Path

import pytest

from samtracker.checkpoints.manifest import manifest
from tests.helpers.cli_tools import samtrack


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder for downloads, empty."""
    monkeypatch.setenv("SAMTRACKER_HOME", str(tmp_path))
    return tmp_path


def test_list_names_every_file_and_whether_it_is_here(home: Path) -> None:
    (home / manifest()["vit_l"].file).touch()
    done = samtrack("weights", "list")
    assert done.code == 0
    lines = {line.split()[0]: line for line in done.out.splitlines()}
    assert list(lines) == list(manifest()) == ["lite", "propagation", "vit_b", "vit_l", "vit_h"]
    for name, entry in manifest().items():
        assert ("not downloaded" in lines[name]) == (name in {"vit_b", "vit_h"})
        assert f" {entry.size / 1e6:.1f} MB " in lines[name]
        assert f" {entry.licence} " in lines[name]
        assert lines[name].endswith(entry.description)


def test_verify_checks_what_is_here() -> None:
    genuine = f"lite: genuine, {manifest()['lite'].sha256}\n"
    start = f"propagation: genuine, {manifest()['propagation'].sha256}\n"
    assert samtrack("weights", "verify").out == genuine + start
    assert samtrack("weights", "verify", "lite").out == genuine
    path = manifest()["lite"].path
    assert samtrack("weights", "verify", path).out == f"{path}: {genuine.partition(': ')[2]}"


def test_verify_tells_of_all_that_are_not_genuine(home: Path) -> None:
    fake = home / manifest()["vit_b"].file
    fake.write_bytes(b"not a checkpoint")
    other = home / "other.pth"
    other.write_bytes(b"something else")
    done = samtrack("weights", "verify", "vit_b", "lite", other)
    assert done.code == 2
    assert done.out == f"lite: genuine, {manifest()['lite'].sha256}\n"
    (error,) = done.err.splitlines()
    assert error.startswith(f"Error: weights {fake} are damaged or tampered with")
    assert f"; weights {other} have sha256 " in error
    done = samtrack("weights", "verify")
    assert (done.code, len(done.errors)) == (2, 1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify", "vit_h"), "run: samtrack weights download vit_h"),
        (("verify", "heavy"), "'heavy' are neither an existing file nor one of lite, propagation"),
        (("download", "heavy"), "no weights are called 'heavy'; choose one of lite, propagation"),
    ],
    ids=str,
)
def test_what_is_not_there(home: Path, arguments: tuple[str, str], said: str) -> None:
    done = samtrack("weights", *arguments)
    assert (done.code, done.out) == (2, "")
    (error,) = done.err.splitlines()
    assert error.startswith("Error: ")
    assert said in error
    assert list(home.iterdir()) == []


def test_the_packaged_weights_need_no_download() -> None:
    done = samtrack("weights", "download", "lite")
    assert (done.code, done.out) == (0, f"lite: {manifest()['lite'].path}\n")


def test_a_download_that_cannot_be_stored_leaves_the_network_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "file").touch()
    monkeypatch.setenv("SAMTRACKER_HOME", str(home / "file"))
    done = samtrack("weights", "download", "vit_b")
    assert (done.code, done.out) == (2, "")
    (error,) = done.err.splitlines()
    assert error.startswith("Error: download of weights 'vit_b' stopped: [Errno 17] File exists")
