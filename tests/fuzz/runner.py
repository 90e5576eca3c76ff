"""Runs cases one after the other, in the children of a zygote."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.fuzz.cases import Case
from tests.fuzz.verdict import Outcome, complaint

ROOT = Path(__file__).parents[2]

SECONDS = 60.0
"""That a case may take; the machine may be busy."""


@dataclass(frozen=True)
class Report:
    """A case that was run.

    Attributes:
        complaint: what is wrong; None where nothing is.
        folder: what it had and left, where something is wrong.
    """

    case: Case
    outcome: Outcome
    complaint: str | None
    folder: Path

    def __str__(self) -> str:
        """To be understood, and how to run the case again."""
        outcome = self.outcome
        said = "\n".join(f"    {line}" for line in outcome.err.splitlines()[-8:])
        return (
            f"{self.case} {self.complaint or f'exit {outcome.code}'} ({outcome.seconds:.1f} s): "
            f"{outcome.line}\n{said}\n    make fuzz CASE={self.case}; files in {self.folder}"
        )


class Runner:
    """A zygote that is told what to run.

    Args:
        folder: for the samples, and for the folders of cases.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        (self._folder / "samples").mkdir(parents=True, exist_ok=True)
        self._zygote = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.zygote", str(self._folder / "samples")],
            cwd=ROOT,
            # What is there at once on every machine, unless another one is asked for.
            env={
                "SAMTRACKER_BACKEND": "torch",
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "OMP_NUM_THREADS": "1",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def run(self, case: Case, *, seconds: float = SECONDS, keep: bool = False) -> Report:
        """Runs a case; its folder stays if something is wrong, or if it is to be kept.

        Args:
            case: to run.
            seconds: that it may take.
            keep: whether its folder stays in any case.
        """
        folder = self._folder / str(case).replace(":", "-")
        shutil.rmtree(folder, ignore_errors=True)
        request = {"case": str(case), "folder": str(folder), "seconds": seconds}
        assert self._zygote.stdin is not None
        self._zygote.stdin.write(json.dumps(request) + "\n")
        self._zygote.stdin.flush()
        outcome = Outcome(**json.loads(self._answer()))
        wrong = complaint(outcome)
        if wrong is None and not keep:
            shutil.rmtree(folder)
        return Report(case, outcome, wrong, folder)

    def close(self) -> None:
        """Ends the zygote."""
        assert self._zygote.stdin is not None
        assert self._zygote.stdout is not None
        self._zygote.stdin.close()
        self._zygote.wait()
        self._zygote.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self) -> str:
        assert self._zygote.stdout is not None
        line = self._zygote.stdout.readline()
        if not line:
            raise RuntimeError(f"the zygote ended with {self._zygote.wait()}")
        return line
