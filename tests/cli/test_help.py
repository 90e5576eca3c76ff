"""Help: quick, complete, and the same in docs/cli.md."""

from __future__ import annotations

import runpy
import subprocess
import sys

import click
import pytest

from samtracker import __version__
from samtracker.cli import main
from tests.helpers.cli_tools import ROOT, samtrack

COMMANDS = [
    ("batch",),
    ("bench",),
    ("convert",),
    ("data",),
    ("data", "preview"),
    ("demo",),
    ("doctor",),
    ("eval",),
    ("export",),
    ("export-weights",),
    ("live",),
    ("replay",),
    ("serve",),
    ("track",),
    ("train",),
    ("weights",),
    ("weights", "download"),
    ("weights", "list"),
    ("weights", "verify"),
]


def test_the_reference_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    reference = runpy.run_path(str(ROOT / "docs" / "generate_cli.py"))["reference"]
    assert (ROOT / "docs" / "cli.md").read_text("utf-8") == reference(), "run: make docs"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_and_option_is_explained(command: tuple[str, ...]) -> None:
    found: click.Command = main
    for name in command:
        assert isinstance(found, click.Group)
        found = found.commands[name]
    assert found.help
    done = samtrack(*command, "--help")
    assert done == samtrack(*command, "-h")
    assert done.code == 0
    assert done.out.startswith(f"Usage: samtrack {' '.join(command)} ")
    for option in found.params:
        if isinstance(option, click.Option):
            assert option.help, option.name
            assert option.opts[-1] in done.out


def test_no_command_is_forgotten() -> None:
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    assert sorted(main.commands) == sorted({name for name, *_ in COMMANDS})
    for command in COMMANDS:
        assert f"\n## samtrack {' '.join(command)}\n" in page


def test_the_version() -> None:
    assert samtrack("--version").out == f"samtrack, version {__version__}\n"


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from samtracker.cli import main\n"
        "try: main(['track', '--help'])\n"
        "except SystemExit: print(sorted({'torch', 'cv2', 'av', 'timm'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert "--init-mask" in done.stdout


def test_help_without_docstrings() -> None:
    """`python -OO` leaves them out."""
    for command in ([], ["train"]):
        done = subprocess.run(
            [sys.executable, "-OO", "-m", "samtracker", *command, "--help"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("Usage: ")
    assert "--learning-rate" in done.stdout
