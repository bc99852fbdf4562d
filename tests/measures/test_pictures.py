"""Pictures judged: what is real, blurred, copied, or one class short."""

import numpy as np
import pyarrow as pa
import pytest
from scipy.ndimage import gaussian_filter
from sklearn.datasets import load_digits

from fivefold.codecs.pictures.listings import tensors
from fivefold.errors import InputError
from fivefold.measures.judging import judge
from fivefold.measures.pictures import PictureJudge, bits_per_dimension, measure_pictures

NAMES = [
    "frechet_distance",
    "kernel_distance",
    "precision",
    "recall",
    "density",
    "coverage",
    "memorised_share",
    "exact_copies",
    "excess_copies",
]


@pytest.fixture(scope="module")
def digits():
    found = load_digits()
    order = np.random.default_rng(0).permutation(len(found.images))
    levels, words = (found.images[order] * 15).astype(np.uint8), found.target[order].astype(str)
    table = pa.table({"picture": tensors(levels[..., None]), "class": pa.array(words)})
    return table.slice(0, 900), table.slice(900, 450), levels[:900], levels[1350:], words[1350:]


@pytest.fixture(scope="module")
def judged(digits):
    return PictureJudge(digits[0], digits[1], shown=8_000)


def figures(judged, made):
    found = {figure.name: figure for figure in judged.figures(made)}
    assert list(found) == NAMES
    for figure in found.values():
        assert figure.low <= figure.value <= figure.high
        assert figure.floor is not None
    return found


def test_real_pictures_are_at_the_floor(judged, digits):
    found = figures(judged, digits[3])
    assert found["kernel_distance"].low < 0 < found["kernel_distance"].high
    assert found["frechet_distance"].value < 3 * found["frechet_distance"].floor
    assert found["precision"].value > 0.85
    assert found["recall"].value > 0.85
    assert found["memorised_share"].value < 0.05
    assert found["exact_copies"].value < 0.02
    assert "their 10 classes on 720 real pictures, right on" in found["recall"].definition
    assert judged.right > 0.9


def test_a_blur_is_seen(judged, digits):
    found = figures(judged, gaussian_filter(digits[3], (0, 0.7, 0.7)))
    assert found["kernel_distance"].low > 0
    assert found["frechet_distance"].value > 4 * found["frechet_distance"].floor
    assert found["recall"].value < 0.8
    assert found["memorised_share"].value < 0.05


def test_missing_classes_are_seen(judged, digits):
    made = digits[3][np.isin(digits[4], list("01234"))]
    found = figures(judged, made)
    assert found["recall"].value < 0.75
    assert found["coverage"].value < 0.75
    assert found["precision"].value > 0.8


def test_copies_of_training_pictures_are_caught(judged, digits):
    noise = np.random.default_rng(0).integers(-5, 6, digits[2].shape)
    nearly = np.clip(digits[2].astype(int) + noise, 0, 255).astype(np.uint8)
    exact, near = figures(judged, digits[2]), figures(judged, nearly)
    assert exact["exact_copies"].value == exact["memorised_share"].value == 1
    assert exact["excess_copies"].low > 0.9
    assert near["memorised_share"].low > 0.9
    assert near["exact_copies"].value < 0.1
    found = judged.neighbours(nearly[:50])
    assert found.places.tolist() == list(range(50))


def test_without_classes_and_holdout_turned_forms_are_learned(digits):
    found = {figure.name: figure for figure in measure_pictures(digits[2], digits[3], shown=4_000)}
    assert "8 turned and mirrored forms" in found["recall"].definition
    assert found["precision"].value > 0.8
    assert found["memorised_share"].value < 0.05
    assert "among the others" in found["exact_copies"].note


def test_the_same_seed_gives_the_same_figures(digits):
    one, two = (
        [f.to_dict() for f in measure_pictures(digits[2][:200], digits[3], shown=64, seed=3)]
        for _ in "12"
    )
    assert one == two


def test_a_kind_is_judged_in_one_call(digits, tmp_path):
    found = judge(digits[0].slice(0, 100), digits[1], kind="image", cache=tmp_path)
    assert [figure.name for figure in found] == NAMES
    assert len(list(tmp_path.iterdir())) == 1


def test_too_few_are_told(digits):
    with pytest.raises(InputError, match="too few"):
        measure_pictures(digits[2][:9], digits[3])
    found = measure_pictures(digits[2][:60], digits[3][:5], shown=64)
    assert [figure.value for figure in found[:6]] == [None] * 6


def test_bits_per_dimension_has_the_interval_of_a_mean():
    found = bits_per_dimension(-np.log(2) * np.array([10.0, 20.0, 30.0]), 10)
    assert found.value == pytest.approx(2)
    assert found.high - found.low == pytest.approx(2 * 1.96 / np.sqrt(3), rel=1e-3)
    assert bits_per_dimension([-np.inf, 0.0], 10).value is None
