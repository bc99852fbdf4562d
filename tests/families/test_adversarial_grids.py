"""What the adversarial family promises of grids."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from fivefold.errors import InputError
from fivefold.families.adversarial import Adversarial, relativistic
from fivefold.spaces import Batch, Condition, Space
from fivefold.training import make_plan, train

SPACE = Space.grid(1, (8, 8), (2,))
RARE = 0.3


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def made(space: Space = SPACE, **config: float) -> Adversarial:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        sized = Adversarial.sized(space, 0.5)
        return Adversarial(space, **{**sized, "noise": 8, **config})


def pictures(rows: int, seed: int = 0) -> Batch:
    """A cross three times in ten, else a frame, bright or dark by the label."""
    g = seeded(seed)
    cross = (torch.rand(rows, generator=g) < RARE).view(-1, 1, 1, 1)
    bright = torch.randint(0, 2, (rows, 1), generator=g)
    x = torch.where(cross, *forms()) * (0.5 + bright.view(-1, 1, 1, 1))
    return Batch(x + 0.1 * torch.randn(rows, 1, 8, 8, generator=g), bright)


def forms() -> tuple[Tensor, Tensor]:
    cross, frame = torch.full((8, 8), -1.0), torch.full((8, 8), -1.0)
    cross[3:5], cross[:, 3:5] = 1, 1
    frame[[0, -1]], frame[:, [0, -1]] = 1, 1
    return cross, frame


def crosses(x: Tensor) -> Tensor:
    """Whether pictures are nearer to the cross than to the frame, and how near to the nearer one (cosine)."""
    flat = x.flatten(1)
    likeness = torch.stack([torch.cosine_similarity(flat, f.flatten()[None]) for f in forms()], 1)
    return torch.stack([likeness.argmax(1).eq(0).float(), likeness.amax(1)], 1)


@pytest.fixture(scope="module")
def trained() -> Adversarial:
    family, x = made(), pictures(4096)
    family.prepare(x, seeded())
    plan = replace(make_plan(family, 4096, seed=0), steps=250, batch=64)
    train(family, x, pictures(256, seed=1), plan)
    return family


@pytest.mark.slow
def test_a_mixture_of_two_pictures_is_recovered(trained) -> None:
    """2,000 draws of the truth have a share of crosses within 0.043 of 0.3 in all but one of 30,000 trials."""
    x = trained.sample(2000, generator=seeded(2))
    share, likeness = crosses(x.continuous).mean(0)
    assert abs(float(share) - RARE) < 0.043 + 0.08
    assert float(likeness) > 0.95  # 0.3 halfway between the two
    bright, dark = (x.continuous[x.discrete[:, 0] == k].abs().mean() for k in (1, 0))
    assert float(bright / dark) == pytest.approx(3, rel=0.2)


@pytest.mark.slow
def test_half_a_picture_decides_the_other_half(trained) -> None:
    x = pictures(400, seed=3)
    seen = torch.zeros(1, 8, 8, dtype=torch.bool)
    seen[:, :4] = True
    c = Condition(x, seen, torch.tensor([False]))
    filled = trained.sample(400, c, generator=seeded(4))
    assert torch.equal(filled.continuous[:, :, :4], x.continuous[:, :, :4])
    truth, found = (b.continuous[:, :, 4:].flatten(1) for b in (x, filled))
    assert float(torch.cosine_similarity(truth, found).mean()) > 0.8  # 0.3 for any other half
    own = torch.rand(400, 1, 8, 8, generator=seeded(5)) < 0.5
    c = Condition(x, own, torch.ones(400, 1, dtype=torch.bool))
    filled = trained.sample(400, c, generator=seeded(4))
    assert torch.equal(filled.continuous[own], x.continuous[own])
    assert torch.equal(filled.discrete, x.discrete)


@pytest.mark.slow
def test_codes_lead_back_to_what_they_were_read_off(trained) -> None:
    x = pictures(200, seed=6)
    code = trained.encode(x, generator=seeded())
    assert code.shape == (200, 2 + 8)
    back = trained.decode(code)
    assert torch.equal(back.discrete, x.discrete)
    assert torch.equal(crosses(back.continuous)[:, 0], crosses(x.continuous)[:, 0])


def test_only_grids_have_codes() -> None:
    with pytest.raises(InputError, match="only grids"):
        made(Space((2,))).encode(
            Batch(torch.zeros(3, 2), torch.zeros(3, 0).long()), generator=seeded()
        )


@pytest.mark.slow
def test_candidates_for_one_datum_have_its_labels(trained) -> None:
    c = trained.rows.asked(50, 4, None, seeded())
    assert (c.values.discrete.view(50, 4) == c.values.discrete.view(50, 4)[:, :1]).all()
    x = trained.sample(300, generator=seeded(7), candidates=4)
    assert 0.35 < float(x.discrete.float().mean()) < 0.65


def test_penalties_on_one_pair_of_several_weigh_as_much_together() -> None:
    x, y = pictures(32), pictures(32, seed=1)
    family = made(thin=4, lazy=1)
    told = family.game.hide(x, None, 0.0, seeded())

    def penalty(pairs: slice, thin: int) -> Tensor:
        family.thin = thin
        some = told.part(pairs)
        score, loss = family._penalised(x.continuous[pairs], y.continuous[pairs], some)
        (other,) = family.game.scores(family.critic, (y.continuous[pairs],), some)
        return (loss - relativistic(score, other)).detach()

    first, all_pairs = penalty(slice(8), 1), penalty(slice(32), 4)
    assert float(first.mean()) > 0
    assert torch.allclose(all_pairs.mean(), first.mean(), rtol=0.1)
    assert (all_pairs[8:].abs() < 0.02 * first.mean()).all()


@pytest.mark.slow
def test_labels_learn_to_be_guessed_from_what_is_seen(trained) -> None:
    x = pictures(400, seed=8)
    seen = torch.ones(1, 8, 8, dtype=torch.bool)
    drawn = trained.rows.labels.draw(400, Condition(x, seen, torch.tensor([False])), seeded())
    assert float((drawn == x.discrete).float().mean()) > 0.9


@pytest.mark.slow
def test_the_figure_that_keeps_weights_is_less_for_a_trained_model(trained) -> None:
    x = pictures(512, seed=9)
    untrained = made()
    untrained.prepare(x, seeded())
    assert trained.validate(x, seeded(1)) < untrained.validate(x, seeded(1)) / 2
