"""`samtrack doctor` looks at everything and says what is missing."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from samtracker.checkpoints.manifest import manifest
from tests.helpers.cli_tools import samtrack


def test_a_sound_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAMTRACKER_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "ray", None)  # as if it were not there
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
    assert found["batches"] == "a process pool; for clusters: pip install 'samtracker[batch]'"
    assert found["waiting threads"].startswith("OMP_WAIT_POLICY=")  # which these tests set
    assert found["device"].split(", ")[0] in {"cpu", "cuda", "mps"}
    assert found["device"].split(", ")[2] == "torch"
    assert re.fullmatch(r"about \d+\.\d frames a second for one object, .*", found["speed"])


def test_a_damaged_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMTRACKER_HOME", str(tmp_path))
    shutil.copy(manifest()["lite"].path, tmp_path / manifest()["vit_b"].file)
    done = samtrack("doctor")
    assert done.code == 2
    (line,) = [line for line in done.out.splitlines() if not line.startswith("ok ")]
    assert line.startswith("-- weights vit_b ")
    assert "damaged or tampered with" in line
    assert line.endswith("run: samtrack weights download vit_b")
