import numpy as np
import pyarrow as pa
import pytest

from fivefold.measures.diversity import diversity
from fivefold.measures.frame import frames
from fivefold.measures.landscape import landscape, nearest


def by_name(figures):
    return {figure.name: figure for figure in figures}


@pytest.fixture(scope="module")
def found(adult_views):
    train, holdout = adult_views["train"], adult_views["holdout"]
    men = train.take(np.flatnonzero(train.codes[:, train.code_names.index("sex")] == 0))
    return {
        name: by_name(diversity(train, made, holdout, rows=1_200))
        for name, made in (
            ("release", adult_views["release"]),
            ("loose", adult_views["loose"]),
            ("one mode", men),
        )
    }


def test_an_independent_release_lies_at_the_floor(found):
    for figure in found["release"].values():
        assert figure.value == pytest.approx(figure.floor, abs=0.05)
        assert figure.low <= figure.value <= figure.high


def test_a_dropped_mode_costs_coverage_and_recall_and_no_precision(found):
    whole, part = found["release"], found["one mode"]
    for name in ("coverage", "recall", "beta_recall"):
        assert part[name].high < whole[name].low
    assert part["precision"].value > whole["precision"].low


def test_independent_columns_cost_precision_and_density(found):
    assert found["loose"]["precision"].high < 0.7
    assert found["loose"]["density"].high < 0.5


def test_coverage_of_equal_samples_is_what_naeem_derives():
    """E[coverage] = 1 - prod_{i<k} (N - i) / (2N - i), lemma 2 of the paper (here with N - 1 neighbours)."""
    dice, size, k = np.random.default_rng(0), 600, 5
    expected = 1 - np.prod([(size - 1 - i) / (2 * size - 1 - i) for i in range(k)])
    tables = [pa.table({n: dice.normal(size=size) for n in "abcd"}) for _ in range(10)]
    views = frames(tables)
    values = [by_name(diversity(views[0], other))["coverage"].value for other in views[1:]]
    assert np.mean(values) == pytest.approx(expected, abs=0.01)


def test_few_rows_are_measured_with_wide_intervals(make):
    small = by_name(diversity(*frames([make(20, 0), make(20, 1)])))
    assert small["coverage"].high - small["coverage"].low > 0.1
    tiny = diversity(*frames([make(20, 0), make(2, 1)]))
    assert all(figure.value is None and figure.note for figure in tiny)


def test_every_column_weighs_equally_in_the_landscape():
    dice = np.random.default_rng(0)
    table = pa.table(
        {
            "income": pa.array(dice.lognormal(9, 2, 4_000), mask=dice.random(4_000) < 0.3),
            "rate": dice.random(4_000) / 1e6,
            "spike": np.where(dice.random(4_000) < 0.7, 0.0, dice.exponential(1e4, 4_000)),
            "town": np.array(list("abcdefgh"))[dice.integers(0, 8, 4_000)],
            "rare": dice.random(4_000) < 0.2,
        }
    )
    frame = frames([table])[0]
    points = landscape(frame).points(frame).astype(float)
    variance = 2 * points.var(axis=0)
    weights = {"rate": variance[2], "spike": variance[3]}
    assert weights == pytest.approx({"rate": 2, "spike": 2}, rel=0.01)
    assert variance[4:12].sum() == pytest.approx(2, rel=0.02)
    assert variance[12:].sum() == pytest.approx(2, rel=0.02)


def test_nearest_is_exact_for_copies(make):
    one, two = frames([make(400, 0), make(400, 1)])
    space = landscape(one)
    assert nearest(space.points(one), space.points(one))[1].max() == 0
    here, there = space.points(one).astype(float), space.points(two).astype(float)
    distances = np.linalg.norm(here[:, None] - there, axis=2)
    apart = nearest(space.points(one), space.points(two))[1]
    assert apart == pytest.approx(distances.min(axis=1), abs=1e-4)
