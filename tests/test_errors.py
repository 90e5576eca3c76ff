"""Kinds of errors: a new one is caught under the name that it had before."""

from __future__ import annotations

import pytest

from samtracker import errors


@pytest.mark.parametrize(
    ("kind", "former"),
    [
        (errors.OutOfMemoryError, errors.ConfigError),
        (errors.WorkerError, errors.ConfigError),
        (errors.NotInitializedError, errors.PromptError),
        (errors.NothingToUndoError, errors.PromptError),
    ],
)
def test_a_new_kind_is_caught_under_its_former_name(
    kind: type[errors.SamTrackerError], former: type[errors.SamTrackerError]
) -> None:
    with pytest.raises(former, match="out of it"):
        raise kind("out of it")


def test_the_diagram_shows_every_error() -> None:
    kinds = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.SamTrackerError)
    }
    shown = {word for word in (errors.__doc__ or "").split() if word.endswith("Error")}
    assert shown == kinds
