"""Write docs/serve-api.md from the requests and answers of the page's server.

python docs/generate_serve_api.py
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi.openapi.utils import get_openapi

from samtracker.serve.app import ROUTERS

TARGET = Path(__file__).parent / "serve-api.md"

HEAD = """\
# Requests and answers of the page's server

Written by `make docs` from the code; a running server has the same at `/api/openapi.json`. How they
go together, and the WebSockets, are in [the page](serve.md#protocol). An answer with another status
than 200 is a [Refusal](#refusal).
"""

LIMITS = {"minimum": "from", "maximum": "to", "maxLength": "up to"}
"""Limits of a value that are told, and how."""


def reference() -> str:
    """Return the whole page."""
    routes = [route for router in ROUTERS for route in router.routes]
    schema = get_openapi(title="samtrack serve", version="", routes=routes)
    return "".join((HEAD, *_requests(schema["paths"]), *_forms(schema["components"]["schemas"])))


def _requests(paths: dict[str, Any]) -> Iterator[str]:
    yield "\n## Requests\n"
    for path, methods in paths.items():
        for method, operation in methods.items():
            yield f"\n### {method.upper()} {path}\n\n{operation['description']}\n\n"
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "query":
                    yield _line(parameter["name"], parameter["schema"], parameter["required"])
            if "requestBody" in operation:
                yield f"- Body: {_content(operation['requestBody'])}\n"
            yield f"- Answer: {_content(operation['responses']['200'])}\n"


def _content(part: dict[str, Any]) -> str:
    """Return what a body or an answer holds."""
    schema = part.get("content", {}).get("application/json", {}).get("schema")
    return _kind(schema) if schema else "a file"


def _forms(schemas: dict[str, Any]) -> Iterator[str]:
    yield "\n## Forms\n"
    for name, schema in schemas.items():
        text, _, attributes = schema.get("description", "").partition("\n\nAttributes:\n")
        told = dict(re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", attributes, flags=re.MULTILINE))
        yield f"\n### {name}\n\n{text}\n\n"
        for field, kind in schema["properties"].items():
            words = " ".join(told.get(field, "").split())
            yield _line(field, kind, field in schema.get("required", ()), words)


def _line(name: str, schema: dict[str, Any], required: bool, words: str = "") -> str:
    kind = _kind(schema) + ("" if required else ", may be left out")
    return f"- `{name}` ({kind}){f': {words}' if words else ''}\n"


def _kind(schema: dict[str, Any]) -> str:
    """Return in words what a schema lets through."""
    match schema:
        case {"$ref": path}:
            name = path.rpartition("/")[2]
            words = f"[{name}](#{name.lower()})"
        case {"anyOf": several} | {"oneOf": several}:
            words = " or ".join(map(_kind, several))
        case {"enum": values}:
            words = " or ".join(f"`{value}`" for value in values)
        case {"const": value}:
            words = f"`{json.dumps(value)}`"
        case {"prefixItems": items}:
            plain = ({key: item[key] for key in item.keys() - LIMITS.keys()} for item in items)
            words = f"[{', '.join(map(_kind, plain))}]"
        case {"items": item}:
            words = f"list of {_kind(item)}"
        case {"additionalProperties": dict(value)}:
            words = f"{_kind(value)} by name"
        case _:
            limits = [
                f" {word} {schema[key]:.12g}" for key, word in LIMITS.items() if key in schema
            ]
            words = schema.get("type", "anything") + "".join(limits)
    return words


if __name__ == "__main__":
    TARGET.write_text(reference(), "utf-8")
