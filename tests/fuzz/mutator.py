"""Damage to bytes and to JSON, by a seed."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from random import Random
from typing import Any, Literal

PNG = b"\x89PNG\r\n\x1a\n"
HEAD = 512
"""Bytes at the start of a file that are hit as often as all others: sizes and counts are there."""

INTEGERS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)

ODD_JSON: tuple[Any, ...] = (
    *(None, True, -1, 0, 1.5, 2**31, 2**63, 10**400, 1e308, float("nan"), float("inf"), -0.0),
    *("", "\0", "x" * 5000, "\ud800", "~nouser/x", "/dev/null", [], {}, [[]], [None], {"": None}),
)
"""Values that JSON may hold where others belong."""


def mutate_bytes(data: bytes, random: Random) -> bytes:
    """Damages bytes in one to three ways."""
    for _ in range(random.randint(1, 3)):
        data = random.choice(_WAYS)(data, random)
    return data


def mutate_png(data: bytes, random: Random) -> bytes:
    """Damages the content of a chunk and gives it a right checksum, so that it is believed."""
    chunks = _chunks(data)
    number = random.randrange(len(chunks)) if random.random() < 0.6 else 0
    name, content = chunks[number]
    chunks[number] = name, random.choice(_WAYS)(content, random)
    return PNG + b"".join(
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )


def mutate_json(value: Any, random: Random) -> Any:
    """Replaces, removes or doubles something anywhere in a value that JSON can hold."""
    keys = _keys(value)
    if not keys or random.random() < 0.15:
        return deep() if random.random() < 0.1 else random.choice(ODD_JSON)
    key = random.choice(keys)
    copy = value.copy()
    match random.choice(("into", "into", "into", "remove", "double")):
        case "remove":
            del copy[key]
        case "double" if isinstance(copy, list):
            copy.insert(key, copy[key])
        case "double":
            copy[f"{key}2"] = copy[key]
        case _:
            copy[key] = mutate_json(copy[key], random)
    return copy


def mutate_lines(data: bytes, random: Random) -> bytes:
    """Damages JSON lines: one as JSON, or their order, or their bytes."""
    if random.random() < 0.3:
        return mutate_bytes(data, random)
    lines = data.splitlines(keepends=True)
    number = random.randrange(len(lines))
    match random.choice(("json", "json", "json", "remove", "double", "swap")):
        case "json":
            lines[number] = to_json(mutate_json(json.loads(lines[number]), random)) + b"\n"
        case "remove":
            del lines[number]
        case "double":
            lines.insert(number, lines[number])
        case _:
            other = random.randrange(len(lines))
            lines[number], lines[other] = lines[other], lines[number]
    return b"".join(lines)


def deep() -> Any:
    """A list in a list in a list, deeper than Python recurses."""
    value: Any = []
    for _ in range(900):
        value = [value]
    return value


def to_json(value: Any) -> bytes:
    """JSON as Python writes it, NaN and lone surrogates included."""
    return json.dumps(value).encode()


def _keys(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value)
    return list(range(len(value))) if isinstance(value, list) else []


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks, place = [], len(PNG)
    while place + 12 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        chunks.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + length]))
        place += 12 + length
    return chunks


def _place(data: bytes, random: Random) -> int:
    return random.randrange(min(len(data), HEAD) if random.random() < 0.5 else len(data))


def _flip(data: bytes, random: Random) -> bytes:
    """Turns single bits over."""
    copy = bytearray(data)
    for _ in range(random.choice((1, 1, 4, 32)) if data else 0):
        copy[_place(data, random)] ^= 1 << random.randrange(8)
    return bytes(copy)


def _number(data: bytes, random: Random) -> bytes:
    """Writes a number of one to four bytes where another one may have been."""
    if not data:
        return data
    place, length = _place(data, random), random.choice((1, 2, 4))
    order: Literal["big", "little"] = random.choice(("big", "little"))
    value = random.choice(INTEGERS) & ((1 << 8 * length) - 1)
    number = value.to_bytes(length, order)
    return data[:place] + number + data[place + length :]


def _overwrite(data: bytes, random: Random) -> bytes:
    if not data:
        return data
    place, length = _place(data, random), random.choice((4, 64, 1024))
    block = random.choice((bytes(length), b"\xff" * length, random.randbytes(length)))
    return data[:place] + block[: len(data) - place] + data[place + length :]


def _cut(data: bytes, random: Random) -> bytes:
    return data[: random.randint(0, len(data))]


def _remove(data: bytes, random: Random) -> bytes:
    if not data:
        return data
    place = _place(data, random)
    return data[:place] + data[place + random.choice((1, 7, 188, 1024)) :]


def _double(data: bytes, random: Random) -> bytes:
    if not data:
        return data
    place = _place(data, random)
    return data[: place + random.choice((4, 64, 1024))] + data[place:]


def _insert(data: bytes, random: Random) -> bytes:
    place = _place(data, random) if data else 0
    return data[:place] + random.randbytes(random.choice((1, 16, 500))) + data[place:]


_WAYS: tuple[Callable[[bytes, Random], bytes], ...] = (
    *(_flip, _flip, _number, _number, _overwrite, _cut, _remove, _double, _insert),
)
