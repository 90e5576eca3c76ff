"""A linear discriminator of one object against the rest of the frame it was first seen in."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

NEAR = 12
"""Cells around the object whose background is most easily confused with it."""

WEIGHTS = (1.0, 0.7, 0.3)
"""Total weight of the object's cells, of the near background and of the far background."""

RIDGE = 0.01
"""Regularization, as a share of the mean diagonal of the normal matrix."""

LIMIT = 2.0
"""Scores are clamped to [-LIMIT, LIMIT], so that no cell outvotes the matcher for good."""


@dataclass(frozen=True)
class TargetModel:
    """Ridge regression from the matching key to +1 on the object and -1 elsewhere.

    Attributes:
        weights: Float32 (c + 1,); the last one is the bias.
    """

    weights: Tensor

    @classmethod
    @torch.no_grad()
    def fit(cls, key: Tensor, mask: Tensor) -> TargetModel:
        """Fit a model in closed form.

        Cells are weighted least squares rows; a cell that the object covers in part counts for
        both classes by its share.

        Args:
            key: (c, h, w).
            mask: (h, w), the share of each cell that the object covers, 0 to 1.
        """
        return cls(fit_targets(key[None], mask[None])[0])

    def mixed(self, other: TargetModel) -> TargetModel:
        """Return the mean of two; its scores are the mean of theirs, but for the clamp."""
        return TargetModel((self.weights + other.weights) / 2)

    def score(self, key: Tensor) -> Tensor:
        """Score how much each cell looks like the object.

        Args:
            key: (c, h, w).

        Returns:
            Float32 (h, w) in [-2, 2]; positive means object.
        """
        return target_scores(self.weights[None], key)[0]


@torch.no_grad()
def fit_targets(keys: Tensor, masks: Tensor) -> Tensor:
    """Fit n models at once, each to a frame of its own; see `TargetModel.fit`.

    Args:
        keys: (n, c, h, w).
        masks: (n, h, w).

    Returns:
        The weights of the models, float32 (n, c + 1). Where the normal equations have no solution,
        as with keys that are not finite, they are 0: such a model says nothing of any cell.
    """
    normal, right = normal_equations(keys, masks)
    factors, failures = torch.linalg.cholesky_ex(normal)
    weights = torch.cholesky_solve(right[..., None], factors)[..., 0]
    solved = (failures == 0) & weights.isfinite().all(1)
    return weights.where(solved[:, None], torch.zeros_like(weights))


def normal_equations(keys: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
    """Return what `fit_targets` solves: float32 (n, c + 1, c + 1), and (n, c + 1)."""
    near = F.max_pool2d(masks[:, None], 2 * NEAR + 1, stride=1, padding=NEAR)[:, 0] > 0
    background = 1 - masks
    parts = [part.flatten(1) for part in (masks, background * near, background * ~near)]
    inside, beside, far = (
        w * part / part.sum(1, keepdim=True).clamp(min=1e-6)
        for w, part in zip(WEIGHTS, parts, strict=True)
    )
    outside = beside + far
    rows = keys.float().flatten(2).transpose(1, 2)
    rows = torch.cat([rows, rows.new_ones(*rows.shape[:2], 1)], dim=2)
    normal = rows.transpose(1, 2) @ (rows * (inside + outside)[..., None])
    right = rows.transpose(1, 2) @ (inside - outside)[..., None]
    ridge = RIDGE * normal.diagonal(dim1=1, dim2=2).mean(1)
    identity = torch.eye(normal.shape[-1], device=normal.device)
    return normal + ridge[:, None, None] * identity, right[..., 0]


def target_scores(weights: Tensor, key: Tensor) -> Tensor:
    """Score many in one frame: weights (n, c + 1) and key (c, h, w) to float32 (n, h, w)."""
    scores = torch.einsum("nc,chw->nhw", weights[:, :-1], key.float())
    return (scores + weights[:, -1, None, None]).clamp(-LIMIT, LIMIT)


def score_targets(weights: Tensor, keys: Tensor) -> Tensor:
    """Score n models in a frame each: weights (n, c + 1), keys (n, c, h, w) to (n, h, w)."""
    scores = torch.einsum("nc,nchw->nhw", weights[:, :-1], keys.float())
    return (scores + weights[:, -1, None, None]).clamp(-LIMIT, LIMIT)
