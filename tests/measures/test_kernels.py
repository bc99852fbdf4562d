"""The kernel distance against its definition, its mean and its error under the null."""

import numpy as np
import pytest

from fivefold.measures.kernels import kernel_distance


def test_is_the_mean_over_pairs_of_others():
    x, y = np.random.default_rng(0).normal(size=(2, 7, 3))
    k = lambda a, b: (a @ b / 3 + 1) ** 3  # noqa: E731
    pairs = [(i, j) for i in range(7) for j in range(7) if i != j]
    direct = np.mean(
        [k(x[i], x[j]) + k(y[i], y[j]) - k(x[i], y[j]) - k(x[j], y[i]) for i, j in pairs]
    )
    assert kernel_distance(x, y)[0] == pytest.approx(direct)


def test_is_unbiased_at_any_number_and_its_error_is_right():
    draws = np.random.default_rng(1)
    for size in (8, 40):
        found = np.array([kernel_distance(*draws.normal(size=(2, size, 4))) for _ in range(600)])
        values, errors = found.T
        mean_error = values.std() / np.sqrt(len(values))
        assert abs(values.mean()) < 4 * mean_error
        assert np.sqrt(np.mean(errors**2)) == pytest.approx(values.std(), rel=0.35)


def test_equal_distributions_are_told_apart_as_rarely_as_stated():
    draws = np.random.default_rng(2)
    found = [kernel_distance(*draws.normal(size=(2, 60, 5))) for _ in range(300)]
    outside = np.mean([abs(value) > 1.96 * error for value, error in found])
    assert outside < 0.1


def test_different_ones_are_told_apart():
    x, y = np.random.default_rng(3).normal(size=(2, 200, 5))
    value, error = kernel_distance(x, y + 0.5)
    assert value > 4 * error
