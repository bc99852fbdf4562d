"""Privacy: what a synthetic table tells about the people it was made from. Never by distance alone.

**Copies.** The share of synthetic rows that equal a training row, beside the share of holdout rows that do: real people
who were never seen repeat each other too. Only the excess is a risk.

**Membership, from samples only** (in the manner of DOMIAS). With p_S the density of the synthetic table and p_R that
of real rows that were not trained on, a record x scores

    log p_S(x) / p_R(x)  ~  log r_R(x) - log r_S(x)      (up to a factor, the dimension)

where r is the distance to the nearest row of each sample: a density estimate by one neighbour, the sharpest and the
one that sees copies. Half of the holdout is the reference R, the other half are the non-members. What the attack can
do on this very table is printed beside it, by two calibrations:

    null        the training rows without the attacked members are the release: it is as independent of the members as
                of the non-members, so the figures must be chance
    positive    the training rows are the release: a copy, so the figures must be near 1

Where rows repeat (few columns, few categories) a copy is not told from chance, and the positive says so.

References:
    Membership Inference Attacks against Synthetic Data through Overfitting Detection (van Breugel et al., 2023),
    https://arxiv.org/abs/2302.12580
    The DCR Delusion: Measuring the Privacy Risk of Synthetic Data (Yao et al., 2025), https://arxiv.org/abs/2505.01524
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fivefold.measures.cells import FloatArray
from fivefold.measures.copying import copies as count_copies
from fivefold.measures.figure import Figure
from fivefold.measures.frame import Frame
from fivefold.measures.landscape import Landscape, Points, landscape, nearest
from fivefold.measures.membership import attack, membership, with_source
from fivefold.measures.rows import row_keys
from fivefold.measures.threads import one_thread

ATTACKED = 4_000
REFERENCE = 10_000
RELEASED = 50_000
CLOSE = 1e-3


@one_thread
def privacy(
    real: Frame, synthetic: Frame, holdout: Frame | None = None, *, seed: int = 0
) -> list[Figure]:
    """Copies and membership.

    Arguments:
        real: the table that the generator learned from.
        synthetic: the table to be judged.
        holdout: real rows that it did not learn from; membership needs them.
        seed: draws the members, the reference and the non-members.

    Returns:
        `exact_copies`, `excess_copies`, `membership_tpr_at_1`, `membership_tpr_at_01`, `membership_auc`.
    """
    return copies(real, synthetic, holdout, seed=seed) + sample_attack(
        real, synthetic, holdout, seed=seed
    )


def copies(
    real: Frame, synthetic: Frame, holdout: Frame | None = None, *, seed: int = 0
) -> list[Figure]:
    """The share of synthetic rows that equal a training row, and its excess over that of unseen real rows."""
    if holdout is None:
        known, unseen = real.halves(np.random.default_rng(seed))
        base = "one half of the real table in the other, as there is no holdout"
    else:
        known, unseen, base = real, holdout, "holdout rows that equal a training row"
    counts = (_found(synthetic, real), len(synthetic)), (_found(unseen, known), len(unseen))
    equal = "whose every judged cell equals a training row's"
    share, excess = count_copies(*counts, things="rows", equal=equal, base=base)
    more = {"distinct_real_rows": len(np.unique(row_keys(real))), "real_rows": len(real)}
    return [replace(share, details=share.details | more), excess]


def _found(rows: Frame, among: Frame) -> int:
    return int(np.isin(row_keys(rows), row_keys(among)).sum())


@one_thread
def sample_attack(
    real: Frame, synthetic: Frame, holdout: Frame | None = None, *, seed: int = 0
) -> list[Figure]:
    """A membership attack on the synthetic table alone, with its two calibrations."""
    method = "the nearest synthetic against the nearest reference row"
    if holdout is None or len(holdout) < 8 or len(real) < 8:
        note = "needs a holdout of at least eight rows that were not trained on"
        return membership(None, None, method=method, note=note)
    rng = np.random.default_rng(seed)
    reference, outside = holdout.halves(rng)
    size = min(ATTACKED, len(outside), len(real) // 2)
    outside = outside.sample(size, rng)
    order = rng.permutation(len(real))
    members, rest = real.take(order[:size]), real.take(order[size : RELEASED + size])
    space = landscape(real)
    targets = np.concatenate([space.points(members), space.points(outside)])
    to_reference = _distances(space, targets, reference.sample(REFERENCE, rng))
    to_rest = _distances(space, targets, rest)
    to_copy = np.minimum(to_rest, _distances(space, targets, members))
    to_made = _distances(space, targets, synthetic.sample(RELEASED, rng))
    null, positive, made = (
        _scores(to_reference, release) for release in (to_rest, to_copy, to_made)
    )
    figures = membership(
        made[:size],
        made[size:],
        method=method,
        null=attack(null[:size], null[size:]),
        positive=attack(positive[:size], positive[size:]),
    )
    return with_source(
        figures, "van Breugel et al. 2023 (DOMIAS), by nearest neighbours; Carlini et al. 2022"
    )


def _distances(space: Landscape, targets: Points, sample: Frame) -> FloatArray:
    return nearest(targets, space.points(sample))[1]


def _scores(to_reference: FloatArray, to_release: FloatArray) -> FloatArray:
    """log r_R - log r_S; distances below a thousandth of a column's difference are equal."""
    scores: FloatArray = np.log(to_reference + CLOSE) - np.log(to_release + CLOSE)
    return scores
