"""Categorical distributions over positions with vocabularies of different sizes.

Values of all positions lie side by side ("packed": position l owns `sizes[l]` of them). Work on positions of like
vocabulary size is done together, padded to the next power of two, so that a binary column does not pay for one with
a thousand categories and no loop runs over columns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

PADDING = -1e4


def groups(sizes: Sequence[int]) -> list[list[int]]:
    """The positions in groups of like vocabulary size (the same power of two).

    Example:
        >>> groups([2, 7, 2, 60, 8])
        [[0, 2], [1, 4], [3]]
    """
    found: dict[int, list[int]] = defaultdict(list)
    for position, size in enumerate(sizes):
        found[max(size - 1, 1).bit_length()].append(position)
    return [found[key] for key in sorted(found)]


def draw(logits: Tensor, generator: torch.Generator) -> Tensor:
    """One draw from each categorical distribution: int64 with shape (*) from logits (*, V)."""
    total = logits.float().softmax(-1).cumsum(-1)
    u = torch.rand(
        total.shape[:-1], generator=generator, device=logits.device, dtype=torch.float32
    )
    return (total < (u * total[..., -1])[..., None]).sum(-1).clamp(max=logits.shape[-1] - 1)


def log_marginals(x: Tensor, sizes: Sequence[int]) -> Tensor:
    """Smoothed log-frequencies of the data x (B, L), packed with shape (sum of sizes,)."""
    counts = [torch.bincount(x[:, j], minlength=size) for j, size in enumerate(sizes)]
    smoothed = [((n + 0.5) / (n + 0.5).sum()).log() for n in counts]
    return torch.cat(smoothed).float() if smoothed else torch.zeros(0, device=x.device)


class Packed(nn.Module):
    """The arithmetic of packed logits (B, V), where V is the sum of all vocabulary sizes.

    Arguments:
        sizes: the vocabulary size of each position.

    Example:
        >>> packed = Packed([2, 3])
        >>> packed.log_prob(torch.zeros(4, 5), torch.zeros(4, 2, dtype=torch.int64)).exp()[0]
        tensor([0.5000, 0.3333])
    """

    starts: Tensor

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        self.sizes = tuple(sizes)
        self.groups = groups(sizes)
        starts = torch.tensor((0, *sizes)).cumsum(0)[:-1]
        self.register_buffer("starts", starts, persistent=False)
        for g, members in enumerate(self.groups):
            steps = torch.arange(max(sizes[j] for j in members))
            ends = torch.tensor([sizes[j] for j in members])[:, None]
            index = starts[members][:, None] + torch.minimum(steps, ends - 1)
            padding = torch.where(steps < ends, 0.0, PADDING)
            self.register_buffer(f"index{g}", index, persistent=False)
            self.register_buffer(f"padding{g}", padding, persistent=False)

    def _padded(self, logits: Tensor) -> list[tuple[list[int], Tensor]]:
        return [
            (
                members,
                logits[:, self.get_buffer(f"index{g}")].float() + self.get_buffer(f"padding{g}"),
            )
            for g, members in enumerate(self.groups)
        ]

    def _gather(self, parts: list[tuple[list[int], Tensor]], like: Tensor) -> Tensor:
        order = [j for members, _ in parts for j in members]
        place = torch.tensor(order, device=like.device, dtype=torch.int64).argsort()
        empty = like.new_zeros(len(like), 0)
        return torch.cat([part for _, part in parts] or [empty], 1)[:, place]

    def log_prob(self, logits: Tensor, x: Tensor) -> Tensor:
        """log P(x_l) with shape (B, L), for packed logits (B, V) and values x (B, L)."""
        parts = []
        for members, padded in self._padded(logits):
            chosen = padded.gather(-1, x[:, members, None]).squeeze(-1)
            parts.append((members, chosen - padded.logsumexp(-1)))
        return self._gather(parts, logits.float())

    def draw(self, logits: Tensor, generator: torch.Generator) -> Tensor:
        """One value a position, int64 with shape (B, L), from packed logits (B, V)."""
        parts = [(members, draw(padded, generator)) for members, padded in self._padded(logits)]
        return self._gather(parts, self.starts.new_zeros(len(logits), 1))

    def log_softmax(self, logits: Tensor) -> Tensor:
        """Normalised packed log-probabilities with shape (B, V), in float32."""
        total = logits.new_zeros(len(logits), len(self.sizes), dtype=torch.float32)
        for members, padded in self._padded(logits):
            place = torch.tensor(members, device=logits.device)
            total = total.index_copy(1, place, padded.logsumexp(-1))
        repeats = torch.tensor(self.sizes, dtype=torch.int64, device=logits.device)
        return logits.float() - total.repeat_interleave(repeats, 1)

    def one_hot(self, x: Tensor) -> Tensor:
        """Packed one-hot vectors, float32 with shape (B, V), of values x (B, L)."""
        hot = torch.zeros(len(x), sum(self.sizes), device=x.device)
        return hot.scatter_(1, x + self.starts, 1.0)


class PositionHeads(nn.Module):
    """One linear head a position, from its own state to the logits of its vocabulary.

    Arguments:
        sizes: the vocabulary size of each position.
        width: the size h of a state.
    """

    def __init__(self, sizes: Sequence[int], width: int) -> None:
        super().__init__()
        self.sizes = tuple(sizes)
        self.groups = groups(sizes)
        self.weight, self.bias = nn.ParameterList(), nn.ParameterList()
        self.place: dict[int, tuple[int, int]] = {}
        for g, members in enumerate(self.groups):
            largest = max(sizes[j] for j in members)
            self.weight.append(nn.Parameter(torch.zeros(len(members), width, largest)))
            self.bias.append(nn.Parameter(torch.zeros(len(members), 1, largest)))
            self.place |= {j: (g, k) for k, j in enumerate(members)}
        self.prepare(torch.cat([torch.zeros(size) for size in sizes] or [torch.zeros(0)]))

    @torch.no_grad()
    def prepare(self, log_frequencies: Tensor) -> None:
        """Start at the given packed log-frequencies; padding never wins."""
        parts = log_frequencies.split(list(self.sizes))
        for members, bias in zip(self.groups, self.bias, strict=True):
            bias.fill_(PADDING)
            for k, j in enumerate(members):
                bias[k, 0, : self.sizes[j]] = parts[j]

    def log_prob(self, states: Tensor, x: Tensor) -> Tensor:
        """log P(x_j | state_j) with shape (N, B), for states (N, B, h) and symbols x (B, N)."""
        found = states.new_zeros(x.T.shape, dtype=torch.float32)
        for members, weight, bias in zip(self.groups, self.weight, self.bias, strict=True):
            logits = (states[members] @ weight.to(states.dtype)).float() + bias
            target = x.T[members][..., None]
            chosen = logits.gather(-1, target).squeeze(-1) - logits.logsumexp(-1)
            found = found.index_copy(0, torch.tensor(members, device=x.device), chosen)
        return found

    @torch.no_grad()
    def calibrate(self, batches: Iterable[tuple[Tensor, Tensor]]) -> None:
        """Move the biases so that each position's mean prediction is the frequency in the data.

        At the maximum of the likelihood both are equal; stochastic steps leave a gap, which one pass of iterative
        proportional fitting closes.

        Arguments:
            batches: states (N, B, h) and symbols x (B, N), together the training data.
        """
        predicted = [torch.zeros_like(bias[:, 0]) for bias in self.bias]
        observed = [torch.zeros_like(bias[:, 0]) for bias in self.bias]
        for states, x in batches:
            for g, members in enumerate(self.groups):
                logits = (states[members] @ self.weight[g].to(states.dtype)).float() + self.bias[g]
                predicted[g] += logits.softmax(-1).sum(1)
                target = x.T[members]
                observed[g].scatter_add_(1, target, torch.ones_like(target, dtype=torch.float32))
        for bias, p, q in zip(self.bias, predicted, observed, strict=True):
            change = ((q + 0.5) / (p + 0.5)).log()
            bias[:, 0] += torch.where(bias[:, 0] > PADDING / 2, change, 0.0)

    def at(self, j: int, state: Tensor) -> Tensor:
        """The logits of position j alone, with shape (B, V_j)."""
        g, k = self.place[j]
        weight, bias = self.weight[g][k], self.bias[g][k, 0]
        size = self.sizes[j]
        return (state @ weight[:, :size].to(state.dtype)).float() + bias[:size]
