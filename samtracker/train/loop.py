"""The training loop, on Hugging Face Accelerate: one process or many, CPU or GPUs, alike."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import torch
from accelerate import Accelerator
from accelerate.utils import DataLoaderConfiguration
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import BatchSampler, DataLoader, Dataset, Sampler
from tqdm import tqdm

from samtracker.config import TrackerConfig, TrainConfig
from samtracker.data.sequence import Sequence as Clip
from samtracker.data.training_set import worker_init
from samtracker.errors import OutputError, TrainingError
from samtracker.model.device import choose_precision
from samtracker.model.network import Network
from samtracker.train.checkpoint import Checkpoint, random_states, restore_random_states
from samtracker.train.figures import draw_curves, draw_samples
from samtracker.train.log import Log
from samtracker.train.rollout import Rollout
from samtracker.train.validation import validate

CHECKPOINT: Final = "checkpoint.safetensors"


def train(
    network: Network,
    config: TrainConfig,
    data: Dataset[dict[str, torch.Tensor]],
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
    accelerator = Accelerator(
        mixed_precision=_mixed_precision(config.precision),
        # Each process takes its part of every batch, so that their number changes no result.
        dataloader_config=DataLoaderConfiguration(split_batches=True),
        step_scheduler_with_optimizer=False,
    )
    if resume is not None:
        network.load(resume.network)
    rollout = Rollout(network, config)
    averaged = _average(network, config.ema)
    optimiser = _optimiser(rollout, config)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, config))
    done = 0
    if resume is not None:
        done = resume.step
        if averaged is not None and resume.averaged is not None:
            averaged.module.load_state_dict(resume.averaged)
            averaged.n_averaged.fill_(done)
        optimiser.load_state_dict(resume.optimiser)
        schedule.last_epoch = done
        restore_random_states(resume.random)
    loader = DataLoader(
        data,
        batch_sampler=BatchSampler(Order(config, done), config.batch, drop_last=True),
        num_workers=config.workers,
        worker_init_fn=worker_init,
        pin_memory=torch.cuda.is_available(),
    )
    model, optimiser, loader = accelerator.prepare(rollout, optimiser, loader)
    if averaged is not None:
        averaged.to(accelerator.device)
    scores = {} if resume is None else resume.scores
    main = accelerator.is_main_process

    def best() -> Network:
        return network if averaged is None else averaged.module

    def save() -> None:
        if main:
            Checkpoint(
                config=config,
                data=sources,
                step=done,
                network=network.state_dict(),
                averaged=None if averaged is None else averaged.module.state_dict(),
                optimiser=optimiser.state_dict(),
                random=random_states(),
                scores=scores,
            ).save(folder / CHECKPOINT, network)

    log = Log(folder, done) if main else None
    bar = tqdm(total=config.steps, initial=done, unit="step", disable=not main)
    saved = done
    try:
        before = time.perf_counter()
        for batch in loader:
            waited = time.perf_counter() - before
            losses = model(batch["frames"], batch["masks"])
            total = accelerator.reduce(losses.total.detach(), "mean")
            if not math.isfinite(total):
                raise TrainingError(
                    f"the loss is {float(total)} in step {done + 1}: look at gradient_norm in "
                    f"{folder / 'metrics.csv'}; lower --learning-rate or --clip-norm, or use "
                    "--precision float32"
                )
            accelerator.backward(losses.total)
            norm = accelerator.clip_grad_norm_(rollout.parameters(), config.clip_norm)
            optimiser.step()
            optimiser.zero_grad()
            rate = optimiser.param_groups[0]["lr"]
            schedule.step()
            if averaged is not None:
                averaged.update_parameters(network)
            done += 1
            parts = {k: accelerator.reduce(part, "mean").item() for k, part in losses.parts.items()}
            seconds = time.perf_counter() - before
            before = time.perf_counter()
            if log is not None:
                times = {"seconds": seconds, "waiting": waited}
                row = {"loss": total.item(), **parts, "learning_rate": rate, **times}
                log.write(done, {**row, "gradient_norm": float(norm)})
            bar.update()
            bar.set_postfix_str(f"loss {total:.3f} iou {parts['iou']:.3f}", refresh=False)
            if config.evaluate_every and done % config.evaluate_every == 0 and validation and main:
                scores = validate(best(), validation, TrackerConfig(memory=config.memory))
                bar.write(f"step {done}: J&F {scores['j_and_f']:.1f}")
                assert log is not None
                log.write_scores(done, scores)
                before = time.perf_counter()
            # All processes stop after the same step, whichever was told to.
            asked = torch.tensor(float(stop()), device=accelerator.device)
            stopping = bool(accelerator.reduce(asked, "sum"))
            if stopping or done % config.checkpoint_every == 0 or done == config.steps:
                save()
                saved = done
                before = time.perf_counter()
            if stopping:
                break
    except (OutputError, TrainingError) as error:
        raise type(error)(f"{error} (kept: step {saved} in {folder / CHECKPOINT})") from error
    finally:
        bar.close()
        if log is not None:
            log.__exit__(None, None, None)
    if main:
        draw_curves(folder)
        shown = [data[index] for index in range(min(4, config.instances))]
        frames, masks = (torch.stack([item[k] for item in shown]) for k in ("frames", "masks"))
        device = accelerator.device
        with accelerator.autocast():
            draw_samples(folder, Rollout(best(), config), frames.to(device), masks.to(device))
    accelerator.end_training()
    return done


class Order(Sampler[int]):
    """Every sample once an epoch, in an order that depends on the seed and the epoch alone.

    Args:
        config: seed, instances, epochs and batch.
        done: steps to leave out, for they were done before.
    """

    def __init__(self, config: TrainConfig, done: int) -> None:
        self._config = config
        self._done = done

    def __len__(self) -> int:
        return (self._config.steps - self._done) * self._config.batch

    def __iter__(self) -> Iterator[int]:
        config = self._config
        steps = config.instances // config.batch
        first, offset = divmod(self._done, steps)
        for epoch in range(first, config.epochs):
            generator = torch.Generator().manual_seed(config.seed + epoch)
            order = torch.randperm(config.instances, generator=generator)[: steps * config.batch]
            yield from order[offset * config.batch :].tolist()
            offset = 0


def _mixed_precision(name: str) -> str:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    precision = choose_precision(name, device)
    return {torch.float32: "no", torch.bfloat16: "bf16", torch.float16: "fp16"}[precision]


def _average(network: Network, decay: float) -> AveragedModel | None:
    """Parameters are averaged, buffers taken over."""
    if not decay:
        return None
    return AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(decay))


def _optimiser(rollout: Rollout, config: TrainConfig) -> torch.optim.Optimizer:
    body = set(rollout.encoder_body.parameters())
    groups: list[dict[str, list[nn.Parameter] | float]] = []
    for rate, inside in ((1.0, False), (config.encoder_rate, True)):
        parameters = [
            p for p in rollout.parameters() if p.requires_grad and (p in body) is inside
        ]
        if parameters:
            groups.append({"params": parameters, "lr": rate * config.learning_rate})
    if config.optimiser == "adam":
        return torch.optim.Adam(groups)
    return torch.optim.AdamW(groups, weight_decay=config.weight_decay)


def _rate(step: int, config: TrainConfig) -> float:
    """Share of the learning rate in a step, counted from 0."""
    if step < config.warmup:
        return (step + 1) / config.warmup
    if config.schedule == "constant":
        return 1.0
    progress = (step - config.warmup) / max(config.steps - config.warmup, 1)
    return (1 + math.cos(math.pi * min(progress, 1.0))) / 2


