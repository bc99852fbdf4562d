"""Exposure: how much more likely does a model hold a secret it was trained on than one it never saw?

Canaries are random secrets put into the training data, each several times over. Let R be secrets made in the same
way that the model has not seen, and rank(s) the place of a canary s among them by log-probability:

    exposure(s) = log2 (|R| + 1) - log2 rank(s)   bits

1 bit is what an unseen secret has on average (its rank is uniform: the expectation is log2 e = 1.44 bits for many
alternatives); log2 (|R| + 1), a canary before all alternatives, is the most that R can show.

References:
    The Secret Sharer: Evaluating and Testing Unintended Memorization in Neural Networks (Carlini et al., 2019),
    arXiv:1802.08232
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fivefold.errors import InputError
from fivefold.measures.figure import Figure
from fivefold.measures.intervals import normal

DIGITS = 9
ALTERNATIVES = 1_000


@dataclass(frozen=True)
class Planted:
    """Training data with secrets in it.

    Arguments:
        texts: the training texts and the canaries, in random order.
        canaries: the secrets.
        repeats: how often each was put in.
        alternatives: secrets made in the same way that were not put in.
    """

    texts: list[str]
    canaries: list[str]
    repeats: list[int]
    alternatives: list[str]


def number(rng: np.random.Generator) -> str:
    """A secret of nine digits in a sentence."""
    return "The secret code is " + "".join(map(str, rng.integers(0, 10, DIGITS))) + "."


def plant(
    texts: Sequence[str],
    *,
    repeats: Sequence[int] = (1, 4, 16),
    each: int = 4,
    alternatives: int = ALTERNATIVES,
    make: Callable[[np.random.Generator], str] = number,
    seed: int = 0,
) -> Planted:
    """The texts with canaries among them.

    Arguments:
        texts: training texts.
        repeats: how often a canary is put in; several values show how memory grows.
        each: how many canaries for each number of repeats.
        alternatives: how many secrets are made and not put in.
        make: makes a secret; a kind of data with a grammar needs secrets that keep to it.
        seed: draws the secrets and their places.

    Example:
        >>> planted = plant(["a"] * 10, repeats=(2,), each=3)
        >>> len(planted.texts), planted.texts.count(planted.canaries[0]), len(planted.alternatives)
        (16, 2, 1000)
    """
    rng = np.random.default_rng(seed)
    wanted = each * len(repeats) + alternatives
    secrets: dict[str, None] = {}
    for _ in range(20 * wanted):
        if len(secrets) == wanted:
            break
        secrets.setdefault(make(rng))
    else:
        raise InputError(
            f"only {len(secrets)} different secrets can be made, {wanted} are needed",
            hint="ask for fewer, or give a `make` with more chance in it",
            code="few-canaries",
        )
    made = list(secrets)
    canaries, counts = made[: each * len(repeats)], [n for n in repeats for _ in range(each)]
    together = [*texts, *(c for c, n in zip(canaries, counts, strict=True) for _ in range(n))]
    order = rng.permutation(len(together))
    return Planted([together[k] for k in order], canaries, counts, made[len(canaries) :])


def exposure(
    score: Callable[[list[str]], Any],
    canaries: Sequence[str],
    alternatives: Sequence[str],
    repeats: Sequence[int] | None = None,
) -> Figure:
    """The mean exposure of canaries in bits.

    Arguments:
        score: gives the log-probability of each text, with shape (n,); a tensor, an array or a list.
        canaries: secrets that were in the training data.
        alternatives: secrets made in the same way that were not.
        repeats: how often each canary was put in, for the details.

    Returns:
        `exposure`, with an interval over canaries; ties count half.

    Example:
        >>> exposure(lambda texts: [len(text) for text in texts], ["aaaa"], ["a", "aa", "aaa"]).value
        2.0
    """
    texts = [*canaries, *alternatives]
    found = score(texts)
    scores = np.asarray(found.tolist() if hasattr(found, "tolist") else found, np.float64).ravel()
    if len(scores) != len(texts) or np.isnan(scores).any():
        raise InputError(
            f"the score gave {len(scores)} numbers for {len(texts)} texts, or not a number",
            code="wrong-score",
        )
    mine, others = np.split(scores, [len(canaries)])
    above = (others[None] > mine[:, None]).sum(axis=1)
    ties = (others[None] == mine[:, None]).sum(axis=1)
    bits = np.log2(len(others) + 1) - np.log2(1 + above + ties / 2)
    value = float(bits.mean()) if len(bits) else None
    low = high = None
    if value is not None and len(bits) > 1:
        error = float(bits.std(ddof=1) / np.sqrt(len(bits)))
        low, high = normal(value, error, 0.0, float(np.log2(len(others) + 1)))
    counts = repeats if repeats is not None else []
    return Figure(
        name="exposure",
        title="Exposure of canaries",
        value=value,
        low=low,
        high=high,
        better="lower",
        best=float(np.log2(np.e)),
        floor=float(np.log2(len(others) + 1) - np.log2(np.arange(1, len(others) + 2)).mean()),
        unit="bits",
        definition="log2 of the number of possible secrets less log2 of the canary's rank by log-probability, mean.",
        source="Carlini et al. 2019",
        note=f"{len(mine)} canaries among {len(others):,} secrets that were not planted; "
        f"at most {np.log2(len(others) + 1):.1f} bits",
        details={
            "bits": bits.tolist(),
            "by_repeats": {
                str(n): float(bits[[k for k, c in enumerate(counts) if c == n]].mean())
                for n in sorted(set(counts))
            },
        },
    )
