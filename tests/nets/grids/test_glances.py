"""What a glance at grids promises."""

import torch

from fivefold.nets.grids.glances import distance, features


def stripes(n: int, seed: int, along: int, shape: tuple[int, ...] = (1, 16, 16)) -> torch.Tensor:
    g = torch.Generator().manual_seed(seed)
    wave = torch.sin(torch.arange(16) * 1.2 + 6 * torch.rand(n, 1, generator=g))
    one = wave[:, None, :, None] if along == 0 else wave[:, None, None, :]
    return one.expand(n, *shape) + 0.3 * torch.randn(n, *shape, generator=g)


def test_features_are_the_same_every_time_and_any_extent_has_them() -> None:
    for shape in ((1, 28, 28), (30, 50), (2, 4, 4, 3), (1, 1), (3, 33, 7)):
        x = torch.randn(5, *shape, generator=torch.Generator().manual_seed(0))
        assert torch.equal(features(x), features(x))
        assert torch.isfinite(features(x)).all()


def test_the_distance_is_about_zero_for_the_same_distribution_and_not_for_another() -> None:
    same = [distance(stripes(200, 2 * i, 0), stripes(300, 2 * i + 1, 0)) for i in range(20)]
    mean, spread = (f(torch.tensor(same)) for f in (torch.mean, torch.std))
    assert abs(float(mean)) < 4 * float(spread) / 20**0.5  # 4 standard errors: 1 in 16,000
    other = distance(stripes(200, 100, 0), stripes(300, 101, 1))
    assert other > float(mean) + 10 * float(spread)


def test_a_constant_is_no_fault() -> None:
    x = torch.zeros(10, 1, 8, 8)
    assert distance(x, x) == 0
    assert distance(x, x + 1) > 1
