"""Who may import whom, and that everything the package offers is there."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import samtracker

PACKAGE = Path(samtracker.__file__).parent
MODULES = {
    path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text("utf-8"))
    for path in PACKAGE.rglob("*.py")
}


def imported(module: str) -> set[str]:
    """Full names of what a module imports anywhere in it; of `from a import b` also `a.b`."""
    names = set()
    for node in ast.walk(MODULES[module]):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
        elif isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func):
            names |= {str(arg.value) for arg in node.args if isinstance(arg, ast.Constant)}
    return names


def importers(package: str) -> set[str]:
    """The modules that import a package or something in it."""
    return {
        module
        for module in MODULES
        if any(f"{name}.".startswith(f"{package}.") for name in imported(module))
    }


def test_all_modules_are_walked() -> None:
    assert {"__init__.py", "tracker.py", "model/network.py"} <= MODULES.keys()
    assert importers("torch") >= {"tracker.py", "model/network.py"}
    assert "samtracker.model.network.Network" in imported("tracker.py")


@pytest.mark.parametrize(
    ("package", "wanted"),
    [
        ("segment_anything", {"model/sam.py"}),
        ("timm", {"model/lite.py"}),
        ("torchvision", {"model/torchvision.py"}),
        ("supervision", {"types.py"}),
    ],
)
def test_packages_with_one_importer(package: str, wanted: set[str]) -> None:
    assert importers(package) == wanted


def test_only_the_command_line_imports_click() -> None:
    assert importers("click") == {module for module in importers("click") if _is_cli(module)}
    assert importers("click")


def test_only_the_command_line_imports_itself() -> None:
    assert {module for module in importers("samtracker.cli") if not _is_cli(module)} == {
        "__main__.py"
    }


@pytest.mark.parametrize("module", sorted(m for m in MODULES if m.startswith("model/")))
def test_the_model_rests_on_types_alone(module: str) -> None:
    ours = {name.split(".")[1] for name in imported(module) if name.startswith("samtracker.")}
    assert ours <= {"model", "config", "types", "errors"}


@pytest.mark.parametrize("module", ["tracker.py", "track.py", "prompts.py"])
def test_the_tracker_rests_on_the_model(module: str) -> None:
    ours = {name.split(".")[1] for name in imported(module) if name.startswith("samtracker.")}
    steps = {"masks", "prompts", "track", "life_cycle", "checks", "saved", "objects", "replay_log"}
    # What opens a source for the user's loop is the one thing that reads video.
    assert ours <= {"model", "config", "types", "errors", "stream"} | steps


@pytest.mark.parametrize("module", ["types.py", "config.py", "errors.py"])
def test_the_ground_rests_on_errors_alone(module: str) -> None:
    ours = {name.split(".")[1] for name in imported(module) if name.startswith("samtracker.")}
    assert ours <= {"errors"}


def test_a_tracker_alone_reads_no_video_and_draws_nothing() -> None:
    program = "import sys; from samtracker import Tracker; print(*sorted(sys.modules))"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=PACKAGE.parent, capture_output=True, check=True
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


def _is_cli(module: str) -> bool:
    return module.startswith("cli/") or module == "cli.py"
