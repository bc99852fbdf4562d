"""A residual multilayer perceptron: the plainest trunk for a datum without geometry.

h = x W_in,    h <- h + B silu(A norm(h))  (depth times),    y = norm(h) W_out
"""

from __future__ import annotations

from torch import Tensor, nn

from fivefold.nets.linear import Linear


class MLP(nn.Module):
    """A pre-norm residual perceptron.

    Arguments:
        inputs: the size of x.
        width: the size of h.
        depth: the number of residual blocks.
        outputs: the size of y; the last layer starts at zero.

    Example:
        >>> import torch
        >>> MLP(4, 32, 2, 3)(torch.zeros(5, 4)).shape
        torch.Size([5, 3])
    """

    def __init__(self, inputs: int, width: int, depth: int, outputs: int) -> None:
        super().__init__()
        self.inputs = Linear(inputs, width)
        self.up = nn.ModuleList(Linear(width, width) for _ in range(depth))
        self.down = nn.ModuleList(Linear(width, width) for _ in range(depth))
        self.outputs = Linear(width, outputs)
        for last in (*self.down, self.outputs):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def states(self, x: Tensor) -> Tensor:
        """The last hidden layer, with shape (B, width)."""
        h = self.inputs(x)
        for up, down in zip(self.up, self.down, strict=True):
            normed = nn.functional.layer_norm(h, h.shape[-1:])
            h = h + down(nn.functional.silu(up(normed)))
        return nn.functional.layer_norm(h, h.shape[-1:])

    def forward(self, x: Tensor) -> Tensor:
        """y with shape (B, outputs) of x with shape (B, inputs)."""
        return self.outputs(self.states(x))
