"""OpenCVs that are missing, damaged, cannot be loaded, or have no windows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from samtracker.errors import ConfigError
from samtracker.opencv import builds
from tests.helpers.cli_tools import ROOT, samtrack

LIBRARY = "libGL.so.1: cannot open shared object file: No such file or directory"

DOORS = (
    *("samtracker:Tracker", "samtracker:VideoWriter", "samtracker:overlay"),
    *("samtracker:read_frames", "samtracker.video:read_frames", "samtracker.jobs:annotate"),
    *("samtracker.tracker:Tracker",),
)
"""Where users of the Python API begin."""

TRY_THE_DOORS = f"""
from importlib import import_module
from samtracker.errors import ConfigError
for door in {DOORS}:
    module, _, name = door.partition(":")
    try:
        getattr(import_module(module), name)
    except ConfigError as error:
        print(error)
"""


def python(folder: Path, cv2: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs Python with another module cv2, of this text."""
    (folder / "cv2").mkdir()
    (folder / "cv2" / "__init__.py").write_text(cv2)
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", ["doctor", "live --headless --init-box 1,1,9,9"])
def test_a_missing_libgl_is_one_line(tmp_path: Path, command: str) -> None:
    text = f"raise ImportError({LIBRARY!r}, name='cv2')"
    done = python(tmp_path, text, "-m", "samtracker", *command.split())
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"Error: OpenCV cannot be loaded ({LIBRARY}): apt-get install libgl1")
    assert "opencv-python-headless in the place of opencv-python" in line


def test_what_a_removed_build_leaves_behind_is_one_error_at_every_door(tmp_path: Path) -> None:
    done = python(tmp_path, "", "-c", TRY_THE_DOORS)
    (build,) = builds.installed()
    line = f"files of OpenCV are missing: pip uninstall {build}, then {builds.CHOICE}\n"
    assert (done.stdout, done.stderr) == (line * len(DOORS), "")


def test_none_at_all_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builds, "BUILDS", ())
    monkeypatch.setitem(sys.modules, "cv2", None)  # as if it were not there
    monkeypatch.delitem(sys.modules, "samtracker.opencv.required")
    line = (
        "OpenCV is not installed: pip install 'samtracker[gui]', or 'samtracker[headless]' for a "
        "machine without a screen"
    )
    with pytest.raises(ConfigError) as caught:
        from samtracker import Tracker  # noqa: F401
    assert str(caught.value) == line
    monkeypatch.delitem(sys.modules, "samtracker.diagnostics.doctor", raising=False)
    done = samtrack("doctor")
    assert (done.code, done.out, done.err) == (2, "", f"Error: {line}\n")


@pytest.mark.parametrize("command", ["live 0", "track balls.mp4 --init-box 1,1,9,9 --show -o out"])
def test_an_opencv_without_windows_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cv2, "currentUIFramework", lambda: "")  # as opencv-python-headless says
    done = samtrack(*command.split())
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "Error: no window can be opened, because this OpenCV has none: install opencv-python in "
        "the place of opencv-python-headless, or go without (--headless with live, no --show with "
        "track)\n"
    )


def test_a_machine_without_a_screen_is_told_from_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cv2, "currentUIFramework", lambda: "GTK3")  # as opencv-python says
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    done = samtrack("live", "0")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Error: no window can be opened: set DISPLAY to a screen")
