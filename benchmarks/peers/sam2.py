"""SAM 2.1 tiny and EdgeTAM as transformers builds them, with random weights: only speed counts.

Frames are resized to the models' 1024x1024; the first frame's masks are the prompts.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from job import Clip, Job, answer
from torch import Tensor

# Before transformers: a torchvision built for CUDA beside a torch built for CPUs needs help.
SHIM = Path(__file__).parents[2] / "samtracker" / "model" / "torchvision.py"
shim = runpy.run_path(str(SHIM))
shim["ensure_torchvision"]()

from transformers import (
    EdgeTamVideoConfig,
    EdgeTamVideoModel,
    EdgeTamVisionConfig,
    Sam2VideoConfig,
    Sam2VideoModel,
    TimmWrapperConfig,
)
from transformers.models.edgetam_video.modeling_edgetam_video import EdgeTamVideoInferenceSession
from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoInferenceSession

SIDE = 1024
MEAN = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
STD = torch.tensor([0.229, 0.224, 0.225])[:, None, None]


def build(name: str) -> tuple[torch.nn.Module, type]:
    """Return the model of the default configuration, which is the tiny one, and its session."""
    if name == "edgetam":
        # RepViT-M1 as in the paper; the configuration's own default is another network.
        backbone = TimmWrapperConfig(
            architecture="repvit_m1",
            model_args={"in_chans": 3, "features_only": True, "out_indices": (0, 1, 2, 3)},
        )
        config = EdgeTamVideoConfig(vision_config=EdgeTamVisionConfig(backbone_config=backbone))
        return EdgeTamVideoModel(config).eval(), EdgeTamVideoInferenceSession
    return Sam2VideoModel(Sam2VideoConfig()).eval(), Sam2VideoInferenceSession


def prepared(frame: np.ndarray) -> Tensor:
    """(1, 3, 1024, 1024)."""
    pixels = torch.from_numpy(cv2.resize(frame, (SIDE, SIDE))).permute(2, 0, 1) / 255
    return ((pixels - MEAN) / STD)[None]


def start(session: object, clip: Clip) -> None:
    """Give the first masks."""
    for object_id, mask in clip.masks().items():
        sized = cv2.resize(mask.astype(np.float32), (SIDE, SIDE)) > 0.5
        index = session.obj_id_to_idx(object_id)
        session.add_mask_inputs(index, 0, torch.from_numpy(sized)[None, None].float())
        session.obj_with_new_inputs.append(object_id)


@torch.inference_mode()
def main() -> None:
    """Track the first frames of all clips."""
    job = Job.given()
    torch.set_num_threads(job.threads)
    cv2.setNumThreads(job.threads)
    model, session_type = build(sys.argv[2])
    seconds = {}
    for clip in job.clips:
        count = min(job.frames, len(clip.frames))
        frames = [clip.frame(n) for n in range(count)]
        session = session_type(
            video_height=frames[0].shape[0], video_width=frames[0].shape[1], dtype=torch.float32
        )
        start(session, clip)
        model(inference_session=session, frame=prepared(frames[0]))
        seconds[clip.name] = job.time(
            lambda n: model(inference_session=session, frame=prepared(frames[n])),  # noqa: B023
            count,
        )
    answer(seconds, "transformers", "torch")


if __name__ == "__main__":
    main()
