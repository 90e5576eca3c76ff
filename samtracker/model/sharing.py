"""Which objects can share a computation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

from samtracker.model.encoders import Features
from samtracker.model.memory import Memory


def groups(keys: Iterable[Hashable]) -> list[list[int]]:
    """Group rows by equal keys; those with None are left out."""
    found = defaultdict(list)
    for row, key in enumerate(keys):
        if key is not None:
            found[key].append(row)
    return list(found.values())


def by_references(
    features: Sequence[Features], memories: Sequence[Memory], *, lost_only: bool = False
) -> list[list[int]]:
    """Group rows with the same frame and searched references; those without are left out."""
    return groups(
        (id(view), *(reference.key.data_ptr() for reference in memory.searched))
        if memory.searched and (memory.lost or not lost_only)
        else None
        for view, memory in zip(features, memories, strict=True)
    )
