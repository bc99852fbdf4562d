"""Numbers of a grid given a code: how likely they are, and how they are drawn.

Each number is a logistic with a place and a width of its own, which a decoder says. Levels, as pictures have, are then
independent; of other numbers what is left of those before moves the place (`grids.echoes`).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from fivefold.nets.grids.codes import GridDecoder
from fivefold.nets.grids.echoes import Echoes
from fivefold.nets.logistics import Scale
from fivefold.spaces import Condition, Space

FIRST_LOG_SCALE = -1.5
BEYOND = 0.25
"""By how much of the range that was met other numbers than levels may leave it."""
AT_ONCE = 2**19
EDGE = 1e-6


class GridNumbers(nn.Module):
    """The numbers of a grid given a code.

    Arguments:
        space: what one grid is.
        inside: the size of the code.
        width: channels of the coarse scale of the decoder.

    Example:
        >>> numbers = GridNumbers(Space.grid(1, (8, 6)), inside=4, width=16)
        >>> x = numbers.draw(torch.zeros(3, 4), 1.0, torch.Generator().manual_seed(0))
        >>> x.shape, numbers.log_prob(torch.zeros(3, 4), x).shape
        (torch.Size([3, 1, 8, 6]), torch.Size([3, 1, 8, 6]))
    """

    middle: Tensor

    def __init__(self, space: Space, inside: int, width: int) -> None:
        super().__init__()
        self.space = space
        self.decoder = GridDecoder(inside, 2 * space.channels, space.extent, width)
        self.scale = Scale(space.channels, space.quantum, 1)
        self.echoes = Echoes(space.channels, space.extent) if space.quantum is None else None
        self.register_buffer("middle", torch.zeros(space.shape))

    @torch.no_grad()
    def prepare(self, x: Tensor) -> None:
        """Start at the means of numbers (N, C, *extent), and find where they begin and end."""
        self.scale.prepare(x)
        self.middle.copy_(x.mean(0))

    def log_prob(self, code: Tensor, x: Tensor, seen: Tensor | None = None) -> Tensor:
        """log p of each number x given the code and those before it, with shape (B, C, *extent).

        Arguments:
            code: with shape (B, inside).
            x: the numbers, with shape (B, C, *extent).
            seen: which of those before count; all if None.
        """
        said, C = self._said(code), self.space.channels
        shift = torch.zeros_like(x)
        if self.echoes is not None:
            left = x - said[:, 0]
            shift = self.echoes(left if seen is None else torch.where(seen, left, 0.0))
        said = torch.cat([torch.zeros_like(said[:, :1]), said], 1).transpose(0, 2)
        numbers, shift = (part.transpose(0, 1).reshape(C, -1) for part in (x, shift))
        found = self.scale.log_prob(said.reshape(C, 3, -1), numbers, shift)
        return found.view(C, len(x), *self.space.extent).transpose(0, 1)

    @torch.no_grad()
    def draw(
        self,
        code: Tensor,
        temperature: float,
        generator: torch.Generator,
        c: Condition | None = None,
    ) -> Tensor:
        """Numbers (B, C, *extent) of codes (B, inside); what a condition shows moves what comes after it."""
        block = max(1, AT_ONCE // self.space.dimensions)
        middle, log_s = torch.cat([self._said(part) for part in code.split(block)]).unbind(1)
        noise = torch.zeros_like(middle)
        if temperature > 0:
            u = torch.rand(middle.shape, generator=generator, device=middle.device)
            noise = temperature * log_s.exp() * torch.logit(u.clamp(EDGE, 1 - EDGE))
        partly = c is not None and bool(c.continuous.any())
        if self.echoes is None or not (temperature > 0 or partly):
            return self._settled(middle + noise, self._ends)
        ends = self._ends[:, 0].flatten(1)
        seen = None if c is None else c.continuous.expand_as(middle)

        def settled(moved: Tensor, k: int, place: tuple[int, ...]) -> Tensor:
            at: Any = (slice(None), k, *place)
            drawn = self._settled(moved + noise[at], ends[:, k])
            if c is None or seen is None:
                return drawn
            return torch.where(seen[at], c.values.continuous[at], drawn)

        return self.echoes.spread(middle, settled)

    def _said(self, code: Tensor) -> Tensor:
        """Place and logarithm of the scale of each number, with shape (B, 2, C, *extent)."""
        said = self.decoder(code).unflatten(1, (2, -1))
        return said + torch.stack([self.middle, torch.full_like(self.middle, FIRST_LOG_SCALE)])

    def _settled(self, x: Tensor, ends: Tensor) -> Tensor:
        """Numbers on their levels, between their ends; of other numbers none far beyond what was ever met."""
        low, high = ends
        if self.space.quantum is None:
            margin = BEYOND * (high - low)
            return x.clamp(low - margin, high + margin)
        level = ((x - low) / self.space.quantum).round()
        return (low + level * self.space.quantum).clamp(low, high)

    @property
    def _ends(self) -> Tensor:
        """Where the numbers of each channel begin and end, with shape (2, 1, C, 1, ...)."""
        return self.scale.ends.view(2, 1, -1, *[1] * len(self.space.extent))
