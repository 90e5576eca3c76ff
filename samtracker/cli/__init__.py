"""The command line: a thin shell around the package, and the only importer of click.

Heavy modules are imported by the commands that need them, so that `--help` is quick.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from samtracker._version import __version__
from samtracker.cli.batch import batch
from samtracker.cli.bench import bench
from samtracker.cli.command_line import ARGUMENTS
from samtracker.cli.convert import convert
from samtracker.cli.data import data
from samtracker.cli.doctor import doctor
from samtracker.cli.eval import evaluate
from samtracker.cli.export import export
from samtracker.cli.interruption import EXIT_CODE
from samtracker.cli.live import live
from samtracker.cli.messages import show_warning, with_options
from samtracker.cli.replay import replay
from samtracker.cli.serve import serve
from samtracker.cli.track import demo, track
from samtracker.cli.train import export_weights, train
from samtracker.cli.weights import weights
from samtracker.errors import SamTrackerError, warnings_to


class Failure(click.ClickException):
    """An error of ours: one line, exit code 2."""

    exit_code = 2


class Program(click.Group):
    """A group that turns our errors into click's, and keeps what it was given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, which are then in `ctx.meta` as well."""
        ctx.meta[ARGUMENTS] = tuple(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            with warnings_to(show_warning), _opencv_explained():
                return super().invoke(ctx)
        except SamTrackerError as error:
            raise Failure(with_options(_with_notes(str(error), error))) from error
        except KeyboardInterrupt as stop:
            click.echo(_with_notes("stopped", stop), err=True)
            ctx.exit(EXIT_CODE)


@contextmanager
def _opencv_explained() -> Iterator[None]:
    """In which an OpenCV that is missing is an error of ours, whoever looked for it."""
    try:
        yield
    except ImportError as error:
        if error.name == "cv2":
            import samtracker.opencv.required  # noqa: F401
        raise


def _with_notes(text: str, error: BaseException) -> str:
    """Return a message, and what the error was told of on its way."""
    return "; ".join([text, *getattr(error, "__notes__", ())])


def _keep_to_one_line() -> None:
    """Drop what other libraries say of damaged pictures; our own errors say it."""
    for module in ("PIL", "imageio", "tifffile"):
        warnings.filterwarnings("ignore", module=module)
        logging.getLogger(module).setLevel(logging.CRITICAL)


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="samtrack")
@click.option(
    "--max-pixels",
    type=click.IntRange(min=1),
    metavar="N",
    help="Read pictures of up to N pixels; 178956970 by default, for a damaged one may pretend to "
    "be so large that it fills the memory.",
)
def main(max_pixels: int | None) -> None:
    """Point at an object once; get its mask in every later frame."""
    _keep_to_one_line()
    if max_pixels is not None:
        from samtracker.video.pixel_limit import set_pixel_limit

        set_pixel_limit(max_pixels)
    # A core that waits for another one should sleep, not spin: where other programs run as well,
    # spinning makes small layers many times slower. torch reads this when it is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


for command in (
    *(track, batch, demo, live, serve, replay, convert, evaluate, bench, data, train, export),
    *(export_weights, weights, doctor),
):
    main.add_command(command)
