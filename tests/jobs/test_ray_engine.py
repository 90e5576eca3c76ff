"""A batch on Ray, which is started once for all that is here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from samtracker.errors import ConfigError
from samtracker.jobs.batch import RayEngine
from samtracker.jobs.batch.engine import Steps
from tests.helpers.batches import HereEngine, batch, clips, dying, masks_of

pytestmark = pytest.mark.ray

FILMS = 6
"""So many that a batch is stopped before it is through with them."""


@pytest.fixture(scope="module")
def engine() -> Iterator[RayEngine]:
    """Ray, on this machine."""
    with RayEngine(jobs=1) as started:
        yield started


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user is: films with their first masks."""
    monkeypatch.chdir(tmp_path)
    clips(tmp_path, FILMS)
    return tmp_path


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "here", "a:b"])
def test_nobody_at_the_address(address: str) -> None:
    with pytest.raises(ConfigError, match=f"address='{address}' is of no cluster of Ray"):
        RayEngine(address=address)


def test_no_such_cluster() -> None:
    with pytest.raises(ConfigError, match="address='auto' is of no cluster of Ray"):
        RayEngine(address="auto")


def test_a_lost_worker_is_replaced_and_results_are_the_same(
    engine: RayEngine, folder: Path
) -> None:
    made = batch(
        f"local://{folder}/clips",
        f"local://{folder}/out",
        make_tracker=dying(1, folder / "notes"),
    )
    rows = made.run(engine)
    assert [row.status.value for row in rows] == ["done"] * FILMS, rows
    assert sorted(row.attempts for row in rows) == [*[1] * (FILMS - 1), 2]
    batch(output="alone").run(HereEngine())
    assert masks_of(folder / "out") == masks_of(folder / "alone")


def test_a_batch_is_stopped_and_goes_on(engine: RayEngine, folder: Path) -> None:
    made = batch()
    seen: list[Steps] = []

    def stop(steps: Steps) -> bool:
        seen.append(steps)
        return False

    rows = made.run(engine, on_wait=stop)
    assert seen
    assert any(row.status.value != "done" for row in rows)
    assert [row.status.value for row in made.run(engine)] == ["done"] * FILMS
