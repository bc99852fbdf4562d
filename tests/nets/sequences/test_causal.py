"""Conditionals of sequences: they sum to one, are drawn as they say, and invert."""

from itertools import product

import pytest
import torch

from fivefold.nets.sequences.causal import NETS, SequenceConditionals
from fivefold.spaces import Batch, Condition, Space

TINY = Space.sequence(alphabet=3, length=4)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def rough(space: Space, **config) -> SequenceConditionals:
    """Conditionals far from uniform."""
    torch.manual_seed(0)
    made = SequenceConditionals(space, **{"width": 32, "depth": 2, "heads": 2, **config})
    for p in made.parameters():
        if p.dim() == 2:
            torch.nn.init.normal_(p, std=1.5 * p.shape[1] ** -0.5)
    return made.requires_grad_(False)


def every(space: Space) -> Batch:
    """All sequences: they end with the end, or fill the space without one."""
    found = []
    for length in range(2, space.positions + 1):
        for inner in product(range(1, space.alphabet), repeat=length - 2):
            lasts = range(space.alphabet) if length == space.positions else [0]
            found += [(0, *inner, last) for last in lasts]
    lengths = torch.tensor([len(x) for x in found])
    wide = [x + (0,) * (space.positions - len(x)) for x in found]
    return Batch(torch.zeros(len(found), 0), torch.tensor(wide), lengths)


@pytest.mark.parametrize("net", NETS)
def test_probabilities_of_all_sequences_sum_to_one(net) -> None:
    config = {} if net == "transformer" else {"heads": None}
    config = {k: v for k, v in {"heads": 2, **config}.items() if v}
    torch.manual_seed(0)
    made = SequenceConditionals(TINY, net=net, width=32, depth=2, **config)
    torch.nn.init.normal_(made.head.weight, std=0.3)
    x = every(TINY)
    assert len(x) == 15
    with torch.no_grad():
        terms = made.log_prob(x)
    assert float(terms.sum(1).exp().sum()) == pytest.approx(1, abs=0.01)
    assert bool((terms[:, 0] == 0).all())
    assert bool((terms[~x.mask] == 0).all())


def test_draws_are_as_frequent_as_their_probabilities_say() -> None:
    """Pearson's chi-square over all 15 sequences; a right sampler exceeds 36.1 (14 degrees) once in 1,000 runs."""
    made, x, n = rough(TINY), every(TINY), 20_000
    p = made.logits(x, dtype=torch.float32).log_softmax(-1)[:, :-1]
    terms = p.gather(-1, x.discrete[:, 1:, None])[..., 0] * x.mask[:, 1:]
    expected = n * terms.sum(1).exp()
    drawn = made.draw(n, generator=generator())
    wide = torch.nn.functional.pad(drawn.discrete, (0, 4 - drawn.discrete.shape[1]))
    found = (wide[:, None] == x.discrete).all(-1) & (drawn.mask.sum(1)[:, None] == x.lengths)
    assert int(found.sum()) == n
    assert float(((found.sum(0) - expected).square() / expected).sum()) < 36.1


def test_a_prompt_is_kept_and_drawn_on_from() -> None:
    space = Space.sequence(alphabet=5, length=12)
    made = rough(space)
    values = torch.randint(1, 5, (40, 7), generator=generator())
    counts = torch.randint(1, 8, (40,), generator=generator())
    seen = torch.arange(7) < counts[:, None]
    c = Condition(Batch(torch.zeros(40, 0), values), torch.zeros(0).bool(), seen)
    x = made.draw(40, c, generator=generator())
    assert torch.equal(x.discrete[:, :7][seen], values[seen])
    assert not made.approximate(c)
    terms = made.log_prob(x, c)
    assert bool((terms[:, :7][seen] == 0).all())


def test_a_row_does_not_depend_on_the_rows_beside_it() -> None:
    space = Space.sequence(alphabet=4, length=16)
    made = rough(space)
    y = torch.rand(60, 16, generator=generator())
    together = made.decode(y)
    for i in range(0, 60, 7):
        alone = made.decode(y[i : i + 1])
        length = int(together.mask[i].sum())
        assert alone.discrete[0].tolist() == together.discrete[i, :length].tolist()


def test_decode_inverts_encode() -> None:
    space = Space.sequence(alphabet=6, length=20)
    made = rough(space)
    x = made.draw(50, generator=generator(1))
    wide = torch.nn.functional.pad(x.discrete, (0, 20 - x.discrete.shape[1]))
    r = torch.rand(wide.shape, generator=generator(2), dtype=torch.float64)
    y = made.encode(x, (wide + r) / 6, r)
    found = made.decode(y)
    assert torch.equal(found.discrete, x.discrete)
    assert torch.equal(found.mask, x.mask)


def test_states_before_the_sequence_change_it_and_are_not_predicted() -> None:
    space = Space.sequence(alphabet=4, length=8)
    made = rough(space)
    x = made.draw(6, generator=generator())
    prefix = torch.randn(6, 3, 32, generator=generator())
    a, b = made.log_prob(x), made.log_prob(x, prefix=prefix)
    assert a.shape == b.shape
    assert float((a - b).abs().max()) > 0.05
    drawn = made.draw(6, generator=generator(3), prefix=prefix)
    bare = Batch(drawn.continuous, drawn.discrete)
    whole = made.logits(bare, prefix=prefix, dtype=torch.float64).softmax(-1).cumsum(-1)
    u = torch.rand(6, 8, generator=generator(3))
    again = (whole[:, :-1] <= u[:, 1 : drawn.discrete.shape[1], None]).sum(-1)
    mask = drawn.mask[:, 1:]
    assert float((again == drawn.discrete[:, 1:])[mask].float().mean()) > 0.97


def test_options_of_a_choice_are_followed() -> None:
    space = Space.sequence(alphabet=6, length=10)
    made = rough(space)
    greedy = made.draw(3, generator=generator(), temperature=0)
    assert torch.equal(greedy.discrete[0], greedy.discrete[1])
    x = made.draw(50, generator=generator(), top_k=1)
    assert x.discrete.unique(dim=0).shape[0] == 1


def test_tied_weights_are_one_and_config_is_whole() -> None:
    made = SequenceConditionals(TINY, width=32, depth=1, tied=True, heads=4, groups=2)
    assert made.head.weight is made.embed.weight
    again = SequenceConditionals(TINY, **made.config)
    assert {k: v.shape for k, v in again.state_dict().items()} == {
        k: v.shape for k, v in made.state_dict().items()
    }


def test_gradients_reach_every_parameter() -> None:
    made = rough(Space.sequence(5, 9)).requires_grad_(True)
    x = Batch(
        torch.zeros(4, 0),
        torch.randint(1, 5, (4, 9), generator=generator()) * (torch.arange(9) < 7),
        torch.tensor([7, 7, 7, 7]),
    )
    made.log_prob(x).sum().backward()
    missing = [n for n, p in made.named_parameters() if p.grad is None or not p.grad.abs().sum()]
    assert missing == []
