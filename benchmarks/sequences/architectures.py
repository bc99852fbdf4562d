"""The Transformer beside the recurrent nets that it replaced: what the surveys say of them, measured.

    python benchmarks/sequences/architectures.py                  everything (about 20 CPU minutes)
    python benchmarks/sequences/architectures.py --only speed     training throughput over length 64 to 4,096
    python benchmarks/sequences/architectures.py --only recall    associative recall and copying over distance

Speed: symbols that one training step learns from in a processor second, at equal width and depth, 4,096 symbols a step.
Recall: a net is trained for the same processor time on sequences in which what is to be said lies a known distance
back. *Recall*: pairs of a key and a value, then one key again; the value is asked for. *Copy*: random symbols, a mark,
the same symbols again. The figure is the share of right answers on sequences never seen; chance is one in the alphabet.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import torch
from record import record

from fivefold.families import Autoregressive
from fivefold.spaces import Batch, Space
from fivefold.training import step_seconds
from fivefold.training.plan import Plan

NETS = ("transformer", "gru", "lstm", "rnn")
LENGTHS = (64, 128, 256, 512, 1024, 2048, 4096)
DISTANCES = (8, 16, 32, 64, 128)
WIDTH, DEPTH, SYMBOLS = 128, 2, 4096
KEYS = VALUES = 32
MARK = 1 + KEYS + VALUES
ALPHABET = MARK + 1
Task = Callable[[int, int, torch.Generator], tuple[torch.Tensor, torch.Tensor]]


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=("speed", "recall"))
    parser.add_argument("--seconds", type=float, default=90.0, help="processor seconds a training")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.only != "recall":
        record("throughput", speed(asked.seed), data="random symbols", seed=asked.seed)
    if asked.only != "speed":
        found = {
            name: {net: recall(net, task, asked.seconds, asked.seed) for net in NETS}
            for name, task in {"recall": pairs, "copy": twice}.items()
        }
        record("recall", found, data="made by the script", seed=asked.seed)


def made(net: str, length: int, seed: int) -> Autoregressive:
    """An untrained model of the common size."""
    torch.manual_seed(seed)
    return Autoregressive(Space.sequence(ALPHABET, length), net=net, width=WIDTH, depth=DEPTH)


def speed(seed: int) -> dict[str, Any]:
    """Symbols learned from in a processor second, by net and length."""
    found: dict[str, Any] = {}
    for net in NETS:
        found[net] = {}
        for length in LENGTHS:
            rows = max(1, SYMBOLS // length)
            family = made(net, length + 1, seed)
            plan = Plan(steps=1000, batch=rows, seed=seed, threads=1, recipe=family.recipe)
            symbols = torch.randint(1, ALPHABET, (2 * rows, length + 1))
            x = Batch(torch.zeros(2 * rows, 0), symbols)
            a_step = step_seconds(plan, family, x, least=2.0)
            found[net][length] = rows * length / a_step
            print(f"{net:12} length {length:5}: {found[net][length]:10,.0f} symbols a CPU s")
    return found


def pairs(rows: int, distance: int, g: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Pairs of key and value, then one of the keys and its value; asked for is the last symbol.

    The key asked for stands `distance` symbols before its repetition.
    """
    count = min(KEYS, max(1, distance // 2))
    keys = torch.rand(rows, KEYS, generator=g).argsort(1)[:, :count] + 1
    values = torch.randint(1 + KEYS, MARK, (rows, count), generator=g)
    body = torch.stack([keys, values], 2).flatten(1)
    filler = torch.full((rows, max(0, distance - 2 * count)), MARK)
    x = torch.cat([torch.zeros(rows, 1, dtype=torch.int64), body, filler, body[:, :2]], 1)
    asked = torch.zeros_like(x, dtype=torch.bool)
    asked[:, -1] = True
    return x, asked


def twice(rows: int, distance: int, g: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Random symbols, a mark and the same symbols again; asked for is all that follows the mark."""
    body = torch.randint(1, MARK, (rows, distance - 1), generator=g)
    first, mark = torch.zeros(rows, 1, dtype=torch.int64), torch.full((rows, 1), MARK)
    x = torch.cat([first, body, mark, body], 1)
    asked = torch.zeros_like(x, dtype=torch.bool)
    asked[:, distance + 1 :] = True
    return x, asked


def recall(net: str, task: Task, seconds: float, seed: int) -> dict[str, Any]:
    """The share of right answers by distance, after so many processor seconds of training on all distances."""
    family = made(net, 2 * DISTANCES[-1] + 2, seed)
    optimiser = torch.optim.AdamW(family.parameters(), lr=2e-3, betas=(0.9, 0.99), fused=True)
    g = torch.Generator().manual_seed(seed)
    started, steps = time.process_time(), 0
    while (spent := time.process_time() - started) < seconds:
        for group in optimiser.param_groups:
            group["lr"] = 2e-3 * min(1.0, (steps + 1) / 50, 2 * (1 - spent / seconds))
        distance = DISTANCES[steps % len(DISTANCES)]
        x, asked = task(max(8, SYMBOLS // (2 * distance)), distance, g)
        terms = family.conditionals.log_prob(Batch(torch.zeros(len(x), 0), x))
        loss = -terms[asked].mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(family.parameters(), 1.0)
        optimiser.step()
        steps += 1
    shares = {}
    for distance in DISTANCES:
        x, asked = task(64, distance, g)
        with torch.no_grad():
            said = family.conditionals.logits(Batch(torch.zeros(len(x), 0), x))[:, :-1].argmax(-1)
        shares[distance] = float((said == x[:, 1:])[asked[:, 1:]].float().mean())
    line = "  ".join(f"{distance}: {share:.0%}" for distance, share in shares.items())
    print(f"{task.__name__:6} {net:12} {steps:5} steps   {line}")
    return {"steps": steps, "right": shares}


if __name__ == "__main__":
    main()
