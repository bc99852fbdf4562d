"""Processor or device time, and the threads it is spent by."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def clock(device: torch.device) -> float:
    """Seconds of this process and its children, or of the device where it is a GPU."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        return time.perf_counter()
    times = os.times()  # a compiler runs in a process of its own
    return time.process_time() + times.children_user + times.children_system


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Within it, PyTorch uses so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
