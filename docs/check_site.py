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


def check(site: Path) -> tuple[int, list[str]]:
    """Return the number of links in a built site, and what is wrong with them."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    count, wrong = 0, []
    for path, page in pages.items():
        # 404.html is shown at any address: its links begin at the root.
        own = site if path == site / "404.html" else path.parent
        wrong += [f"{path}: loads {link}" for link in page.loads if urlsplit(link).netloc]
        for link in (*page.links, *page.loads):
            parts = urlsplit(link)
            if parts.netloc or parts.scheme:
                continue
            count += 1
            place = site if parts.path.startswith("/") else own
            target = (place / unquote(parts.path).lstrip("/")).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            if not target.is_file():
                wrong.append(f"{path}: leads to {link}, which is not there")
            elif parts.fragment and not (
                target in pages and unquote(parts.fragment) in pages[target].anchors
            ):
                wrong.append(f"{path}: leads to {link}, which has no such heading")
    for sheet in sorted(site.rglob("*.css")):
        wrong += [f"{sheet}: loads {link}" for link in LOADED.findall(sheet.read_text("utf-8"))]
    return count, wrong


def main() -> None:
    """Print what is wrong, and how much there is."""
    count, wrong = check(SITE)
    print("\n".join([*wrong, f"{count} links, {len(wrong)} wrong"]))
    sys.exit(1 if wrong or not count else 0)


if __name__ == "__main__":
    main()
