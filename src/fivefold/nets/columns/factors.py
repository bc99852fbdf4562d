"""Categories and a factor analyser side by side: a density over both sorts of variable, known for any part of a datum.

    p(x | w) = prod_l Cat(x_l; logits_l)  N(x_c; m + W w, diag s^2),    w ~ N(0, I)

With w integrated out the continuous part has the covariance S = diag s^2 + W W^T. Let A = diag(s)^-1 W and
C C^T = I + A^T A, the precision of w once x is known. Then (Woodbury) with y = diag(s)^-1 (x_c - m)

    x^T S^-1 x = |y|^2 - |C^-1 A^T y|^2,    log det S = 2 sum log s + 2 sum log diag C,
    w | x ~ N(C^-T C^-1 A^T y, (C C^T)^-1),

and what is not seen is integrated out by leaving its rows away.

References:
    Ghahramani & Hinton, "The EM algorithm for mixtures of factor analyzers", CRG-TR-96-1, 1996.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from fivefold.nets.linear import compute_type

LOG_ROOT_TAU = 0.5 * math.log(2 * math.pi)


class Factors(NamedTuple):
    """R such densities: packed log-probabilities (R, V), m and s (R, D), W (R, D, rank)."""

    logits: Tensor
    mean: Tensor
    scale: Tensor
    loadings: Tensor


class Part(NamedTuple):
    """B data seen in part: packed indicators (B, V), zero where unseen; numbers (B, D); which of the D are seen."""

    indicators: Tensor
    numbers: Tensor
    seen: Tensor


class _Whitened(NamedTuple):
    """Of what is seen: m and s (R, D'), C^-1 A^T diag(s)^-1 (R, rank, D'), C, and the log of the volume (R,)."""

    mean: Tensor
    scale: Tensor
    projection: Tensor
    cholesky: Tensor
    log_volume: Tensor


def log_own(p: Factors, x: Part) -> Tensor:
    """log p_b(x_b), each datum under its own density, with shape (B,)."""
    own = _whiten(p, x.seen)
    y = x.numbers[:, x.seen] - own.mean
    squares = (y / own.scale).square().sum(1)
    explained = (own.projection @ y[..., None]).square().sum((1, 2))
    categories = (x.indicators * p.logits).sum(1)
    return categories - 0.5 * (squares - explained) - own.log_volume


def log_pairs(p: Factors, x: Part, log_weights: Tensor) -> Tensor:
    """log_weights_r + log p_r(x_b) with shape (B, R); the squares are opened, so that all is matrix products."""
    every, z = _whiten(p, x.seen), x.numbers[:, x.seen]
    kind, precision = compute_type(z.device), every.scale.square().reciprocal()
    slopes = torch.cat([every.mean * precision, -0.5 * precision], 1)
    constant = -0.5 * (every.mean.square() * precision).sum(1) - every.log_volume
    found = torch.addmm(log_weights + constant, torch.cat([z, z.square()], 1), slopes.T)
    found = found + x.indicators.to(kind) @ p.logits.to(kind).T
    R, rank, _ = every.projection.shape
    if rank == 0:
        return found
    y = (z @ every.projection.flatten(0, 1).T).view(len(z), R, rank)
    return found + 0.5 * (y - (every.projection @ every.mean[..., None])[..., 0]).square().sum(-1)


def draw_factors(p: Factors, x: Part, noise: Tensor) -> Tensor:
    """w given what is seen of x, with shape (B, rank), from standard normal noise of this shape."""
    own = _whiten(p, x.seen)
    y = (x.numbers[:, x.seen] - own.mean)[..., None]
    target = own.projection @ y + noise[..., None]
    w: Tensor = torch.linalg.solve_triangular(own.cholesky.mT, target, upper=True)
    return w[..., 0]


def _whiten(p: Factors, seen: Tensor) -> _Whitened:
    mean, scale, loadings = p.mean[:, seen], p.scale[:, seen], p.loadings[:, seen]
    A = loadings / scale[..., None]
    C: Tensor = torch.linalg.cholesky(torch.eye(A.shape[2], device=A.device) + A.mT @ A)
    projection: Tensor = torch.linalg.solve_triangular(C, (A / scale[..., None]).mT, upper=False)
    logs = scale.log().sum(1) + C.diagonal(dim1=1, dim2=2).log().sum(1)
    return _Whitened(mean, scale, projection, C, logs + LOG_ROOT_TAU * mean.shape[1])
