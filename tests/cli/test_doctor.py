"""`samtrack doctor` looks at everything and says what is missing."""

from __future__ import annotations

import re
import shutil
from importlib import metadata
from pathlib import Path

import cv2
import pytest

from samtracker.checkpoints.manifest import manifest
from samtracker.diagnostics.doctor import Finding, examine
from samtracker.diagnostics.extras import EXTRAS
from samtracker.opencv.builds import installed
from tests.helpers.cli_tools import ROOT, samtrack


def test_a_sound_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAMTRACKER_HOME", str(tmp_path))
    done = samtrack("doctor")
    assert (done.code, done.err) == (0, "")
    assert capfd.readouterr() == ("", "")  # cameras that are not there are no noise
    found = {line[3:21].strip(): line[22:] for line in done.out.splitlines()}
    assert all(line.startswith("ok ") for line in done.out.splitlines())
    assert found["codec libx264"] == "writes overlays"
    assert found["codec prores_ks"] == "writes alpha"
    assert "h264" in found["codecs read"].split(", ")
    assert found["weights lite"] == f"genuine, {manifest()['lite'].path}"
    assert found["weights vit_h"] == "not here; run: samtrack weights download vit_h"
    assert found["backends"] == "torch, openvino, onnxruntime"
    assert found["OpenCV"].startswith(cv2.__version__)
    assert found["extra serve"] == "the page for browsers"
    assert found["waiting threads"].startswith("OMP_WAIT_POLICY=")  # which these tests set
    assert found["device"].split(", ")[0] in {"cpu", "cuda", "mps"}
    assert found["device"].split(", ")[2] == "torch"
    assert re.fullmatch(r"about \d+\.\d frames a second for one object, .*", found["speed"])


def finding(topic: str) -> Finding:
    """The one of that topic; what comes after it is not looked at."""
    return next(found for found in examine() if found.topic == topic)


def test_the_extras_are_those_of_the_package() -> None:
    """`all` is all of them, but for the two OpenCVs, of which there can be one."""
    names = metadata.metadata("samtracker").get_all("Provides-Extra") or []
    assert {*names} - {"all", "dev", "docs"} == EXTRAS.keys()
    packages: dict[str, set[str]] = {name: set() for name in names}
    for text in metadata.requires("samtracker") or ():
        package, _, marker = text.partition(";")
        for name in re.findall(r"extra == '(.+?)'", marker.replace('"', "'")):
            packages[name].add(package.strip())
    wanted = [packages[name] for name in EXTRAS if name not in ("gui", "headless")]
    assert all(wanted)
    assert packages["all"] == set.union(*wanted)
    page = (ROOT / "docs" / "install.md").read_text("utf-8")
    assert {*names} <= {*re.findall(r"`([a-z]+)`", page.partition("## OpenCV")[0])}


def test_an_extra_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    needs = ["numpy", "nowhere[x]>=14; extra == 'serve'", "elsewhere>=1; extra == 'all'"]
    monkeypatch.setattr("samtracker.diagnostics.extras.requires", lambda name: needs)
    text = "the page for browsers; without nowhere: pip install 'samtracker[serve]'"
    assert finding("extra serve") == Finding("extra serve", text)


def test_one_opencv_takes_the_place_of_the_other() -> None:
    (build,) = installed()
    other, brings = (
        ("gui", "opencv-python")
        if build == "opencv-python-headless"
        else ("headless", "opencv-python-headless")
    )
    way = f"pip uninstall {build}, then pip install 'samtracker[{other}]'"
    assert finding(f"extra {other}").text == f"{EXTRAS[other]}; without {brings}: {way}"


def test_two_opencvs_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "opencv_contrib_python-4.12.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: opencv-contrib-python\nVersion: 4.12.0"
    )
    (build,) = installed()
    monkeypatch.syspath_prepend(tmp_path)
    found = finding("OpenCV")
    assert not found.fine
    assert found.text == (
        f"{build} and opencv-contrib-python share their files, and break each other: "
        f"pip uninstall {build} opencv-contrib-python, then pip install 'samtracker[gui]', or "
        "'samtracker[headless]' for a machine without a screen"
    )


def test_a_damaged_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMTRACKER_HOME", str(tmp_path))
    shutil.copy(manifest()["lite"].path, tmp_path / manifest()["vit_b"].file)
    done = samtrack("doctor")
    assert done.code == 2
    (line,) = [line for line in done.out.splitlines() if not line.startswith("ok ")]
    assert line.startswith("-- weights vit_b ")
    assert "damaged or tampered with" in line
    assert line.endswith("run: samtrack weights download vit_b")
