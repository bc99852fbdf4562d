"""Two processes learn what one learns from the whole batch."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

SCRIPT = """
import json, sys, torch
from fivefold.families import FAMILIES
from fivefold.spaces import Batch, Space
from fivefold.training import make_plan, train
from fivefold.training.team import Team, joined
from dataclasses import replace

torch.set_num_threads(1)
with joined() as team:
    torch.manual_seed(0)
    family = FAMILIES[sys.argv[1]](Space.sequence(9, 12), width=64, depth=1)
    g = torch.Generator().manual_seed(1)
    x = Batch(torch.zeros(64, 0), torch.randint(1, 9, (64, 12), generator=g))
    plan = replace(make_plan(family, 64, seed=0), steps=12, batch=8)
    history = train(family, x, x[:16], plan)
    said = team.agreed({"size": team.size, "losses": [p["train"] for p in history.points]})
    weights = torch.cat([p.detach().flatten() for p in family.parameters()])
    spread = [weights.clone()]
    team.sum(spread)
    apart = float((spread[0] / team.size - weights).abs().max())
    if team.leads:
        print(json.dumps({**said, "apart": apart, "norm": float(weights.norm())}))
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def run(family: str, size: int, folder: Path) -> dict:
    script = folder / "learn.py"
    script.write_text(SCRIPT)
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": str(size)}
    started = [
        subprocess.Popen(
            [sys.executable, str(script), family],
            env={**os.environ, **place, "RANK": str(rank), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(size)
    ]
    said = [process.communicate(timeout=120)[0] for process in started]
    assert all(process.returncode == 0 for process in started)
    return json.loads(said[0].splitlines()[-1])


@pytest.mark.skipif(not torch.distributed.is_available(), reason="PyTorch without processes")
def test_two_processes_have_the_losses_of_one(tmp_path) -> None:
    one, two = (run("autoregressive", size, tmp_path) for size in (1, 2))
    assert (one["size"], two["size"]) == (1, 2)
    assert two["losses"] == pytest.approx(one["losses"], rel=2e-3)
    assert two["losses"][-1] < two["losses"][0]
    assert two["apart"] == 0
    assert two["norm"] == pytest.approx(one["norm"], rel=1e-2)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["adversarial", "variational", "flow", "diffusion"])
def test_every_family_keeps_its_processes_together(family, tmp_path) -> None:
    found = run(family, 2, tmp_path)
    assert found["apart"] == 0
