"""A long run: `make fuzz`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from tqdm import tqdm

from tests.fuzz.cases import KINDS, Case
from tests.fuzz.runner import Report, Runner

FOLDER = Path("build/fuzz")


def main() -> int:
    """Runs cases, says which are wrong and how to run them again, and counts."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("cases", nargs="*", type=Case.parse, help="KIND:SEED; all kinds without")
    parser.add_argument("--count", type=int, default=2000, help="number of cases")
    parser.add_argument("--seed", type=int, default=0, help="of the first case")
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=list(KINDS))
    parser.add_argument("--folder", type=Path, default=FOLDER, help="for samples and failures")
    given = parser.parse_args()
    kinds = given.kinds
    cases = given.cases or [
        Case(kinds[number % len(kinds)], given.seed + number // len(kinds))
        for number in range(given.count)
    ]
    codes: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    with Runner(given.folder) as runner:
        for case in tqdm(cases, unit="case", disable=bool(given.cases)):
            report = runner.run(case, keep=bool(given.cases))
            codes[case.kind][_how(report)] += 1
            if report.complaint is not None or given.cases:
                tqdm.write(str(report))
    for kind, counter in codes.items():
        if counter:
            counts = ", ".join(f"{how} {count}" for how, count in sorted(counter.items()))
            print(f"{kind:12} {counter.total():5}: {counts}")
    return int(any("wrong" in counter for counter in codes.values()))


def _how(report: Report) -> str:
    return "wrong" if report.complaint is not None else f"exit {report.outcome.code}"


if __name__ == "__main__":
    sys.exit(main())
