"""Batch norms, folded into the convolutions before them for inference."""

from __future__ import annotations

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def fold_norms(parent: nn.Module) -> None:
    """Fold each batch norm in a network into the convolution just before it.

    Args:
        parent: In evaluation mode; it computes the same afterwards, but for rounding.
    """
    before: tuple[str, nn.Module] | None = None
    for name, module in list(parent.named_children()):
        fold_norms(module)
        if isinstance(module, nn.BatchNorm2d) and before and isinstance(before[1], nn.Conv2d):
            setattr(parent, before[0], fuse_conv_bn_eval(before[1], module))
            # timm's batch norms have the activation after them inside.
            setattr(parent, name, getattr(module, "act", nn.Identity()))
        before = name, module
