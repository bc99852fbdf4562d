"""What a sequence's latent code carries, and how a game for sequences is best played.

    python benchmarks/sequences/latents.py                       everything, on molecules (about 12 CPU minutes)
    python benchmarks/sequences/latents.py --only collapse       ways to keep a variational code in use
    python benchmarks/sequences/latents.py --only game           adversarial: directly, or between learned codes
    python benchmarks/sequences/latents.py --text FILE           lines of a file instead of molecules

*Collapse*: one encoder, one decoder, as many steps; only how the code is kept in use differs. *Plain*: mu and sigma are
free. *Free bits*: no gradient of the KL while a batch's mean is below the capacity. *Word dropout*: mu and sigma are
free, the decoder hears a random part of the earlier symbols in half of the steps. *Capacity*: the family as it is, KL
fixed. The bound is on held-out data, in nats a datum, with 1 draw and with 32; *mutual* is by how many nats codes tell
256 held-out data apart; *recalled* the share of symbols found again from the posterior mean; *valid* the share of
samples from the prior that RDKit reads (molecules only); *bigrams* and *trigrams* how far the frequencies of
neighbouring symbols are from held-out ones (for training data: see *held-out*).

*Game*: *directly* is the family of tables with a column a position, the symbols of all places made at once and passed
straight through; *codes* the family as it is.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from record import record
from torch import Tensor, nn

from fivefold.codecs import CODECS, SequenceCodec
from fivefold.families import Family
from fivefold.families.adversarial import Adversarial
from fivefold.families.variational import Variational
from fivefold.nets.information import divergence
from fivefold.nets.sequences.codes import SequenceEncoder
from fivefold.nets.sequences.latents import SequenceLatents
from fivefold.nets.sequences.ngrams import ngram_distance
from fivefold.spaces import END, Batch, Condition, Space
from fivefold.spaces.sequences import Sequences
from fivefold.training import Plan, fit_budget, make_plan, train

ROWS, HELD_OUT, JUDGED, SAMPLES, STEPS = 20_000, 2_000, 256, 1_000, 6


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=("collapse", "game"))
    parser.add_argument("--text", type=Path, help="a file, each line a datum")
    parser.add_argument("--seconds", type=float, default=75.0, help="processor seconds a game")
    parser.add_argument("--steps", type=int, default=400, help="of a way to keep a code in use")
    parser.add_argument("--size", type=float, default=1.0, help="of the nets, 1 is the default")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(asked.seed)
    corpus = Corpus(asked.text)
    if asked.only != "game":
        found = collapse(corpus, asked.size, asked.steps, asked.seed)
        record("collapse", found, data=corpus.name, seed=asked.seed)
    if asked.only != "collapse":
        found = game(corpus, asked.size, asked.seconds, asked.seed)
        record("game", found, data=corpus.name, seed=asked.seed)


class Corpus:
    """Training and held-out sequences, characters as symbols."""

    def __init__(self, file: Path | None) -> None:
        if file is None:
            self.name, kind, rows = f"MOSES, {ROWS:,} of its training SMILES", "molecule", moses()
        else:
            self.name, kind = f"lines of {file.name}", "text"
            rows = [line for line in file.read_text("utf-8").splitlines() if line.strip()]
        order = np.random.default_rng(0).permutation(len(rows))[: ROWS + HELD_OUT]
        self.rows = [rows[i] for i in order]
        made = CODECS[kind]
        table = pa.table({made.column: self.rows})
        self.codec: SequenceCodec = made(alphabet="characters").fit(table)
        data = self.codec.encode(table)
        self.held_out = data.part(slice(0, HELD_OUT))
        self.train = data.part(slice(HELD_OUT, None))
        self.molecules = file is None

    def texts(self, x: Batch) -> list[str]:
        """What the sequences say."""
        return self.codec.decode(x).column(0).to_pylist()

    def judge(self, made: Batch) -> dict[str, float]:
        """Figures of samples."""
        texts = self.texts(made)
        right = valid(texts) if self.molecules else texts
        known = set(self.rows)
        return {
            "valid": len(right) / len(texts) if self.molecules else float("nan"),
            "unique": len(set(right)) / max(1, len(right)),
            "novel": sum(t not in known for t in set(right)) / max(1, len(set(right))),
            "bigrams": pairs_apart(self.held_out[:], made),
            "trigrams": ngram_distance(self.held_out[:], made),
        }


def moses() -> list[str]:
    """The training SMILES in package `molsets`, which is read and not imported."""
    place = importlib.util.find_spec("moses")
    if place is None or place.origin is None:
        raise SystemExit("install molsets, or give --text FILE")
    with gzip.open(Path(place.origin).parent / "dataset/data/train.csv.gz", "rt") as stream:
        return [row["SMILES"] for row in csv.DictReader(stream)]


def valid(texts: list[str]) -> list[str]:
    """The texts that are molecules."""
    from rdkit import Chem, RDLogger

    RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined]
    return [t for t in texts if t and Chem.MolFromSmiles(t) is not None]


def pairs_apart(x: Batch, made: Batch) -> float:
    """The total variation between the frequencies of neighbouring symbols."""

    def shares(b: Batch) -> Tensor:
        cells = b.discrete[:, :-1] * 1024 + b.discrete[:, 1:]
        counts = torch.bincount(cells[b.mask[:, 1:]], minlength=1024 * 1024).float()
        return counts / counts.sum()

    return 0.5 * float((shares(x) - shares(made)).abs().sum())


class FreeEncoder(SequenceEncoder):
    """An encoder whose mu and sigma are free."""

    def __init__(self, space: Space, latent: int, width: int, depth: int) -> None:
        super().__init__(space, latent=2 * latent, nats=1.0, width=width, depth=depth)

    def forward(self, x: Batch) -> tuple[Tensor, Tensor]:
        """Mean and deviation, each (B, d)."""
        mu, log_sigma = self.outputs(0.25 * self.pooled(x)).chunk(2, 1)
        return mu, log_sigma.exp()


class Plain(SequenceLatents):
    """A variational autoencoder as first published for sentences, without what Bowman et al. did for it."""

    def __init__(self, space: Space, **config: Any) -> None:
        super().__init__(space, **config)
        width, depth = self.config["width"], self.config["reading"]
        self.encoder = FreeEncoder(space, self.latent, width, depth)


class FreeBits(Plain):
    """No gradient of the KL while its mean over a batch is below the capacity."""

    def objective(self, x: Batch, c: Condition | None, generator: torch.Generator) -> Tensor:
        """The bound, its KL without a gradient where it is free."""
        mu, sigma = self.encoder(x)
        z = mu + sigma * torch.randn(mu.shape, generator=generator)
        cost = divergence(mu, sigma)
        free = cost.detach()
        return self.decoder.log_prob(z, x) - torch.where(
            free.mean() < self.config["nats"], free, cost
        )


class WordDropout(Plain):
    """In half of the steps the decoder hears a random part of the earlier symbols, the end in place of the others."""

    def objective(self, x: Batch, c: Condition | None, generator: torch.Generator) -> Tensor:
        """The bound of a decoder that is hard of hearing."""
        mu, sigma = self.encoder(x)
        z = mu + sigma * torch.randn(mu.shape, generator=generator)
        u = torch.rand(2, generator=generator)
        share = u[0] if u[1] < 0.5 else torch.tensor(1.0)
        heard = torch.rand(x.discrete.shape, generator=generator) < share
        thin = Batch(x.continuous, torch.where(heard, x.discrete, END), x.lengths)
        logits = self.decoder.conditionals.logits(thin, prefix=self.decoder.prefix(z))
        terms = nn.functional.cross_entropy(
            logits[:, :-1].transpose(1, 2), x.discrete[:, 1:], reduction="none"
        )
        return -(terms * x.mask[:, 1:]).sum(1) - divergence(mu, sigma)


def collapse(corpus: Corpus, size: float, steps: int, seed: int) -> dict[str, Any]:
    """Ways to keep the code in use."""
    ways: dict[str, Callable[..., SequenceLatents]] = {
        "plain": Plain,
        "free bits": FreeBits,
        "word dropout": WordDropout,
        "capacity": SequenceLatents,
    }
    found = {}
    for name, latents in ways.items():
        torch.manual_seed(seed)
        config = Variational.sized(corpus.codec.space, size)
        family = Variational(corpus.codec.space, **config)
        family.latents = latents(corpus.codec.space, **config)
        took = trained(family, corpus.train, steps, seed)
        x, g = corpus.held_out[:JUDGED], torch.Generator().manual_seed(seed)
        with torch.no_grad():
            bounds = {f"bound {n}": float(family.log_prob(x, draws=n).mean()) for n in (1, 32)}
        about = family.information(x)
        told = {"nats": about.total, "mutual": about.mutual, "recalled": about.recalled}
        made = family.sample(SAMPLES, generator=g)
        found[name] = {**took, **bounds, **told, "active": about.active, **corpus.judge(made)}
        show(name, found[name])
    found["between"] = between(family.latents, corpus)
    return found


@torch.no_grad()
def between(latents: SequenceLatents, corpus: Corpus) -> list[list[str]]:
    """The likeliest sequences of codes on the way from one held-out datum to another."""
    mu, _ = latents.encoder(corpus.held_out[:6])
    share = torch.linspace(0, 1, STEPS)[:, None]
    found = []
    for a, b in mu.view(3, 2, -1):
        way = (1 - share) * a + share * b
        way = way / way.norm(dim=1, keepdim=True) * a.norm()
        found.append(corpus.texts(latents.read(way)))
        print(*found[-1], sep="\n", end="\n\n")
    return found


def game(corpus: Corpus, size: float, seconds: float, seed: int) -> dict[str, Any]:
    """A game over all positions at once, and one between codes."""
    found: dict[str, Any] = {"held-out": corpus.judge(corpus.train[:SAMPLES])}
    show("held-out", found["held-out"])
    space, g = corpus.codec.space, torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    rows = Space(None, space.discrete)
    table = Adversarial(rows, **{**Adversarial.sized(rows, 2 * size), "shown": 0.0})
    took = fitted(table, columns(corpus.train[:], space), seconds, seed)
    made = ended(table.sample(SAMPLES, generator=g))
    found["directly"] = {**took, **corpus.judge(made)}
    show("directly", found["directly"])
    torch.manual_seed(seed)
    codes = Adversarial(space, **Adversarial.sized(space, size))
    took = fitted(codes, corpus.train, seconds, seed)
    made = codes.sample(SAMPLES, generator=g)
    found["codes"] = {**took, **corpus.judge(made)}
    show("codes", found["codes"])
    z = torch.randn(SAMPLES, codes.rows.space.dimensions, generator=g)
    made = codes.rows.decode(Batch(z, made.discrete[:, :0]), None, g)
    found["codes from N(0, I), no game"] = corpus.judge(made)
    show("no game", found["codes from N(0, I), no game"])
    return found


def columns(x: Batch, space: Space) -> Batch:
    """Sequences as rows of a table, the absent places at the end."""
    wide = nn.functional.pad(x.discrete, (0, space.positions - x.discrete.shape[1]))
    return Batch(x.continuous, wide)


def ended(x: Batch) -> Batch:
    """Rows of a table as sequences, each to its first end."""
    over = (x.discrete[:, 1:] == END).long().cumsum(1) > 0
    lengths = (2 + (~over).sum(1)).clamp(max=x.discrete.shape[1])
    there = torch.arange(x.discrete.shape[1]) < lengths[:, None]
    first = torch.cat([torch.zeros_like(x.discrete[:, :1]), x.discrete[:, 1:]], 1)
    return Batch(x.continuous, first * there, lengths)


def fitted(family: Family, x: Sequences | Batch, seconds: float, seed: int) -> dict[str, float]:
    """Train within a budget; what it took."""
    plan = make_plan(family, len(x), seed=seed)
    return spent(family, x, fit_budget(plan, family, x, seconds, stretch=30))


def trained(family: Family, x: Sequences | Batch, steps: int, seed: int) -> dict[str, float]:
    """Train for so many steps; what it took."""
    return spent(family, x, replace(make_plan(family, len(x), seed=seed), steps=steps))


def spent(family: Family, x: Sequences | Batch, plan: Plan) -> dict[str, float]:
    """Train as planned; what it took."""
    history = train(family, x, x[:256], plan)
    size = sum(p.numel() for p in family.parameters())
    return {"parameters": size, "steps": history.steps, "seconds": history.seconds}


def show(name: str, figures: dict[str, Any]) -> None:
    """One line of the table."""
    print(f"{name:14}", *(f"{k} {v:.4g}" for k, v in figures.items()), sep="  ", flush=True)


if __name__ == "__main__":
    main()
