"""Codes of sequences: their capacity, how prompts weigh them, and what is said of them."""

import math

import pytest
import torch

from fivefold.nets.information import active, divergence, mutual
from fivefold.nets.sequences import codes
from fivefold.nets.sequences.codes import SequenceDecoder, SequenceEncoder
from fivefold.nets.sequences.ngrams import ngram_distance
from fivefold.spaces import Batch, Condition, Space

SPACE = Space.sequence(alphabet=6, length=10)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def drawn(rows: int, seed: int = 0) -> Batch:
    g = seeded(seed)
    lengths = torch.randint(2, 10, (rows,), generator=g)
    symbols = torch.randint(1, 6, (rows, 10), generator=g)
    places = torch.arange(10)
    there = (places > 0) & (places < lengths[:, None] - 1)
    return Batch(torch.zeros(rows, 0), symbols * there, lengths)


def moved(net: torch.nn.Module) -> torch.nn.Module:
    """The net with weights that make all of it matter."""
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=seeded(parameter.numel())))
    return net


@pytest.mark.parametrize("nats", [0.5, 6.0, 30.0])
def test_a_code_costs_its_capacity_whatever_the_encoder_says(nats) -> None:
    encoder = moved(SequenceEncoder(SPACE, latent=8, nats=nats, width=16, depth=1))
    with torch.no_grad():
        mu, sigma = encoder(drawn(20))
    assert torch.allclose(divergence(mu, sigma), torch.tensor(nats), rtol=1e-3)
    assert not torch.allclose(mu[0], mu[1], atol=1e-2)
    z = mu[0] + sigma[0] * torch.randn(100_000, 8, generator=seeded())
    drawn_cost = (0.5 * z.square() - 0.5 * ((z - mu[0]) / sigma[0]).square()).sum(1)
    assert float(drawn_cost.mean() - sigma[0].log().sum()) == pytest.approx(
        nats, rel=0.02, abs=0.05
    )


def test_a_code_does_not_depend_on_absent_positions() -> None:
    encoder, x = moved(SequenceEncoder(SPACE, latent=8, nats=6.0, width=16, depth=1)), drawn(12)
    with torch.no_grad():
        whole, _ = encoder(x)
        for i in range(12):
            n = int(x.lengths[i])
            alone, _ = encoder(Batch(x.continuous[:1], x.discrete[i : i + 1, :n]))
            assert torch.allclose(alone[0], whole[i], atol=0.05)


def test_agreement_is_the_likelihood_of_the_prompt(monkeypatch) -> None:
    decoder = moved(SequenceDecoder(SPACE, latent=4, width=16, depth=1))
    z, x = torch.randn(5, 3, 4, generator=seeded()), drawn(5, 2)
    seen = torch.arange(10) < torch.tensor([1, 2, 3, 4, 5])[:, None]
    seen = seen & x.mask
    seen[4, 7] = True  # behind something hidden: imposed, not weighed
    c = Condition(x, torch.zeros(0, dtype=torch.bool), seen)
    with torch.no_grad():
        found = decoder.agreement(z, c)
        monkeypatch.setattr(codes, "SYMBOLS", 30)
        assert torch.allclose(decoder.agreement(z, c), found, atol=0.05)
        assert (found[0] == 0).all()
        for i in range(1, 5):
            n = int(seen[i].long().cummin(0).values.sum())
            prompt = Batch(x.continuous[:3], x.discrete[i, :n].expand(3, n))
            assert torch.allclose(decoder.log_prob(z[i], prompt), found[i], atol=0.05)


def test_mutual_information_is_the_log_of_the_number_where_codes_are_apart_and_zero_where_alike() -> (
    None
):
    apart = torch.where(torch.eye(50, dtype=torch.bool), 0.0, -100.0)
    assert mutual(apart) == pytest.approx(math.log(50))
    assert mutual(torch.zeros(50, 50)) == pytest.approx(0, abs=1e-5)


def test_active_units_are_those_whose_mean_moves() -> None:
    mu = torch.randn(100, 4, generator=seeded()) * torch.tensor([1.0, 0.5, 0.01, 0.0])
    assert active(mu) == 2


def test_the_distance_of_runs_is_zero_for_a_shuffle_of_data_and_one_for_other_symbols() -> None:
    x = drawn(200)
    shuffled = x[torch.randperm(200, generator=seeded(1))]
    assert ngram_distance(x, shuffled) == pytest.approx(0, abs=1e-6)
    other = Batch(x.continuous, x.discrete + 100 * (x.discrete > 0), x.lengths)
    alike = drawn(200, 3)
    assert ngram_distance(x, alike) < 0.3 < ngram_distance(x, other)


def test_the_distance_of_runs_sees_order() -> None:
    ahead = Batch(torch.zeros(50, 0), torch.tensor([[0, 1, 2, 3, 4]]).expand(50, 5))
    back = Batch(torch.zeros(50, 0), torch.tensor([[0, 4, 3, 2, 1]]).expand(50, 5))
    assert ngram_distance(ahead, back, longest=1) == 0
    assert ngram_distance(ahead, back) > 0.5
