"""Import torchvision's Python half where its compiled half does not fit the installed torch.

timm imports torchvision for things that the tracker does not use. The CPU build of torch from one
place and torchvision from another cannot share compiled operators, and then even the import fails:
"operator torchvision::nms does not exist". Declaring the names is enough for the import; calling
such an operator would still fail, and nothing here does.
"""

from __future__ import annotations

import importlib
import re
import warnings

import torch

_declared: list[torch.library.Library] = []


def ensure_torchvision() -> None:
    """Make `import torchvision` work; does nothing where it already does."""
    missing = ""
    while True:
        try:
            with warnings.catch_warnings():
                # torchvision.io warns that its image codecs did not load; they are not used.
                warnings.simplefilter("ignore")
                importlib.import_module("torchvision")
            return
        except RuntimeError as error:
            found = re.search(r"operator torchvision::(\w+) does not exist", str(error))
            if not found or found[1] == missing:
                raise
            missing = found[1]
            library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
            signature = f"{missing}(Tensor boxes, Tensor scores, float threshold) -> Tensor"
            library.define(signature)  # type: ignore[no-untyped-call]
            _declared.append(library)
