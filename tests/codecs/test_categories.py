"""Categories are kept, pooled or missing, and a rare one is never shown."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from fivefold.codecs.categories import MOST, Categories
from fivefold.codecs.kinds import Column

COLUMN = Column(name="x", kind="category", dtype="string")
WORDS = pa.array(["a"] * 60 + ["b"] * 30 + ["rare"] * 9 + ["odd"] + [None] * 5)


def source() -> np.random.Generator:
    return np.random.default_rng(0)


def test_levels_are_the_frequent_then_pooled_then_missing():
    found = Categories.fit(WORDS, COLUMN, 10)
    assert found is not None
    assert (found.words, found.pooled, found.missing) == (("a", "b"), 10, True)
    assert found.discrete == (4,)
    level = found.encode(WORDS)
    assert np.bincount(level).tolist() == [60, 30, 10, 5]
    assert found.encode(pa.array(["new", None, "b"])).tolist() == [2, 3, 1]
    assert found.log_volume(level).tolist() == [0.0] * 105


def test_a_rare_category_is_drawn_among_the_kept_by_frequency():
    found = Categories.fit(WORDS, COLUMN, 10)
    assert found is not None
    words = found.decode(np.full(9000, 2), COLUMN, source()).to_pylist()
    assert set(words) == {"a", "b"}
    assert abs(words.count("a") / 9000 - 2 / 3) < 0.02
    assert found.decode(np.array([3, 0]), COLUMN, source()).to_pylist() == [None, "a"]


def test_an_unseen_category_is_missing_or_the_most_frequent_where_nothing_is_pooled():
    with_missing = Categories.fit(pa.array(["a", "b", "b", None]), COLUMN, 1)
    without = Categories.fit(pa.array(["a", "b", "b"]), COLUMN, 1)
    assert with_missing is not None
    assert without is not None
    new = pa.array(["new"])
    assert with_missing.encode(new).tolist() == [2]
    assert without.words[without.encode(new)[0]] == "b"
    assert without.words[without.encode(pa.array([None], pa.string()))[0]] == "b"


def test_no_category_frequent_enough_is_no_column():
    assert Categories.fit(pa.array(["a", "b", "c"] * 5), COLUMN, 10) is None


def test_the_order_of_an_ordered_column_is_the_order_of_its_levels():
    column = Column(name="x", kind="ordered", dtype="string", order=("low", "mid", "high"))
    found = Categories.fit(pa.array(["high"] * 20 + ["low"] * 10 + ["mid"] * 15), column, 10)
    assert found is not None
    assert found.words == ("low", "mid", "high")


def test_beyond_the_most_categories_the_least_frequent_are_pooled():
    words = pa.array([f"w{i}" for i in range(MOST + 50)] * 3 + [f"w{i}" for i in range(100)])
    found = Categories.fit(words, COLUMN, 2)
    assert found is not None
    assert len(found.words) == MOST
    assert found.pooled == 150


@settings(deadline=None)
@given(st.lists(st.sampled_from(["", " ", "a", "ä", "'", None]), min_size=1), st.integers(1, 4))
def test_kept_categories_and_missing_come_back(drawn: list[str | None], rare: int):
    words = pa.array(drawn, pa.string())
    found = Categories.fit(words, COLUMN, rare)
    if found is None:
        return
    back = found.decode(found.encode(words), COLUMN, source()).to_pylist()
    for before, after in zip(drawn, back, strict=True):
        if before is None or drawn.count(before) >= rare:
            assert before == after
        else:
            assert drawn.count(after) >= rare
    assert Categories.model_validate(found.model_dump(mode="json")) == found


def test_categories_of_another_type_keep_it():
    column = Column(name="x", kind="category", dtype="double")
    words = pa.array([1.5, 2.0, 1.5]).cast(pa.string())
    found = Categories.fit(words, column, 1)
    assert found is not None
    assert found.decode(found.encode(words), column, source()).equals(pa.array([1.5, 2.0, 1.5]))
