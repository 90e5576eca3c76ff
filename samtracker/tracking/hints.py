"""Whether objects are as their classes are annotated, for those that come from files."""

from __future__ import annotations

from collections import deque
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np


def check_fields(made: Any) -> None:
    """Check that all that a class annotates is there, and as its own check wants it.

    Raises:
        AttributeError: An attribute is missing.
        TypeError: An attribute has a value of another type.
    """
    for name, hint in get_type_hints(type(made)).items():
        value = getattr(made, name)
        if not _fits(value, hint):
            raise TypeError(f"{name} is of type {type(value).__name__}")
    if hasattr(made, "__post_init__"):
        made.__post_init__()


def _fits(value: Any, hint: Any) -> bool:  # noqa: PLR0911 - one for each kind of type
    """Return whether a value is of an annotated type, with all that is in it."""
    hint = _resolved(hint)
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in inner)
    if hint is float:
        return isinstance(value, int | float)
    if not isinstance(value, origin or hint):
        return False
    if origin is tuple:
        each = inner[:1] * len(value) if inner[-1] is Ellipsis else inner
        return len(value) == len(each) and all(map(_fits, value, each))
    if origin in (list, deque):
        return all(_fits(item, inner[0]) for item in value)
    if origin is dict:
        return all(_fits(key, inner[0]) and _fits(item, inner[1]) for key, item in value.items())
    if origin is np.ndarray:
        return bool(value.dtype in get_args(inner[1]))
    return True


def _resolved(hint: Any) -> Any:
    """Return what an alias of a `type` statement stands for; NumPy's NDArray is one from 2.5 on."""
    alias = getattr(get_origin(hint), "__value__", None)
    return hint if alias is None else alias[get_args(hint)]
