"""`samtrack weights`: list, download, verify."""

from __future__ import annotations

import click

from samtracker.errors import WeightsError


@click.group()
def weights() -> None:
    """List, fetch and check weight files."""


@weights.command("list")
def list_weights() -> None:
    """Show every known weight file and whether it is here."""
    from samtracker.checkpoints.manifest import manifest

    for entry in manifest().values():
        here = "here" if entry.path.is_file() else "not downloaded"
        click.echo(
            f"{entry.name:12} {entry.encoder:6} {entry.size / 1e6:8.1f} MB  {here:15} "
            f"{entry.licence:11} {entry.description}"
        )


@weights.command()
@click.argument("name")
def download(name: str) -> None:
    """Download NAME and check its sha256; a broken download goes on where it stopped."""
    from samtracker.checkpoints.download import download as fetch

    click.echo(f"{name}: {fetch(name)}")


@weights.command()
@click.argument("names", nargs=-1, metavar="[NAME|FILE]...")
def verify(names: tuple[str, ...]) -> None:
    """Check the sha256 of files; without a name, of all that are here."""
    from samtracker.checkpoints.manifest import manifest
    from samtracker.checkpoints.manifest import verify as check

    present = tuple(entry.name for entry in manifest().values() if entry.path.is_file())
    failures = []
    for name in names or present:
        try:
            click.echo(f"{name}: genuine, {check(name).sha256}")
        except WeightsError as error:
            failures.append(str(error))
    if failures:
        raise WeightsError("; ".join(failures))
