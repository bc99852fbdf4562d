"""Muon: orthogonal steps for matrices, AdamW for the rest, and the table families as they were."""

import torch
from torch import nn

from fivefold.families import Autoregressive, Recipe
from fivefold.spaces import Space
from fivefold.training.optimisers import make_optimiser, matrices, orthogonal


def test_singular_values_come_near_one() -> None:
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonal(torch.randn(3, 16, 40)).float())
    assert values.min() > 0.5
    assert values.max() < 1.4


def test_a_matrix_of_rank_one_stays_one_in_bfloat16() -> None:
    torch.manual_seed(0)
    for rows, columns in ((4, 9), (64, 64), (64, 192)):
        lines = torch.randn(40, rows, 1) @ torch.randn(40, 1, columns)
        values = torch.linalg.svdvals(orthogonal(lines.bfloat16()).float())
        assert values[:, 0].min() > 0.5
        assert values.max() < 1.4


def test_embeddings_heads_and_norms_are_adamws() -> None:
    family = Autoregressive(Space.sequence(5, 8), width=64, depth=1)
    names = {id(p): name for name, p in family.named_parameters()}
    chosen = {names[id(p)].split(".net.")[-1] for p in matrices(family)}
    assert chosen == {
        *(f"blocks.0.attention.{x}.weight" for x in "qkvo"),
        *(f"blocks.0.mlp.{x}.weight" for x in ("gate", "up", "down")),
    }


def test_a_recipe_without_muon_gives_plain_adamw_in_the_order_of_the_parameters() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    made = make_optimiser(net, Recipe())
    assert type(made) is torch.optim.AdamW
    assert [id(p) for p in made.param_groups[0]["params"]] == [id(p) for p in net.parameters()]


def test_all_directions_of_a_matrix_move_alike_and_tall_ones_as_wide_ones() -> None:
    family = Autoregressive(Space.sequence(5, 8), width=64, depth=1)
    optimiser = make_optimiser(family, Recipe(optimiser="muon", decay=0.0))
    mlp = family.conditionals.net.blocks[0].mlp
    gate, down = mlp.gate.weight, mlp.down.weight
    gate.grad = torch.randn_like(gate)
    down.grad = gate.grad.T.clone()
    before = gate.detach().clone(), down.detach().clone()
    for group in optimiser.param_groups:
        group["lr"] = 0.1
    optimiser.step()
    tall, wide = before[0] - gate.detach(), before[1] - down.detach()
    values = torch.linalg.svdvals(wide) / 0.1
    assert values.min() > 0.5
    assert values.max() < 1.4
    torch.testing.assert_close(tall, wide.T * (tall.shape[0] / tall.shape[1]) ** 0.5)


def test_adamws_share_of_muon_is_adamw() -> None:
    family = Autoregressive(Space.sequence(5, 8), width=64, depth=1)
    optimiser = make_optimiser(family, Recipe(optimiser="muon", rate=0.01))
    weight = family.conditionals.embed.weight
    twin = nn.Parameter(weight.detach().clone())
    plain = torch.optim.AdamW([twin], lr=0.01, betas=Recipe().betas, weight_decay=Recipe().decay)
    for group in optimiser.param_groups:
        group["lr"] = 0.01
    for seed in range(3):
        torch.manual_seed(seed)
        weight.grad = torch.randn_like(weight)
        twin.grad = weight.grad.clone()
        optimiser.step()
        plain.step()
    torch.testing.assert_close(weight, twin)
