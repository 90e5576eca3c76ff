"""Lay out the pages of the site in build/pages, from which Zensical makes it.

python docs/build_site.py

The pages of docs/ become the top of the site. What they link to elsewhere in the repository comes
along with its path, other pages and plain files alike, so that every link of a page leads to the
same place on the site as on a code host.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TARGET = ROOT / "build" / "pages"

START = DOCS / "index.md"
LINK = re.compile(r"(\]\(|(?:src|href)=\")([^)\s\"#:]+)(?=[)#\"])")
"""A link or picture in Markdown or HTML: what opens it, and a path in the repository."""

CODE = re.compile(r"`[^`\n]+`")
"""Code within a line; in tables code hosts want a backslash before a bar, and Zensical none."""

FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def main() -> None:
    """Write all that can be reached from the first page."""
    shutil.rmtree(TARGET, ignore_errors=True)
    waiting, done = [START, DOCS / "site.css"], set[Path]()
    while waiting:
        source = waiting.pop()
        if source in done:
            continue
        done.add(source)
        target = TARGET / place(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".md":
            text, linked = moved(source)
            target.write_text(text, "utf-8")
            waiting += linked
        else:
            shutil.copyfile(source, target)


def place(source: Path) -> Path:
    """Return where a file of the repository lies in the site."""
    if source == ROOT / "README.md":
        return Path("readme.md")  # README.md would be the site's first page
    return source.relative_to(DOCS if source.is_relative_to(DOCS) else ROOT)


def moved(page: Path) -> tuple[str, list[Path]]:
    """Return the text of a page with the links that it has in the site, and what they lead to."""
    linked = []

    def adapted(match: re.Match[str]) -> str:
        source = Path(os.path.normpath(page.parent / match[2]))
        linked.append(source)
        return match[1] + os.path.relpath(TARGET / place(source), (TARGET / place(page)).parent)

    text = page.read_text("utf-8")
    parts, end = [], 0
    for fence in [*FENCE.finditer(text), None]:
        prose = text[end : fence.start() if fence else None]
        prose = CODE.sub(lambda code: code[0].replace(r"\|", "|"), prose)
        parts.append(LINK.sub(adapted, prose))
        if fence:
            parts.append(fence[0])
            end = fence.end()
    return "".join(parts), linked


if __name__ == "__main__":
    main()
