"""Errors name arguments in Python, and on the command line the options for them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import samtracker
from samtracker.cli import main
from samtracker.cli.messages import OPTIONS, with_options

PACKAGE = Path(samtracker.__file__).parent
ARGUMENT = re.compile(r"\b\w+=(?:\.\.\.|True\b)|\bresume\(\)")
"""How a message names what the user is to give."""
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


def messages() -> Iterator[str]:
    """The texts of all errors that the package raises, but for those of the command line."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.is_relative_to(PACKAGE / "cli"):
            continue
        tree = ast.parse(path.read_text("utf-8"))
        documentation = {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and node not in documentation:
                yield node.value if isinstance(node.value, str) else ""


def options(command: click.Command) -> Iterator[str]:
    for item in command.params:
        yield from item.opts
    if isinstance(command, click.Group):
        for below in command.commands.values():
            yield from options(below)


def test_no_message_of_the_package_names_an_option() -> None:
    found = [text for text in messages() if OPTION.search(text)]
    assert found == []


def test_every_argument_in_a_message_has_an_option() -> None:
    named = {found for text in messages() for found in ARGUMENT.findall(text)}
    assert named >= {"output=...", "overwrite=True", "resume()", "weights=..."}
    assert named <= OPTIONS.keys()


@pytest.mark.parametrize("argument", OPTIONS)
def test_every_entry_is_in_use_and_names_options_that_exist(argument: str) -> None:
    assert any(argument in text for text in messages())
    known = set(options(main))
    named = set(OPTION.findall(OPTIONS[argument]))
    assert named
    assert named <= known


def test_a_message_names_options_for_arguments() -> None:
    assert with_options("choose another with output=..., or replace it with overwrite=True") == (
        "choose another with --output, or replace it with --overwrite"
    )
    assert with_options("config_path=... stays, and so does size=10") == (
        "config_path=... stays, and so does size=10"
    )
