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


def test_a_message_is_one_line_whatever_it_names() -> None:
    assert str(errors.FrameError("mask=[[0\n       1]] is empty")) == "mask=[[0 1]] is empty"
    assert str(errors.VideoError("'\x1b[31m\udcff  é🙂' is missing")) == (
        "'\\x1b[31m\\udcff  é🙂' is missing"
    )


def test_of_a_message_with_an_enormous_value_both_ends_are_shown() -> None:
    said = str(errors.ConfigError(f"size={'9' * 100_000} does not fit: give 64 to 4096 pixels"))
    assert len(said) < 1000
    assert said.startswith("size=9999")
    assert said.endswith("9999 does not fit: give 64 to 4096 pixels")
