import numpy as np
import pytest

from fivefold.measures.alignment import nearest_identity
from fivefold.measures.proteins import measure_proteins

LETTERS = list("ACDEFGHIKLMNPQRSTVWY")


def proteins(count, seed, low=40, high=90, weights=None):
    dice = np.random.default_rng(seed)
    return [
        "".join(dice.choice(LETTERS, dice.integers(low, high), p=weights)) for _ in range(count)
    ]


def changed(text, rate, dice):
    """Residues replaced, lost and put in."""
    out = []
    for letter in text:
        chance = dice.random()
        if chance < rate / 4:
            continue
        if chance < rate / 2:
            out.append(dice.choice(LETTERS))
        out.append(dice.choice(LETTERS) if chance > 1 - rate / 2 else letter)
    return "".join(out)


def identity(x, y):
    """The same alignment over the whole table, cell by cell."""
    table = np.zeros((len(x) + 1, len(y) + 1, 2), dtype=int)
    for i in range(1, len(x) + 1):
        for j in range(1, len(y) + 1):
            score, equal = table[i - 1, j - 1]
            step = (score + 2, equal + 1) if x[i - 1] == y[j - 1] else (score - 1, equal)
            others = (
                (table[i - 1, j, 0] - 3, table[i - 1, j, 1]),
                (table[i, j - 1, 0] - 3, table[i, j - 1, 1]),
            )
            table[i, j] = max(tuple(map(int, way)) for way in (step, *others))
    ends = [*map(tuple, table[-1].tolist()), *map(tuple, table[:, -1].tolist())]
    return max(ends)[1] / min(len(x), len(y))


def test_identity_is_that_of_the_full_alignment():
    dice, stock = np.random.default_rng(0), proteins(25, 1)
    asked = [changed(text, rate, dice) for text in stock for rate in (0.1, 0.3)]
    expected = [max(identity(a, s) for s in (stock[k // 2],)) for k, a in enumerate(asked)]
    assert nearest_identity(asked, stock) == pytest.approx(expected)


def test_copies_pieces_and_strangers():
    stock = proteins(200, 0)
    asked = [stock[7], stock[9][10:40], *proteins(20, 99), "", "MK"]
    found = nearest_identity(asked, stock)
    assert found[:2].tolist() == [1, 1]
    assert found[2:].max() < 0.5
    assert found[-2:].tolist() == [0, 0]
    assert nearest_identity([], stock).shape == (0,)
    assert nearest_identity(["MKVL"], []).tolist() == [0]


def test_an_independent_release_lies_at_the_floor_and_other_residues_do_not():
    weights = np.linspace(1, 3, 20) / np.linspace(1, 3, 20).sum()
    real, held = proteins(500, 0, weights=weights), proteins(300, 1, weights=weights)
    same = measure_proteins(real, proteins(300, 2, weights=weights), holdout=held)
    for figure in same:
        assert figure.value == pytest.approx(figure.floor, abs=0.06)
    other = {f.name: f for f in measure_proteins(real, proteins(300, 3, low=80), holdout=held)}
    for name in ("residue_error", "kmer_divergence", "length_error"):
        assert other[name].low > other[name].floor
    copied = {f.name: f for f in measure_proteins(real, real[:100])}
    assert copied["nearest_identity"].value == 1
    assert copied["nearest_identity"].floor < 0.5
