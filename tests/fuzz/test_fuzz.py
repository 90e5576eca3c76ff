"""A short run of the fuzzing, and whether it would notice anything."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.cases import KINDS, TRAP, Case
from tests.fuzz.runner import SECONDS, Runner
from tests.fuzz.traps import TRAPS

COUNT = 36
"""Cases of the short run."""

SHORT = [kind for kind in KINDS if kind != "training"]  # one of which takes seconds

NOTICED = {
    "traceback": "writes 'Traceback (most'",
    "hang": "hangs",
    "thread that stays": "hangs",
    "crash": "crashes: SIGSEGV",
    "memory": "writes 'Traceback (most'",
    "two lines": "says 2 lines",
    "nothing said": "says 0 lines",
    "another exit code": "exits with 3",
    "control characters": "says control characters",
    "a long line": "says a line of 5007 characters",
    "a lost file": "changes mine.txt",
    "a warning": "writes 'UserWarning:'",
}
"""What is said of each trap."""


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    with Runner(tmp_path_factory.mktemp("fuzz")) as runner:
        yield runner


@given(kind=st.sampled_from(SHORT), seed=st.integers(0, 10_000))
@settings(
    max_examples=COUNT,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_damaged_input_ends_in_one_clear_line(runner: Runner, kind: str, seed: int) -> None:
    report = runner.run(Case(kind, seed))
    assert report.complaint is None, str(report)


@pytest.mark.parametrize("name", TRAPS)
def test_what_is_wrong_is_noticed(runner: Runner, name: str) -> None:
    seed = next(
        seed for seed in range(1000) if Random(f"{TRAP}:{seed}").choice(list(TRAPS)) == name
    )
    seconds = 1.0 if NOTICED[name] == "hangs" else SECONDS
    report = runner.run(Case(TRAP, seed), seconds=seconds)
    assert report.outcome.line == name
    assert report.complaint is not None
    assert report.complaint.startswith(NOTICED[name])
    assert report.folder.is_dir()


def test_a_case_is_the_same_again(runner: Runner) -> None:
    def damaged() -> bytes:
        report = runner.run(Case("mask", 3), keep=True)
        (file,) = (path for path in (report.folder / "home").iterdir() if path.is_file())
        return file.read_bytes()

    assert damaged() == damaged()
