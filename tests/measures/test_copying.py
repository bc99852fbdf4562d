"""Nearest training data, and the share that is too near."""

import numpy as np
import pytest

from fivefold.measures.copying import copies, memorised, neighbours


def test_neighbours_are_the_nearest_of_all():
    draw = np.random.default_rng(0)
    train, data = draw.normal(size=(300, 6)), draw.normal(size=(140, 6))
    found = neighbours(train, data)
    apart = np.linalg.norm(data[:, None] - train, axis=2)
    assert found.places.tolist() == apart.argmin(axis=1).tolist()
    assert found.distances == pytest.approx(apart.min(axis=1) / np.sqrt(6), rel=1e-5)
    nearest = np.sort(apart, axis=1)[:, :50]
    assert found.scores == pytest.approx(nearest[:, 0] / nearest.mean(axis=1), rel=1e-5)


def test_few_training_data_are_enough():
    found = neighbours(np.eye(3), np.eye(3)[:2])
    assert found.places.tolist() == [0, 1]
    assert found.scores.tolist() == [0, 0]


@pytest.mark.parametrize(("copied", "low", "high"), [(0.0, 0.0, 0.08), (0.3, 0.25, 0.4)])
def test_copies_are_counted_and_what_is_only_plain_is_not(copied, low, high):
    draw = np.random.default_rng(1)
    train, held, fresh = (draw.normal(size=(n, 10)) for n in (600, 400, 400))
    made = np.where(draw.random((400, 1)) < copied, train[:400] + 0.05, 0.6 * fresh)
    near, base = neighbours(train, made), neighbours(train, held)
    figure = memorised(near, base, known=600, rng=np.random.default_rng(0))
    assert (near.distances < np.quantile(base.distances, 0.05)).mean() > copied + 0.15
    assert low <= figure.value <= high
    assert figure.low <= figure.value <= figure.high
    assert figure.floor == pytest.approx(0.01)


def test_a_share_of_copies_is_set_against_chance():
    share, excess = copies((10, 100), (10, 100), base="held-out pictures")
    assert share.value == share.floor == pytest.approx(0.1)
    assert excess.low < 0 < excess.high
    assert "no more copies than chance" in excess.note
