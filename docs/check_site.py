"""Check the built site: links lead somewhere, and no page loads anything from the web.

python docs/check_site.py

Links to other sites are not followed. The exit code is 1 where something is wrong.
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

SITE = Path(__file__).parents[1] / "site"

NOT_FOUND = SITE / "404.html"
"""Served at any address: its links are relative to the root of the site."""

LOADED = re.compile(r"(?:url\(|@import|import\()\s*[\"']?((?:https?:)?//[^\"')\s]+)")
"""What a style sheet loads from the web."""


class Page(HTMLParser):
    """What a page has and needs.

    Attributes:
        anchors: What a link to it may end with.
        links: Where it leads.
        loads: What a browser fetches to show it.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what a tag names."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "link" and given.get("rel") not in ("canonical", "prev", "next"):
            self.loads.append(given["href"])
        elif "src" in given:
            self.loads.append(given["src"])


def main() -> None:
    """Print what is wrong, and how much there is."""
    pages = {path: Page(path) for path in sorted(SITE.rglob("*.html"))}
    wrong, count = [], 0
    for path, page in pages.items():
        for link in (*page.links, *page.loads):
            parts = urlsplit(link)
            if parts.scheme in ("data", "mailto") or (parts.netloc and link in page.links):
                continue
            count += 1
            place = SITE if path == NOT_FOUND or parts.path.startswith("/") else path.parent
            target = (place / unquote(parts.path).lstrip("/")).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            if parts.netloc:
                wrong.append(f"{path}: loads {link}")
            elif not target.is_file():
                wrong.append(f"{path}: leads to {link}, which is not there")
            elif parts.fragment and unquote(parts.fragment) not in anchors(pages, target):
                wrong.append(f"{path}: leads to {link}, which has no such heading")
    for sheet in sorted(SITE.rglob("*.css")):
        wrong += [f"{sheet}: loads {link}" for link in LOADED.findall(sheet.read_text("utf-8"))]
    print("\n".join([*wrong, f"{len(pages)} pages, {count} links, {len(wrong)} wrong"]))
    sys.exit(1 if wrong or not pages else 0)


def anchors(pages: dict[Path, Page], target: Path) -> set[str]:
    """Return what a link to a page may end with."""
    return pages[target].anchors if target in pages else set()


if __name__ == "__main__":
    main()
