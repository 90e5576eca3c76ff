"""Write docs/api.md from the docstrings of the public modules.

python docs/generate_api.py
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from enum import Enum
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

TARGET = Path(__file__).parent / "api.md"

MODULES = (
    "samtracker",
    "samtracker.tracker",
    "samtracker.video",
    "samtracker.jobs",
    "samtracker.types",
    "samtracker.config",
    "samtracker.errors",
)
"""What is public; a name that several of them offer is described under the last."""

HEAD = """\
# Python API

Written by `make docs` from the docstrings. Names that are not on this page may change
in any release.
"""

WIDTH = 96
"""Characters of a line of code."""


class _Plain(str):
    """An annotation as it stands in the source; in a signature it gets no quotes."""

    __slots__ = ()
    __repr__ = str.__str__


def reference() -> str:
    """Return the whole page."""
    modules = [import_module(name) for name in MODULES]
    homes = {id(value): module for module in modules for value in _offered(module).values()}
    return HEAD + "".join("".join(_section(module, homes)) for module in modules)


def _section(module: ModuleType, homes: dict[int, ModuleType]) -> Iterator[str]:
    yield f"\n## {module.__name__}\n\n{_markdown(module.__doc__)}"
    offered = _offered(module)
    elsewhere = [name for name, value in offered.items() if homes[id(value)] is not module]
    if elsewhere:
        links = ", ".join(f"[{name}](#{name.lower()})" for name in elsewhere)
        yield f"\nDescribed below: {links}.\n"
    for name, value in offered.items():
        if name not in elsewhere:
            yield f"\n### {name}\n\n"
            yield from _entry(name, value)
    for name, text in _constants(module).items():
        yield f"\n### {name}\n\n{text}"


def _offered(module: ModuleType) -> dict[str, Any]:
    """Return public names but for constants: of `__all__`, or else those defined there."""
    names = getattr(module, "__all__", None) or _defined(module)
    return {name: getattr(module, name) for name in names if name not in _constants(module)}


def _defined(module: ModuleType) -> list[str]:
    """Return public classes and functions of a module without `__all__`."""
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", "") == module.__name__
        if inspect.isclass(value) or inspect.isfunction(value)
    ]


def _constants(module: ModuleType) -> dict[str, str]:
    """Return public constants and type aliases of a module: code, and the text below them."""
    source = inspect.getsource(module)
    body = ast.parse(source).body
    found = {}
    for node, after in zip(body, [*body[1:], None], strict=True):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                if not name.startswith("_"):
                    code = ast.get_source_segment(source, node) or ""
                    found[name] = _code(code) + _text_of(after)
    return found


def _text_of(node: ast.stmt | None) -> str:
    match node:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return "\n" + _markdown(text)
    return ""


def _entry(name: str, value: Any) -> Iterator[str]:
    if inspect.isfunction(value):
        yield f"{_code(_signature(name, value))}\n{_markdown(value.__doc__)}"
        return
    if not inspect.isclass(value):
        yield _code(f"{name} = {value}")
        return
    if issubclass(value, Exception):
        yield _code(f"class {name}({value.__bases__[0].__name__})")
    elif issubclass(value, Enum):
        members = "".join(f"    {member.name} = {member.value!r}\n" for member in value)
        yield _code(f"class {name}\n{members}")
    else:
        yield _code(_signature(name, value))
    yield f"\n{_markdown(value.__doc__)}"
    for member, function in _members(value):
        yield f"\n#### {name}.{member}\n\n"
        if callable(function):
            yield f"{_code(_signature(member, function))}\n"
        yield _markdown(inspect.getdoc(function))


def _members(owner: type) -> Iterator[tuple[str, Any]]:
    """Yield documented methods and properties, those of our own bases first."""
    ours = [base for base in owner.__mro__ if base.__module__.startswith("samtracker")]
    for name in dict.fromkeys(name for base in reversed(ours) for name in vars(base)):
        raw = inspect.getattr_static(owner, name)
        if isinstance(raw, property | cached_property):
            value: Any = raw
        elif isinstance(raw, classmethod | staticmethod) or inspect.isfunction(raw):
            value = getattr(owner, name)
        else:
            continue
        private = name.startswith("_") and not name.endswith("__")
        if value.__doc__ and not private:
            yield name, value


def _signature(name: str, value: Any) -> str:
    """Return the call as it stands in the source; if it is long, with a parameter a line."""
    signature = inspect.signature(value)
    parameters = [
        parameter.replace(annotation=_plain(parameter.annotation))
        for parameter in signature.parameters.values()
        if parameter.name != "self"
    ]
    words = [str(parameter) for parameter in parameters]
    kinds = [parameter.kind for parameter in parameters]
    if inspect.Parameter.KEYWORD_ONLY in kinds:
        words.insert(kinds.index(inspect.Parameter.KEYWORD_ONLY), "*")
    result = "" if inspect.isclass(value) else f" -> {signature.return_annotation}"
    line = f"{name}({', '.join(words)}){result}"
    if len(line) <= WIDTH:
        return line
    return f"{name}(\n" + "".join(f"    {word},\n" for word in words) + f"){result}"


def _plain(annotation: Any) -> Any:
    return _Plain(annotation) if isinstance(annotation, str) else annotation


def _code(text: str) -> str:
    return f"```python\n{text.rstrip()}\n```\n"


def _markdown(docstring: str | None) -> str:
    """Return a docstring in Google's style as Markdown."""
    paragraphs = re.split(r"\n\s*\n(?! )", inspect.cleandoc(docstring or ""))
    return "\n".join(map(_paragraph, paragraphs))


def _paragraph(text: str) -> str:
    first, _, rest = text.partition("\n")
    section = re.fullmatch(r"(Args|Attributes|Raises|Returns|Yields):", first)
    if section and section[1] in ("Returns", "Yields"):
        return f"**{section[1]}:** {' '.join(rest.split())}\n"
    if section:
        items = re.split(r"\n(?! )", textwrap.dedent(rest))
        return f"**{section[1]}**\n\n" + "".join(map(_item, items))
    if text.startswith(">>> "):
        return _code(text)
    if text.startswith("==="):
        return f"```text\n{text}\n```\n"
    prose, literal, block = text.partition("::\n")
    if literal:
        fenced = f"```{_language(block)}\n{textwrap.dedent(block).strip()}\n```\n"
        return f"{prose}:\n\n{fenced}" if prose.strip() else fenced
    return f"{text}\n"


def _item(text: str) -> str:
    name, _, what = text.partition(": ")
    return f"- `{name}`: {' '.join(what.split())}\n"


def _language(block: str) -> str:
    try:
        ast.parse(textwrap.dedent(block).strip())
    except SyntaxError:
        return "text"
    return "python"


if __name__ == "__main__":
    TARGET.write_text(reference(), "utf-8")
