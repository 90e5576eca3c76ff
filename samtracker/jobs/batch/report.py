"""The page of a batch: batch.html, with a thumbnail, the states and the speed of each video."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from samtracker.jobs.batch.row import BatchRow, Status
from samtracker.jobs.batch.storage import Store
from samtracker.results.names import THUMBNAILS


def report(rows: Sequence[BatchRow], store: Store, engine: str, settings: dict[str, Any]) -> str:
    """Return the page.

    Args:
        rows: The videos.
        store: Output of the batch, in which the page will be.
        engine: What ran the jobs.
        settings: What they were tracked with.
    """
    environment = Environment(
        loader=PackageLoader("samtracker.jobs.batch", ""),
        autoescape=True,
        undefined=StrictUndefined,
    )
    counts = Counter(row.status for row in rows)
    return environment.get_template("batch.html.jinja").render(
        rows=[
            {
                "row": row,
                "thumbnail": f"{THUMBNAILS}/{row.name}.jpg" if row.frames else None,
                "states": share_of_states(row),
            }
            for row in rows
        ],
        counts=[(counts[status], status.value) for status in reversed(Status) if counts[status]],
        engine=engine,
        output=store.location,
        settings=settings,
    )


def share_of_states(row: BatchRow) -> str:
    """Return in what share of the frames the objects are in each state, in words.

    >>> objects = {"1": {"tracking": 3, "lost": 1}, "2": {"tracking": 4}}
    >>> share_of_states(BatchRow(name="a", source="a.mp4", inputs="", objects=objects))
    'tracking 88%, lost 12%'
    """
    counts: Counter[str] = Counter()
    for states in row.objects.values():
        counts.update(states)
    return ", ".join(
        f"{state} {100 * count / counts.total():.0f}%" for state, count in counts.most_common()
    )
