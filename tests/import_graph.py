"""Which module imports which: rooms, arrows between them, cycles, arrows that the floors forbid.

python tests/import_graph.py [PACKAGE_FOLDER]

A room is a folder of the package, or a module in its top folder. What is imported under
TYPE_CHECKING, inside a function or by `import_module("...")` counts like any other import.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

FLOORS = (
    ("__init__", "__main__"),
    ("cli",),
    ("serve", "live", "jobs", "train", "evaluate", "diagnostics"),
    ("tracker",),
    ("tracking", "results", "data"),
    ("prompts", "checkpoints", "video"),
    ("backends",),
    ("model",),
    ("config", "types", "files", "demo", "opencv"),
    ("errors", "masks", "palette", "peak_memory", "process_settings", "_version"),
)
"""The rooms, top to bottom: a room imports from the floors below its own."""

NARROWER = {
    "__init__": {
        "tracker",
        "results",
        "video",
        "config",
        "types",
        "opencv",
        "errors",
        "process_settings",
        "_version",
    },
    "__main__": {"cli"},
    "model": {"config", "types", "errors"},
}
"""Rooms that may import less than everything below them: the model knows no file."""

LAYERS: dict[str, set[str]] = {
    room: NARROWER.get(room, {below for floor in FLOORS[level + 1 :] for below in floor})
    for level, floor in enumerate(FLOORS)
    for room in floor
}
"""For each room, the rooms that it may import."""

Arrows = Mapping[str, set[str]]


class Package:
    """The modules of a package, named by their path in it: "model/lite.py".

    Attributes:
        folder: of the package.
        lines: number of lines of each module.
        imports: full names of what each module imports, `a.b` for `from a import b`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        texts = {
            path.relative_to(self.folder).as_posix(): path.read_text("utf-8")
            for path in sorted(self.folder.rglob("*.py"))
        }
        self.lines = {module: len(text.splitlines()) for module, text in texts.items()}
        self.imports = {module: set(_imported(ast.parse(text))) for module, text in texts.items()}

    def importers(self, name: str) -> set[str]:
        """The modules that import a package or something in it."""
        return {
            module
            for module, names in self.imports.items()
            if any(f"{imported}.".startswith(f"{name}.") for imported in names)
        }

    def arrows(self) -> dict[str, set[str]]:
        """For each module, the other modules of the package that it imports."""
        homes = {self._dotted(module): module for module in self.imports}
        return {
            module: {home for name in names if (home := _home(name, homes))} - {module}
            for module, names in self.imports.items()
        }

    def room_arrows(self) -> dict[str, set[str]]:
        """For each room, the other rooms that its modules import."""
        rooms: dict[str, set[str]] = {room_of(module): set() for module in self.imports}
        for module, below in self.arrows().items():
            rooms[room_of(module)] |= {room_of(other) for other in below} - {room_of(module)}
        return rooms

    def forbidden(self) -> list[tuple[str, str]]:
        """Arrows between modules that `LAYERS` does not allow; rooms it does not know are free."""
        return [
            (module, other)
            for module, below in self.arrows().items()
            for other in sorted(below)
            if not _allowed(room_of(module), room_of(other))
        ]

    def _dotted(self, module: str) -> str:
        parts = Path(module).with_suffix("").parts
        return ".".join((self.folder.name, *(parts[:-1] if parts[-1] == "__init__" else parts)))


def room_of(module: str) -> str:
    """The folder that a module lies in, or its own name in the top folder.

    >>> room_of("model/lite.py"), room_of("tracker.py")
    ('model', 'tracker')
    """
    return module.partition("/")[0].removesuffix(".py")


def cycles(arrows: Arrows) -> list[list[str]]:
    """Groups of nodes each of which leads to all the others.

    >>> cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})
    [['a', 'b', 'c']]
    """
    reached = {node: _reached(node, arrows) for node in arrows}
    groups = {
        tuple(sorted(other for other in reached[node] if node in reached[other]))
        for node in arrows
        if node in reached[node]
    }
    return sorted(map(list, groups))


def _reached(start: str, arrows: Arrows) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        fresh = arrows[waiting.pop()] - found
        found |= fresh
        waiting += fresh
    return found


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ValueError(f"line {node.lineno} imports relatively: write the full name")
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (str(arg.value) for arg in node.args if isinstance(arg, ast.Constant))


def _home(name: str, homes: Mapping[str, str]) -> str | None:
    """The module that a full name lies in: `pack.room.module.thing` in "room/module.py"."""
    while name and name not in homes:
        name = name.rpartition(".")[0]
    return homes.get(name)


def _allowed(room: str, other: str) -> bool:
    known = room in LAYERS and other in LAYERS
    return room == other or not known or other in LAYERS[room]


def report(package: Package) -> Iterator[str]:
    """What there is to say about a package, line by line."""
    rooms = package.room_arrows()
    top = sum(path.is_file() for path in package.folder.iterdir())
    longest = max(package.lines, key=lambda module: package.lines[module])
    yield f"modules: {len(package.lines)}; files in the top folder: {top}"
    yield (
        f"lines of a module: median {statistics.median(package.lines.values()):g}, "
        f"largest {package.lines[longest]} ({longest})"
    )
    folders = {room_of(module) for module in package.lines if "/" in module}
    yield f"rooms: {len(rooms)}, {len(folders)} of them folders"
    yield f"arrows between rooms: {sum(map(len, rooms.values()))}"
    yield from (f"  {room} -> {', '.join(sorted(below))}" for room, below in rooms.items() if below)
    yield from _listed("cycles of files", (" <-> ".join(c) for c in cycles(package.arrows())))
    yield from _listed("cycles of rooms", (" <-> ".join(c) for c in cycles(rooms)))
    yield from _listed("arrows against the floors", map(" -> ".join, package.forbidden()))
    yield from _listed("rooms on no floor, whose arrows are not judged", rooms.keys() - LAYERS)


def _listed(title: str, items: Iterable[str]) -> Iterator[str]:
    found = sorted(items)
    yield f"{title}: {len(found)}"
    yield from (f"  {item}" for item in found)


if __name__ == "__main__":
    default = Path(__file__).parent.parent / "samtracker"
    print("\n".join(report(Package(Path(sys.argv[1]) if sys.argv[1:] else default))))
