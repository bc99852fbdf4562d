"""Randomness as a function of what it is for."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def seed_of(*parts: object) -> int:
    """A seed below 2^63 that depends on every part.

    Example:
        >>> seed_of("step", 0, 1) == seed_of("step", 0, 1) != seed_of("step", 0, 2)
        True
    """
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def seeded(device: torch.device, *parts: object) -> torch.Generator:
    """A generator on a device whose numbers depend on every part."""
    import torch

    return torch.Generator(device).manual_seed(seed_of(*parts))
