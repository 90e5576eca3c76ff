"""Licenses: the page names all that is asked for, and the GPL is told from what resembles it."""

from __future__ import annotations

import re
import runpy
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from tests.helpers.cli_tools import ROOT

SCRIPT = runpy.run_path(str(ROOT / "docs" / "generate_licenses.py"))
PAGE = (ROOT / "docs" / "licenses.md").read_text("utf-8")


def test_the_page_names_every_package_that_users_may_get() -> None:
    table = PAGE.partition("\n## ")[0]
    rows = re.findall(r"^\| ([\w-]+) \| .* \| ([\w, ]+) \|$", table, re.MULTILINE)
    named = {name: extras.split(", ") for name, extras in rows}
    for extra, wanted in SCRIPT["requirements"]().items():
        for requirement in wanted:
            assert {extra, "always"} & set(named[requirement.name]), requirement.name


@pytest.mark.parametrize(
    "text",
    [
        *("GPL-3.0-only", "MIT AND AGPL-3.0-or-later", "GNU General Public License v3 (GPLv3)"),
        *("GNU Affero General Public License v3", "GPL-2.0-only AND (MIT OR BSD-2-Clause)", "GPL"),
    ],
)
def test_the_gpl_is_seen(text: str) -> None:
    assert SCRIPT["copyleft"](text)


@pytest.mark.parametrize(
    "text",
    [
        *("LGPL-2.1-or-later", "GNU Lesser General Public License v2", "MIT OR GPL-3.0-only"),
        *("BSD-3-Clause AND GPL-3.0-or-later WITH GCC-exception-3.1", "MPL-2.0 AND MIT"),
    ],
)
def test_what_resembles_the_gpl_is_none(text: str) -> None:
    assert not SCRIPT["copyleft"](text)


@pytest.mark.parametrize(
    ("metadata", "license_"),
    [
        ("License-Expression: MIT", "MIT"),
        ("License: Apache 2.0\nClassifier: License :: OSI Approved :: X", "Apache 2.0"),
        ("License: Copyright\n  all of it\nClassifier: License :: OSI Approved :: X", "X"),
        ("License: UNKNOWN\nClassifier: License :: Y\nClassifier: License :: Z", "Y AND Z"),
    ],
)
def test_a_license_is_read_from_each_of_its_places(
    metadata: str, license_: str, tmp_path: Path
) -> None:
    (tmp_path / "METADATA").write_text(f"Metadata-Version: 2.4\nName: some\n{metadata}\n\n")
    assert SCRIPT["declared"](PathDistribution(tmp_path)) == license_


def test_a_package_that_declares_no_license_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "METADATA").write_text("Metadata-Version: 2.4\nName: some\n\n")
    with pytest.raises(SystemExit, match="some declares no license"):
        SCRIPT["declared"](PathDistribution(tmp_path))
