"""The training loop, on Hugging Face Accelerate: one process or many, CPU or GPUs, alike."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence
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

from samtracker.config import TrackerConfig, TrainConfig
from samtracker.data.sequence import Sequence as Clip
from samtracker.data.training_set import worker_init
from samtracker.errors import OutputError, TrainingError
from samtracker.model.device import choose_precision
from samtracker.model.network import Network
from samtracker.train.checkpoint import Checkpoint
from samtracker.train.figures import draw_curves, draw_samples
from samtracker.train.log import METRICS, Log
from samtracker.train.order import Order
from samtracker.train.rollout import Rollout
from samtracker.train.state import State
from samtracker.train.validation import validate

CHECKPOINT: Final = "checkpoint.safetensors"


def train(
    network: Network,
    config: TrainConfig,
    data: Dataset[dict[str, Tensor]],
    folder: Path,
    *,
    sources: tuple[str, ...] = (),
    validation: Sequence[Clip] = (),
    resume: Checkpoint | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Train, from the start or from a checkpoint; the same steps give the same weights.

    Args:
        network: trained in place.
        config: all settings.
        data: `config.instances` samples, see `TrainingSet`.
        folder: for checkpoints, metrics and figures; exists.
        sources: what `data` was made from, for the checkpoint.
        validation: clips to score every `config.evaluate_every` steps.
        resume: where to go on.
        stop: asked after every step; True writes a checkpoint and ends the training.

    Returns:
        The number of steps done, `config.steps` unless it was stopped.

    Raises:
        TrainingError: the loss is not finite.
        OutputError: the disk is full; the last checkpoint is still there.
    """
    accelerator = _accelerator(config.precision)
    state = State(network, config, resume)
    loader = DataLoader(
        data,
        batch_sampler=BatchSampler(Order(config, state.done), config.batch, drop_last=True),
        num_workers=config.workers,
        worker_init_fn=worker_init,
        pin_memory=torch.cuda.is_available(),
    )
    model, state.optimiser, loader = accelerator.prepare(state.rollout, state.optimiser, loader)
    state.to(accelerator.device)
    main, saved = accelerator.is_main_process, state.done

    def mean(value: Tensor) -> float:
        return float(accelerator.reduce(value.detach(), "mean"))

    with ExitStack() as stack:
        log = stack.enter_context(Log(folder, state.done)) if main else None
        bar = tqdm(total=config.steps, initial=state.done, unit="step", disable=not main)
        stack.enter_context(bar)
        try:
            begin = time.perf_counter()
            for batch in loader:
                waiting = time.perf_counter() - begin
                losses, rate = model(batch["frames"], batch["masks"]), state.rate
                loss = mean(losses.total)
                if not math.isfinite(loss):
                    raise _diverged(loss, state.done + 1, folder)
                norm = state.learn(accelerator, losses)
                parts = {name: mean(part) for name, part in losses.parts.items()}
                if log is not None:
                    values = {"loss": loss, **parts, "learning_rate": rate, "gradient_norm": norm}
                    times = {"seconds": time.perf_counter() - begin, "waiting": waiting}
                    log.write(state.done, {**values, **times})
                bar.update()
                bar.set_postfix_str(f"loss {loss:.3f} iou {parts['iou']:.3f}", refresh=False)
                if log is not None and validation and _due(state.done, config.evaluate_every):
                    memory = TrackerConfig(memory=config.memory)
                    state.scores = validate(state.best, validation, memory)
                    log.write_scores(state.done, state.scores)
                    bar.write(f"step {state.done}: J&F {state.scores['j_and_f']:.1f}", sys.stderr)
                # All processes stop after the same step, whichever was told to.
                stopping = mean(torch.tensor(float(stop()), device=accelerator.device)) > 0
                if stopping or _due(state.done, config.checkpoint_every, config.steps):
                    if main:
                        state.checkpoint(sources).save(folder / CHECKPOINT, network)
                    saved = state.done
                if stopping:
                    break
                begin = time.perf_counter()
        except (OutputError, TrainingError) as error:
            kept = f"kept: step {saved} in {folder / CHECKPOINT}" if saved else "nothing is kept"
            raise type(error)(f"{error} ({kept})") from error
    if main:
        draw_curves(folder)
        shown = [data[index] for index in range(min(4, config.instances))]
        frames, masks = (
            torch.stack([item[name] for item in shown]).to(accelerator.device)
            for name in ("frames", "masks")
        )
        with accelerator.autocast():
            draw_samples(folder, Rollout(state.best, config), frames, masks)
    accelerator.end_training()
    return state.done


def _due(step: int, every: int, end: int | None = None) -> bool:
    return step == end or (every > 0 and step % every == 0)


def _diverged(loss: float, step: int, folder: Path) -> TrainingError:
    return TrainingError(
        f"the loss is {loss} in step {step}: look at gradient_norm in {folder / METRICS}; lower "
        "--learning-rate or --clip-norm, or use --precision float32"
    )


def _accelerator(precision: str) -> Accelerator:
    """In half precision where that is wanted or faster."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    names = {torch.float32: "no", torch.bfloat16: "bf16", torch.float16: "fp16"}
    AcceleratorState._reset_state()  # or an earlier training's precision would stay
    return Accelerator(
        mixed_precision=names[choose_precision(precision, device)],
        # Each process takes its part of every batch, so that their number changes no result.
        dataloader_config=DataLoaderConfiguration(split_batches=True),
        step_scheduler_with_optimizer=False,
    )
