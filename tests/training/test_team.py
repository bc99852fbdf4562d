"""Two processes learn what one learns from the whole batch, each with the whole model or with half of it."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from fivefold.errors import InputError
from fivefold.nets.sequences.recurrent import Recurrent
from fivefold.training.sharding import shard

SCRIPT = """
import copy, json, sys, torch
from pathlib import Path
from fivefold.families import FAMILIES
from fivefold.spaces import Batch, Space
from fivefold.training import loop, make_plan, train
from fivefold.training.team import Team, joined, leave
from dataclasses import replace

torch.set_num_threads(1)
with joined() as team:
    torch.manual_seed(0)
    family = FAMILIES[sys.argv[1]](Space.sequence(9, 12), width=64, depth=1)
    g = torch.Generator().manual_seed(1)
    x = Batch(torch.zeros(64, 0), torch.randint(1, 9, (64, 12), generator=g))
    plan = replace(make_plan(family, 64, seed=0), steps=12, batch=8)
    plan = replace(plan, sharded="sharded" in sys.argv, parts=2, compiled="sharded" in sys.argv)
    checkpoint, loop.SAVE_EVERY = None, 0.0
    if "resumed" in sys.argv:
        class Killed(BaseException):
            pass
        def die(average, point):
            if point["step"] == 7:
                raise Killed
        checkpoint, before = Path(sys.argv[2]) / "checkpoint", copy.deepcopy(family)
        try:
            train(before, x, x[:16], plan, checkpoint=checkpoint, on_validate=die)
        except Killed:
            team.wait()
    history = train(family, x, x[:16], plan, checkpoint=checkpoint)
    said = team.agreed({"size": team.size, "losses": [p["train"] for p in history.points]})
    weights = torch.cat([p.detach().flatten() for p in family.parameters()])
    spread = [weights.clone()]
    team.sum(spread)
    apart = float((spread[0] / team.size - weights).abs().max())
    if team.leads:
        print(json.dumps({**said, "apart": apart, "norm": float(weights.norm())}))
leave()
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def run(family: str, size: int, folder: Path, *how: str) -> dict:
    script = folder / "learn.py"
    script.write_text(SCRIPT)
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": str(size)}
    started = [
        subprocess.Popen(
            [sys.executable, str(script), family, str(folder), *how],
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


@pytest.mark.skipif(not torch.distributed.is_available(), reason="PyTorch without processes")
def test_two_processes_with_half_of_every_weight_have_the_losses_of_one(tmp_path) -> None:
    one, halves = run("autoregressive", 1, tmp_path), run("autoregressive", 2, tmp_path, "sharded")
    assert halves["losses"] == pytest.approx(one["losses"], rel=2e-3)
    assert halves["apart"] == 0
    assert halves["norm"] == pytest.approx(one["norm"], rel=1e-2)
    resumed = run("autoregressive", 2, tmp_path, "sharded", "resumed")
    assert (resumed["losses"], resumed["norm"]) == (halves["losses"], halves["norm"])


def test_a_recurrent_net_is_not_cut() -> None:
    with pytest.raises(InputError, match="recurrent"):
        shard(Recurrent("gru", width=8, depth=1))


@pytest.mark.slow
@pytest.mark.parametrize("family", ["adversarial", "variational", "flow", "diffusion"])
def test_every_family_learns_with_half_of_every_weight(family, tmp_path) -> None:
    whole, halves = run(family, 2, tmp_path), run(family, 2, tmp_path, "sharded")
    assert halves["apart"] == 0
    first = slice(2)  # what rounding makes of a game grows
    assert halves["losses"][first] == pytest.approx(whole["losses"][first], rel=5e-3)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["adversarial", "variational", "flow", "diffusion"])
def test_every_family_keeps_its_processes_together(family, tmp_path) -> None:
    found = run(family, 2, tmp_path)
    assert found["apart"] == 0
