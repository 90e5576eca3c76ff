"""Whether torch can compute in this process: its threads do not live on in a forked one."""

from __future__ import annotations

import functools
import os

import torch

from samtracker.errors import ConfigError


def check_process(device: torch.device) -> None:
    """Check that this process is not forked from one in which torch has computed.

    There torch would wait forever for threads that only the parent has. With a single thread and
    on a CPU it does without them.

    Args:
        device: Where torch is to compute.

    Raises:
        ConfigError: The process is forked.
    """
    first = _first_process()
    alone = device.type == "cpu" and torch.get_num_threads() == 1
    if first != os.getpid() and not alone:
        raise ConfigError(
            "a tracker cannot run in a process forked from one that has had a network: start it "
            "with multiprocessing.get_context('spawn')"
        )


@functools.cache
def _first_process() -> int:
    """Return the id of the process that asked first, which forked ones remember."""
    return os.getpid()
