"""Root mean square norms, fast without a compiler.

    n(h) = h / sqrt(mean(h^2) + epsilon) * weight

Written as a chain of products, a norm and its gradient cost as much as a matrix product of the same states; as one
function with a gradient in closed form, a quarter of it:

    dL/dh = (g - n <g, n> / d) / rms(h)     for n without weight
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class RMSNorm(nn.Module):
    """h / rms(h) * weight, over the last dimension.

    Arguments:
        width: the size d of a state.
        epsilon: what is added to the mean square.

    Example:
        >>> RMSNorm(4, 0.0)(torch.full((1, 4), 2.0)).tolist()
        [[1.0, 1.0, 1.0, 1.0]]
    """

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, h: Tensor) -> Tensor:
        """The normed state, in the type of h."""
        return normalise(h, self.epsilon) * self.weight.to(h.dtype)


def normalise(h: Tensor, epsilon: float) -> Tensor:
    """States h (*, d) over their root mean square."""
    found: Tensor = _Normalise.apply(h, epsilon)  # type: ignore[no-untyped-call]
    return found


def reciprocal(h: Tensor, epsilon: float) -> Tensor:
    """1 / rms(h) with shape (*, 1)."""
    size = torch.linalg.vector_norm(h, dim=-1, keepdim=True)
    size = size.to(torch.promote_types(h.dtype, torch.float32))
    return (size.square() / h.shape[-1] + epsilon).rsqrt().to(h.dtype)


def project(n: Tensor, gain: Tensor, *layers: nn.Linear) -> Tensor:
    """The layers' outputs side by side, of states n (*, d) times the gain (d,) of their norm.

    The gain goes into the weights: they are fewer than the states.
    """
    weights = [layer.weight for layer in layers]
    joined = weights[0] if len(weights) == 1 else torch.cat(weights)
    return functional.linear(n, (joined * gain).to(n.dtype))


class _Normalise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, h: Tensor, epsilon: float) -> Tensor:
        scale = reciprocal(h, epsilon)
        n = h * scale
        ctx.save_for_backward(h, n, scale)
        ctx.epsilon = epsilon
        return n

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, None]:
        h, n, scale = ctx.saved_tensors
        if torch.is_grad_enabled():
            (found,) = replay(lambda h: h * reciprocal(h, ctx.epsilon), g, h)
            return found, None
        return gradient(g, n, scale), None


def gradient(g: Tensor, n: Tensor, scale: Tensor) -> Tensor:
    """dL/dh from dL/dn, n and 1 / rms(h)."""
    along = torch.linalg.vecdot(g, n).unsqueeze(-1) / -n.shape[-1]
    return torch.addcmul(g, n, along).mul_(scale)


def replay(f: Callable[..., Tensor], g: Tensor, *inputs: Tensor) -> tuple[Tensor | None, ...]:
    """The gradients of f by autograd, which can be differentiated again; None for inputs that need none."""
    with torch.enable_grad():
        wanted = [x for x in inputs if x.requires_grad]
        found = iter(torch.autograd.grad(f(*inputs), wanted, g, create_graph=True))
    return tuple(next(found) if x.requires_grad else None for x in inputs)
