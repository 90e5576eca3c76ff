"""The classes of objects: objects with one name are of one class."""

from __future__ import annotations

from typing import Final

from samtracker.types import TrackedObject

UNNAMED: Final = "object"
"""Class of objects without a name."""


class Categories:
    """Numbers names in the order in which they come.

    Args:
        first: Number of the first one.
    """

    def __init__(self, first: int) -> None:
        self._first = first
        self._numbers: dict[str, int] = {}

    def number_of(self, item: TrackedObject) -> int:
        """Return the number of an object's class."""
        return self._numbers.setdefault(category_of(item), self._first + len(self._numbers))

    @property
    def names(self) -> dict[int, str]:
        """Names by number."""
        return {number: name for name, number in self._numbers.items()}


def category_of(item: TrackedObject) -> str:
    """Return the name of an object's class."""
    return item.name or UNNAMED


def name_of(category: str) -> str:
    """Return the name of an object of a class."""
    return "" if category == UNNAMED else category
