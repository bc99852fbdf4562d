"""Categories and a factor analyser against PyTorch's own distributions."""

import pytest
import torch
from torch.distributions import LowRankMultivariateNormal, MultivariateNormal

from fivefold.nets.columns.factors import Factors, Part, draw_factors, log_own, log_pairs

ROWS, D, RANK, LEVELS = 6, 4, 2, 3


def densities(rank: int = RANK) -> Factors:
    g = torch.Generator().manual_seed(0)
    return Factors(
        torch.randn(ROWS, LEVELS, generator=g).log_softmax(1),
        torch.randn(ROWS, D, generator=g),
        0.3 + torch.rand(ROWS, D, generator=g),
        torch.randn(ROWS, D, rank, generator=g),
    )


def data(seen: list[int]) -> Part:
    g = torch.Generator().manual_seed(1)
    category = torch.randint(0, LEVELS, (ROWS,), generator=g)
    hot = torch.nn.functional.one_hot(category, LEVELS).float()
    return Part(hot, torch.randn(ROWS, D, generator=g), torch.tensor(seen, dtype=torch.int64))


def reference(p: Factors, x: Part) -> torch.Tensor:
    s = x.seen
    normal = LowRankMultivariateNormal(
        p.mean[:, s], p.loadings[:, s], p.scale[:, s].square(), validate_args=False
    )
    return normal.log_prob(x.numbers[:, s]) + (x.indicators * p.logits).sum(1)


@pytest.mark.parametrize("seen", [[0, 1, 2, 3], [2], [0, 3]])
def test_own_density_is_the_low_rank_normal_of_what_is_seen(seen) -> None:
    p, x = densities(), data(seen)
    assert torch.allclose(log_own(p, x), reference(p, x), atol=1e-4)


@pytest.mark.parametrize("rank", [0, RANK])
@pytest.mark.parametrize("seen", [[0, 1, 2, 3], [1, 2], []])
def test_all_pairs_agree_with_own_densities(rank, seen) -> None:
    p, x, weights = densities(rank), data(seen), torch.arange(float(ROWS))
    pairs = log_pairs(p, x, weights)
    for shift in range(ROWS):
        moved = Part(x.indicators.roll(shift, 0), x.numbers.roll(shift, 0), x.seen)
        rolled = (pairs.roll(shift, 0)).diagonal()
        assert torch.allclose(rolled, log_own(p, moved) + weights, atol=0.05)


def test_nothing_seen_leaves_the_weights() -> None:
    x = data([])._replace(indicators=torch.zeros(ROWS, LEVELS))
    pairs = log_pairs(densities(), x, torch.arange(float(ROWS)))
    assert torch.equal(pairs, torch.arange(float(ROWS)).expand(ROWS, ROWS))


def test_factors_are_drawn_from_their_posterior() -> None:
    p, x = densities(), data([0, 2, 3])
    n = 40_000
    one = Factors(*(t[:1].expand(n, *t.shape[1:]) for t in p))
    seen = Part(x.indicators[:1].expand(n, -1), x.numbers[:1].expand(n, -1), x.seen)
    w = draw_factors(one, seen, torch.randn(n, RANK, generator=torch.Generator().manual_seed(2)))
    W, s = p.loadings[0, x.seen], p.scale[0, x.seen]
    precision = torch.eye(RANK) + W.T @ (W / s[:, None].square())
    mean = torch.linalg.solve(precision, W.T @ ((x.numbers[0] - p.mean[0])[x.seen] / s.square()))
    posterior = MultivariateNormal(mean, precision_matrix=precision)
    assert torch.allclose(w.mean(0), posterior.mean, atol=0.02)
    assert torch.allclose(w.T.cov(), posterior.covariance_matrix, atol=0.02)
