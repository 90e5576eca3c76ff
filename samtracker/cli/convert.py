"""`samtrack convert`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from samtracker.config import CONVERTIBLE
from samtracker.types import Size


class SizeType(click.ParamType[Size]):
    """WIDTHxHEIGHT."""

    name = "WxH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Size:
        """Read a size."""
        width, _, height = str(value).partition("x")
        if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
            self.fail(f"{value!r} is no size: give WIDTHxHEIGHT, as 1280x720", param, ctx)
        return int(height), int(width)


@click.command()
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "source_format",
    metavar="|".join(CONVERTIBLE),
    help="Format of IN; by default by its suffix (.jsonl, .json, .txt, .xml) or what is in it.",
)
@click.option(
    "--to",
    "target_format",
    metavar="|".join(CONVERTIBLE),
    help="Format of OUT; by default by its suffix, and masks without one.",
)
@click.option("--size", type=SizeType(), help="Size of the frames, for IN of YOLO.")
def convert(
    source: Path,
    target: Path,
    source_format: str | None,
    target_format: str | None,
    size: Size | None,
) -> None:
    """Turn masks in one format into another: IN is a file or folder, OUT must not exist.

    Formats are mask pictures (a folder), run lengths (.jsonl), COCO (.json), YOLO (a folder), MOTS
    (.txt) and CVAT for video (.xml). Objects keep their ids, but for those of YOLO, which has none.
    """
    from samtracker.jobs.convert import convert as run

    count = run(source, target, source_format=source_format, target_format=target_format, size=size)
    click.echo(f"converted {count} frame{'' if count == 1 else 's'}: {target}", err=True)
