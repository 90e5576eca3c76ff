"""Time a newcomer's two ways to the first mask: from `git clone`, and from `pip install WHEEL`.

    python benchmarks/newcomer.py
    python benchmarks/newcomer.py --ways wheel --constraint constraints.txt

Both begin with nothing: no environment, no cache of pip's, no compiled graphs. The clone is of this
checkout, followed by `make demo`; the wheel was built before, and is installed with the extras
headless and demo, followed by `samtrack demo`. The mask is the first file in the folder of masks,
which then is looked for once more with everything there: what a second run takes.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from samtracker.diagnostics.machine import describe

ROOT = Path(__file__).parents[1]


class Newcomer:
    """Somebody with an empty folder.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._environment = {
            **os.environ,
            "PIP_NO_CACHE_DIR": "1",
            "SAMTRACKER_HOME": str(folder / "home"),
        }
        for name in ("PYTHONPATH", "VIRTUAL_ENV", "OMP_NUM_THREADS"):
            self._environment.pop(name, None)

    def does(self, *command: str | Path) -> float:
        """Run a command, and return how many seconds it took."""
        begin = time.perf_counter()
        subprocess.run(command, cwd=self.folder, env=self._environment, check=True)
        return time.perf_counter() - begin

    def waits_for_a_mask(self, *command: str | Path, at: Path) -> float:
        """Start a command, stop it at its first mask, and return how many seconds that took."""
        begin = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=at, env=self._environment, start_new_session=True, stdout=sys.stderr
        )
        while not list(at.glob("demo-output*/masks/*.png")):
            if process.poll() is not None:
                raise SystemExit(f"{command} ended without a mask")
            time.sleep(0.05)
        took = time.perf_counter() - begin
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for place in at.glob("demo-output*"):
            subprocess.run(("rm", "-r", place), check=True)
        return took


def from_clone(folder: Path) -> dict[str, float]:
    """Clone, and `make demo`, which sets itself up."""
    newcomer = Newcomer(folder)
    clone = folder / "clone"
    cloning = newcomer.does("git", "clone", "--quiet", f"file://{ROOT}", clone)
    first = newcomer.waits_for_a_mask("make", "demo", at=clone)
    again = newcomer.waits_for_a_mask("make", "demo", at=clone)
    return figures({"clone_s": cloning, "make_demo_s": first}, again, clone / ".venv")


def from_wheel(folder: Path, constraint: Path | None) -> dict[str, float]:
    """Install the wheel into a new environment, and `samtrack demo`."""
    newcomer = Newcomer(folder)
    build = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder)
    newcomer.does(*build, ROOT)
    (wheel,) = folder.glob("*.whl")
    venv = folder / "venv"
    limits = ("--constraint", constraint.resolve()) if constraint else ()
    install = newcomer.does(sys.executable, "-m", "venv", venv)
    pip = (venv / "bin" / "pip", "install", "--quiet", *limits)
    install += newcomer.does(*pip, f"{wheel}[headless,demo]")
    demo = (venv / "bin" / "samtrack", "demo")
    first = newcomer.waits_for_a_mask(*demo, at=folder)
    again = newcomer.waits_for_a_mask(*demo, at=folder)
    return figures({"install_s": install, "demo_s": first}, again, venv)


def figures(parts: dict[str, float], again: float, venv: Path) -> dict[str, float]:
    """Return the parts of a way, their sum, and what they are measured by."""
    size = subprocess.run(("du", "-sm", venv), capture_output=True, text=True, check=True)
    total = sum(parts.values())
    seconds = {**parts, "to_first_mask_s": total, "again_s": again}
    rounded = {name: round(value, 1) for name, value in seconds.items()}
    ratio = round(total / again, 1)
    return {**rounded, "ratio": ratio, "environment_mb": int(size.stdout.split()[0])}


def main() -> None:
    """Print the figures and write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ways", nargs="+", choices=("clone", "wheel"), default=["clone", "wheel"])
    parser.add_argument("--constraint", type=Path, help="constraints of pip, for the wheel")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/newcomer.json"))
    args = parser.parse_args()
    rows = {}
    for way in args.ways:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            wheel = way == "wheel"
            rows[way] = from_wheel(folder, args.constraint) if wheel else from_clone(folder)
    print(json.dumps(rows, indent=2))
    result = {"machine": describe(), "rows": rows}
    args.output.write_text(json.dumps(result, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
