"""How the command line words errors of the package: with options where they name arguments."""

from __future__ import annotations

import re
from typing import Final

import click

OPTIONS: Final = {
    "mask=...": "--init-mask FILE",
    "mask_kind=...": "--mask-kind KIND",
    "mask_kind=": "--mask-kind ",
    "anchors=": "--anchors ",
    "max_objects=...": "--max-objects N",
    "max_objects=": "--max-objects ",
    "boxes=...": "--init-box x1,y1,x2,y2",
    "points=...": "--init-point x,y",
    "candidate=": "--candidate ",
    "at=...": "--at FRAME",
    "at=": "--at ",
    "prompts_from=...": "--prompts-from FOLDER",
    "address=": "--address ",
    "threads=": "--threads ",
    "retries=": "--retries ",
    "direction=": "--direction ",
    "output=...": "--output",
    "folder='": "--folder '",
    "state='": "--state '",
    "host=": "--host ",
    "port=": "--port ",
    "url='": "--url '",
    "max_sessions=": "--max-sessions ",
    "max_upload=": "--max-upload ",
    "overwrite=True": "--overwrite",
    "resume()": "--resume",
    "source=...": "--source",
    "source_format=...": "--from FORMAT",
    "source_format=": "--from ",
    "target_format=...": "--to FORMAT",
    "target_format=": "--to ",
    "size=...": "--size WxH",
    "split=...": "--split",
    "start=...": "--start",
    "skip=...": "--skip",
    "skip=": "--skip ",
    "scene_cuts=": "--scene-cuts ",
    "stream=...": "--stream",
    "end=...": "--end",
    "log=...": "--log",
    "log='": "--log '",
    "prompt='": "--prompt '",
    "weights=...": "--weights",
    "resume=...": "--resume auto",
    "give_up=...": "--give-up",
    "learning_rate=...": "--learning-rate",
    "clip_norm=...": "--clip-norm",
    "save='prompts'": "--save prompts",
    "precision=float32": "--precision float32",
    "backend=": "--backend ",
    "format=": "--format ",
    "PIL.Image.MAX_IMAGE_PIXELS": "the limit with samtrack --max-pixels N",
    "without a window": "without (--headless with live, no --show with track)",
}
"""How a message of the package names what to give, to what a user types."""

_ARGUMENT = re.compile("|".join(rf"(?<!\w){re.escape(argument)}" for argument in OPTIONS))


def with_options(message: str) -> str:
    """Return a message of the package in one line, with options for arguments."""
    line = " ".join(message.split())
    return _ARGUMENT.sub(lambda found: OPTIONS[found[0]], line)


def show_warning(message: str) -> None:
    """Show what the package warns of, a line on standard error."""
    click.echo(f"Warning: {with_options(message)}", err=True)
