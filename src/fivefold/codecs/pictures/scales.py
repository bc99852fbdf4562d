"""Levels of pixels as numbers of about zero mean and unit variance, and back.

With p the level of a pixel in channel c, m_c the mean of the channel and s the deviation that all channels share,

    x = (p - m_c) / s,

so that one level is 1 / s wide in every channel. The deviation is at least a level, which pictures that are all
alike do not have.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fivefold.codecs.pictures.files import Pixels

TOP = 255


@dataclass(frozen=True)
class Scale:
    """How levels become numbers.

    Arguments:
        mean: of each channel, in levels.
        deviation: that all channels share, in levels, at least 1.

    Example:
        >>> scale = Scale.of(np.array([[[[0, 100]], [[50, 50]]]], np.uint8))
        >>> scale.mean, round(scale.deviation, 2)
        ((50.0, 50.0), 35.36)
        >>> scale.levels(scale.numbers(np.full((2, 1, 1), 7, np.uint8))).reshape(-1).tolist()
        [7, 7]
    """

    mean: tuple[float, ...]
    deviation: float

    @classmethod
    def of(cls, some: Pixels) -> Scale:
        """The scale of pictures with shape (N, C, H, W)."""
        levels = np.arange(TOP + 1)
        channels = (some[:, channel].reshape(-1) for channel in range(some.shape[1]))
        shares = np.stack([np.bincount(c, minlength=TOP + 1) / c.size for c in channels])
        mean = shares @ levels
        variances = (shares * (levels - mean[:, None]) ** 2).sum(1)
        return cls(tuple(mean.tolist()), max(1.0, math.sqrt(variances.mean())))

    @property
    def quantum(self) -> float:
        """What one level is."""
        return 1 / self.deviation

    @property
    def factors(self) -> Tensor:
        """What levels are multiplied by, with shape (C,)."""
        return torch.full((len(self.mean),), self.quantum)

    @property
    def shift(self) -> Tensor:
        """What is added then, with shape (C,)."""
        return -torch.tensor(self.mean) / self.deviation

    def numbers(self, levels: Pixels) -> Tensor:
        """Levels (*, C, H, W) as numbers."""
        found = torch.from_numpy(levels.astype(np.float32))
        return found * self.factors[:, None, None] + self.shift[:, None, None]

    def levels(self, numbers: Tensor) -> Pixels:
        """The levels nearest to numbers (*, C, H, W)."""
        x = numbers.detach().cpu().double().numpy()
        found = x * self.deviation + np.array(self.mean)[:, None, None]
        return np.rint(np.nan_to_num(found).clip(0, TOP)).astype(np.uint8)

    def to_dict(self) -> dict[str, Any]:
        """The scale as JSON can hold it."""
        return {"mean": list(self.mean), "deviation": self.deviation}

    @classmethod
    def from_dict(cls, state: Mapping[str, Any], channels: int) -> Scale:
        """The scale that `to_dict` described, of so many channels; a ValueError where it is none."""
        found = cls(tuple(map(float, state["mean"])), float(state["deviation"]))
        if len(found.mean) != channels or not all(0 <= level <= TOP for level in found.mean):
            raise ValueError("the mean is none of levels")
        if not 1 <= found.deviation <= TOP:
            raise ValueError("the deviation is none of levels")
        return found
