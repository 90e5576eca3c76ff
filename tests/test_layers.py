"""Who may import whom, and that everything the package offers is there.

The floors are the table in `tests/import_graph.py`, which prints the whole graph.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

import pytest

import samtracker
from tests.import_graph import LAYERS, Package, cycles, report, room_of

PACKAGE = Package(Path(samtracker.__file__).parent)

IMPORTERS = {
    "PIL": (
        *("data/preview.py", "prompts/mask_", "results/formats/labelme.py", "results/writers.py"),
        *("video/picture_kind.py", "video/pixel_limit.py"),
    ),
    "accelerate": ("train/",),
    "av": ("video/",),
    "click": ("cli/",),
    "fastapi": ("serve/",),
    "fsspec": ("jobs/batch/storage.py",),
    "imageio": ("video/pillow_pictures.py", "video/stills.py", "video/tiff_pictures.py"),
    "jinja2": ("evaluate/report.py", "jobs/batch/report.py"),
    "matplotlib": ("diagnostics/", "evaluate/report.py", "train/figures.py"),
    "pycocotools": ("masks/run_lengths.py",),
    "ray": ("jobs/batch/ray_engine.py",),
    "rich": ("cli/batch_progress.py",),
    "safetensors": ("checkpoints/",),
    "segment_anything": ("model/sam.py",),
    "supervision": ("types.py",),
    "timm": ("model/lite.py",),
    "torch.utils.tensorboard": ("train/metrics_log.py",),
    "torchvision": ("model/torchvision.py",),
    "uvicorn": ("serve/server.py", "serve/connection.py", "serve/socket_connection.py"),
    "yaml": ("results/formats/yolo.py",),
}
"""The only rooms and modules that import a package from elsewhere."""


@pytest.fixture
def small(tmp_path: Path) -> Package:
    """A package that breaks every rule, each by another kind of import."""
    texts = {
        "tracker.py": "import small.tracking.log\n",
        "tracking/log.py": (
            "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from small.tracker import Tracker\n"
        ),
        "model/network.py": "def load():\n    from small import files\n    import click.core\n",
        "video/__init__.py": "import importlib\nimportlib.import_module('small.cli.run')\n",
        "cli/run.py": "from small.video import read_frames\n",
        "files.py": "from torch.utils import tensorboard\n",
    }
    for name, text in texts.items():
        path = tmp_path / "small" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Package(tmp_path / "small")


def test_every_kind_of_import_is_seen(small: Package) -> None:
    assert small.forbidden() == [
        ("model/network.py", "files.py"),
        ("tracking/log.py", "tracker.py"),
        ("video/__init__.py", "cli/run.py"),
    ]
    assert cycles(small.arrows()) == [
        ["cli/run.py", "video/__init__.py"],
        ["tracker.py", "tracking/log.py"],
    ]
    assert cycles(small.room_arrows()) == [["cli", "video"], ["tracker", "tracking"]]
    assert small.importers("click") == {"model/network.py"}
    assert small.importers("torch.utils.tensorboard") == {"files.py"}
    assert small.importers("tor") == set()
    assert "arrows against the floors: 3" in list(report(small))


def test_relative_imports_are_refused(tmp_path: Path) -> None:
    (tmp_path / "tracker.py").write_text("from . import types\n")
    with pytest.raises(ValueError, match="line 1 imports relatively"):
        Package(tmp_path)


def test_every_room_has_a_floor() -> None:
    assert set(PACKAGE.room_arrows()) == set(LAYERS)


@pytest.mark.parametrize("room", sorted(LAYERS))
def test_a_room_imports_only_from_the_floors_below(room: str) -> None:
    against = [arrow for arrow in PACKAGE.forbidden() if room_of(arrow[0]) == room]
    assert not against


def test_no_cycle_of_files() -> None:
    assert cycles(PACKAGE.arrows()) == []


def test_no_cycle_of_rooms() -> None:
    assert cycles(PACKAGE.room_arrows()) == []


@pytest.mark.parametrize("package", sorted(IMPORTERS))
def test_packages_with_few_importers(package: str) -> None:
    importers = PACKAGE.importers(package)
    assert importers
    assert [module for module in importers if not module.startswith(IMPORTERS[package])] == []


def test_modules_are_short_and_the_top_folder_is_small() -> None:
    assert statistics.median(PACKAGE.lines.values()) < 120
    assert {module: lines for module, lines in PACKAGE.lines.items() if lines > 400} == {}
    assert len([path for path in PACKAGE.folder.iterdir() if path.is_file()]) <= 13


def test_a_tracker_alone_reads_no_video_and_draws_nothing() -> None:
    program = "import sys; from samtracker import Tracker; print(*sorted(sys.modules))"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=PACKAGE.folder.parent, capture_output=True, check=True
    )
    loaded = set(ran.stdout.decode().split())
    assert "samtracker.tracker" in loaded
    unwanted = ("av", "click", "matplotlib", "samtracker.live", "samtracker.video")
    assert not [name for name in unwanted if name in loaded]


@pytest.mark.parametrize("name", samtracker.__all__)
def test_public_names_are_there(name: str) -> None:
    assert getattr(samtracker, name).__name__ == name


def test_unknown_names_are_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Trakcer'"):
        _ = samtracker.Trakcer
