"""The optimiser of a player: AdamW, or Muon for the matrices inside a net with AdamW for the rest.

Muon moves a matrix W by its momentum made orthogonal, all singular values brought near 1 by four steps of Newton and
Schulz's iteration in bfloat16, each with the best polynomial for where the step before leaves them ("polar express"),
so that every direction of a layer learns at one pace:

    M <- mu M + (1 - mu) G,     U = NS(mu M + (1 - mu) G),     W <- W - eta sqrt(max(1, out / in)) U

Matrices of one shape, on their side or not, are made orthogonal together; a convolution's kernel is one from all that
it sees at a place to its channels. Embeddings, heads, norms and biases keep AdamW: their rows are symbols' own, not
directions of one map.

References:
    Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024, kellerjordan.github.io/posts/muon.
    Amsel et al., "The polar express: optimal matrix sign methods and their application to the Muon algorithm", 2025,
        arXiv:2505.16932.
    Liu et al., "Muon is scalable for LLM training", 2025, arXiv:2502.16982.
    Loshchilov & Hutter, "Decoupled weight decay regularization", ICLR 2019, arXiv:1711.05101.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from fivefold.families.family import Recipe
from fivefold.nets.grids.convolutions import Convolution, Edge
from fivefold.nets.linear import Head, Linear, compute_type
from fivefold.training.sharding import slice_of, whole

MOMENTUM = 0.95
COEFFICIENTS = (
    (8.2197, -23.4066, 17.1623),
    (4.0051, -2.9229, 0.5492),
    (3.5235, -2.6397, 0.5272),
    (2.5114, -1.8524, 0.4388),
)
"""Of each step's a x + b x^3 + c x^5; together they bring what lies in [0.003, 1] into [0.79, 1.21]."""
ROUNDING, TINY = 1.02, 1e-7
"""Beyond 1 the polynomials grow without bound, and a matrix of rank one has its norm as its singular value."""


def make_optimiser(player: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The optimiser that a recipe asks for; each of its groups knows its largest rate as `top`.

    Arguments:
        player: the module whose trainable parameters move.
        recipe: the family's preferences.

    Example:
        >>> made = make_optimiser(Linear(4, 4), Recipe(optimiser="muon"))
        >>> [len(group["params"]) for group in made.param_groups]
        [1, 1]
    """
    inner = matrices(player) if recipe.optimiser == "muon" else []
    known = {id(p) for p in inner}
    rest = [p for p in player.parameters() if p.requires_grad and id(p) not in known]
    groups: list[dict[str, Any]] = []
    if inner:
        groups.append({"params": inner, "top": recipe.muon_rate})
    if rest:
        groups.append({"params": rest, "top": recipe.rate})
    if not inner:
        return torch.optim.AdamW(
            groups, lr=recipe.rate, betas=recipe.betas, weight_decay=recipe.decay, fused=True
        )
    return Muon(groups, recipe)


def matrices(player: nn.Module) -> list[Tensor]:
    """The trainable weights of linear layers and convolutions inside a net, without those of its heads and edges."""
    apart = {
        id(p)
        for m in player.modules()
        if isinstance(m, nn.Embedding | Head | Edge)
        for p in m.parameters(recurse=False)
    }
    return [
        p
        for m in player.modules()
        if isinstance(m, Linear | Convolution)
        for p in m.parameters(recurse=False)
        if p.dim() >= 2 and p.requires_grad and id(p) not in apart
    ]


class Muon(torch.optim.Optimizer):
    """Muon for the first group, AdamW for the others.

    Arguments:
        groups: of parameters, each with its largest rate `top`.
        recipe: betas and weight decay of AdamW; Muon's matrices decay by the same share of their rate.
    """

    def __init__(self, groups: list[dict[str, Any]], recipe: Recipe) -> None:
        super().__init__(groups, {"lr": 0.0, "betas": recipe.betas, "decay": recipe.decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every parameter that has a gradient."""
        inner, *rest = self.param_groups
        self._turn(inner)
        for group in rest:
            self._adapt(group)

    def _turn(self, group: dict[str, Any]) -> None:
        alike: dict[tuple[int, int], list[Tensor]] = defaultdict(list)
        for parameter in group["params"]:
            if parameter.grad is not None:
                rows, columns = len(parameter), parameter[0].numel()
                alike[min(rows, columns), max(rows, columns)].append(parameter)
        for members in alike.values():
            momenta = [self._state(p, "momentum") for p in members]
            gradients = [p.grad for p in members if p.grad is not None]
            torch._foreach_lerp_(momenta, gradients, 1 - MOMENTUM)
            torch._foreach_lerp_(gradients, momenta, MOMENTUM)
            kind = compute_type(gradients[0].device)
            ahead = torch.stack([_wide(whole(g).flatten(1)).to(kind) for g in gradients])
            turned = orthogonal(ahead).float().unbind()
            torch._foreach_mul_(members, 1 - group["lr"] * group["decay"])
            for parameter, move in zip(members, turned, strict=True):
                rows, columns = len(parameter), parameter[0].numel()
                scale = max(1.0, rows / columns) ** 0.5
                move = (move if rows <= columns else move.mT).reshape(parameter.shape)
                move = slice_of(move, parameter)
                parameter.sub_(move, alpha=group["lr"] * scale)

    def _adapt(self, group: dict[str, Any]) -> None:
        members = [p for p in group["params"] if p.grad is not None]
        if not members:
            return
        steps = [self._count(p) for p in members]
        torch._fused_adamw_(
            members,
            [p.grad for p in members],
            [self._state(p, "exp_avg") for p in members],
            [self._state(p, "exp_avg_sq") for p in members],
            [],
            self._counted(steps),
            lr=group["lr"],
            beta1=group["betas"][0],
            beta2=group["betas"][1],
            weight_decay=group["decay"],
            eps=1e-8,
            amsgrad=False,
            maximize=False,
        )

    @staticmethod
    def _counted(steps: list[Tensor]) -> list[Tensor]:
        torch._foreach_add_(steps, 1.0)
        return steps

    def _state(self, parameter: Tensor, name: str) -> Tensor:
        state = self.state[parameter]
        if name not in state:
            state[name] = torch.zeros_like(parameter, dtype=torch.float32)
        found: Tensor = state[name]
        return found

    def _count(self, parameter: Tensor) -> Tensor:
        found: Tensor = self.state[parameter].setdefault(
            "step", torch.zeros((), device=parameter.device)
        )
        return found


def _wide(m: Tensor) -> Tensor:
    return m.mT if m.shape[0] > m.shape[1] else m


def orthogonal(m: Tensor) -> Tensor:
    """Nearly U V^T for each matrix m = U S V^T, with shape (N, rows, columns) and no more rows than columns.

    Singular values come out between 0.8 and 1.2, which serves as well as 1.

    Example:
        >>> found = orthogonal(torch.tensor([[[5.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]))
        >>> bool(((found @ found.mT).squeeze() - torch.eye(2)).abs().max() < 0.5)
        True
    """
    x = m / (ROUNDING * m.norm(dim=(1, 2), keepdim=True) + TINY)
    for a, b, c in COEFFICIENTS:
        square = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=b, alpha=c), x, beta=a)
    return x
