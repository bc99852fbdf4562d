"""What the two families that give a sequence a code promise of it: bounds, turns, prompts, known distributions."""

import copy
import itertools
import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from fivefold.families import FAMILIES, Family
from fivefold.families.adversarial import Adversarial
from fivefold.families.variational import Variational
from fivefold.nets.sequences.codes import SequenceEncoder
from fivefold.spaces import Batch, Condition, Space
from fivefold.training import make_plan, train

SPACE = Space.sequence(alphabet=3, length=4)
SMALL = {
    "variational": {"width": 64, "depth": 1, "reading": 1, "latent": 2, "nats": 1.0},
    "adversarial": {
        "width": 64, "depth": 2, "noise": 8, "state": 64, "blocks": 1, "reading": 1,
        "latent": 4, "nats": 3.0,
    },
}  # fmt: skip


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def of(rows: list[list[int]]) -> Batch:
    lengths = torch.tensor([len(row) for row in rows])
    wide = [row + [0] * (int(lengths.max()) - len(row)) for row in rows]
    return Batch(torch.zeros(len(rows), 0), torch.tensor(wide), lengths)


def every() -> Batch:
    """All fifteen data of the space."""
    rows = [[0, 0]] + [[0, a, 0] for a in (1, 2)]
    return of(rows + [[0, a, b, c] for a, b, c in itertools.product((1, 2), (1, 2), (0, 1, 2))])


SHARES = torch.tensor([1, 8, 1, 12, 1, 1, 1, 1, 1, 1, 1, 1, 12, 1, 1]) / 44.0


def known(rows: int, seed: int = 0) -> Batch:
    return every()[torch.multinomial(SHARES, rows, True, generator=seeded(seed))]


def shares(x: Batch) -> Tensor:
    """How often each of the fifteen data is among x."""
    wide = nn.functional.pad(x.discrete, (0, 4 - x.discrete.shape[1]))
    return (wide[:, None] == every().discrete).all(2).float().mean(0)


def made(family: str, space: Space = SPACE, **config: float) -> Family:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return FAMILIES[family](space, **{**SMALL[family], **config})


def prompt(rows: int, first: int) -> Condition:
    values = torch.tensor([[0, first]]).expand(rows, 2)
    seen = torch.ones(rows, 2, dtype=torch.bool)
    return Condition(Batch(torch.zeros(rows, 0), values), torch.zeros(0).bool(), seen)


@pytest.fixture(params=SMALL)
def family(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def trained() -> dict[str, Family]:
    found = {}
    for name, steps in (("variational", 200), ("adversarial", 300)):
        model = made(name)
        plan = make_plan(model, 4096, seed=0)
        train(model, known(4096), known(512, 1), replace(plan, steps=steps, batch=128))
        found[name] = model
    return found


def disturbed(**config: float) -> Variational:
    """A model whose every weight is random, so that neither posterior nor bound is close by construction."""
    model = made("variational", **config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=seeded(len(parameter))))
    assert isinstance(model, Variational)
    return model


def repeated(x: Batch, times: int) -> Batch:
    return x[torch.arange(len(x)).repeat(times)]


@torch.no_grad()
def exact(model: Variational, x: Batch) -> Tensor:
    """log p(x) by a grid over the two-dimensional z."""
    line = torch.linspace(-4.5, 4.5, 31)
    grid = torch.cartesian_prod(line, line)
    log_z = -0.5 * grid.square().sum(1) - math.log(2 * math.pi) + 2 * math.log(9 / 30)
    many = repeated(x, len(grid))
    terms = model.latents.decoder.log_prob(grid.repeat_interleave(len(x), 0), many)
    return (terms.view(len(grid), len(x)) + log_z[:, None]).logsumexp(0)


@torch.no_grad()
def weights(model: Variational, x: Batch, c: Condition | None = None) -> Tensor:
    """Log-weights of 1,000 single draws with shape (1000, B): their mean is the bound."""
    many = c and c[torch.arange(len(x)).repeat(1000)]
    return model.latents.weigh(repeated(x, 1000), many, 1, seeded(1)).view(1000, len(x))


def test_the_bound_is_below_the_exact_value_and_closes_with_draws() -> None:
    model, x = disturbed(nats=0.4), every()
    truth, single = exact(model, x), weights(model, x)
    assert float(truth.exp().sum()) == pytest.approx(1, abs=0.02)
    slack = 4 * single.std(0) / math.sqrt(1000)
    assert (single.mean(0) < truth + slack + 0.01).all()
    assert float((truth - single.mean(0)).mean()) > 0.05
    eight = single.view(125, 8, -1).logsumexp(1).mean() - math.log(8)
    assert single.mean() < eight < truth.mean() + 0.01
    found = single.logsumexp(0) - math.log(1000)
    assert float((found - truth).abs().mean()) < 0.1


def test_a_prompted_bound_is_one_of_the_distribution_that_is_sampled() -> None:
    """Over what can follow a prompt it sums to at most one, and lies below the samples' frequencies."""
    model, n = disturbed(candidates=3), 10_000
    follow = torch.tensor([i for i, row in enumerate(every().discrete) if row[1] == 2])
    bound = weights(model, every()[follow], prompt(len(follow), 2)).mean(0).exp()
    frequency = shares(model.sample(n, prompt(n, 2), generator=seeded(4)))[follow]
    assert float(frequency.sum()) == pytest.approx(1)
    assert 0.3 < float(bound.sum()) < 1.01
    assert (bound < frequency + 5 * (frequency / n).sqrt() + 1e-3).all()


def test_a_known_distribution_is_recovered(trained, family) -> None:
    found = shares(trained[family].sample(8000, generator=seeded(5)))
    assert float(found.sum()) == pytest.approx(1)
    assert float(0.5 * (found - SHARES).abs().sum()) < 0.13


def test_what_follows_a_prompt_is_what_follows_it_in_the_data(trained, family) -> None:
    x = trained[family].sample(4000, prompt(4000, 2), generator=seeded(6), candidates=16)
    assert (x.discrete[:, 1] == 2).all()
    truth = SHARES * (every().discrete[:, 1] == 2)
    assert float(0.5 * (shares(x) - truth / truth.sum()).abs().sum()) < 0.12


def test_the_bound_of_the_trained_model_is_close_to_the_entropy(trained) -> None:
    model = trained["variational"]
    with torch.no_grad():
        bound = model.log_prob(known(1000, 7), draws=32).mean()
    entropy = float((SHARES * SHARES.log()).sum())
    assert entropy - 0.25 < float(bound) < entropy + 0.03


class Unbound(SequenceEncoder):
    """The encoder of a plain variational autoencoder: the length of mu and sigma are free."""

    def __init__(self, space: Space, latent: int) -> None:
        super().__init__(space, latent=latent, nats=1.0, width=64, depth=1)
        self.outputs = nn.Linear(64, 2 * latent)
        self.free = latent

    def forward(self, x: Batch) -> tuple[Tensor, Tensor]:
        e = self.embed(x.discrete)
        pooled = self.net(e, lengths=x.lengths, causal=False).mean(1)
        mu, log_sigma = self.outputs(pooled).split(self.free, 1)
        return mu, log_sigma.exp()


def hidden_class(rows: int, seed: int) -> Batch:
    """Four classes, each of which prefers a symbol: what was said before tells the class little by little."""
    g = seeded(seed)
    kind = torch.randint(1, 5, (rows, 1), generator=g)
    other = torch.randint(1, 5, (rows, 12), generator=g)
    symbols = torch.where(torch.rand(rows, 12, generator=g) < 0.6, kind, other)
    return Batch(torch.zeros(rows, 0), nn.functional.pad(symbols, (1, 0)))


def test_the_code_is_kept_where_a_plain_autoencoder_lets_it_go() -> None:
    space, x = Space.sequence(5, 13), hidden_class(4096, 0)
    config = {"latent": 8, "nats": 2.0}
    ours, plain = (made("variational", space, **config) for _ in range(2))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        plain.latents.encoder = Unbound(space, 8)
    for model in (ours, plain):
        plan = make_plan(model, 4096, seed=0)
        train(model, x, x[:256], replace(plan, steps=120, batch=64))
    fresh = hidden_class(500, 1)
    kept, lost = (model.information(fresh) for model in (ours, plain))
    assert kept.mutual > 0.3
    assert lost.mutual < 0.1
    assert lost.total < 0.1
    assert kept.active == 8
    assert kept.recalled > lost.recalled


def test_turns_reach_their_own_player_and_no_other() -> None:
    family = made("adversarial")
    assert isinstance(family, Adversarial)
    players = {"rows": family.rows, "critic": family.critic, "generator": family.generator}
    turns = family.losses(known(64), generator=seeded())
    for name, expected in players.items():
        player, loss = next(turns)
        assert player is expected
        assert loss.shape == (64,)
        own = list(player.parameters())
        others = [p for m in players.values() if m is not player for p in m.parameters()]
        inside = torch.autograd.grad(loss.mean(), own, retain_graph=True, allow_unused=True)
        assert any(g is not None and g.abs().sum() > 0 for g in inside), name
        if (
            name != "generator"
        ):  # the critic is in the way of the generator's loss, and is not moved by it
            outside = torch.autograd.grad(
                loss.mean(), others, retain_graph=True, allow_unused=True
            )
            assert all(g is None for g in outside), name
    assert next(turns, None) is None


def test_a_window_that_goes_on_is_recalled_from_its_own_first_symbol() -> None:
    model = made("variational")
    x = of([[2, 1, 0], [1, 2, 2, 1]])
    found = model.information(x)
    assert 0 <= found.recalled <= 1
    sample = model.sample(2, Condition(x, torch.zeros(0).bool(), SPACE.given), generator=seeded())
    assert sample.discrete[:, 0].tolist() == [2, 1]


def test_gradients_reach_every_parameter(family) -> None:
    model, reached, x = made(family), set(), known(32)
    for step in range(4):
        for player, loss in model.losses(x, generator=seeded(step)):
            own = list(player.parameters())
            gradients = torch.autograd.grad(loss.mean(), own, allow_unused=True)
            with torch.no_grad():
                for parameter, gradient in zip(own, gradients, strict=True):
                    if gradient is not None:
                        assert torch.isfinite(gradient).all()
                        parameter -= 0.01 * gradient
                        if gradient.abs().sum() > 0:
                            reached.add(parameter)
    left = {n for n, p in model.named_parameters() if p not in reached}
    assert left <= {"generator.told.weight", "critic.told.weight"}


def test_randomness_is_the_generators_and_a_copy_draws_the_same(family) -> None:
    model = made(family)
    again = FAMILIES[family](SPACE, **model.config)
    again.load_state_dict(model.state_dict())
    first = model.sample(20, generator=seeded(1)).discrete
    for other in (model, copy.deepcopy(model), again):
        assert torch.equal(other.sample(20, generator=seeded(1)).discrete, first)


def test_it_can_be_sized_and_made_without_memory(family) -> None:
    kind, space = FAMILIES[family], Space.sequence(40, 64)
    with torch.device("meta"):
        small, large = (
            sum(p.numel() for p in kind(space, **kind.sized(space, size)).parameters())
            for size in (0.5, 2.0)
        )
    assert 4 * small < large
