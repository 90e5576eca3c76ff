"""Export of a checkpoint: the weights to ship, and the card that says what they are."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from samtracker._version import __version__
from samtracker.checkpoints.files import sha256
from samtracker.checkpoints.load import load_network, save_network
from samtracker.config import ModelConfig
from samtracker.errors import OutputError
from samtracker.train.checkpoint import Checkpoint

LICENSE = "Apache-2.0"


def export_weights(source: Path, target: Path, *, licence: str = LICENSE) -> Path:
    """Write the weights of a checkpoint as fp16 safetensors, and beside it a card in Markdown.

    Args:
        source: Checkpoint of `samtrack train`.
        target: File to write; ends in `.safetensors`.
        licence: License of the weights, for header and card.

    Returns:
        Path of the card, which is `target` with the ending `.md`.

    Raises:
        WeightsError: `source` is no checkpoint.
        OutputError: `target` or the card exists already, has another ending or cannot be written.
    """
    if target.suffix != ".safetensors":
        raise OutputError(f"'{target}' must end in .safetensors")
    card = target.with_suffix(".md")
    for path in (target, card):
        if path.exists():
            raise OutputError(f"'{path}' exists already: choose another name or remove it")
    checkpoint = Checkpoint.load(source)
    network = load_network(source)
    save_network(
        target,
        network,
        {
            "licence": licence,
            "step": str(checkpoint.step),
            "trained_with": checkpoint.config.to_json(),
        },
    )
    try:
        card.write_text(_card(checkpoint, network.config, target, licence), "utf-8")
    except OSError as error:
        raise OutputError(f"'{card}' cannot be written ({error.strerror})") from error
    return card


def _card(checkpoint: Checkpoint, model: ModelConfig, weights: Path, licence: str) -> str:
    config = checkpoint.config
    scores = ", ".join(f"{name} {value:.1f}" for name, value in checkpoint.scores.items())
    rows = {
        "encoder": model.encoder,
        "licence": licence,
        "started from": config.weights,
        "data": ", ".join(checkpoint.data),
        "steps": f"{checkpoint.step} of {config.batch} clips with {config.length} frames",
        "validation": scores or "not scored in training",
        "format": f"safetensors, fp16, {weights.stat().st_size / 1e6:.1f} MB",
        "sha256": sha256(weights),
        "samtracker": __version__,
    }
    settings = dataclasses.asdict(config)
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    details = "\n".join(f"| {name} | {value} |" for name, value in settings.items())
    return (
        f"# {weights.stem}\n\n| | |\n| --- | --- |\n{table}\n\n"
        f"## Configuration\n\n| setting | value |\n| --- | --- |\n{details}\n"
    )
