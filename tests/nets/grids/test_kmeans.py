"""Typical patches: every code in use where there are clusters enough, and the nearest one found."""

import torch

from fivefold.nets.grids.kmeans import KMeans


def test_clusters_are_found_and_each_patch_has_the_nearest() -> None:
    g = torch.Generator().manual_seed(0)
    centres = 10 * torch.randn(8, 5, generator=g)
    y = (centres[:, None] + 0.1 * torch.randn(8, 100, 5, generator=g)).flatten(0, 1)
    codes = KMeans(24, 5)
    codes.prepare(y)
    found = codes(y)
    distances = torch.cdist(y, codes.centres)
    assert torch.equal(found, distances.argmin(1))
    assert len(found.unique()) >= 20
    assert float(codes.spread.max()) < 1


def test_a_patch_that_is_everywhere_is_kept_as_it_is() -> None:
    g = torch.Generator().manual_seed(0)
    y = torch.zeros(4_000, 6)
    y[3_000:] = torch.randn(1_000, 6, generator=g)
    codes = KMeans(16, 6)
    codes.prepare(y)
    assert float(codes.centres[codes(y[:1])].abs().max()) < 0.1
    assert len(codes(y).unique()) == 16


def test_fewer_patches_than_codes_are_each_a_code() -> None:
    y = torch.tensor([[0.0, 1], [0, 1], [2, 3], [5, 5]])
    codes = KMeans(10, 2)
    codes.prepare(y)
    assert torch.equal(codes.centres[codes(y)], y)
    assert bool((codes.spread == 0).all())
