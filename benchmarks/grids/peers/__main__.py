"""Fit one peer to pictures for so many processor seconds, draw some, and say what it cost.

    python -m peers vae pictures.npz made.npz cost.json --seconds 120 --count 500 --seed 0

`pictures.npz` holds `train` and `test`, uint8 with shape (N, 28, 28). The budget is of training alone; starting Python
and drawing stand beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import time
from importlib import import_module, metadata
from pathlib import Path

import numpy as np
import torch

from peers.clock import Clock


def main() -> None:
    """Run the peer that the command line names."""
    wanted = argparse.ArgumentParser(prog="python -m peers")
    wanted.add_argument("peer")
    wanted.add_argument("pictures", type=Path)
    wanted.add_argument("out", type=Path)
    wanted.add_argument("cost", type=Path)
    wanted.add_argument("--seconds", type=float, required=True)
    wanted.add_argument("--count", type=int, required=True)
    wanted.add_argument("--seed", type=int, default=0)
    asked = wanted.parse_args()

    torch.set_num_threads(1)
    peer = import_module(f"peers.{asked.peer}")
    sow(asked.seed)
    with np.load(asked.pictures) as file:
        train, test = (torch.from_numpy(file[name]) for name in ("train", "test"))
    clock = Clock(asked.seconds, asked.seed)
    model = peer.fit(train, clock)
    trained = clock.share * asked.seconds
    began = time.process_time()
    made = peer.sample(model, asked.count)
    drawing = time.process_time() - began
    np.savez_compressed(asked.out, made=made.numpy())
    found = {
        "parameters": peer.size(model),
        "train_cpu_seconds": round(trained, 2),
        "sample_cpu_seconds": round(drawing, 2),
        "steps": clock.steps,
        "pictures_a_second": round(clock.pictures / trained, 1),
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "bits_per_dimension": peer.bits(model, test[:1000]) if hasattr(peer, "bits") else None,
        "versions": {name: metadata.version(name) for name in (*peer.PACKAGES, "torch")},
    }
    asked.cost.write_text(json.dumps(found), encoding="utf-8")
    os._exit(0)  # a peer's loggers and workers must not keep the process


def sow(seed: int) -> None:
    """Seed every generator that a peer may use without asking."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  peers draw from the global generator
    torch.manual_seed(seed)


if __name__ == "__main__":
    main()
