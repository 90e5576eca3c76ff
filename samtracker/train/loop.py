"""The training loop, on Hugging Face Accelerate: alike on one process or many, CPU or GPUs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import DataLoaderConfiguration
from torch import Tensor
from torch.utils.data import BatchSampler, DataLoader, Dataset
from tqdm import tqdm

from samtracker.config import TrainConfig
from samtracker.data.sample import MAIN
from samtracker.data.training_set import worker_init
from samtracker.errors import ConfigError, DatasetError, OutputError, TrainingError
from samtracker.model.device import has_bfloat16
from samtracker.model.network import Network
from samtracker.train.checkpoint import Checkpoint
from samtracker.train.figures import draw_curves, draw_samples
from samtracker.train.metrics_log import METRICS, MetricsLog
from samtracker.train.rollout import Rollout
from samtracker.train.sampler import ResumableSampler
from samtracker.train.training_state import TrainingState

CHECKPOINT: Final = "checkpoint.safetensors"

Samples = Dataset[dict[str, Tensor]]

Validate = Callable[[Network], dict[str, float]]
"""Scores of a network in percent by name; "j_and_f" is among them."""


def train(  # noqa: PLR0915 - it is to be read from top to bottom
    network: Network,
    config: TrainConfig,
    data: Samples,
    folder: Path,
    *,
    sources: tuple[str, ...] = (),
    validate: Validate | None = None,
    resume: Checkpoint | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Train, from the start or from a checkpoint; the same steps give the same weights.

    Args:
        network: Network that is trained in place.
        config: All settings.
        data: Data set of `config.instances` samples, see `TrainingSet`.
        folder: Existing folder for checkpoints, metrics and figures.
        sources: Names of the sources that `data` was made from, for the checkpoint.
        validate: Scores the network every `config.evaluate_every` steps and at the end, as
            `samtracker.evaluate.validation.Validation` does; None scores nothing.
        resume: Checkpoint to go on from; None starts anew.
        stop: Asked after every step; True writes a checkpoint and ends the training.

    Returns:
        The number of steps done, which is `config.steps` unless the training was stopped.

    Raises:
        TrainingError: The loss is not finite.
        ConfigError: The batch cannot be shared among the processes.
        DatasetError: Data cannot be read.
        OutputError: The disk is full; the last checkpoint is still there.
    """
    accelerator = _accelerator(config)
    state = TrainingState(network, config, resume)
    model, state.optimizer, loader = accelerator.prepare(
        state.learner, state.optimizer, _loader(data, config, state.done)
    )
    state.to(accelerator.device)
    main, saved = accelerator.is_main_process, state.done

    def save() -> None:
        if main:
            state.checkpoint(sources).save(folder / CHECKPOINT, network)

    with ExitStack() as stack:
        log = stack.enter_context(MetricsLog(folder, state.done)) if main else None
        bar = tqdm(total=config.steps, initial=state.done, unit="step", disable=not main)
        stack.enter_context(bar)
        try:
            begin = time.perf_counter()
            for batch in loader:
                waiting = time.perf_counter() - begin
                state.seed()
                losses, rate = model(batch), state.rate
                loss = _mean(accelerator, losses.total)
                if not math.isfinite(loss):
                    raise _diverged(loss, state.done + 1, folder)
                norm = state.learn(accelerator, losses)
                parts = {name: _mean(accelerator, part) for name, part in losses.parts.items()}
                del losses  # or its graph would hold the process group at the end
                if log is not None:
                    rates = {"learning_rate": rate, "gradient_norm": norm}
                    times = {"seconds": time.perf_counter() - begin, "waiting": waiting}
                    log.write(state.done, {"loss": loss, **parts, **rates, **times})
                bar.update()
                bar.set_postfix_str(f"loss {loss:.3f} iou {parts['iou']:.3f}", refresh=False)
                # All processes stop after the same step, whichever was told to.
                asked = torch.tensor(float(stop()), device=accelerator.device)
                stopping = _mean(accelerator, asked) > 0
                scoring = validate and _due(state.done, config.evaluate_every, config.steps)
                if stopping or scoring or _due(state.done, config.checkpoint_every, config.steps):
                    save()
                    saved = state.done
                if log is not None and validate is not None and scoring:
                    state.scores = validate(state.best)
                    log.write_scores(state.done, state.scores)
                    save()
                if stopping:
                    break
                begin = time.perf_counter()
        except (DatasetError, OutputError, TrainingError) as error:
            kept = f"kept: step {saved} in {folder / CHECKPOINT}" if saved else "nothing is kept"
            raise type(error)(f"{error} ({kept})") from error
    del model
    if main:
        if not (folder / CHECKPOINT).exists():  # resumed from elsewhere, with nothing left to do
            save()
        _draw(folder, state.best, config, data, accelerator)
    _end(accelerator)
    return state.done


def _due(step: int, every: int, end: int | None = None) -> bool:
    return step == end or (every > 0 and step % every == 0)


def _diverged(loss: float, step: int, folder: Path) -> TrainingError:
    return TrainingError(
        f"the loss is {loss} in step {step}: look at gradient_norm in {folder / METRICS}; lower "
        "learning_rate=... or clip_norm=..., or use precision=float32"
    )


def _mean(accelerator: Accelerator, value: Tensor) -> float:
    """Return the mean over all processes."""
    return float(accelerator.reduce(value.detach(), "mean"))


def _end(accelerator: Accelerator) -> None:
    """End the processes, in this order: a group that dies with a model can wait for itself."""
    accelerator.wait_for_everyone()
    accelerator.free_memory()
    accelerator.end_training()


def _loader(data: Samples, config: TrainConfig, done: int) -> DataLoader[dict[str, Tensor]]:
    return DataLoader(
        data,
        batch_sampler=BatchSampler(ResumableSampler(config, done), config.batch, drop_last=True),
        num_workers=config.workers,
        worker_init_fn=worker_init,
        pin_memory=torch.cuda.is_available(),
    )


def _draw(
    folder: Path, network: Network, config: TrainConfig, data: Samples, accelerator: Accelerator
) -> None:
    draw_curves(folder)
    shown = [data[index] for index in range(min(4, config.instances))]
    frames, ids = (
        torch.stack([item[name] for item in shown]).to(accelerator.device)
        for name in ("frames", "ids")
    )
    with accelerator.autocast():
        draw_samples(folder, Rollout(network, config), frames, ids == MAIN)


def resolve_precision(name: str) -> str:
    """Return the precision to train in.

    Args:
        name: "float32", "bfloat16", or "auto" for bfloat16 where the hardware has it. Nothing is
            timed, so that the answer is the same on every start.
    """
    if name != "auto":
        return name
    if torch.cuda.is_available():
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    return "bfloat16" if has_bfloat16() else "float32"


def _accelerator(config: TrainConfig) -> Accelerator:
    names = {"float32": "no", "bfloat16": "bf16"}
    AcceleratorState._reset_state()  # or an earlier training's precision would stay
    accelerator = Accelerator(
        cpu=not (torch.cuda.is_available() or torch.backends.mps.is_available()),
        mixed_precision=names[resolve_precision(config.precision)],
        # Each process takes its part of every batch, so that their number changes no result.
        dataloader_config=DataLoaderConfiguration(split_batches=True),
        step_scheduler_with_optimizer=False,
    )
    if config.batch % accelerator.num_processes:
        raise ConfigError(
            f"batch={config.batch} does not fit: give a multiple of the "
            f"{accelerator.num_processes} processes"
        )
    return accelerator
