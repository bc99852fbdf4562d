import numpy as np
import pyarrow as pa

from fivefold.measures.frame import frames
from fivefold.measures.rows import row_keys


def test_keys_are_equal_exactly_where_rows_are(make):
    table = make(2_000, 0).select(["count", "grade", "owner"])
    rows = [tuple(row.values()) for row in table.to_pylist()]
    keys = row_keys(frames([table])[0])
    assert len(set(keys.tolist())) == len(set(rows))
    assert len(set(zip(keys.tolist(), rows, strict=True))) == len(set(rows))


def test_columns_are_not_exchangeable():
    table = pa.table({"a": [1.5, 2.5], "b": [2.5, 1.5]})
    one, two = row_keys(frames([table])[0]).tolist()
    assert one != two


def test_numbers_survive_a_round_trip_through_text():
    values = np.random.default_rng(0).lognormal(0, 8, 500)
    texts = [f"{value:.15g}" for value in values]
    one, two = frames([pa.table({"a": values}), pa.table({"a": texts})])
    assert (row_keys(one) == row_keys(two)).all()
    assert len(set(row_keys(one).tolist())) == 500
