"""Fit one peer for so many processor seconds, draw from it, and say what it cost.

    python -m peers vae DATA OUT --seconds 120 --count 500 --seed 0

Peers of pictures learn from the tensor `train` of `DATA/pictures.npz`, uint8 with shape (N, C, H, W); peers of series
from the arrays of `DATA/windows.npz`. The budget is of training alone; starting Python and drawing stand beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from importlib import import_module, metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from peers.clock import Clock, peak

PICTURES, WINDOWS, FORECASTS = "pictures.npz", "windows.npz", "forecasts.npz"


def main() -> None:
    """Run the peer that the command line names."""
    wanted = argparse.ArgumentParser(prog="python -m peers")
    wanted.add_argument("peer")
    wanted.add_argument("data", type=Path)
    wanted.add_argument("out", type=Path)
    wanted.add_argument("--seconds", type=float, required=True)
    wanted.add_argument("--count", type=int, required=True)
    wanted.add_argument("--seed", type=int, default=0)
    asked = wanted.parse_args()

    torch.set_num_threads(1)
    peer = import_module(f"peers.{asked.peer}")
    sow(asked.seed)
    clock = Clock(asked.seconds, asked.seed)
    found = (pictures if (asked.data / PICTURES).exists() else windows)(peer, asked, clock)
    found["memory"] = peak()
    found["versions"] = {name: metadata.version(name) for name in (*peer.PACKAGES, "torch")}
    (asked.out / "cost.json").write_text(json.dumps(found), encoding="utf-8")
    os._exit(0)  # a peer's loggers and workers must not keep the process


def pictures(peer: ModuleType, asked: argparse.Namespace, clock: Clock) -> dict[str, Any]:
    """Learn and draw pictures."""
    with np.load(asked.data / PICTURES) as file:
        train, test = (
            torch.from_numpy(np.moveaxis(file[name], 3, 1).copy()) for name in ("train", "test")
        )
    model = peer.fit(train, clock)
    cost, began = clock.cost(), time.process_time()
    made = peer.sample(model, asked.count)
    cost["sample_cpu_seconds"] = round(time.process_time() - began, 2)
    np.savez_compressed(asked.out / PICTURES, made=made.numpy())
    bits = peer.bits(model, test[:1000]) if hasattr(peer, "bits") else None
    return cost | {"parameters": peer.size(model), "bits_per_dimension": bits}


def windows(peer: ModuleType, asked: argparse.Namespace, clock: Clock) -> dict[str, Any]:
    """Learn windows of series, and draw some or forecast their ends."""
    with np.load(asked.data / WINDOWS) as file:
        known = dict(file)
    model = peer.fit(known, clock)
    cost, began = clock.cost(), time.process_time()
    if hasattr(peer, "sample"):
        values, rows = peer.sample(model, asked.count)
        np.savez_compressed(asked.out / WINDOWS, values=values, rows=rows)
    if hasattr(peer, "forecast"):
        draws = peer.forecast(model, known["past"])
        np.savez_compressed(asked.out / FORECASTS, past=known["past"], draws=draws)
    cost["sample_cpu_seconds"] = round(time.process_time() - began, 2)
    return cost | {"parameters": peer.size(model)}


def sow(seed: int) -> None:
    """Seed every generator that a peer may use without asking."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  peers draw from the global generator
    torch.manual_seed(seed)


if __name__ == "__main__":
    main()
