"""Cutie-base with random weights: only its speed means anything."""

from __future__ import annotations

from pathlib import Path

import cutie
import torch
from cutie.inference.inference_core import InferenceCore
from cutie.model.cutie import CUTIE
from cutie.model.utils import resnet
from hydra import compose, initialize_config_dir
from job import Job, answer
from omegaconf import open_dict


def build() -> tuple[CUTIE, object]:
    """Return the network of the package's own configuration, without downloads."""
    resnet.model_zoo.load_url = lambda *_, **__: {}
    resnet.load_weights_add_extra_dim = lambda *_: None
    config_dir = str(Path(cutie.__path__[0]).resolve() / "config")
    with initialize_config_dir(version_base="1.3.2", config_dir=config_dir):
        config = compose(config_name="eval_config")
    with open_dict(config):
        dataset = config.datasets["d17-val"]
        config.mem_every, config.use_long_term = dataset.mem_every, dataset.use_long_term
    return CUTIE(config).eval(), config


@torch.inference_mode()
def main() -> None:
    """Track the first frames of all clips."""
    job = Job.given()
    torch.set_num_threads(job.threads)
    network, config = build()
    seconds = {}
    for clip in job.clips:
        core = InferenceCore(network, cfg=config)
        count = min(job.frames, len(clip.frames))
        frames = [
            torch.from_numpy(clip.frame(n).copy()).permute(2, 0, 1).float() / 255
            for n in range(count)
        ]
        masks = clip.masks()
        ids = sum(object_id * torch.from_numpy(mask) for object_id, mask in masks.items())
        core.step(frames[0], ids, objects=list(masks))
        seconds[clip.name] = job.time(lambda n: core.step(frames[n]).argmax(0), count)  # noqa: B023
    answer(seconds, "rf-cutie", "torch")


if __name__ == "__main__":
    main()
