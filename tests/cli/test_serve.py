"""`samtrack serve` from its start to Ctrl-C."""

from __future__ import annotations

import json
import sys

import httpx
import pytest

from tests.helpers.cli_tools import FAST, samtrack
from tests.helpers.served_command import serve_until_ctrl_c

SMALL = (*FAST, "--weights", "propagation")
TOKEN = "a-token-for-tests"


def test_it_serves_until_ctrl_c() -> None:
    seen: list[str] = []

    def visit(address: str) -> None:
        with httpx.Client(follow_redirects=True) as browser:
            seen.append(browser.get(address, params={"token": TOKEN}).text)

    done = serve_until_ctrl_c("--token", TOKEN, *SMALL, visit=visit)
    assert "<title>samtracker</title>" in seen[0]
    assert done.out.strip().endswith(f"/?token={TOKEN}")
    first, *log, last = done.err.splitlines()
    assert (done.code, first, last) == (130, "serving until Ctrl-C", "stopped")
    lines = [json.loads(line) for line in log]
    assert (lines[0]["event"], lines[-1]["event"]) == ("started", "stopped")
    assert "/" in [line["route"] for line in lines if line["event"] == "request"]
    assert TOKEN not in done.err


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fastapi", None)  # as if it were not there
    done = samtrack("serve")
    assert done.code == 2
    assert done.errors == [
        "Error: the page needs the package fastapi: pip install 'samtracker[serve]'"
    ]


@pytest.mark.parametrize("option", ["--port=70000", "--token=short", "--folder=none", "--host=a.b"])
def test_options_that_do_not_fit_are_refused(option: str) -> None:
    done = samtrack("serve", "--port", "0", *SMALL, option)
    assert done.code == 2
    assert len(done.errors) == 1
