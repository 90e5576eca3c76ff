"""What a shell asks when Tab is pressed: click's own completion, as docs/install.md sets it up."""

from __future__ import annotations

import pytest
from click.shell_completion import BashComplete

from samtracker.cli import main


@pytest.mark.parametrize(
    ("words", "last", "found"),
    [
        ([], "tr", {"track", "train"}),
        (["weights"], "", {"download", "list", "verify"}),
        (["track", "video.mp4"], "--init-b", {"--init-box"}),
    ],
)
def test_commands_and_options_are_completed(words: list[str], last: str, found: set[str]) -> None:
    shell = BashComplete(main, {}, "samtrack", "_SAMTRACK_COMPLETE")
    assert {item.value for item in shell.get_completions(words, last)} == found
