"""Tables with every kind of column, and the bundled table in two halves that share no row."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from fivefold import data
from fivefold.measures.frame import Frame, frames

Maker = Callable[..., pa.Table]


def mixed(rows: int, seed: int, missing: float = 0.1, noise: float = 1.0) -> pa.Table:
    """Related columns of every judged kind."""
    dice = np.random.default_rng(seed)

    def holes(values: np.ndarray) -> pa.Array:
        return pa.array(values, mask=dice.random(rows) < missing)

    x = dice.normal(size=rows)
    days = np.datetime64("2020-01-01") + (x * 300).astype(np.int64).astype("timedelta64[D]")
    return pa.table(
        {
            "amount": holes(np.round(2 * x + noise * dice.normal(size=rows), 2)),
            "score": holes(x),
            "count": holes(dice.integers(0, 50, rows)),
            "grade": holes(np.array(list("abcde"))[np.clip((x + 2).astype(int), 0, 4)]),
            "town": holes(np.array(["York", "Hull", "Leeds"])[dice.integers(0, 3, rows)]),
            "owner": holes(x + noise * dice.normal(size=rows) > 0),
            "since": holes(days.astype("datetime64[us]")),
            "always": pa.array([3] * rows),
        }
    )


@pytest.fixture(scope="session")
def make() -> Maker:
    return mixed


@pytest.fixture(scope="session")
def adult() -> pa.Table:
    """The bundled table in random order."""
    table = pyarrow.csv.read_csv(data.path("adult"))
    order = np.random.default_rng(5).permutation(table.num_rows)
    return table.take(pa.array(order))


@pytest.fixture(scope="session")
def adult_views(adult: pa.Table) -> dict[str, Frame]:
    """Training rows, an independent release, a holdout, and independent columns, 10,000 rows or fewer each."""
    dice = np.random.default_rng(6)
    train = adult.slice(0, 10_000)
    loose = {
        name: train.column(name).take(pa.array(dice.permutation(len(train))))
        for name in train.column_names
    }
    tables = [train, adult.slice(10_000, 10_000), adult.slice(20_000, 8_000), pa.table(loose)]
    return dict(zip(("train", "release", "holdout", "loose"), frames(tables), strict=True))
