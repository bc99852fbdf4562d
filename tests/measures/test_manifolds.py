"""Precision, recall, density and coverage against their definition, one pair at a time."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from fivefold.measures.manifolds import NAMES, overlap


def by_definition(real, made, k):
    far = lambda a, b: float(np.linalg.norm(a - b))  # noqa: E731
    real_radius = [sorted(far(x, other) for other in real)[k] for x in real]
    made_radius = [sorted(far(y, other) for other in made)[k] for y in made]
    inside = [[far(x, y) <= r for y in made] for x, r in zip(real, real_radius, strict=True)]
    reached = [[far(x, y) <= r for y, r in zip(made, made_radius, strict=True)] for x in real]
    return (
        np.mean([any(row[j] for row in inside) for j in range(len(made))]),
        np.mean([any(row) for row in reached]),
        sum(map(sum, inside)) / (k * len(made)),
        np.mean([any(row) for row in inside]),
    )


@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize(("many", "few"), [(30, 30), (40, 25)])
def test_are_what_they_are_defined_as(k, many, few):
    draw = np.random.default_rng(k)
    real, made = draw.normal(size=(many, 3)), draw.normal(0.4, 0.8, size=(few, 3))
    assert overlap(real, made, k=k).values == pytest.approx(by_definition(real, made, k))


def test_a_blur_raises_precision_and_lowers_recall():
    digits = load_digits().images.reshape(-1, 64)
    order = np.random.default_rng(0).permutation(len(digits))
    real, fresh = digits[order[:800]], digits[order[800:1600]]
    middle = digits.mean(axis=0)
    blurred = middle + 0.8 * (fresh - middle)
    found = dict(zip(NAMES, overlap(real, blurred).values, strict=True))
    sharp = dict(zip(NAMES, overlap(real, fresh).values, strict=True))
    assert found["precision"] > sharp["precision"]
    assert found["density"] > sharp["density"]
    assert found["recall"] < sharp["recall"] - 0.1


def test_a_missing_half_lowers_recall_and_coverage_alone():
    draw = np.random.default_rng(1)
    real, fresh = draw.normal(size=(2, 600, 2))
    half = fresh[fresh[:, 0] > 0][:250]
    precision, recall, _, coverage = overlap(real, half).values
    assert precision > 0.95
    assert recall < 0.65
    assert coverage < 0.65


def test_errors_are_those_of_repeated_draws():
    draws = np.random.default_rng(2)
    found = [overlap(*draws.normal(size=(2, 200, 3))).values for _ in range(40)]
    stated = [overlap(*draws.normal(size=(2, 200, 3)), rng=draws).errors for _ in range(6)]
    assert np.mean(stated, axis=0) == pytest.approx(np.std(found, axis=0), rel=0.6)
