"""Imports what commands and trainings need, so that processes forked from here need not.

Nothing is computed: threads and locks of torch, FFmpeg and OpenCV do not survive a fork.
"""

from __future__ import annotations

import gc
import importlib
import pkgutil

import samtracker
from samtracker.model.torchvision import ensure_torchvision

for module in pkgutil.walk_packages(samtracker.__path__, "samtracker."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)

ensure_torchvision()
for name in (
    *("timm", "imageio.v3", "imageio.plugins.pillow", "imageio.plugins.tifffile_v3", "tifffile"),
    *("PIL._webp", "torch.utils.tensorboard", "matplotlib.pyplot"),
):
    importlib.import_module(name)  # what is imported only when it is used

gc.freeze()  # or collecting garbage would copy the memory that children share
