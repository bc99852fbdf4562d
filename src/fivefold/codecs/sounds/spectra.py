"""Sound as levels of energy in bands of frequency, and back.

A stretch x of T samples is cut into frames of N = 3 hop samples, hop = rate / 50, under the periodic Hann window w:

    X_fm = sum_n w_n x_(m hop + n - hop) exp(-2 pi i f n / N),        P = W |X|^2,

with W triangles whose tops stand evenly on the mel scale 700 (exp(u) - 1) Hz, each with sum 1. A level is

    l = round(255 (log(P + e) - log e) / (log(top + e) - log e)),

with e 10^-6 of what 99.9% of the energies stay below: 60 dB are seen below loud. Back: |X|^2 >= 0 with W |X|^2 near P
by multiplicative updates; the phases, which nothing keeps, by alternating between |X| and what is the spectrum of some
sound, with momentum.

References:
    Signal estimation from modified short-time Fourier transform (Griffin, Lim, 1984), https://doi.org/10.1109/TASSP.1984.1164317
    A fast Griffin-Lim algorithm (Perraudin, Balazs, Sondergaard, 2013), https://doi.org/10.1109/WASPAA.2013.6701851
    Algorithms for non-negative matrix factorization (Lee, Seung, 2000), https://papers.nips.cc/paper/1861
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fivefold.codecs.pictures.files import Pixels
from fivefold.codecs.sounds.files import Waves
from fivefold.errors import InputError

FRAMES, OVERLAP = 50, 3
"""Frames a second, and how many of them a sample lies in."""
BANDS, KNEE = 80, 700.0
"""Bands at 8 kHz, and the frequency around which their widths begin to grow."""
TOP = 255
RANGE, SHARE = 1e-6, 0.999
UPDATES, TURNS, MOMENTUM = 150, 48, 0.99
TOGETHER = 64
"""Sounds that are turned back at once."""


@dataclass(frozen=True)
class Form:
    """What all sounds of a set are brought to.

    Arguments:
        rate: samples a second.
        frames: of each sound; a frame is 1/50 of a second.

    Example:
        >>> form = Form(rate=8_000, frames=40)
        >>> form.samples, form.bands, form.seconds
        (6400, 80, 0.8)
    """

    rate: int
    frames: int

    @property
    def hop(self) -> int:
        """Samples from a frame to the next."""
        return round(self.rate / FRAMES)

    @property
    def samples(self) -> int:
        """Samples of a sound."""
        return self.frames * self.hop

    @property
    def seconds(self) -> float:
        """How long a sound is."""
        return self.samples / self.rate

    @property
    def bands(self) -> int:
        """Bands of frequency: as close to one another at every rate."""
        return 8 * round(BANDS / 8 * _mel(self.rate / 2) / _mel(4_000))

    @cached_property
    def window(self) -> Tensor:
        """The window w, with shape (N,)."""
        return torch.hann_window(OVERLAP * self.hop)

    @cached_property
    def filters(self) -> Tensor:
        """The bands W, with shape (B, N // 2 + 1); each row has sum 1."""
        tops = KNEE * np.expm1(np.linspace(0, _mel(self.rate / 2), self.bands + 2))
        size = OVERLAP * self.hop
        f = np.arange(size // 2 + 1) * self.rate / size
        left, middle, right = (tops[i : i + self.bands, None] for i in range(3))
        found = np.minimum((f - left) / (middle - left), (right - f) / (right - middle)).clip(0)
        return torch.from_numpy(found / found.sum(1, keepdims=True)).float()

    def spectrum(self, x: Tensor) -> Tensor:
        """The frames of sounds.

        Arguments:
            x: samples with shape (B, T).

        Returns:
            Complex numbers with shape (B, N // 2 + 1, M).
        """
        wide = torch.nn.functional.pad(x, (self.hop, self.hop))
        frames = wide.unfold(1, OVERLAP * self.hop, self.hop) * self.window
        return torch.fft.rfft(frames).transpose(1, 2)

    def sound(self, spectrum: Tensor) -> Tensor:
        """The sounds whose frames are nearest to a spectrum (B, N // 2 + 1, M), with shape (B, T)."""
        size, hop = OVERLAP * self.hop, self.hop
        frames = torch.fft.irfft(spectrum.transpose(1, 2), size) * self.window
        wide = (spectrum.shape[2] + OVERLAP - 1) * hop
        return (_added(frames, wide, hop) / self.weights)[:, hop : hop + self.samples]

    @cached_property
    def weights(self) -> Tensor:
        """The sum of all squared windows over each sample, with shape (T + 2 hop,)."""
        frames = self.window.square().expand(1, self.frames, -1)
        return _added(frames, self.samples + 2 * self.hop, self.hop)[0].clamp(min=1e-3)


def _mel(frequency: float) -> float:
    return math.log1p(frequency / KNEE)


def _added(frames: Tensor, size: int, hop: int) -> Tensor:
    """Frames (B, M, N) laid over one another, with shape (B, size)."""
    found = frames.new_zeros(len(frames), size // hop, hop)
    for part, pieces in enumerate(frames.unflatten(2, (OVERLAP, hop)).unbind(2)):
        found[:, part : part + frames.shape[1]] += pieces
    return found.flatten(1)


@dataclass(frozen=True)
class Loudness:
    """What the lowest and the highest level mean.

    Arguments:
        floor: the energy e of silence.
        top: the energy of the highest level.

    Example:
        >>> form = Form(8_000, 8)
        >>> waves = np.sin(np.arange(form.samples, dtype=np.float32) * 0.3)[None]
        >>> loudness = Loudness.of(energies(waves, form))
        >>> levels = loudness.levels(energies(waves, form))
        >>> levels.shape, int(levels.max())
        ((1, 80, 8), 255)
    """

    floor: float
    top: float

    @classmethod
    def of(cls, some: Tensor, where: str = "") -> Loudness:
        """The loudness of sounds by their energies (B, bands, M), and where they are.

        Raises:
            InputError: where all of them are silent.
        """
        flat = some.flatten().double().numpy()
        top = float(flat.max())
        if top <= 0:
            raise InputError(
                "all sounds are silent",
                where=where,
                hint="give some that can be heard",
                code="silent",
            )
        loud = float(np.quantile(flat, SHARE)) or top
        return cls(RANGE * loud, top)

    @property
    def span(self) -> float:
        """The logarithm of the highest level over silence."""
        return math.log1p(self.top / self.floor)

    def levels(self, energies: Tensor) -> Pixels:
        """Energies (B, bands, M) as levels."""
        found = TOP * torch.log1p(energies / self.floor) / self.span
        return found.round().clamp(0, TOP).byte().numpy()

    def energies(self, levels: Pixels) -> Tensor:
        """Levels as energies."""
        found = torch.from_numpy(levels.astype(np.float32)) * (self.span / TOP)
        return torch.expm1(found) * self.floor

    def to_dict(self) -> dict[str, float]:
        """The loudness as JSON can hold it."""
        return {"floor": self.floor, "top": self.top}

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Loudness:
        """The loudness that `to_dict` described; a ValueError where it is none."""
        found = cls(float(state["floor"]), float(state["top"]))
        if not 0 < found.floor <= 1.001 * RANGE * found.top < math.inf:
            raise ValueError("silence that is louder than sound")
        return found


def energies(waves: Waves, form: Form) -> Tensor:
    """The energies of sounds.

    Arguments:
        waves: samples with shape (B, T).
        form: theirs.

    Returns:
        P with shape (B, bands, M).
    """
    return form.filters @ form.spectrum(torch.from_numpy(waves)).abs().square()


def waves(energies: Tensor, form: Form, generator: torch.Generator) -> Waves:
    """Sounds that have such energies.

    Arguments:
        energies: P with shape (B, bands, M).
        form: theirs.
        generator: of the first phases.

    Returns:
        Samples with shape (B, T).
    """
    parts = [_waves(part, form, generator) for part in energies.split(TOGETHER)]
    return np.concatenate([np.zeros((0, form.samples), np.float32), *parts])


def _waves(energies: Tensor, form: Form, generator: torch.Generator) -> Waves:
    size = _sizes(energies, form.filters)
    turn = 2 * math.pi * torch.rand(size.shape, generator=generator)
    guess, before = torch.polar(size, turn), None
    for _ in range(TURNS):
        real = form.spectrum(form.sound(size * torch.sgn(guess)))
        guess = real if before is None else real + MOMENTUM * (real - before)
        before = real
    return form.sound(size * torch.sgn(guess)).numpy()


def _sizes(energies: Tensor, filters: Tensor) -> Tensor:
    """|X| with shape (B, N // 2 + 1, M) by multiplicative updates from what the bands spread."""
    spread = filters / filters.sum(0).clamp(min=1e-6)
    squares = spread.T @ energies
    wanted = filters.T @ energies
    both = filters.T @ filters
    for _ in range(UPDATES):
        squares = squares * wanted / (both @ squares).clamp(min=1e-30)
    return squares.sqrt()
