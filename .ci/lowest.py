"""Print constraints that hold each package of pyproject.toml at its lower bound."""

from __future__ import annotations

import re
import tomllib
from itertools import chain
from pathlib import Path

text = (Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8")
project = tomllib.loads(text)["project"]
extras = project["optional-dependencies"]
users = [extras[name] for name in extras if name not in ("all", "dev", "docs")]
for requirement in chain(project["dependencies"], *users):
    found = re.fullmatch(r"([\w.-]+)(?:\[\w+\])?(?:>=|==)([\w.]+)(?:,.*)?", requirement)
    if found is None:
        raise SystemExit(f"{requirement} has no lower bound")
    print(f"{found[1]}=={found[2]}")
