"""Nets that are trained for their features: what they learn, and that they are the same again."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from fivefold.measures.features import Features, learn


@pytest.fixture(scope="module")
def digits():
    found = load_digits()
    order = np.random.default_rng(0).permutation(len(found.images))
    images = (found.images[order, None] * 15).astype(np.uint8)
    return images[:1000], found.target[order][:1000].astype(np.int64), images[1000:]


@pytest.fixture(scope="module")
def learned(digits):
    return learn(digits[0], digits[1], shown=5_000)


def test_classes_are_learned_and_features_are_scaled(digits, learned):
    truth = load_digits().target[np.random.default_rng(0).permutation(1797)][1000:]
    assert (learned.answers(digits[2]) == truth).mean() > 0.85
    seen = learned(digits[0])
    assert seen.shape == (1000, 128)
    assert seen.dtype == np.float32
    assert abs(seen.mean()) < 1e-3
    assert seen.var(axis=0).mean() == pytest.approx(1, rel=1e-3)
    assert "their 10 classes on 1,000 real pictures" in learned.name


def test_the_same_seed_gives_the_same_bits_and_leaves_others_alone(digits):
    torch.manual_seed(7)
    before = torch.random.get_rng_state()
    one, two, other = (learn(digits[0][:100], shown=256, seed=seed) for seed in (0, 0, 1))
    assert bool((torch.random.get_rng_state() == before).all())
    assert one.digest == two.digest != other.digest
    assert np.array_equal(one(digits[2]), two(digits[2]))


def test_what_is_kept_is_taken_again(digits, tmp_path):
    one = learn(digits[0][:80], shown=128, cache=tmp_path)
    (file,) = tmp_path.iterdir()
    two = learn(digits[0][:80], shown=128, cache=tmp_path)
    assert np.array_equal(one(digits[2]), two(digits[2]))
    assert (two.name, two.digest, two.shape) == (one.name, one.digest, one.shape)
    file.write_bytes(b"something else")
    with pytest.raises(ValueError, match=r"."):
        Features.load(file)
    assert learn(digits[0][:80], shown=128, cache=tmp_path).digest == one.digest
    assert Features.load(file).digest == one.digest


@pytest.mark.parametrize(
    "shape", [(1, 1, 1), (3, 5, 9), (4, 64, 48), (1, 90, 3), (2, 17, 33), (1, 28, 28)]
)
def test_grids_of_any_shape_have_features(shape):
    grids = np.random.default_rng(0).integers(0, 256, (20, *shape)).astype(np.uint8)
    assert learn(grids, shown=64)(grids).shape == (20, 128)
    assert learn(grids.astype(np.float32), shown=64)(grids[:0]).shape == (0, 128)
