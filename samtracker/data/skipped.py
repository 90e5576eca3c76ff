"""A count of what a reader of a data set leaves out."""

from __future__ import annotations

import logging
from contextlib import suppress
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

    def whole(self, pictures: dict[str, Path]) -> dict[str, Path]:
        """Return the pictures that are not empty files, and count the others.

        What cannot even be looked at, as a link in a circle, is reported by whoever reads it.
        """
        kept = {}
        for stem, path in pictures.items():
            with suppress(OSError):
                if not path.stat().st_size:
                    self.add(f"'{path}' is empty")
                    continue
            kept[stem] = path
        return kept

    def warn(self, root: Path) -> None:
        """Log a warning with the number and the first reasons, if there are any."""
        if self.reasons:
            _LOG.warning("%s: skipped %d: %s", root, len(self.reasons), _summary(self.reasons))


def _summary(reasons: list[str]) -> str:
    return "; ".join(reasons[:3]) + (" ..." if len(reasons) > 3 else "")
