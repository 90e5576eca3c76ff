"""The two OpenCVs: one that cannot be loaded, and one without windows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from tests.helpers.cli_tools import ROOT, samtrack

MISSING = "libGL.so.1: cannot open shared object file: No such file or directory"


@pytest.mark.parametrize("command", ["doctor", "live --headless --init-box 1,1,9,9"])
def test_a_missing_libgl_is_one_line(tmp_path: Path, command: str) -> None:
    (tmp_path / "cv2").mkdir()
    (tmp_path / "cv2" / "__init__.py").write_text(f"raise ImportError({MISSING!r}, name='cv2')")
    done = subprocess.run(
        [sys.executable, "-m", "samtracker", *command.split()],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"Error: OpenCV cannot be loaded ({MISSING}): apt-get install libgl1")
    assert "opencv-python-headless in the place of opencv-python" in line


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
