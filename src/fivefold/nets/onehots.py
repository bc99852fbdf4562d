"""Categories as points of simplices, side by side: one-hot vectors, probabilities and draws from them.

Position l owns `sizes[l]` of the V columns. Positions stand in order of their vocabulary size, so that those of one
size form a block (n, size), and a softmax over a block needs neither padding nor a gather in its backward pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor, nn


class OneHots(nn.Module):
    """The arithmetic of packed one-hot vectors (B, V), where V is the sum of all vocabulary sizes.

    Arguments:
        sizes: the vocabulary size of each position.

    Example:
        >>> hots = OneHots([3, 2])
        >>> hots.encode(torch.tensor([[2, 0]]))
        tensor([[1., 0., 0., 0., 1.]])
    """

    order: Tensor
    place: Tensor
    starts: Tensor
    owner: Tensor

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        order = sorted(range(len(sizes)), key=lambda position: sizes[position])
        own = torch.tensor([sizes[j] for j in order], dtype=torch.int64)
        self.blocks = [(n, size) for size, n in sorted(Counter(sizes).items())]
        owner = [rank for rank, j in enumerate(order) for _ in range(sizes[j])]
        place = sorted(range(len(order)), key=lambda rank: order[rank])
        for name, value in (("order", order), ("place", place), ("owner", owner)):
            buffer = torch.tensor(value, dtype=torch.int64)
            self.register_buffer(name, buffer, persistent=False)
        self.register_buffer("starts", own.cumsum(0) - own, persistent=False)

    def encode(self, x: Tensor) -> Tensor:
        """Packed one-hot vectors, float32 with shape (B, V), of values x (B, L)."""
        hot = torch.zeros(len(x), len(self.owner), device=x.device)
        return hot.scatter_(1, x[:, self.order] + self.starts, 1.0)

    def decode(self, columns: Tensor) -> Tensor:
        """Values (B, L) of the chosen columns (B, L), which stand in the packed order."""
        return (columns - self.starts)[:, self.place]

    def softmax(self, logits: Tensor) -> Tensor:
        """Probabilities (B, V) that sum to 1 within each position."""
        parts = logits.split([n * size for n, size in self.blocks], 1)
        found = [
            part.unflatten(1, block).softmax(-1).flatten(1)
            for part, block in zip(parts, self.blocks, strict=True)
        ]
        return torch.cat(found, 1) if found else logits

    def draw(self, p: Tensor, generator: torch.Generator) -> Tensor:
        """One column a position, int64 (B, L) in the packed order, with probabilities p (B, V).

        One running sum over all positions inverts every distribution at once: position l spans [l, l + 1].
        """
        steps = torch.arange(len(self.starts), device=p.device)
        shape = (len(p), len(steps))
        u = torch.rand(shape, generator=generator, device=p.device, dtype=torch.float64)
        found = torch.searchsorted(p.double().cumsum(1), steps + u, right=True)
        last = torch.cat([self.starts[1:], self.starts.new_tensor([p.shape[1]])]) - 1
        return found.clamp(self.starts, last[: len(steps)])

    def log_marginals(self, x: Tensor) -> Tensor:
        """Smoothed log-frequencies, packed (V,), of the values x (B, L)."""
        hits = (x[:, self.order] + self.starts).flatten()
        counts = hits.bincount(minlength=len(self.owner)).float() + 0.5
        total = torch.zeros(len(self.starts), device=x.device).index_add(0, self.owner, counts)
        return (counts / total[self.owner]).log()
