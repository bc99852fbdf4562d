"""Grids in disguise: turned and mirrored, or damaged, for a net to tell which."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

DAMAGES = 4


def turned(x: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Each grid in a random one of its turned and mirrored forms, and which one that is.

    Arguments:
        x: with shape (B, C, H, W).
        generator: draws the forms.

    Example:
        >>> x, forms = turned(torch.zeros(6, 1, 4, 2), torch.Generator().manual_seed(0))
        >>> x.shape, bool((forms < 4).all())
        (torch.Size([6, 1, 4, 2]), True)
    """
    square = x.shape[2] == x.shape[3]
    turns = 4 if square else 2
    forms = torch.randint(0, 2 * turns, (len(x),), generator=generator)
    found = x.clone()
    for form in range(2 * turns):
        rows = forms == form
        turn = form % turns if square else 2 * (form % turns)
        shown = torch.rot90(x[rows], turn, (2, 3))
        found[rows] = shown.flip(3) if form >= turns else shown
    return found, forms


def damaged(x: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Each grid whole (0), blurred (1), noisy (2) or coarse (3), and which one that is.

    Arguments:
        x: with shape (B, C, H, W), of deviation 1.
        generator: draws what is done, and how much.
    """
    damages = torch.randint(0, DAMAGES, (len(x),), generator=generator)
    found, much = x.clone(), torch.rand(len(x), 1, 1, 1, generator=generator)
    smooth = functional.avg_pool2d(functional.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
    noise = torch.randn(x.shape, generator=generator)
    halves = [max(1, side // 2) for side in x.shape[2:]]
    coarse = functional.interpolate(functional.interpolate(x, halves, mode="area"), x.shape[2:])
    for number, other in ((1, smooth), (3, coarse)):
        rows = damages == number
        share = 0.4 + 0.6 * much[rows]
        found[rows] = (1 - share) * x[rows] + share * other[rows]
    rows = damages == 2
    found[rows] += (0.03 + 0.4 * much[rows].square()) * noise[rows]
    return found, damages
