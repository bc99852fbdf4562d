"""What the numbers of a patch are, one after another: a small net for each, over what comes before.

    h_v = silu(B_v silu(A_v [c, x_1..x_{v-1}])),    x_v ~ mixture(C_v h_v) moved by <a_v, x_1..x_{v-1}> + <b_v, beside>

c is what is known of the patch from outside it. The nets lie side by side in batched products, and no hidden unit of
one is seen by another, so that a number never sees itself or what comes after it. By how far the mixture is moved is
computed in float32: where numbers follow their neighbours closely, bfloat16 could not say it.

References:
    Germain et al., "MADE: masked autoencoder for distribution estimation", ICML 2015, arXiv:1502.03509.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from fivefold.nets.compiling import compiled
from fivefold.nets.linear import fan_in
from fivefold.nets.logistics import Scale


class PatchHeads(nn.Module):
    """Mixtures of the V numbers of a patch.

    Arguments:
        scale: where numbers lie.
        variables: how many numbers V.
        context: the size of what is known from outside.
        beside: how many numbers stand beside a patch.
        inner: the hidden size of a number's net.
    """

    earlier: Tensor

    def __init__(
        self, scale: Scale, variables: int, context: int, beside: int, inner: int
    ) -> None:
        super().__init__()
        V, h, F = variables, inner, scale.features(torch.zeros(scale.channels)).shape[-1]
        self.scale, self.variables, self.inner, self.told = scale, V, h, F
        self.outside = fan_in(V * h, context, inputs=context + V * F)
        self.inside = fan_in(V * h, V * F, inputs=context + V * F)
        self.middle = fan_in(V, h, h, inputs=h)
        self.last = nn.Parameter(torch.zeros(V, scale.size, h))
        self.bias = nn.Parameter(torch.zeros(V, h, 1))
        self.second = nn.Parameter(torch.zeros(V, h, 1))
        self.start = nn.Parameter(scale.start(*scale.range(V)))
        self.along = nn.Parameter(torch.zeros(V, V))
        self.across = nn.Parameter(torch.zeros(V, beside))
        self.register_buffer("earlier", torch.ones(V, V).tril(-1), persistent=False)

    @torch.no_grad()
    def prepare(self, low: Tensor, high: Tensor) -> None:
        """Start with mixtures that cover [low, high] of each number, both with shape (V,)."""
        self.start.copy_(self.scale.start(low, high))

    def log_prob(
        self, context: Tensor, features: Tensor, x: Tensor, beside: Tensor, centre: Tensor
    ) -> Tensor:
        """The log density of each number given those before it, with shape (N, V).

        Arguments:
            context: what is known of each patch from outside, with shape (N, c).
            features: of the numbers, with shape (N, V F).
            x: the numbers, float32 with shape (N, V).
            beside: the numbers beside each patch, float32 with shape (N, n).
            centre: where the mixtures are moved to begin with, with shape (N, V).
        """
        kind = context.dtype
        V, h, F = self.variables, self.inner, self.told
        seen = self.inside.view(V, h, V, F) * self.earlier[:, None, :, None]
        weight = torch.cat([self.outside, seen.view(V * h, V * F)], 1).to(kind)
        inputs = torch.cat([context, features.to(kind)], 1)
        first = torch.mm(weight, inputs.mT).view(V, h, -1)
        said = _say(first, self.middle, self.last, self.bias, self.second, self.start)
        shift = centre + x @ (self.along * self.earlier).mT + beside @ self.across.mT
        return self.scale.log_prob(said, x.mT, shift.mT).mT

    @torch.no_grad()
    def draw(
        self,
        context: Tensor,
        x: Tensor,
        seen: Tensor,
        beside: Tensor,
        centre: Tensor,
        generator: torch.Generator,
        temperature: float = 1.0,
    ) -> Tensor:
        """Numbers (N, V), one after another; those that are seen are kept.

        Arguments:
            context: what is known of each patch from outside, with shape (N, c).
            x: numbers whose unseen ones are ignored, with shape (N, V).
            seen: which are seen, bool with shape (N, V).
            beside: the numbers beside each patch, float32 with shape (N, n).
            centre: where the mixtures are moved to begin with, with shape (N, V).
            generator: the randomness.
            temperature: how far numbers are strewn about the places of their components.
        """
        V, h, F = self.variables, self.inner, self.told
        first = torch.mm(self.outside.to(context), context.mT).view(V, h, -1)
        x, told = torch.where(seen, x, 0.0), context.new_zeros(len(x), V * F)
        inside = self.inside.view(V, h, V * F).to(told)
        shift = centre + beside @ self.across.mT
        weights = self.middle, self.last, self.bias, self.second, self.start
        for v in range(V):
            one = slice(v, v + 1)
            known = first[one] + inside[v, :, : v * F] @ told[:, : v * F].mT
            moved = shift[:, v] + x[:, :v] @ self.along[v, :v]
            u = torch.rand(2, len(x), generator=generator, device=x.device)
            said = _say(known, *(w[one] for w in weights))[0]
            found = self.scale.draw(v, said, moved, u, temperature)
            x[:, v] = torch.where(seen[:, v], x[:, v], found)
            told[:, v * F : (v + 1) * F] = self.scale.features(x[:, one], v)[:, 0].to(told)
        return x


@compiled
def _say(
    first: Tensor, middle: Tensor, last: Tensor, bias: Tensor, second: Tensor, start: Tensor
) -> Tensor:
    """What mixtures are, float32 with shape (V, 3 K, N), from the nets' first layers (V, h, N)."""
    kind = first.dtype
    h = functional.silu(first + bias.to(kind))
    h = functional.silu(torch.bmm(middle.to(kind), h) + second.to(kind))
    return torch.bmm(last.to(kind), h).float() + start
