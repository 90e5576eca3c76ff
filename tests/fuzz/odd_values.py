"""Values that nobody should give and somebody will: as text for options, and for Python calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from PIL import Image

TEXTS = (
    *("", " ", "-", "--", ".", "..", "/", "a/b/c", "~nouser/x", "none.mp4", "%05d.png", "*?[", "["),
    *(
        "/dev/null",
        "/proc/self/mem",
        "loop",
        "dangling",
        "empty",
        "text.txt",
        "folder",
        "first.png",
    ),
    *("x" * 300, "x" * 5000, "\udcff", "ä🙂", "a\nb", "\x1b[31m", "{}", "%s", "NaN", "true", "\\"),
    *("file:///none%20.mp4", "http://[::1", "http://127.0.0.1:9/x", "rtsp://127.0.0.1:9/x", "://"),
)
"""Of no kind in particular; a process cannot be given NUL."""

NUMBERS = (
    *("0", "-0", "-1", "1", "2", "1.5", "1e3", "nan", "inf", "-inf", "1e308", "1e-320", "0x10"),
    *(str(2**31), str(2**63), "9" * 400, "9" * 5000, "1_0", "\u0663", "1,5", "+1"),
)

PROMPTS = (
    *("1,2,3,4", "0,0,160,96", "-9e9,-9e9,9e9,9e9", "nan,nan,nan,nan", "inf,0,1,1", "9,9,1,1"),
    *(
        "36,34",
        "36,34,1;5,5,0",
        "nan,nan",
        "36,34,9",
        "1e400,0",
        ";",
        ",",
        "36,34;" * 500 + "36,34",
    ),
)

_OBJECTS: tuple[Callable[[], Any], ...] = (
    *(lambda: None, lambda: True, lambda: -1, lambda: 0, lambda: 1, lambda: 2, lambda: 65536),
    *(lambda: 2**63, lambda: 10**400, lambda: -(10**400), lambda: 1.5, lambda: float("nan")),
    *(lambda: float("inf"), lambda: float("-inf"), lambda: 1j, lambda: Fraction(1, 3)),
    *(
        lambda: Decimal("NaN"),
        lambda: np.float32("nan"),
        lambda: np.int8(-1),
        datetime.now,
    ),
    *(lambda: np.datetime64("NaT"), lambda: np.bool_(True)),
    *(lambda: "", lambda: "x", lambda: "\0", lambda: "x" * 5000, lambda: "~nouser/x"),
    *(lambda: "\ud800", lambda: b"x", lambda: b"\0", lambda: bytearray(b"x"), lambda: Path("\0")),
    *(lambda: Path("x" * 5000), Path, lambda: "/dev/null", lambda: "none.mp4"),
    *(lambda: [], lambda: {}, lambda: (), set, lambda: [[]], lambda: [None], lambda: {1}),
    *(lambda: {1: None}, lambda: {None: 1}, lambda: {"a": [1]}, lambda: [1, [2]], lambda: (1, 2)),
    *(lambda: (1, 2, 3, 4), lambda: (1, 2, 3, 4, 5), lambda: ("a", "b", "c", "d"), lambda: [(1,)]),
    *(lambda: [(1, 2, 3, 4)], lambda: [("a", "b")], lambda: [(1, 1, None)], lambda: [(10**400, 1)]),
    *(lambda: (0, 0, 10**400, 10**400), lambda: [(float("nan"), 5)], object, lambda: int),
    *(lambda: iter([1]), lambda: len, lambda: ..., lambda: NotImplemented, lambda: range(3)),
    *(lambda: torch.zeros(3), lambda: torch.zeros(96, 160, 3, dtype=torch.uint8)),
    *(lambda: torch.zeros(96, 160, dtype=torch.bool), lambda: Image.new("L", (160, 96))),
    *(lambda: Image.new("RGB", (3, 3)), lambda: memoryview(b"abc"), lambda: ValueError("x")),
)

_SHAPES = (
    *((), (0,), (1,), (4,), (96,), (96, 160), (160, 96), (96, 160, 1), (96, 160, 2), (96, 160, 3)),
    *((96, 160, 4), (1, 96, 160), (3, 96, 160), (2, 96, 160), (0, 0), (0, 160, 3), (96, 0, 3)),
    *((1, 1, 3), (1, 400, 3), (97, 161, 3), (192, 320), (1, 1, 1, 1), (96, 160, 3, 1)),
)
_DTYPES = (
    *("u1", "i1", "u2", ">u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", ">f8", "?", "c8", "U3"),
    *("S3", "O", "M8[s]", "m8[s]", "V3"),
)


def odd_object(random: Random) -> Any:
    """An object or an array that no argument is meant to be, or that belongs to another one."""
    return random.choice(_OBJECTS)() if random.random() < 0.6 else odd_array(random)


def odd_array(random: Random) -> Any:
    """An array of any shape, type, layout and content."""
    shape, dtype = random.choice(_SHAPES), np.dtype(random.choice(_DTYPES))
    array = np.zeros(shape, dtype)
    if dtype.kind in "uifb" and array.size:
        rng = np.random.default_rng(random.randrange(2**32))
        top = 2 if dtype.kind == "b" else random.choice((2, 3, 100, 256))
        array = rng.integers(0, top, shape).astype(dtype)
    if dtype.kind == "f" and array.size and random.random() < 0.5:
        array.flat[0] = random.choice((np.nan, np.inf, -np.inf, 1e30))
    if dtype.kind == "O":
        array.fill(random.choice((None, "x", 1, 10**400, [])))
    match random.choice(("plain", "plain", "strided", "fortran", "masked", "list", "read-only")):
        case "strided":
            return array[::-1] if array.ndim else array
        case "fortran":
            return np.asfortranarray(array)
        case "masked":
            return np.ma.masked_array(array)
        case "list":
            return array.tolist()
        case "read-only":
            array.flags.writeable = False
    return array
