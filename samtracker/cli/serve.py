"""`samtrack serve`."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path
from typing import Any

import click

from samtracker.cli.options import model_options, threads_option
from samtracker.cli.packages import check_packages

PACKAGES = ("fastapi", "uvicorn", "websockets")
"""What the extra `serve` brings."""


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="Folder whose videos may be opened in the page, beside those that are uploaded.",
)
@click.option(
    "--source",
    help="Camera's number, URL, or file at its own speed, for everybody to track live in the page.",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path),
    help="Folder in which sessions outlive the server; by default they end with it.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on. Any other than this machine's own needs the token.",
)
@click.option(
    "--port", type=int, default=8765, show_default=True, help="Port to listen on; 0 for a free one."
)
@click.option(
    "--url",
    help="Where browsers reach the server through a proxy, as https://tracker.example.org/.",
)
@click.option(
    "--token",
    envvar="SAMTRACK_TOKEN",
    help="What a browser must know, also from $SAMTRACK_TOKEN; by default one is made where it is "
    "needed.",
)
@click.option(
    "--max-sessions",
    type=int,
    default=8,
    show_default=True,
    help="Browsers that may work at once.",
)
@click.option(
    "--max-upload",
    type=int,
    default=2048,
    show_default=True,
    metavar="MIB",
    help="Largest video that may be uploaded.",
)
@click.option("--open", "opens", is_flag=True, help="Open the page in this machine's browser.")
@model_options
@threads_option
def serve(  # noqa: PLR0917
    folder: Path | None,
    source: str | None,
    state: Path | None,
    host: str,
    port: int,
    url: str | None,
    token: str | None,
    max_sessions: int,
    max_upload: int,
    opens: bool,
    **model: Any,
) -> None:
    """Serve a page that points, tracks, corrects and downloads in a browser.

    Videos are uploaded or taken from --folder, and the browser's camera is tracked live. Ctrl-C
    ends it, and removes what was uploaded unless there is a --state. Each request is a line of
    JSON on standard error.
    """
    check_packages("the page", "serve", PACKAGES)
    from samtracker.cli.model import build_tracker
    from samtracker.serve.config import ServeConfig
    from samtracker.serve.log import json_log
    from samtracker.serve.server import Server

    config = ServeConfig(
        host=host,
        port=port,
        url=url,
        token=token,
        max_sessions=max_sessions,
        max_upload=max_upload * 2**20,
        folder=folder,
        source=source,
        state=state,
    )
    server = Server(config, build_tracker(**model))
    click.echo(server.link)
    click.echo("serving until Ctrl-C", err=True)
    if opens:
        webbrowser.open(server.link)
    with json_log(sys.stderr):
        server.run()
