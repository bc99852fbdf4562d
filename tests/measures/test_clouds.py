"""The Frechet distance against its closed forms."""

import numpy as np
import pytest

from fivefold.measures.clouds import Cloud, frechet


def test_of_diagonal_clouds_is_the_sum_over_axes():
    one = Cloud(np.array([0.0, 0.0]), np.diag([1.0, 4.0]), 9)
    two = Cloud(np.array([3.0, 0.0]), np.diag([4.0, 4.0]), 9)
    assert frechet(one, two) == pytest.approx(9 + 1)
    assert frechet(one, one) == pytest.approx(0, abs=1e-9)


def test_does_not_depend_on_the_axes_and_is_symmetric():
    draw = np.random.default_rng(0)
    axes, _ = np.linalg.qr(draw.normal(size=(5, 5)))
    one, two = (np.diag(draw.uniform(0.1, 4, 5)) for _ in "12")
    straight = frechet(Cloud(np.zeros(5), one, 9), Cloud(np.ones(5), two, 9))
    turned = [
        Cloud(axes @ m, axes @ c @ axes.T, 9) for m, c in ((np.zeros(5), one), (np.ones(5), two))
    ]
    assert frechet(*turned) == pytest.approx(straight) == pytest.approx(frechet(*turned[::-1]))


@pytest.mark.parametrize("size", [500, 20_000])
def test_of_samples_is_too_large_by_about_one_over_n(size):
    draw = np.random.default_rng(1).normal(size=(2, size, 3)) * np.array([1.0, 2.0, 3.0])
    found = frechet(*(Cloud.of(side) for side in draw))
    assert 0 < found < 14 * 20 / size


def test_of_normal_samples_is_the_closed_form():
    draw = np.random.default_rng(2).normal(size=(2, 40_000, 2))
    found = frechet(Cloud.of(draw[0]), Cloud.of(3 * draw[1] + 2))
    assert found == pytest.approx(2 * (2**2 + 2**2), rel=0.02)
