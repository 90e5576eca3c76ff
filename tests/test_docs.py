"""The pages: links lead somewhere, the index leads everywhere, and what is named is there."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

import samtracker
from tests.helpers.cli_tools import ROOT

DOCS = ROOT / "docs"

PAGES = [
    *(*sorted(ROOT.glob("*.md")), *sorted(DOCS.glob("*.md"))),
    *(ROOT / folder / "README.md" for folder in ("benchmarks", "examples")),
]


def links_of(page: Path) -> list[str]:
    """Where the links and pictures of a page lead, without those to other sites."""
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    return [link for link in links if not link.startswith("https://")]


def anchors_of(page: Path) -> set[str]:
    """What a link to a heading of a page may end with."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for link in links_of(page):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


def test_the_index_leads_to_every_page() -> None:
    index = DOCS / "index.md"
    reached = {(DOCS / link.partition("#")[0]).resolve() for link in links_of(index)}
    assert {page.resolve() for page in PAGES} - {index.resolve()} <= reached


def test_the_site_has_every_page() -> None:
    place = runpy.run_path(str(DOCS / "build_site.py"))["place"]
    nav = set(re.findall(r'= "([\w/-]+\.md)"', (ROOT / "zensical.toml").read_text("utf-8")))
    pages = {*PAGES, *(ROOT / "weights").glob("*.md")}
    assert nav == {place(page).as_posix() for page in pages}


def test_what_is_wrong_with_a_site_is_found(tmp_path: Path) -> None:
    check = runpy.run_path(str(DOCS / "check_site.py"))["check"]
    good = (
        '<h2 id="here"><a href="#here">1</a><a href="b.html#there">2</a><a href="https://x.y">3</a>'
    )
    (tmp_path / "a.html").write_text(good)
    (tmp_path / "b.html").write_text('<h2 id="there"><a href="a.html">4</a><img src="data:,">')
    assert check(tmp_path) == (3, [])
    (tmp_path / "b.html").write_text(
        '<a href="c.html">4</a><script src="https://x.y/z.js"></script>'
    )
    (tmp_path / "s.css").write_text("@font-face { src: url(//x.y/z.woff) }")
    count, wrong = check(tmp_path)
    assert count == 3
    assert [line.partition(": ")[2] for line in wrong] == [
        "leads to b.html#there, which has no such heading",
        "loads https://x.y/z.js",
        "leads to c.html, which is not there",
        "loads //x.y/z.woff",
    ]


def test_the_variables_of_the_environment_are_explained() -> None:
    page = (DOCS / "configuration.md").read_text("utf-8")
    code = "".join(
        path.read_text("utf-8") for path in Path(samtracker.__file__).parent.rglob("*.py")
    )
    named = set(re.findall(r"\b(?:SAMTRACK(?:ER)?|XDG|OMP|GOMP|KMP|GLIBC|MALLOC)_[A-Z_]*", code))
    assert {name.rstrip("_") for name in named} - {"MALLOC"} <= set(re.findall(r"`(\w+)`", page))


def test_the_map_of_the_code_is_right() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    package = Path(samtracker.__file__).parent
    tree = set(re.findall(r"^ {6}(\w+/|\w+\.py) ", page, re.MULTILINE))
    rooms = {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    assert tree == rooms | {path.name for path in package.glob("[!_]*.py")}
    named = set(re.findall(r"`(\w+/\w+\.py)`", page))
    assert len(named) > 20
    places = (package, ROOT)
    assert [name for name in named if not any((at / name).is_file() for at in places)] == []


def test_the_api_page_is_up_to_date() -> None:
    reference = runpy.run_path(str(DOCS / "generate_api.py"))["reference"]
    page = (DOCS / "api.md").read_text("utf-8")
    assert page == reference(), "run: make docs"
    for name in samtracker.__all__:
        assert f"\n### {name}\n" in page


def test_the_page_of_the_server_is_up_to_date() -> None:
    reference = runpy.run_path(str(DOCS / "generate_serve_api.py"))["reference"]
    page = (DOCS / "serve-api.md").read_text("utf-8")
    assert page == reference(), "run: make docs"
    assert "anything" not in page  # every answer has a form


def test_what_the_api_page_names_is_explained() -> None:
    sections = re.split(r"^###+ ", (DOCS / "api.md").read_text("utf-8"), flags=re.MULTILINE)[1:]
    for section in sections:
        title, _, text = section.partition("\n")
        prose = re.sub(r"```.*?```", "", text.partition("\n## ")[0], flags=re.DOTALL)
        constant = f"```python\n{title} = " in text
        assert prose.strip() or constant, title


def test_every_input_has_its_test() -> None:
    rows = re.findall(r"^\| .* \|$", (DOCS / "inputs.md").read_text("utf-8"), re.MULTILINE)
    rows = [row for row in rows if not row.startswith(("| input |", "| --- |"))]
    for row in rows:
        named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", row.rsplit(" | ", 1)[-1])
        assert named, row
        for module, test in named:
            assert f"def {test}(" in (ROOT / "tests" / module).read_text("utf-8"), row
