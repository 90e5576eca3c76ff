"""A count of what a reader of a data set leaves out."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_LOG = logging.getLogger(__name__)


@dataclass
class Skipped:
    """Counts what a reader leaves out, for one warning at its end.

    Attributes:
        reasons: What is missing or damaged, in a few words each.
    """

    reasons: list[str] = field(default_factory=list)

    def add(self, reason: str) -> None:
        """Count one thing that is left out."""
        self.reasons.append(reason)

    def whole(self, pictures: Iterable[Path]) -> dict[str, Path]:
        """Return the pictures by their stem, and count empty ones and those with a stem again.

        What cannot even be looked at, as a link in a circle, is reported by whoever reads it.
        """
        kept: dict[str, Path] = {}
        for path in pictures:
            if _is_empty(path):
                self.add(f"'{path}' is empty")
            elif path.stem in kept:
                self.add(f"'{path}' has the name of '{kept[path.stem].name}'")
            else:
                kept[path.stem] = path
        return kept

    def warn(self, root: Path) -> None:
        """Log a warning with the number and the first reasons, if there are any."""
        if self.reasons:
            _LOG.warning("%s: skipped %d: %s", root, len(self.reasons), _summary(self.reasons))


def _is_empty(path: Path) -> bool:
    try:
        return not path.stat().st_size
    except OSError:
        return False


def _summary(reasons: list[str]) -> str:
    return "; ".join(reasons[:3]) + (" ..." if len(reasons) > 3 else "")
