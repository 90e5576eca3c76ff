"""The public surface is what the snapshot says, so that nobody changes it without noticing."""

from __future__ import annotations

from tests.public_surface import SNAPSHOT, surface


def test_nothing_public_has_changed() -> None:
    """If it was meant, `python -m tests.public_surface` writes it, and CHANGELOG.md tells it."""
    assert SNAPSHOT.read_text("utf-8").splitlines() == surface().splitlines()
