"""`samtrack doctor`."""

from __future__ import annotations

import click


@click.command()
def doctor() -> None:
    """Report what this machine can do: device, codecs, cameras, weights, extras, expected speed."""
    from samtracker.diagnostics.doctor import examine

    sound = True
    for finding in examine():
        sound = sound and finding.fine
        mark = click.style("ok", fg="green") if finding.fine else click.style("--", fg="red")
        click.echo(f"{mark} {finding.topic:18} {finding.text}")
    if not sound:
        raise SystemExit(2)
