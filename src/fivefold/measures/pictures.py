"""Judge synthetic pictures by what real ones look like to a net, whoever made them: see `gridded`.

For families with a likelihood there are also the bits that a model needs for a level.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivefold.codecs.pictures.files import Form
from fivefold.measures.features import SHOWN
from fivefold.measures.figure import Figure
from fivefold.measures.gridded import MOST, GridJudge, Looked, Seer
from fivefold.measures.intervals import normal
from fivefold.measures.pixels import form_of, pictures_of, table_of

FEWEST = 4
"""Classes: a net that tells fewer apart sees little else."""


class PictureJudge(GridJudge):
    """Everything that is known of the real pictures, for any number of synthetic sets.

    Arguments:
        real: the pictures that the generators learn from: a listing, or bytes with shape (N, H, W) or (N, H, W, C).
        holdout: real pictures that they do not learn from.
        form: what all are brought to; None to choose by the real ones.
        how: as in `GridJudge`.

    Example:
        >>> real = np.random.default_rng(0).integers(0, 255, (2, 90, 8, 8)).astype(np.uint8)
        >>> [figure.name for figure in PictureJudge(real[0], shown=64).glance(real[1])]
        ['frechet_distance', 'kernel_distance']
    """

    things = "pictures"

    def __init__(
        self, real: Any, holdout: Any = None, *, form: Form | None = None, **how: Any
    ) -> None:
        table = table_of(real, "real")
        super().__init__(table, holdout, **how)
        self.form = form or form_of(table)

    def look(self, data: Any, owner: str, seed: int) -> Looked:
        """Pictures in the form."""
        return pictures_of(table_of(data, owner), self.form, np.random.default_rng(seed))

    def taught(self, levels: NDArray[Any], labels: NDArray[np.int64] | None) -> Seer:
        """A net that tells the classes apart, or turned and damaged forms where there are few classes."""
        few = labels is None or int(labels.max()) + 1 < FEWEST
        return super().taught(levels, None if few else labels)


def measure_pictures(
    real: Any,
    synthetic: Any,
    *,
    holdout: Any = None,
    seer: Seer | None = None,
    seed: int = 0,
    most: int = MOST,
    shown: int = SHOWN,
    cache: Path | None = None,
) -> list[Figure]:
    """Every figure of synthetic pictures, in a stable order.

    Arguments:
        real: the pictures that the generator learned from: a listing, or bytes with shape (N, H, W) or (N, H, W, C).
        synthetic: the pictures to be judged.
        holdout: real pictures that it did not learn from.
        seer: what turns pictures into features; None for a small net that is trained on the real ones.
        seed: draws samples, weights and resamples; the same seed gives the same figures.
        most: the most pictures of a side.
        shown: how many pictures the small net is shown in all.
        cache: a folder for the trained net.

    Example:
        >>> draw = np.random.default_rng(0).integers(0, 255, (2, 90, 8, 8)).astype(np.uint8)
        >>> found = measure_pictures(draw[0], draw[1], shown=64)
        >>> [figure.name for figure in found][:4]
        ['frechet_distance', 'kernel_distance', 'precision', 'recall']
    """
    tables = table_of(real, "real"), table_of(synthetic, "synthetic")
    judge = PictureJudge(
        tables[0],
        holdout,
        form=form_of(*tables),
        seer=seer,
        seed=seed,
        most=most,
        shown=shown,
        cache=cache,
    )
    return judge.figures(tables[1])


def bits_per_dimension(log_probs_nats: Any, dimensions: int) -> Figure:
    """How many bits a model needs for a number of a held-out datum: -mean log2 p / D.

    Arguments:
        log_probs_nats: the log-probability of each datum in nats, in cells of one level (`log_prob + log_volume`),
            with shape (n,).
        dimensions: D, the numbers of a datum: channels times pixels.

    Example:
        >>> bits_per_dimension([-np.log(256.0) * 12] * 2, 12).value
        8.0
    """
    bits = -np.asarray(log_probs_nats, np.float64).ravel() / (np.log(2) * dimensions)
    known = len(bits) > 0 and bool(np.isfinite(bits).all())
    value = round(float(bits.mean()), 12) if known else None
    low = high = None
    if value is not None and len(bits) > 1:
        low, high = normal(value, float(bits.std(ddof=1) / np.sqrt(len(bits))), 0.0)
    return Figure(
        name="bits_per_dimension",
        title="Bits per dimension",
        value=value,
        low=low,
        high=high,
        better="lower",
        unit="bits/dim",
        definition="Negative log2-likelihood of held-out data, in cells of one level, over their numbers.",
        source="as in Theis et al. 2016, arXiv:1511.01844",
        note=f"{len(bits):,} data of {dimensions:,} numbers"
        if known
        else "no data, or a likelihood that is not finite",
    )
